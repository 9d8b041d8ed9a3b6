use std::fmt;

/// Why the program cannot do what was asked: usage, configuration, credentials, or a target that does
/// not exist. Ends the program with status 2; with 255 where a session that was asked for could not be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What is wrong, in one sentence.
    pub what: String,
    /// What to do about it.
    pub help: String,
    pub status: u8,
}

/// Nothing was wrong with the question, but no session came of it.
const UNOPENED: u8 = 255;

impl Trouble {
    pub fn new(what: impl Into<String>, help: impl Into<String>) -> Trouble {
        Trouble {
            what: what.into(),
            help: help.into(),
            status: 2,
        }
    }

    /// A session could not be opened.
    pub fn unopened(what: impl Into<String>, help: impl Into<String>) -> Trouble {
        Trouble {
            status: UNOPENED,
            ..Trouble::new(what, help)
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
