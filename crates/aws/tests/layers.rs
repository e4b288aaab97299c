//! Which crate may use which, and that the emulated AWS stays plain state: from `cargo metadata`, since nothing else knows
//! all of it.

use std::{collections::BTreeSet, process::Command};

use serde_json::Value;

/// The crates of the workspace, and what each uses of them when it is not being tested.
const LAYERS: [(&str, &[&str]); 11] = [
    ("associator", &["vpn-core"]),
    ("aws", &[]),
    ("connect-handler", &["vpn-core"]),
    ("data-plane", &["aws", "local"]),
    ("disassociator", &["vpn-core"]),
    ("estimate", &["vpn-core"]),
    ("harness", &["aws", "local", "moto"]),
    ("local", &["aws"]),
    ("moto", &["aws", "local"]),
    ("simulation", &["associator", "aws", "disassociator", "local", "vpn-core"]),
    ("vpn-core", &[]),
];

/// What would run something in the emulated AWS.
const RUNTIMES: [&str; 5] = ["axum", "hyper", "lambda_runtime", "mio", "tokio"];

fn metadata() -> Value {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["metadata", "--format-version=1", "--locked", "--offline", "--filter-platform=host-tuple"])
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    let told = cargo.output().expect("cargo starts");
    assert!(told.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&told.stderr));
    serde_json::from_slice(&told.stdout).expect("cargo metadata writes JSON")
}

fn each<'a>(value: &'a Value, list: &str) -> impl Iterator<Item = &'a Value> {
    value[list].as_array().expect("a list").iter()
}

fn name<'a>(metadata: &'a Value, id: &Value) -> &'a str {
    let package = each(metadata, "packages").find(|package| package["id"] == *id).expect("a package");
    package["name"].as_str().expect("a name")
}

/// The ids of what a package uses: without what only tests and build scripts do.
fn uses<'a>(metadata: &'a Value, id: &'a Value) -> impl Iterator<Item = &'a Value> {
    let node = each(&metadata["resolve"], "nodes").find(|node| node["id"] == *id).expect("a node");
    each(node, "deps").filter(|to| each(to, "dep_kinds").any(|kind| kind["kind"].is_null())).map(|to| &to["pkg"])
}

#[test]
fn the_arrows_lead_downward() {
    let metadata = metadata();
    let members: Vec<&Value> = each(&metadata, "workspace_members").collect();
    let found: BTreeSet<(&str, Vec<&str>)> = members
        .iter()
        .map(|id| {
            let mut of_ours: Vec<&str> =
                uses(&metadata, id).filter(|to| members.contains(to)).map(|to| name(&metadata, to)).collect();
            of_ours.sort_unstable();
            (name(&metadata, id), of_ours)
        })
        .collect();
    assert_eq!(found, LAYERS.iter().map(|(member, to)| (*member, to.to_vec())).collect());
}

#[test]
fn the_emulated_aws_runs_nothing() {
    let metadata = metadata();
    let aws = each(&metadata, "workspace_members").find(|id| name(&metadata, id) == "aws").expect("the crate");
    let (mut seen, mut left) = (BTreeSet::new(), vec![aws]);
    while let Some(id) = left.pop() {
        if seen.insert(name(&metadata, id)) {
            left.extend(uses(&metadata, id));
        }
    }
    assert!(seen.contains("jiff"), "the search finds what it does use: {seen:?}");
    let runtimes: Vec<&str> = RUNTIMES.into_iter().filter(|runtime| seen.contains(runtime)).collect();
    assert!(runtimes.is_empty(), "{runtimes:?}");
}
