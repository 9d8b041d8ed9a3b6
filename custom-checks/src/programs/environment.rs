//! The environment variables of programs.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

/// The environment variables that a program gets: none that can hold a secret, and none of AWS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    variables: Vec<(OsString, OsString)>,
}

/// Besides `LC_…`.
const INHERITED: [&str; 5] = ["PATH", "HOME", "LANG", "TZ", "TMPDIR"];
/// What Windows needs to start a program at all.
const INHERITED_ON_WINDOWS: [&str; 5] = ["SYSTEMROOT", "USERPROFILE", "PATHEXT", "TEMP", "TMP"];

impl Environment {
    /// Keeps the harmless ones of these variables. Outside tests they are `std::env::vars_os()`.
    pub fn of(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Environment {
        Environment {
            variables: variables
                .into_iter()
                .filter(|(name, _)| name.to_str().is_some_and(is_inherited))
                .collect(),
        }
    }

    /// To run a program with these variables and no others.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.variables.iter().cloned());
        command
    }
}

fn is_inherited(name: &str) -> bool {
    if cfg!(windows) {
        let name = name.to_ascii_uppercase();
        let mut names = INHERITED.iter().chain(&INHERITED_ON_WINDOWS);
        return names.any(|known| *known == name);
    }
    INHERITED.contains(&name) || name.starts_with("LC_")
}
