//! Korean.

use vpn_core::plan::Phase;

use super::{Facts, Guide, Keep, Off, Presses, Profile, Saying, Steps, Texts};
use crate::problem::Kind;

/// The Korean texts.
#[must_use]
pub const fn korean() -> &'static Texts {
    &TEXTS
}

const TEXTS: Texts = Texts {
    language: "ko",
    own_name: "한국어",
    languages: "언어",
    phase,
    problem,
    nothing_changed: "변경된 내용은 없습니다.",
    in_use: "아직 연결하지 않았으면 VPN 앱에서 연결해 주세요. {idle} 동안 연결된 기기가 없으면 VPN은 자동으로 꺼집니다.",
    is_off: "VPN이 꺼져 있습니다.",
    reference: "문의 번호: {reference}",
    moment: "1분 미만",
    minutes: "{minutes}분",
    full_hours: "{hours}시간",
    hours: "{hours}시간 {minutes}분",
    steps: Steps {
        label: "완료된 단계",
        so_many: "{of}단계 중 {done}단계 완료",
        so_far: "{time} 경과",
        usual: "보통 {from}~{to}분 후에 사용할 수 있습니다.",
        opens_in: "{time} 후에 다시 사용할 수 있습니다.",
    },
    facts: Facts {
        connected: "연결된 기기",
        on_for: "켜진 시간",
        turns_off: "자동 꺼짐",
        in_time: "{time} 후",
        not_in_use: "사용이 끝난 후",
    },
    keep: Keep {
        title: "계속 켜 두기",
        why: "연결된 기기가 없어도 선택한 시간 동안 켜 둡니다.",
        kept: "앞으로 최소 {time} 동안 켜져 있습니다.",
        ready: "이제 VPN 앱에서 연결해 주세요. 연결된 기기가 없어도 계속 켜져 있습니다.",
        in_use: "아직 연결하지 않았으면 VPN 앱에서 연결해 주세요. 연결된 기기가 없어도 계속 켜져 있습니다.",
        not_on: "VPN이 켜지면 설정할 수 있습니다.",
        hour: "1시간",
        hours: "{hours}시간",
    },
    off: Off {
        title: "모든 사용자의 VPN 끄기",
        means: "끄면 아무도 VPN을 사용할 수 없습니다. 다시 켜는 데 몇 분이 걸립니다.",
        really: "지금 끄기",
        in_use: "아직 연결된 기기가 있어 VPN을 끌 수 없습니다. 본인의 기기일 수도 있습니다. VPN 앱에서 연결을 끊고 1분 후에 다시 \
                 시도해 주세요. 그대로 두셔도 마지막 기기의 연결이 끊기고 {idle} 후에 자동으로 꺼집니다.",
        not_on: "VPN이 켜져 있지 않아 끌 필요가 없습니다.",
    },
    guide: Guide {
        ipad: "이 iPad에서 연결하기",
        iphone: "이 iPhone에서 연결하기",
        android: "이 기기에서 연결하기",
        windows: "이 컴퓨터에서 연결하기",
        mac: "이 Mac에서 연결하기",
        linux: "이 컴퓨터에서 연결하기",
        touch: "iPad, iPhone, Android 기기에서 연결하기",
        computer: "컴퓨터에서 연결하기",
        touch_steps: [
            "OpenVPN Connect 앱을 엽니다.",
            "회사 프로필 옆의 스위치를 누릅니다.",
            "‘연결됨’이 표시되면 필요한 앱을 사용합니다.",
        ],
        computer_steps: [
            "AWS VPN Client 또는 OpenVPN Connect를 엽니다.",
            "회사 프로필을 선택하고 연결합니다.",
            "‘연결됨’이 표시되면 업무를 시작합니다.",
        ],
        first: "이 기기에서 처음 사용하시나요? 먼저 앱을 설치하고 앱에서 회사 프로필을 열어 주세요.",
        get: "{app} 받기",
    },
    profile: Profile {
        title: "이 기기에 VPN 설정하기",
        get: "내 프로필 받기",
        touch_steps: [
            "OpenVPN Connect 앱을 설치하세요.",
            "아래의 ‘내 프로필 받기’를 누른 다음 ‘다운로드’를 누르세요.",
            "브라우저의 다운로드 목록을 열고 방금 받은 프로필 파일을 누르세요.",
            "공유 아이콘을 누르고 OpenVPN Connect를 선택한 다음, 앱에서 프로필 추가를 확인하세요.",
            "마지막으로 파일을 삭제하고, 누구에게도 보여 주거나 보내지 마세요. 이 파일이 있는 사람은 누구나 회원님으로 접속할 수 있습니다.",
        ],
        computer_steps: [
            "AWS VPN Client를 설치하세요. Windows는 {windows} 이상, Mac은 {mac} 이상이어야 합니다.",
            "아래의 ‘내 프로필 받기’를 누르고 파일을 저장하세요.",
            "AWS VPN Client에서 {menu}을(를) 선택하세요.",
            "프로필 이름을 입력하고 파일을 선택한 다음 추가하세요.",
            "마지막으로 파일을 삭제하고, 누구에게도 보여 주거나 보내지 마세요. 이 파일이 있는 사람은 누구나 회원님으로 접속할 수 있습니다.",
        ],
        which: Saying {
            short: "어느 기기인가요?",
            headline: "사용 중인 기기를 선택하세요.",
            next: "아래 기기마다 프로필이 준비되어 있습니다. 지금 사용 중인 기기를 선택하세요.",
        },
    },
    press: Presses {
        on: "켜기",
        on_again: "다시 시도",
        again_on: "다시 눌러 켜기",
        again_off: "다시 눌러 모든 사용자의 VPN 끄기",
        again_keep: "다시 눌러 {time} 동안 계속 켜 두기",
        look: "새로 고침",
        open: "VPN 페이지 열기",
        sign_in: "다시 로그인",
        sign_out: "로그아웃",
    },
    looked_now: "방금 확인함",
    looked_ago: "{time} 전에 확인함",
    looked_at_load: "페이지를 열었을 때의 상태입니다.",
    lost: "서버에 연결할 수 없습니다.",
    help: "도움이 필요하신가요?",
    ended: Saying {
        short: "다시 로그인",
        headline: "로그인이 만료되었습니다.",
        next: "다시 로그인해야 이 페이지에서 최신 상태를 확인할 수 있습니다. VPN에는 영향이 없습니다.",
    },
    signed_in: Saying {
        short: "로그인됨",
        headline: "다시 로그인되었습니다.",
        next: "먼저 로그인해야 해서 방금 누른 작업은 실행되지 않았습니다.",
    },
    signed_out: Saying {
        short: "로그아웃됨",
        headline: "로그아웃되었습니다.",
        next: "이 페이지를 닫으셔도 됩니다. 아무도 사용하지 않으면 VPN은 자동으로 꺼집니다.",
    },
};

fn phase(phase: Phase) -> Saying {
    let (short, headline, next) = match phase {
        Phase::Off => {
            ("꺼짐", "VPN이 꺼져 있습니다.", "필요할 때 켜 주세요. 아무도 사용하지 않으면 자동으로 꺼집니다.")
        }
        Phase::Starting => {
            ("켜는 중", "VPN을 켜고 있습니다.", "보통 {from}~{to}분 걸립니다. 이 페이지를 닫아도 계속 진행됩니다.")
        }
        Phase::Ready => (
            "사용 가능",
            "VPN을 사용할 수 있습니다.",
            "이제 VPN 앱에서 연결해 주세요. {idle} 동안 연결된 기기가 없으면 VPN은 자동으로 꺼집니다.",
        ),
        Phase::TurningOff => (
            "끄는 중",
            "VPN을 끄고 있습니다.",
            "몇 분 걸립니다. 계속 사용하시려면 ‘켜기’를 눌러 주세요. 완전히 꺼지면 바로 다시 켜집니다.",
        ),
        Phase::TurningOnAgain => (
            "다시 켜는 중",
            "VPN을 곧 다시 켭니다.",
            "먼저 완전히 꺼져야 하므로 평소보다 몇 분 더 걸립니다. 이 페이지를 닫아도 됩니다.",
        ),
        Phase::Failed => (
            "사용 불가",
            "VPN을 켜지 못했습니다.",
            "다시 시도해 주세요. 그래도 안 되면 관리자에게 문의 번호를 알려 주세요.",
        ),
        Phase::Incomplete => (
            "일부만 켜짐",
            "VPN이 일부만 켜져 있습니다.",
            "일부 서비스에 접속하지 못할 수 있습니다. 모두 사용하려면 ‘켜기’를 눌러 주세요.",
        ),
        Phase::Closed => (
            "일시 중지",
            "VPN 사용이 일시 중지되었습니다.",
            "관리자가 일정 시간 동안 VPN을 꺼 두었습니다. 그동안에는 아무도 켤 수 없습니다.",
        ),
    };
    Saying { short, headline, next }
}

fn problem(kind: Kind) -> Saying {
    let (headline, next) = match kind {
        Kind::BadRequest => ("요청을 처리할 수 없습니다.", "VPN 페이지를 열고 페이지에 있는 버튼을 사용해 주세요."),
        Kind::Identity => (
            "로그인되어 있지 않습니다.",
            "다시 로그인해 주세요. 같은 화면이 또 나오면 브라우저를 닫았다가 다시 열거나, 관리자에게 문의 번호를 알려 주세요.",
        ),
        Kind::KeyServer => (
            "지금은 로그인을 확인할 수 없습니다.",
            "1분 후에 새로 고침해 주세요. 계속 같은 상태이면 관리자에게 문의 번호를 알려 주세요.",
        ),
        Kind::OtherOrigin => (
            "다른 페이지에서 보낸 요청입니다.",
            "안전을 위해 아무것도 변경하지 않았습니다. VPN 페이지를 열고 페이지에 있는 버튼을 사용해 주세요.",
        ),
        Kind::NotFound => ("페이지를 찾을 수 없습니다.", "오래된 링크일 수 있습니다. VPN 페이지를 열어 주세요."),
        Kind::Method => ("여기에서는 할 수 없는 작업입니다.", "VPN 페이지를 열고 페이지에 있는 버튼을 사용해 주세요."),
        Kind::Unreachable => (
            "VPN 서비스가 응답하지 않습니다.",
            "1분 후에 새로 고침해 주세요. 계속 같은 상태이면 관리자에게 문의 번호를 알려 주세요.",
        ),
        Kind::Busy => {
            ("VPN 서비스가 혼잡합니다.", "한꺼번에 많은 요청이 들어왔습니다. 1분 정도 기다렸다가 새로 고침해 주세요.")
        }
        Kind::Forbidden => (
            "이 페이지에 VPN 제어 권한이 없습니다.",
            "필요한 권한이 없습니다. 관리자만 해결할 수 있으니 관리자에게 문의 번호를 알려 주세요.",
        ),
        Kind::Endpoint => (
            "VPN을 찾을 수 없습니다.",
            "VPN이 없거나 삭제되는 중입니다. 관리자만 해결할 수 있으니 문의 번호를 알려 주세요.",
        ),
        Kind::Subnet => (
            "사용할 수 없는 네트워크가 있습니다.",
            "네트워크 설정이 맞지 않거나 한도에 도달했습니다. 관리자에게 문의 번호를 알려 주세요.",
        ),
        Kind::SameZone => (
            "함께 사용할 수 없는 네트워크가 있습니다.",
            "설정된 두 네트워크가 같은 구역에 있습니다. 관리자에게 문의 번호를 알려 주세요.",
        ),
        Kind::Route => (
            "사용할 수 없는 경로가 있습니다.",
            "경로 설정이 맞지 않거나 한도에 도달했습니다. 관리자에게 문의 번호를 알려 주세요.",
        ),
        Kind::AssociationFailed => (
            "연결하지 못한 네트워크가 있습니다.",
            "네트워크를 연결하지 못했습니다. 다시 시도해도 안 되면 관리자에게 문의 번호를 알려 주세요.",
        ),
        Kind::RouteFailed => (
            "만들지 못한 경로가 있습니다.",
            "경로가 없어 일부 서비스에 접속하지 못할 수 있습니다. 관리자에게 문의 번호를 알려 주세요.",
        ),
        Kind::Unknown => (
            "예상하지 못한 문제가 발생했습니다.",
            "작업을 완료하지 못했습니다. 다시 시도해도 안 되면 관리자에게 문의 번호를 알려 주세요.",
        ),
        Kind::InUse => (
            "VPN을 끄지 못했습니다.",
            "아직 연결된 기기가 있습니다. 본인의 기기일 수도 있으니 VPN 앱에서 연결을 끊고 1분 후에 다시 시도해 주세요.",
        ),
        Kind::NotOn => ("VPN이 꺼져 있어 계속 켜 둘 수 없습니다.", "먼저 VPN을 켜 주세요."),
        Kind::PartlyOff => (
            "VPN을 모두 끄지 못했습니다.",
            "몇 분 후에 다시 시도해 주세요. 그대로 두셔도 아무도 사용하지 않으면 자동으로 꺼집니다.",
        ),
        Kind::NoProfile => (
            "받을 수 있는 프로필이 없습니다.",
            "일주일이 지났거나 다른 기기의 프로필일 수 있습니다. 관리자에게 새 프로필을 요청하세요.",
        ),
    };
    Saying { short: "문제 발생", headline, next }
}
