//! What its environment tells it.

use disassociator::{config::Config, month::Prices};

#[test]
fn every_bad_variable_is_named_at_once() {
    let vars = [
        ("VPN_IDLE_TIME", "1h"),
        ("VPN_ALARM_NAME", ""),
        ("VPN_MONTH_ALARM_NAME", ""),
        ("VPN_COST_ASSOCIATED_HOUR", "-0.1"),
        ("VPN_COST_STANDING_HOUR", "a cent"),
    ];
    let error = Config::from_vars(&vars).unwrap_err().to_string();
    for (name, _) in vars.iter().chain(&[("VPN_ENDPOINT_ID", ""), ("VPN_SUBNET_IDS", ""), ("AWS_REGION", "")]) {
        assert!(error.contains(name), "{name} in {error}");
    }
}

#[test]
fn what_a_month_costs_is_told_by_those_who_know_the_prices() {
    let read = |more: &[(&str, &str)]| {
        let mut vars = vec![
            ("VPN_ENDPOINT_ID", "cvpn-endpoint-1"),
            ("VPN_SUBNET_IDS", "subnet-1"),
            ("VPN_ALARM_NAME", "alarm"),
            ("AWS_REGION", "us-east-1"),
        ];
        vars.extend(more);
        let vars: std::collections::HashMap<_, _> =
            vars.into_iter().map(|(a, b)| (a.to_owned(), b.to_owned())).collect();
        Config::from_vars(&vars)
    };
    let config = read(&[]).unwrap();
    assert_eq!((config.month_alarm, config.prices), (None, None), "one that was deployed before");
    let prices = [("VPN_COST_ASSOCIATED_HOUR", "0"), ("VPN_COST_STANDING_HOUR", "0.034")];
    let config = read(&prices).unwrap();
    assert_eq!(config.prices, Some(Prices { associated_hour: 0.0, standing_hour: 0.034 }));
    for one in prices {
        let error = read(&[one]).unwrap_err().to_string();
        assert!(error.contains("both of it and VPN_COST_STANDING_HOUR, or none"), "{error}");
    }
    for bad in ["", "1000", "NaN", "inf"] {
        assert!(read(&[prices[0], ("VPN_COST_STANDING_HOUR", bad)]).is_err(), "{bad:?}");
    }
}
