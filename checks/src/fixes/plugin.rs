//! The Session Manager plugin on this machine.

use model::fix::{Disposition, Fix};

const DOWNLOADS: &str = "https://s3.amazonaws.com/session-manager-downloads/plugin/latest";

/// Installs the Session Manager plugin on this kind of machine.
/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html>
pub fn install(os: &str) -> Fix {
    let fix = Fix::new(
        "install-plugin",
        Disposition::Safe,
        "Install the Session Manager plugin",
        "Changes only this machine. The Linux commands are for Debian and Ubuntu on x86-64. For other packages, see \
         \"Install the Session Manager plugin\" in the AWS documentation.",
    );
    match os {
        "macos" => fix.command("brew install --cask session-manager-plugin"),
        "windows" => fix.command(format!(
            "curl.exe -o SessionManagerPluginSetup.exe {DOWNLOADS}/windows/SessionManagerPluginSetup.exe"
        ))
        .command(".\\SessionManagerPluginSetup.exe"),
        _ => fix
            .command(format!(
                "curl -o session-manager-plugin.deb {DOWNLOADS}/ubuntu_64bit/session-manager-plugin.deb"
            ))
            .command("sudo dpkg -i session-manager-plugin.deb"),
    }
}
