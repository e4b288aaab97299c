use super::*;
use crate::request::Request;

const ENTITIES_TEXT: &str = r#"[
    { "uid": { "type": "Device", "id": "ipad-7" }, "attrs": {}, "parents": [{ "type": "Group", "id": "devices" }] },
    { "uid": { "type": "User", "id": "anna" }, "attrs": { "floor": 3 }, "parents": [{ "type": "Group", "id": "local" }] },
    { "uid": { "type": "Group", "id": "sales" }, "attrs": {}, "parents": [{ "type": "Group", "id": "staff" }] }
]"#;

fn policy(text: &str) -> Policy {
    Policy::new(&[("a.cedar", text)], ENTITIES_TEXT).expect("usable")
}

fn asked(change: impl FnOnce(&mut Request)) -> Asked {
    let mut request = Request::default();
    change(&mut request);
    Asked::new(&request, "2026-11-02T12:00:00Z".parse().expect("timestamp")).expect("asked")
}

fn ipad() -> Asked {
    asked(|r| r.common_name = Some("ipad-7".to_owned()))
}

fn anna(groups: &[&str]) -> Asked {
    asked(|r| {
        r.username = Some("anna".to_owned());
        r.groups = groups.iter().map(|&group| group.to_owned()).collect();
    })
}

#[test]
fn nothing_permitted_is_a_denial() {
    assert_eq!(policy("").decide(&ipad()), Ok(Verdict::default()));
}

#[test]
fn the_determining_policies_give_the_words_in_the_order_of_the_files() {
    let first = r#"
        @id("open") @posture("b, a,,b") @message("never shown") permit (principal, action, resource);
        @posture("c") permit (principal in Group::"devices", action, resource);
        @id("others") @posture("d") permit (principal is User, action, resource);"#;
    let second = r#"
        @id("closed") @message("First.") @posture("x") forbid (principal is User, action, resource);
        @id("shut") @message("Second.") forbid (principal is User, action, resource);
        @id("again") @message("First.") forbid (principal is User, action, resource);"#;
    let both = Policy::new(&[("1.cedar", first), ("2.cedar", second)], ENTITIES_TEXT).expect("usable");
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    let allowed = both.decide(&ipad()).expect("decided");
    assert!(allowed.allow);
    assert_eq!(allowed.policies, words(&["open", "1.cedar#2"]));
    assert_eq!(allowed.postures, words(&["b", "a", "c"]));
    let denied = both.decide(&anna(&[])).expect("decided");
    assert!(!denied.allow);
    assert_eq!(denied.policies, words(&["closed", "shut", "again"]));
    assert_eq!((denied.messages, denied.postures), (words(&["First.", "Second."]), words(&["x"])));
}

#[test]
fn groups_come_from_the_entities_and_from_aws() {
    for (scope, question, allow) in [
        (r#"principal in Group::"devices""#, ipad(), true),
        (r#"principal in Group::"devices""#, asked(|r| r.common_name = Some("ipad-8".to_owned())), false),
        (r#"principal in Group::"local""#, anna(&[]), true),
        (r#"principal in Group::"local""#, anna(&["sales"]), true),
        (r#"principal in Group::"sales""#, anna(&["sales"]), true),
        (r#"principal in Group::"staff""#, anna(&["other", "sales"]), true),
        (r#"principal in Group::"staff""#, anna(&[]), false),
    ] {
        let policy = policy(&format!("permit ({scope}, action, resource);"));
        assert_eq!(policy.decide(&question).expect("decided").allow, allow, "{scope}");
    }
}

#[test]
fn groups_of_a_user_are_not_those_of_the_device() {
    let both = asked(|r| {
        r.common_name = Some("ipad-8".to_owned());
        r.username = Some("bob".to_owned());
        r.groups = vec!["devices".to_owned()];
    });
    let by_principal = policy(r#"permit (principal in Group::"devices", action, resource);"#);
    assert!(!by_principal.decide(&both).expect("decided").allow);
    let by_user = policy(
        r#"permit (principal, action, resource) when { context has user && context.user in Group::"devices" };"#,
    );
    assert!(by_user.decide(&both).expect("decided").allow);
    assert!(!by_user.decide(&ipad()).expect("decided").allow);
}

#[test]
fn a_user_keeps_their_attributes_with_groups_from_aws() {
    let third_floor = policy("permit (principal is User, action, resource) when { principal.floor == 3 };");
    assert!(third_floor.decide(&anna(&["sales"])).expect("decided").allow);
}

#[test]
fn an_evaluation_that_fails_is_never_a_permit() {
    let text = r#"
        permit (principal, action, resource);
        @id("old-clients") forbid (principal, action, resource) when { context.openvpn_version < 200600000 };"#;
    let error = policy(text).decide(&ipad()).expect_err("doubt");
    assert!(error.starts_with(r#"@id("old-clients"): "#), "{error}");
    assert!(error.contains("openvpn_version"), "{error}");
    let text = r#"@id("floor") permit (principal, action, resource) when { principal.floor == 3 };"#;
    let error = policy(text).decide(&ipad()).expect_err("doubt");
    assert!(error.contains("floor") && !error.contains("ipad-7"), "{error}");
}

#[test]
fn what_cannot_be_used_says_why() {
    for (files, entities, reason) in [
        (&[("a.cedar", "permit (principal")][..], "[]", "parse a.cedar: "),
        (&[("a.cedar", ""), ("b.cedar", "allow all;")], "[]", "parse b.cedar: "),
        (&[("a.cedar", "forbid (principal == ?principal, action, resource);")], "[]", "a.cedar has a template"),
        (
            &[
                ("a.cedar", r#"@id("x") permit (principal, action, resource);"#),
                ("b.cedar", r#"@id("x") forbid (principal, action, resource);"#),
            ],
            "[]",
            r#"two policies have the id "x""#,
        ),
        (&[("a.cedar", "")], "", "parse entities.json: EOF"),
        (&[("a.cedar", "")], "[\n{]", "line 2"),
        (&[("a.cedar", "")], "{}", "parse entities.json: "),
        (
            &[("a.cedar", "")],
            r#"[{ "uid": { "type": "Devcie", "id": "ipad-7" }, "attrs": {}, "parents": [] }]"#,
            "parse entities.json: there is no type Devcie, only Device, User, Group, Endpoint",
        ),
        (
            &[("a.cedar", "")],
            r#"[{ "uid": { "type": "Device", "id": "ipad-7" }, "attrs": {}, "parents": [] },
                { "uid": { "type": "Device", "id": "ipad-7" }, "attrs": { "x": 1 }, "parents": [] }]"#,
            "parse entities.json: ",
        ),
    ] {
        let error = Policy::new(files, entities).expect_err(reason).to_string();
        assert!(error.contains(reason), "{error}");
        assert!(!error.contains("ipad-7"), "{error}");
    }
}

#[test]
fn a_directory_is_read_whole_or_not_at_all() {
    let root = std::env::temp_dir().join(format!("connect-handler-{}", std::process::id()));
    let dir = root.join("policy");
    let load = || Policy::load(&dir).map(|policy| policy.order.len()).map_err(|error| error.to_string());
    let missing = load().expect_err("no directory");
    fs::create_dir_all(&dir).expect("directory");
    let empty = load().expect_err("no policies");
    fs::write(dir.join("b.cedar"), "permit (principal, action, resource);").expect("file");
    fs::write(dir.join("README.md"), "permit (").expect("file");
    let no_entities = load().expect_err("no entities");
    fs::write(dir.join(ENTITIES), "[]").expect("file");
    let whole = load();
    fs::write(dir.join("a.cedar"), [0xff]).expect("file");
    let unreadable = load().expect_err("not a text");
    fs::remove_dir_all(&root).expect("removed");
    assert!(missing.starts_with("read ") && missing.contains("policy"), "{missing}");
    assert!(empty.contains("has no file that ends in .cedar"), "{empty}");
    assert!(no_entities.contains("entities.json"), "{no_entities}");
    assert_eq!(whole, Ok(1));
    assert!(unreadable.contains("a.cedar"), "{unreadable}");
}

#[test]
fn names_are_blanked() {
    for (text, shown) in [
        (r#"`Device::"ipad-7"` is gone"#, r#"`Device::"…"` is gone"#),
        (r#"User::"a\"nna" and User::"bob\\""#, r#"User::"…" and User::"…""#),
        (r#"open "anna"#, r#"open ""#),
        ("plain", "plain"),
        (r"C:\policy", r"C:\policy"),
    ] {
        assert_eq!(without_names(text), shown);
    }
}
