//! Exit codes other than 0.

use std::process::ExitCode;

/// A check failed, or a fix did.
pub const FAILED: u8 = 1;
/// Usage, configuration, credentials, or a target that does not exist.
pub const USAGE: u8 = 2;
/// A required check could not run.
pub const INCONCLUSIVE: u8 = 3;
/// A timeout, as `timeout` of the GNU core utilities reports it.
pub const TIMED_OUT: u8 = 124;
/// Ctrl-C, as shells report it.
pub const INTERRUPTED: u8 = 130;
/// A session did not open, or broke off.
pub const UNOPENED: u8 = 255;

/// A signal, as shells report it.
pub fn by_signal(signal: i32) -> ExitCode {
    ExitCode::from(of_signal(signal))
}

/// [`by_signal`] as a number.
pub fn of_signal(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(UNOPENED)
}
