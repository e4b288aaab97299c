//! The settings of the function.

use std::path::PathBuf;

use vpn_core::{
    Error,
    config::{Reader, Vars},
};

/// `VPN_CONNECT_MODE`: `enforce`, which is the default, or `shadow`.
pub const MODE: &str = "VPN_CONNECT_MODE";
/// `VPN_POLICY_DIR`: where the policy is. By default `policy` beside the function.
pub const POLICY_DIR: &str = "VPN_POLICY_DIR";
/// Set by Lambda: where the function's files are.
const TASK_ROOT: &str = "LAMBDA_TASK_ROOT";

/// What a denial does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It turns the connection away.
    Enforce,
    /// It is only logged: everybody is let in, even with a policy that cannot be read.
    Shadow,
}

impl Mode {
    fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "enforce" => Ok(Self::Enforce),
            "shadow" => Ok(Self::Shadow),
            _ => Err("enforce or shadow"),
        }
    }

    /// Its word in the settings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Shadow => "shadow",
        }
    }
}

/// Reads what a denial does.
///
/// # Errors
/// [`Error::Configuration`] when the word is none of the two.
pub fn mode(vars: &dyn Vars) -> Result<Mode, Error> {
    let mut reader = Reader::new(vars);
    let mode = reader.optional(MODE, Mode::parse);
    reader.finish(mode).map(|mode| mode.unwrap_or(Mode::Enforce))
}

/// Reads where the policy is.
///
/// # Errors
/// [`Error::Configuration`] when neither a setting nor Lambda says it.
pub fn policy_dir(vars: &dyn Vars) -> Result<PathBuf, Error> {
    let mut reader = Reader::new(vars);
    let dir = match reader.optional(POLICY_DIR, directory) {
        Some(None) => reader.required(TASK_ROOT, directory).map(|root| root.join("policy")),
        given => given.flatten(),
    };
    reader.finish(dir)
}

fn directory(text: &str) -> Result<PathBuf, &'static str> {
    if text.is_empty() { Err("a directory") } else { Ok(PathBuf::from(text)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mode_is_enforce_unless_said() {
        assert_eq!(mode(&[]).expect("valid"), Mode::Enforce);
        assert_eq!(mode(&[(MODE, "enforce")]).expect("valid"), Mode::Enforce);
        assert_eq!(mode(&[(MODE, "shadow")]).expect("valid"), Mode::Shadow);
        for bad in ["", "Shadow", "off", "shadow "] {
            let error = mode(&[(MODE, bad)]).expect_err(bad).to_string();
            assert!(error.contains(&format!("VPN_CONNECT_MODE={bad:?}: expected enforce or shadow")), "{error}");
        }
    }

    #[test]
    fn the_policy_is_beside_the_function_unless_said() {
        assert_eq!(policy_dir(&[(TASK_ROOT, "/var/task")]).expect("valid"), PathBuf::from("/var/task/policy"));
        let dir = policy_dir(&[(TASK_ROOT, "/var/task"), (POLICY_DIR, "/opt/policy")]);
        assert_eq!(dir.expect("valid"), PathBuf::from("/opt/policy"));
        let error = policy_dir(&[(TASK_ROOT, "/var/task"), (POLICY_DIR, "")]).expect_err("bad").to_string();
        assert!(error.contains("VPN_POLICY_DIR=\"\": expected a directory"), "{error}");
        let error = policy_dir(&[]).expect_err("bad").to_string();
        assert!(error.contains("LAMBDA_TASK_ROOT is not set: expected a directory"), "{error}");
    }
}
