//! Whose a call is.

use local::this_computer::ACCOUNT;

/// An account beside [`ACCOUNT`]: of everybody whose access key ends so.
pub(crate) const ELSEWHERE: &str = "210987654321";
const KEYS_ELSEWHERE: &str = "-ELSEWHERE";

/// The account of an access key.
pub(crate) fn account(key: &str) -> &'static str {
    if key.ends_with(KEYS_ELSEWHERE) { ELSEWHERE } else { ACCOUNT }
}
