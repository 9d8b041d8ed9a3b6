//! Environment variables.

use std::env;
use std::ffi::OsString;

/// Variables that name a proxy for calls to AWS, in order of precedence.
pub const PROXIES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// The value of a variable. An empty one counts as not set, as it does for the AWS SDK.
pub fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}
