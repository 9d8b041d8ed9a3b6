//! How a sentence is recognised.

/// One way to recognise a sentence. Case, white space and the kind of quotes do not matter.
#[derive(Debug, Clone, Copy)]
pub enum Pattern {
    /// All of these stand in the sentence, in this order and not far from each other.
    Words(&'static [&'static str]),
    /// This API operation failed, and all of these stand in the sentence.
    Call(&'static str, &'static [&'static str]),
    /// A shell, a language or the agent says that it does not find this program.
    Missing(Program),
    /// A path of Windows stands where the agent was to start a program: `fork/exec C:/…`.
    WindowsPath,
}

/// A program that somebody misses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    Plugin,
    AwsCli,
    Shell,
    /// `script` of util-linux, with which the agent writes the record of a session.
    Script,
    /// Any other that the agent was to start.
    Other,
}

impl Program {
    /// By its name or path, in lower case.
    pub fn of(path: &str) -> Program {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let name = [".exe", ".cmd", ".bat"]
            .iter()
            .find_map(|extension| name.strip_suffix(extension))
            .unwrap_or(name);
        match name {
            "aws" | "aws2" | "awscli" | "aws-cli" => Program::AwsCli,
            "sh" | "bash" | "ash" | "dash" | "zsh" | "ksh" | "mksh" | "fish" | "csh" | "tcsh"
            | "busybox" | "pwsh" | "powershell" | "cmd" => Program::Shell,
            "script" => Program::Script,
            name if name.ends_with("session-manager-plugin")
                || name.ends_with("sessionmanagerplugin") =>
            {
                Program::Plugin
            }
            _ => Program::Other,
        }
    }
}
