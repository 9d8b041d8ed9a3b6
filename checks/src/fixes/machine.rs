//! The machine that sessions start from.

use model::fix::{Disposition, Fix};

/// Sets the clock by the network.
pub fn set_clock(os: &str) -> Fix {
    let command = match os {
        "macos" => "sudo sntp -sS time.apple.com",
        "windows" => "w32tm /resync",
        _ => "sudo timedatectl set-ntp true",
    };
    Fix::new(
        "set-clock",
        Disposition::Safe,
        "Set this machine's clock by the network",
        "Needs an administrator's rights, and a way to a time server.",
    )
    .command(command)
}
