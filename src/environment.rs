use std::env;
use std::ffi::OsString;

/// Variables that name a proxy for calls to AWS, the strongest first.
pub const PROXIES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// A variable of the environment. One that is empty counts as not set, as it does for the AWS SDK.
pub fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}
