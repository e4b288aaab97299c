//! Japanese.

use vpn_core::plan::Phase;

use super::{Facts, Guide, Keep, Off, Presses, Saying, Steps, Texts};
use crate::problem::Kind;

/// The Japanese texts.
#[must_use]
pub const fn japanese() -> &'static Texts {
    &TEXTS
}

const TEXTS: Texts = Texts {
    language: "ja",
    own_name: "日本語",
    languages: "言語",
    phase,
    problem,
    nothing_changed: "何も変更されていません。",
    reference: "お問い合わせ番号：{reference}",
    moment: "1分未満",
    minutes: "{minutes}分",
    full_hours: "{hours}時間",
    hours: "{hours}時間{minutes}分",
    steps: Steps {
        label: "完了した手順",
        subnets: "ネットワーク：{done}/{of}",
        routes: "経路：{done}/{of}",
        so_far: "経過時間：{time}",
        usual: "通常、{from}～{to}分で使えるようになります。",
        opens_in: "あと{time}で再開します。",
    },
    facts: Facts {
        connected: "接続中の端末",
        on_for: "オンになってから",
        turns_off: "自動でオフ",
        in_time: "{time}後",
        not_in_use: "使用終了後",
    },
    keep: Keep {
        title: "オンのままにする",
        why: "誰も接続していなくても、次の時間はオンのままにします。",
        kept: "少なくともあと{time}はオンのままです。",
        ready: "VPNアプリで接続してください。オンのままにする設定のため、誰も接続していなくてもオフになりません。",
        not_on: "VPNがオンになると設定できます。",
        hour: "1時間",
        hours: "{hours}時間",
    },
    off: Off {
        title: "全員のVPNをオフにする",
        means: "オフにすると、誰もVPNを使えなくなります。もう一度オンにするには数分かかります。",
        really: "今すぐオフにする",
        in_use: "まだ接続中の端末があるため（ご自身の端末かもしれません）、オフにできません。VPNアプリで接続を切り、1分ほど\
                 待ってからもう一度お試しください。そのままにしておいても、最後の接続が切れてから{idle}後に自動でオフになります。",
        not_on: "VPNはオンになっていないため、オフにする必要はありません。",
    },
    guide: Guide {
        ipad: "このiPadで接続するには",
        iphone: "このiPhoneで接続するには",
        android: "この端末で接続するには",
        windows: "このパソコンで接続するには",
        mac: "このMacで接続するには",
        linux: "このパソコンで接続するには",
        touch: "iPad、iPhone、Androidで接続するには",
        computer: "パソコンで接続するには",
        touch_steps: [
            "OpenVPN Connectアプリを開きます。",
            "会社のプロファイルの横にあるスイッチをタップします。",
            "接続済みと表示されたら、必要なアプリをお使いください。",
        ],
        computer_steps: [
            "AWS VPN ClientまたはOpenVPN Connectを開きます。",
            "会社のプロファイルを選んで接続します。",
            "接続済みと表示されたら、仕事を始められます。",
        ],
        first: "この端末で初めてお使いになる場合は、先にアプリをインストールし、アプリで会社のプロファイルを開いてください。",
        get: "{app}を入手",
    },
    press: Presses {
        on: "オンにする",
        on_again: "もう一度試す",
        look: "更新",
        open: "VPNのページを開く",
        sign_in: "もう一度サインイン",
        sign_out: "サインアウト",
    },
    looked_now: "たった今確認しました",
    looked_ago: "{time}前に確認しました",
    looked_at_load: "ページを開いた時点の状態です。",
    lost: "サーバーに接続できません。",
    help: "お困りのときは",
    ended: Saying {
        short: "サインイン切れ",
        headline: "サインインの有効期限が切れました。",
        next: "最新の状態を確認するには、もう一度サインインしてください。VPNには影響ありません。",
    },
    signed_out: Saying {
        short: "サインアウト",
        headline: "サインアウトしました。",
        next: "このページを閉じてかまいません。VPNは、誰も使っていなければ自動でオフになります。",
    },
};

fn phase(phase: Phase) -> Saying {
    let (short, headline, next) = match phase {
        Phase::Off => {
            ("オフ", "VPNはオフです。", "必要なときにオンにしてください。誰も使わなくなると、自動でオフになります。")
        }
        Phase::Starting => (
            "起動中",
            "VPNを起動しています。",
            "通常は{from}～{to}分かかります。このページを離れても、起動はそのまま続きます。",
        ),
        Phase::Ready => (
            "利用できます",
            "VPNを利用できます。",
            "VPNアプリで接続してください。誰も接続していない状態が{idle}続くと、自動でオフになります。",
        ),
        Phase::TurningOff => (
            "オフにしています",
            "VPNをオフにしています。",
            "数分かかります。まだ必要な場合は「オンにする」を押してください。オフになったあと、すぐに起動します。",
        ),
        Phase::TurningOnAgain => (
            "再起動待ち",
            "VPNはこのあと再び起動します。",
            "先にオフになるのを待つため、通常より数分長くかかります。このページを離れてもかまいません。",
        ),
        Phase::Failed => (
            "利用できません",
            "VPNをオンにできませんでした。",
            "もう一度お試しください。うまくいかない場合は、管理者にお問い合わせ番号をお知らせください。",
        ),
        Phase::Incomplete => (
            "一部だけオン",
            "VPNは一部だけオンです。",
            "つながらないものがあるかもしれません。すべて使うには「オンにする」を押してください。",
        ),
        Phase::Closed => (
            "利用停止中",
            "VPNは利用停止中です。",
            "管理者が一時的にVPNをオフにしています。その間は誰もオンにできません。",
        ),
    };
    Saying { short, headline, next }
}

fn problem(kind: Kind) -> Saying {
    let (headline, next) = match kind {
        Kind::BadRequest => ("操作を受け付けられませんでした。", "VPNのページを開き、ページのボタンを使ってください。"),
        Kind::Identity => (
            "サインインしていません。",
            "もう一度サインインしてください。同じ画面になる場合は、ブラウザーを開き直すか、管理者にお問い合わせ番号をお知らせください。",
        ),
        Kind::KeyServer => (
            "現在、サインインを確認できません。",
            "1分ほど待ってから更新してください。変わらない場合は、管理者にお問い合わせ番号をお知らせください。",
        ),
        Kind::OtherOrigin => (
            "別のページから送られた操作です。",
            "安全のため、何も変更していません。VPNのページを開き、ページのボタンを使ってください。",
        ),
        Kind::NotFound => ("ページが見つかりません。", "リンクが古い可能性があります。VPNのページを開いてください。"),
        Kind::Method => ("ここからは操作できません。", "VPNのページを開き、ページのボタンを使ってください。"),
        Kind::Unreachable => (
            "VPNサービスが応答しません。",
            "1分ほど待ってから更新してください。変わらない場合は、管理者にお問い合わせ番号をお知らせください。",
        ),
        Kind::Busy => {
            ("VPNサービスが混み合っています。", "一度に多くの操作がありました。1分ほど待ってから更新してください。")
        }
        Kind::Forbidden => {
            ("VPNを操作する権限がありません。", "必要な権限がありません。管理者にお問い合わせ番号をお知らせください。")
        }
        Kind::Endpoint => {
            ("VPNが見つかりません。", "VPNが存在しないか、削除中です。管理者にお問い合わせ番号をお知らせください。")
        }
        Kind::Subnet => (
            "使えないネットワークがあります。",
            "ネットワークの設定が合っていないか、上限に達しています。管理者にお問い合わせ番号をお知らせください。",
        ),
        Kind::SameZone => (
            "同時に使えないネットワークがあります。",
            "設定された2つのネットワークが同じ場所にあります。管理者にお問い合わせ番号をお知らせください。",
        ),
        Kind::Route => (
            "使えない経路があります。",
            "経路の設定が合っていないか、上限に達しています。管理者にお問い合わせ番号をお知らせください。",
        ),
        Kind::AssociationFailed => (
            "つながらないネットワークがあります。",
            "つながらないネットワークがあります。再度お試しになり、直らない場合は管理者にお問い合わせ番号をお知らせください。",
        ),
        Kind::RouteFailed => (
            "作成できない経路があります。",
            "経路がなく、つながらないものがあるかもしれません。管理者にお問い合わせ番号をお知らせください。",
        ),
        Kind::Unknown => (
            "予期しない問題が起きました。",
            "操作を完了できませんでした。再度お試しになり、直らない場合は管理者にお問い合わせ番号をお知らせください。",
        ),
        Kind::InUse => (
            "VPNをオフにできませんでした。",
            "まだ接続中の端末があります。ご自身の端末かもしれません。VPNアプリで接続を切り、1分ほど待ってからお試しください。",
        ),
        Kind::NotOn => ("VPNがオフのため、オンのままにできません。", "先にVPNをオンにしてください。"),
        Kind::PartlyOff => (
            "VPNの一部をオフにできませんでした。",
            "数分後にもう一度お試しください。そのままでも、誰も使っていなければ自動でオフになります。",
        ),
    };
    Saying { short: "問題あり", headline, next }
}
