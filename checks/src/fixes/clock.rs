//! The clock of this machine.

use model::fix::{Disposition, Fix};

/// Synchronizes the clock. `os`: as in [`std::env::consts::OS`].
pub fn synchronize(os: &str) -> Fix {
    let command = match os {
        "macos" => "sudo sntp -sS time.apple.com",
        "windows" => "w32tm /resync",
        _ => "sudo timedatectl set-ntp true",
    };
    Fix::new(
        "set-clock",
        Disposition::Safe,
        "Synchronize this machine's clock with a time server",
        "Needs administrator rights and network access to a time server.",
    )
    .command(command)
}
