//! Writes every page in every language as a file, to be looked at: `cargo run --example pages -- DIRECTORY`.

use std::{error::Error, fs, path::PathBuf};

use associator::{
    config::Config,
    page::{PageState, Pages},
    problem::{Kind, Problem},
    texts,
    visitor::{Device, Visitor},
};
use http::StatusCode;
use jiff::SignedDuration;
use vpn_core::plan::{Phase, Share, View};

const VARS: [(&str, &str); 13] = [
    ("VPN_ENDPOINT_ID", "cvpn-endpoint-0123456789abcdef0"),
    ("VPN_SUBNET_IDS", "subnet-a,subnet-b"),
    ("VPN_ROUTES", "10.20.0.0/16,10.30.0.0/16"),
    ("VPN_COMPANY_NAME", "Example Trading"),
    ("VPN_SUPPORT_CONTACT", "it-help@example.com"),
    (
        "VPN_LINKS",
        "VPN profile|zh:VPN 配置文件|ko:VPN 프로필|ja:VPNプロファイル=https://intranet.example.com/vpn/profile",
    ),
    ("AWS_REGION", "us-east-1"),
    ("VPN_HOST", "vpn.example.com"),
    ("VPN_LOAD_BALANCER_ARN", "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/vpn/1"),
    ("VPN_KEY_SERVER", "https://public-keys.auth.elb.us-east-1.amazonaws.com"),
    ("VPN_OIDC_ISSUER", "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_a1B2c3D4e"),
    ("VPN_OIDC_CLIENT_ID", "7k1example2client3id"),
    ("VPN_SIGN_OUT_URL", "https://vpn-example.auth.us-east-1.amazoncognito.com/logout"),
];
const REFERENCE: &str = "3f2c9a51-7d0e-4b8f-a6c3-1e5d7b9f2a40";

fn main() -> Result<(), Box<dyn Error>> {
    let directory = PathBuf::from(std::env::args().nth(1).ok_or("a directory to write to")?);
    fs::create_dir_all(&directory)?;
    let config = Config::from_vars(&VARS)?;
    let pages = Pages::new(&config);
    for texts in texts::all() {
        let directory = directory.join(texts.language);
        fs::create_dir_all(&directory)?;
        let write = |name: &str, device: Device, state: &PageState| {
            let page = pages.page(&Visitor::reading(texts, device), StatusCode::OK, state);
            fs::write(directory.join(format!("{name}.html")), page.body().as_ref())
        };
        for (name, view) in views() {
            let state = PageState::of(texts, &config, &view, Problem::of_view(&view).as_ref(), REFERENCE);
            write(name, Device::Ipad, &state)?;
        }
        let ready = &views()[1].1;
        for (name, device) in [("on-a-mac", Device::Mac), ("on-windows", Device::Windows)] {
            write(name, device, &PageState::of(texts, &config, ready, None, REFERENCE))?;
        }
        for kind in Kind::ALL {
            let state = PageState::of_problem(texts, &config, &kind.into(), REFERENCE);
            write(&format!("problem-{}", kind.word()), Device::Ipad, &state)?;
            let state = PageState::of(texts, &config, ready, Some(&kind.into()), REFERENCE);
            write(&format!("ready-but-{}", kind.word()), Device::Ipad, &state)?;
        }
        write("ended", Device::Ipad, &PageState::ended(texts, &config))?;
        write("signed-out", Device::Ipad, &PageState::signed_out(texts, &config))?;
    }
    Ok(())
}

fn views() -> Vec<(&'static str, View)> {
    let minutes = |minutes| Some(SignedDuration::from_mins(minutes));
    let off = View {
        phase: Phase::Off,
        subnets: Share { done: 0, of: 2 },
        failed_subnets: 0,
        routes: Share { done: 0, of: 4 },
        connected: 0,
        connected_or_more: false,
        on_for: None,
        turns_off_in: None,
        kept_for: None,
        closed_for: None,
    };
    let starting = View {
        phase: Phase::Starting,
        subnets: Share { done: 1, of: 2 },
        on_for: minutes(3),
        turns_off_in: minutes(27),
        ..off.clone()
    };
    let ready = View {
        phase: Phase::Ready,
        subnets: Share { done: 2, of: 2 },
        routes: Share { done: 4, of: 4 },
        on_for: minutes(8),
        turns_off_in: minutes(24),
        ..off.clone()
    };
    vec![
        ("starting", starting.clone()),
        ("used", View { connected: 2, turns_off_in: None, on_for: minutes(95), ..ready.clone() }),
        ("kept", View { kept_for: minutes(230), turns_off_in: minutes(230), ..ready.clone() }),
        ("one-failed", View { failed_subnets: 1, subnets: Share { done: 1, of: 2 }, ..ready.clone() }),
        ("ready", ready),
        ("turning-off", View { phase: Phase::TurningOff, ..off.clone() }),
        ("turning-on-again", View { phase: Phase::TurningOnAgain, ..off.clone() }),
        ("incomplete", View { phase: Phase::Incomplete, ..starting.clone() }),
        ("failed", View { phase: Phase::Failed, failed_subnets: 2, subnets: Share { done: 0, of: 2 }, ..starting }),
        ("closed", View { phase: Phase::Closed, closed_for: minutes(90), ..off.clone() }),
        ("off", off),
    ]
}
