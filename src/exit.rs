//! Exit statuses that stand for more than "it worked".

use std::process::ExitCode;

/// What a shell reports for a program that Ctrl-C ended.
pub const INTERRUPTED: u8 = 130;
/// No session came about, or it broke off.
pub const UNOPENED: u8 = 255;
/// As `timeout` of the GNU core utilities reports it.
pub const TIMED_OUT: u8 = 124;

/// What a shell reports for a program that a signal ended.
pub fn by_signal(signal: i32) -> ExitCode {
    ExitCode::from(of_signal(signal))
}

/// The same as a number.
pub fn of_signal(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(UNOPENED)
}
