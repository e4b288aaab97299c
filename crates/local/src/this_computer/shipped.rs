//! What Lambda is told of each function where it is deployed: `package.metadata.lambda.deploy` of its crate.

use std::time::Duration;

use super::BadFile;

/// Time-out and memory in megabytes.
pub(super) struct Shipped {
    pub(super) timeout: Duration,
    pub(super) memory: u32,
}

pub(super) fn associator() -> Result<Shipped, BadFile> {
    read("crates/associator/Cargo.toml", include_str!("../../../associator/Cargo.toml"))
}

pub(super) fn disassociator() -> Result<Shipped, BadFile> {
    read("crates/disassociator/Cargo.toml", include_str!("../../../disassociator/Cargo.toml"))
}

pub(super) fn connect_handler() -> Result<Shipped, BadFile> {
    read("crates/connect-handler/Cargo.toml", include_str!("../../../connect-handler/Cargo.toml"))
}

fn read(file: &'static str, manifest: &str) -> Result<Shipped, BadFile> {
    const TABLE: &str = "[package.metadata.lambda.deploy]";
    let table = manifest.lines().skip_while(|line| *line != TABLE).skip(1).take_while(|line| !line.starts_with('['));
    let number = |name: &str| {
        let value = table.clone().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = "));
        let problem = || format!("{TABLE} has no number for {name}");
        value.and_then(|value| value.parse().ok()).ok_or_else(|| BadFile { file, problem: problem() })
    };
    Ok(Shipped { timeout: Duration::from_secs(u64::from(number("timeout")?)), memory: number("memory")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_the_manifests_say() {
        let all = [associator(), disassociator(), connect_handler()].map(|read| read.expect("a manifest"));
        assert_eq!(all.map(|one| (one.timeout.as_secs(), one.memory)), [(20, 128), (180, 128), (10, 256)]);
        for bad in ["", "timeout = 3\n[package.metadata.lambda.deploy]\nmemory = 128\n[dependencies]\ntimeout = 3\n"] {
            let problem = read("Cargo.toml", bad).err().expect("nothing to read").problem;
            assert_eq!(problem, "[package.metadata.lambda.deploy] has no number for timeout");
        }
    }
}
