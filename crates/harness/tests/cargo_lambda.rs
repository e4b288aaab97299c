//! `infra/deploy.sh` as an administrator runs it, without prebuilt packages: the real cargo-lambda builds the functions for
//! release and for arm64, and deploys them. Into moto; with a target directory that is cold it takes ten minutes.
//!
//! `.ci/release` installs cargo-lambda and what else this needs, and runs it.

use std::process::Command;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

#[test]
fn cargo_lambda_builds_and_deploys() {
    let mut scripts = Command::new("bash");
    let status = scripts.args(["infra/tests/run.sh", "release"]).current_dir(ROOT).status().expect("bash starts");
    assert!(status.success(), "infra/tests/run.sh release: {status}");
}
