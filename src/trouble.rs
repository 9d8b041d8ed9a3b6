use std::fmt;

/// Why the program cannot do what was asked: usage, configuration, credentials, or a target that does
/// not exist. Ends the program with status 2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What is wrong, in one sentence.
    pub what: String,
    /// What to do about it.
    pub help: String,
}

impl Trouble {
    pub fn new(what: impl Into<String>, help: impl Into<String>) -> Trouble {
        Trouble {
            what: what.into(),
            help: help.into(),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = ecs_exec_checks::text::clean_line;
        write!(f, "error: {}", line(&self.what))?;
        if !self.help.is_empty() {
            write!(f, "\n  help: {}", line(&self.help))?;
        }
        Ok(())
    }
}
