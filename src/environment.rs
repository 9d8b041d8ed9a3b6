use std::env;
use std::ffi::OsString;

/// A variable of the environment. One that is empty counts as not set, as it does for the AWS SDK.
pub fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}
