//! The notation in which known errors say how to recognise them.

/// One way to recognise a sentence. Case, white space and the kind of quotes do not matter.
#[derive(Debug, Clone, Copy)]
pub enum Pattern {
    /// The sentence contains these phrases: `…` means "and later, not far away", `OR` separates alternatives and binds
    /// tighter. `handshake … timed out OR expired` matches "the handshake has timed out" and "handshake expired".
    Text(&'static str),
    /// This API operation failed, and the sentence contains these phrases.
    Call(&'static str, &'static str),
    /// A shell, a language runtime or the agent does not find this program.
    Missing(Program),
    /// The agent was asked to start a program by a Windows path: `fork/exec C:/…`.
    WindowsPath,
}

impl Pattern {
    /// All combinations of phrases that make up the pattern; none for the kinds that have no phrases.
    pub fn combinations(&self) -> Vec<Vec<&'static str>> {
        let (Pattern::Text(text) | Pattern::Call(_, text)) = self else {
            return Vec::new();
        };
        text.split(" … ").fold(vec![Vec::new()], |heads, step| {
            let phrases = step.split(" OR ");
            phrases
                .flat_map(|phrase| {
                    heads
                        .iter()
                        .map(move |head| [&head[..], &[phrase]].concat())
                })
                .collect()
        })
    }
}

/// A program that can be missing on a machine or in an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    Plugin,
    AwsCli,
    Shell,
    /// `script` of util-linux, with which the agent records a session.
    Script,
    /// Any other that the agent was asked to start.
    Other,
}

impl Program {
    /// Classifies a name or path in lower case.
    pub fn from_path(path: &str) -> Program {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let extensions = [".exe", ".cmd", ".bat"];
        let stem = extensions
            .iter()
            .find_map(|extension| name.strip_suffix(extension));
        match stem.unwrap_or(name) {
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
