//! The variables of a function's process, as Lambda sets them.

use std::{collections::BTreeMap, path::Path};

use jiff::Timestamp;

use crate::{authorize::keys::access_key, deployment::Function};

/// All variables of the process of a function, whose Runtime API answers at this host and port.
#[must_use]
pub fn of(
    name: &str,
    function: &Function,
    region: &str,
    task_root: &Path,
    runtime_api: &str,
    log_stream: &str,
) -> BTreeMap<String, String> {
    // The function's own come first: Lambda refuses to set the reserved ones below.
    let mut variables = function.environment.clone();
    let version = version(function);
    let own = [
        ("TZ", ":UTC".to_owned()),
        ("LANG", "en_US.UTF-8".to_owned()),
        ("PATH", "/usr/local/bin:/usr/bin/:/bin:/opt/bin".to_owned()),
        ("LAMBDA_TASK_ROOT", task_root.display().to_string()),
        ("LAMBDA_RUNTIME_DIR", "/var/runtime".to_owned()),
        ("_HANDLER", "bootstrap".to_owned()),
        ("AWS_REGION", region.to_owned()),
        ("AWS_DEFAULT_REGION", region.to_owned()),
        ("AWS_LAMBDA_FUNCTION_NAME", name.to_owned()),
        ("AWS_LAMBDA_FUNCTION_VERSION", version.to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.memory.to_string()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", log_group(name, function)),
        ("AWS_LAMBDA_LOG_STREAM_NAME", log_stream.to_owned()),
        ("AWS_LAMBDA_RUNTIME_API", runtime_api.to_owned()),
        ("AWS_ACCESS_KEY_ID", access_key(&function.role)),
        // The AWS endpoint recognises a function by its access key alone.
        ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
        ("AWS_SESSION_TOKEN", "local".to_owned()),
    ];
    variables.extend(own.map(|(name, value)| (name.to_owned(), value)));
    let logging =
        [("AWS_LAMBDA_LOG_FORMAT", &function.logging.format), ("AWS_LAMBDA_LOG_LEVEL", &function.logging.level)];
    let said = logging.into_iter().filter(|(_, value)| !value.is_empty());
    variables.extend(said.map(|(name, value)| (name.to_owned(), value.clone())));
    variables
}

/// Where its log goes.
#[must_use]
pub fn log_group(name: &str, function: &Function) -> String {
    let group = &function.logging.group;
    if group.is_empty() { format!("/aws/lambda/{name}") } else { group.clone() }
}

/// Each execution environment has a stream of its own.
#[must_use]
pub fn log_stream(function: &Function, now: Timestamp) -> String {
    format!("{}/[{}]{:032x}", now.strftime("%Y/%m/%d"), version(function), fastrand::u128(..))
}

fn version(function: &Function) -> &str {
    if function.version.is_empty() { "$LATEST" } else { &function.version }
}
