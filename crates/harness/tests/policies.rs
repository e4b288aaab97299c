//! What IAM takes: the documents of infra/iam fit, and no right of the deployer stands in two of them.
#![allow(clippy::unwrap_used, reason = "a test may")]

use std::{collections::BTreeMap, fs};

use serde_json::{Value, json};

const IAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/iam");
const SETTINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/lib/settings.sh");

/// Characters without white space (fact 11.2).
const MANAGED_POLICY: usize = 6_144;
/// All inline policies of a role together; ours has one.
const ROLE_INLINE: usize = 10_240;
/// Who may assume a role; without asking AWS for more.
const TRUST_POLICY: usize = 2_048;
/// Managed policies of one principal, without asking AWS for more: others have some too.
const DEPLOYER_FILES: usize = 4;

fn documents() -> BTreeMap<String, Value> {
    let files = fs::read_dir(IAM).unwrap().map(|entry| entry.unwrap().path());
    files
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, serde_json::from_slice(&fs::read(path).unwrap()).unwrap())
        })
        .collect()
}

fn deployer() -> BTreeMap<String, Value> {
    documents().into_iter().filter(|(name, _)| name.starts_with("deployer")).collect()
}

/// As IAM counts: no white space.
fn size(document: &Value) -> usize {
    document.to_string().chars().filter(|c| !c.is_whitespace()).count()
}

/// A template of infra/iam with the longest names that the settings take.
fn longest(template: &Value) -> Value {
    // A change of these limits has to be made here too.
    let settings = fs::read_to_string(SETTINGS).unwrap();
    assert!(settings.contains("up to 15 small letters, digits and hyphens"), "the longest INSTALLATION");
    assert!(settings.contains("1 to 5 subnets"), "the most subnets");
    let (region, account, suffix) = ("ap-southeast-1", "123456789012", "-abcdefghijklmno");
    let arn = |service: &str, rest: &str| format!("arn:aws:{service}:{region}:{account}:{rest}");
    let id = "0123456789abcdef0";
    let filled = [
        ("account", account.to_owned()),
        ("egress", format!("vpn-on-demand-egress{suffix}")),
        ("log_group", format!("/vpn-on-demand-egress{suffix}")),
        ("name", format!("egress/{}", &suffix[1..])),
        ("record", format!("proxy.vpn-on-demand-egress{suffix}.internal")),
        ("tag", "vpn-on-demand:installation".to_owned()),
        ("zone", "Z0123456789ABCDEFGHIJKLMNOPQRSTU".to_owned()),
        ("alarm_name", format!("AWSClientVPN-DisassociatingSubnets{suffix}")),
        ("month_alarm_name", format!("AWSClientVPN-Month{suffix}")),
        ("endpoint_arn", arn("ec2", &format!("client-vpn-endpoint/cvpn-endpoint-{id}"))),
        ("failure_topic_arn", arn("sns", &format!("AWSClientVPN-Failures{suffix}"))),
        ("function", format!("AWSClientVPN-DisassociatingSubnets{suffix}")),
        ("partition", "aws".to_owned()),
        ("profiles_bucket", format!("vpn-on-demand-{account}-{region}{suffix}")),
        ("region", region.to_owned()),
    ];
    let subnet = json!(arn("ec2", &format!("subnet/subnet-{id}"))).to_string();
    let mut text = template.to_string().replace("\"{{subnet_arns}}\"", &vec![subnet; 5].join(","));
    for (name, value) in filled {
        text = text.replace(&format!("{{{{{name}}}}}"), &value);
    }
    assert!(!text.contains("{{"), "nobody fills a placeholder of {text}");
    serde_json::from_str(&text).unwrap()
}

#[test]
fn every_document_fits_into_iam() {
    let mut checked = Vec::new();
    for (name, document) in documents() {
        let most = match name.as_str() {
            "associator" | "associator-profiles" | "disassociator" | "connect-handler" | "egress-proxy" => ROLE_INLINE,
            "trust" => TRUST_POLICY,
            _ => MANAGED_POLICY,
        };
        let has = size(&longest(&document));
        assert!(has <= most, "infra/iam/{name}.json has {has} characters, and IAM takes {most}");
        checked.push(name);
    }
    assert!(checked.len() >= 9, "{checked:?}");
    // What stood in one file would not fit: the same count says so.
    let together: usize = deployer().values().map(size).sum();
    assert!(together > MANAGED_POLICY, "{together}: the deployer's rights fit into one file again");
}

#[test]
fn no_right_of_the_deployer_stands_in_two_files() {
    let files = deployer();
    assert!(files.len() <= DEPLOYER_FILES, "{:?}", files.keys());
    let mut home: BTreeMap<(String, String), String> = BTreeMap::new();
    for (name, document) in files {
        for statement in document["Statement"].as_array().unwrap() {
            for action in statement["Action"].as_array().unwrap() {
                for resource in statement["Resource"].as_array().unwrap() {
                    let right = (action.to_string(), resource.to_string());
                    if let Some(other) = home.insert(right.clone(), name.clone()) {
                        panic!("{right:?} stands in {other} and in {name}");
                    }
                }
            }
        }
    }
    assert!(home.len() > 100, "only {} rights", home.len());
}

/// Roles are handed to Lambda, and to no other service.
#[test]
fn whoever_deploys_hands_roles_to_lambda_only() {
    let mut found = 0;
    for (name, document) in deployer() {
        for statement in document["Statement"].as_array().unwrap() {
            if statement["Action"].as_array().unwrap().contains(&json!("iam:PassRole")) {
                let condition = json!({ "StringEquals": { "iam:PassedToService": "lambda.amazonaws.com" } });
                assert_eq!(statement["Condition"], condition, "{name}: {statement}");
                found += 1;
            }
        }
    }
    assert!(found > 0, "nobody may hand over a role");
}

fn list(value: &Value) -> Vec<String> {
    let one = |value: &Value| value.as_str().unwrap().to_owned();
    value.as_array().map_or_else(|| vec![one(value)], |many| many.iter().map(one).collect())
}

/// Whether `*` of the pattern can stand for what is there.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(start) else { return false };
    (0..=text.len()).any(|at| text.is_char_boundary(at) && matches(rest, &text[at..]))
}

/// A boundary that takes something from the functions would stop them on the first day.
#[test]
fn the_boundary_leaves_the_functions_all_their_rights() {
    let all = documents();
    let mut compared = 0;
    for name in ["associator", "associator-profiles", "disassociator", "connect-handler"] {
        for statement in longest(&all[name])["Statement"].as_array().unwrap() {
            for action in list(&statement["Action"]) {
                for resource in list(&statement["Resource"]) {
                    let left = all["boundary"]["Statement"].as_array().unwrap().iter().any(|limit| {
                        list(&limit["Action"]).contains(&action)
                            && list(&limit["Resource"]).iter().any(|pattern| matches(pattern, &resource))
                            && (limit["Condition"].is_null() || limit["Condition"] == statement["Condition"])
                    });
                    assert!(left, "infra/iam/boundary.json takes {action} on {resource} from {name}");
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 20, "only {compared} rights");
}

/// What README.md shows of it is what is in the file.
#[test]
fn the_readme_shows_what_demands_the_boundary() {
    let readme = fs::read_to_string(format!("{IAM}/../README.md")).unwrap();
    let shown = readme.split_once("```json").unwrap().1.split_once("```").unwrap().0;
    let mut first = documents()["boundary-demanded"]["Statement"][0].clone();
    first.as_object_mut().unwrap().remove("Sid");
    assert_eq!(serde_json::from_str::<Value>(shown).unwrap(), first);
}
