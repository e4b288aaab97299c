//! Simplified Chinese.

use vpn_core::plan::Phase;

use super::{Facts, Guide, Keep, Off, Presses, Profile, Saying, Steps, Texts};
use crate::problem::Kind;

/// The Chinese texts.
#[must_use]
pub const fn chinese() -> &'static Texts {
    &TEXTS
}

const TEXTS: Texts = Texts {
    language: "zh-CN",
    own_name: "简体中文",
    languages: "语言",
    phase,
    problem,
    nothing_changed: "未做任何更改。",
    in_use: "如果这台设备尚未连接，请在 VPN 应用中连接。如果连续 {idle}无人连接，VPN 会自动关闭。",
    is_off: "VPN 已关闭。",
    reference: "参考编号：{reference}",
    moment: "不到 1 分钟",
    minutes: "{minutes} 分钟",
    full_hours: "{hours} 小时",
    hours: "{hours} 小时 {minutes} 分钟",
    steps: Steps {
        label: "已完成的步骤",
        so_many: "已完成 {done}/{of} 步",
        so_far: "已用时 {time}",
        usual: "通常 {from} 到 {to} 分钟后即可使用。",
        opens_in: "{time}后恢复使用。",
    },
    facts: Facts {
        connected: "已连接的设备",
        on_for: "已开启",
        turns_off: "自动关闭",
        in_time: "{time}后",
        not_in_use: "使用结束后",
    },
    keep: Keep {
        title: "保持开启",
        why: "即使无人连接，也在以下时间内保持开启",
        kept: "至少还会保持开启 {time}。",
        ready: "现在可以在 VPN 应用中连接了。VPN 已设为保持开启，即使无人连接也不会关闭。",
        in_use: "如果这台设备尚未连接，请在 VPN 应用中连接。VPN 已设为保持开启，即使无人连接也不会关闭。",
        not_on: "VPN 开启后即可设置。",
        hour: "1 小时",
        hours: "{hours} 小时",
    },
    off: Off {
        title: "为所有人关闭 VPN",
        means: "关闭后，所有人都无法使用 VPN。再次开启需要几分钟。",
        really: "立即关闭",
        in_use: "仍有设备处于连接状态（也可能是您自己的设备），因此 VPN 保持开启。请先在 VPN 应用中断开连接，稍等一分钟后再试。\
                 您也可以不做任何操作：最后一台设备断开连接 {idle}后，VPN 会自动关闭。",
        not_on: "VPN 尚未开启，无需关闭。",
    },
    guide: Guide {
        ipad: "在这台 iPad 上连接",
        iphone: "在这部 iPhone 上连接",
        android: "在这台设备上连接",
        windows: "在这台电脑上连接",
        mac: "在这台 Mac 上连接",
        linux: "在这台电脑上连接",
        touch: "在 iPad、iPhone 或安卓设备上连接",
        computer: "在电脑上连接",
        touch_steps: [
            "打开 OpenVPN Connect 应用。",
            "轻点公司配置文件旁边的开关。",
            "显示“已连接”后，即可使用所需的应用。",
        ],
        computer_steps: [
            "打开 AWS VPN Client 或 OpenVPN Connect。",
            "选择公司的配置文件并连接。",
            "显示“已连接”后，即可开始工作。",
        ],
        first: "第一次在这台设备上使用？请先安装应用，并导入公司的配置文件。",
        get: "获取 {app}",
    },
    profile: Profile {
        title: "在这台设备上设置 VPN",
        get: "获取我的配置文件",
        touch_steps: [
            "安装 OpenVPN Connect 应用。",
            "轻点下方的“获取我的配置文件”，然后轻点“下载”。",
            "打开浏览器的下载列表，轻点刚下载的配置文件。",
            "轻点“共享”图标，选择 OpenVPN Connect，并在其中确认添加配置文件。",
            "最后请删除该文件，不要给任何人看，也不要发给任何人：拥有它的人就能以您的身份连接。",
        ],
        computer_steps: [
            "安装 AWS VPN Client：Windows 需要 {windows} 或更高版本，Mac 需要 {mac} 或更高版本。",
            "点击下方的“获取我的配置文件”，并保存文件。",
            "在 AWS VPN Client 中选择 {menu}。",
            "为配置文件命名，选择该文件，然后添加。",
            "最后请删除该文件，不要给任何人看，也不要发给任何人：拥有它的人就能以您的身份连接。",
        ],
        which: Saying {
            short: "哪台设备？",
            headline: "请选择这台设备",
            next: "以下每台设备都有一个配置文件。请选择您正在使用的设备。",
        },
    },
    press: Presses {
        on: "开启",
        on_again: "重试",
        again_on: "再按一次以开启",
        again_off: "再按一次以为所有人关闭",
        again_keep: "再按一次以保持开启 {time}",
        look: "刷新",
        open: "打开 VPN 页面",
        sign_in: "重新登录",
        sign_out: "退出登录",
    },
    looked_now: "刚刚更新",
    looked_ago: "{time}前更新",
    looked_at_load: "以上是打开页面时的状态。",
    lost: "无法连接到服务器。",
    help: "需要帮助？",
    ended: Saying {
        short: "请重新登录",
        headline: "登录已过期",
        next: "请重新登录，此页面才能继续显示最新状态。VPN 本身不受影响。",
    },
    signed_in: Saying {
        short: "已登录", headline: "您已重新登录", next: "因为需要先登录，您刚才的操作未执行。"
    },
    signed_out: Saying {
        short: "已退出登录",
        headline: "您已退出登录",
        next: "可以关闭此页面。无人使用时，VPN 会自动关闭。",
    },
};

fn phase(phase: Phase) -> Saying {
    let (short, headline, next) = match phase {
        Phase::Off => ("已关闭", "VPN 已关闭", "需要时请开启。无人使用时，VPN 会自动关闭。"),
        Phase::Starting => {
            ("正在启动", "VPN 正在启动", "通常需要 {from} 到 {to} 分钟。您可以离开此页面，启动过程不会中断。")
        }
        Phase::Ready => {
            ("可以使用", "VPN 可以使用了", "现在可以在 VPN 应用中连接了。如果连续 {idle}无人连接，VPN 会自动关闭。")
        }
        Phase::TurningOff => {
            ("正在关闭", "VPN 正在关闭", "这需要几分钟。如果您还要使用，请点击“开启”，关闭完成后会立即重新启动。")
        }
        Phase::TurningOnAgain => {
            ("等待重新启动", "VPN 即将重新启动", "需要先等关闭完成，因此会比平时多几分钟。您可以离开此页面。")
        }
        Phase::Failed => ("无法使用", "VPN 未能开启", "请重试。如果仍然不行，请将参考编号发给管理员。"),
        Phase::Incomplete => ("部分开启", "VPN 只开启了一部分", "部分资源可能无法访问。请点击“开启”，以使用全部功能。"),
        Phase::Closed => ("暂停使用", "VPN 已暂停使用", "管理员已将 VPN 暂时关闭，在恢复之前任何人都无法开启。"),
    };
    Saying { short, headline, next }
}

fn problem(kind: Kind) -> Saying {
    let (headline, next) = match kind {
        Kind::BadRequest => ("无法完成此操作", "请打开 VPN 页面，使用页面上的按钮操作。"),
        Kind::Identity => {
            ("您尚未登录", "请重新登录。如果仍然看到此提示，请关闭浏览器后重新打开页面，或将参考编号发给管理员。")
        }
        Kind::KeyServer => ("目前无法验证您的登录", "请过一分钟再刷新。如果一直如此，请将参考编号发给管理员。"),
        Kind::OtherOrigin => {
            ("此操作来自其他页面", "为安全起见，未做任何更改。请打开 VPN 页面，使用页面上的按钮操作。")
        }
        Kind::NotFound => ("找不到此页面", "链接可能已过期。请打开 VPN 页面。"),
        Kind::Method => ("无法从这里执行此操作", "请打开 VPN 页面，使用页面上的按钮操作。"),
        Kind::Unreachable => ("VPN 服务没有响应", "请过一分钟再刷新。如果一直如此，请将参考编号发给管理员。"),
        Kind::Busy => ("VPN 服务目前繁忙", "短时间内请求过多。请等一分钟后再刷新。"),
        Kind::Forbidden => ("此页面无权控制 VPN", "缺少一项权限，只有管理员才能解决。请将参考编号发给管理员。"),
        Kind::Endpoint => {
            ("找不到 VPN", "设置中的 VPN 不存在或正在被删除，只有管理员才能解决。请将参考编号发给管理员。")
        }
        Kind::Subnet => ("有一个网络无法使用", "有一个网络不适用，或已达到上限。请将参考编号发给管理员。"),
        Kind::SameZone => ("有两个网络不能同时使用", "设置中的两个网络位于同一区域。请将参考编号发给管理员。"),
        Kind::Route => ("有一条路由无法使用", "有一条路由不适用，或已达到上限。请将参考编号发给管理员。"),
        Kind::AssociationFailed => {
            ("有一个网络未能接通", "有一个网络未能接通。请重试，如果仍然不行，请将参考编号发给管理员。")
        }
        Kind::RouteFailed => {
            ("有一条路由未能建立", "有一条路由未能建立，部分资源可能无法访问。请将参考编号发给管理员。")
        }
        Kind::Unknown => ("发生了意外情况", "操作未能完成。请重试，如果仍然不行，请将参考编号发给管理员。"),
        Kind::InUse => {
            ("VPN 未关闭", "仍有设备处于连接状态，也可能是您自己的设备。请在 VPN 应用中断开连接，稍等一分钟后再试。")
        }
        Kind::NotOn => ("VPN 尚未开启，无法设置保持开启", "请先开启 VPN。"),
        Kind::PartlyOff => ("VPN 未能全部关闭", "请过几分钟再试。无人使用时，VPN 也会自动关闭。"),
        Kind::NoProfile => {
            ("目前没有您的配置文件", "它可能已超过一周，或者属于另一台设备。请向管理员索取新的配置文件。")
        }
    };
    Saying { short: "出现问题", headline, next }
}
