use std::ffi::OsString;

/// What a program gets of the environment: nothing that could hold a secret, and nothing of AWS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    variables: Vec<(OsString, OsString)>,
}

/// Besides `LC_…`. The last five are what Windows needs to start a program at all.
const PASSED_ON: [&str; 10] = [
    "PATH",
    "HOME",
    "LANG",
    "TZ",
    "TMPDIR",
    "SYSTEMROOT",
    "USERPROFILE",
    "PATHEXT",
    "TEMP",
    "TMP",
];

impl Environment {
    /// What is passed on of these; they are `std::env::vars_os()` outside tests.
    pub fn of(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Environment {
        Environment {
            variables: variables
                .into_iter()
                .filter(|(name, _)| name.to_str().is_some_and(is_passed_on))
                .collect(),
        }
    }

    pub fn variables(&self) -> &[(OsString, OsString)] {
        &self.variables
    }
}

fn is_passed_on(name: &str) -> bool {
    if cfg!(windows) {
        let name = name.to_ascii_uppercase();
        return PASSED_ON.contains(&name.as_str());
    }
    PASSED_ON[..5].contains(&name) || name.starts_with("LC_")
}
