//! What shells, languages and systems say of a program that they do not find.

mod phrases;

use super::pattern::Program;

pub use phrases::PHRASES;

/// On which side of the words the program's name stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Before,
    After,
}

use Side::{After, Before};

/// The program that is missing, by a sentence without white space in which one of the phrases stands at `start..end`.
pub fn program(text: &str, side: Side, start: usize, end: usize) -> Option<Program> {
    // As much as a path takes, so that a long sentence costs no more for each phrase in it.
    let near = (start.saturating_sub(NEAR)..start)
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(start);
    let (text, start, end) = (&text[near..], start - near, end - near);
    let name = match side {
        // `zsh: command not found: aws`
        Before
            if text[end..].starts_with(':')
                && text[..start].ends_with(':')
                && names_follow(&text[end + 1..]) =>
        {
            return None;
        }
        Before if !ends_with_name(&text[..start], &text[start..end]) => return None,
        Before => name_before(&text[..start]),
        After => name_after(&text[end..]),
    };
    let program = Program::of(name);
    let is_started_by_agent = || {
        ["fork/exec", "exec:'", "exec'", "stat/", "stat'"]
            .iter()
            .any(|word| text[..start].contains(word))
    };
    match program {
        Program::Plugin | Program::AwsCli => Some(program),
        _ if name.is_empty() => None,
        // Others are of interest where the agent was to start them.
        _ if is_started_by_agent() => Some(program),
        _ => None,
    }
}

/// `command not found: aws`, and not `aws: command not found: …` with a sentence after it.
fn names_follow(rest: &str) -> bool {
    matches!(
        Program::of(name_after(rest)),
        Program::Plugin | Program::AwsCli
    )
}

/// A name stands apart from the words after it: `aws: not found`, `'aws' is not`; not `executable file not found`.
fn ends_with_name(before: &str, words: &str) -> bool {
    before.ends_with(SEPARATORS) || before.ends_with("session-manager-plugin") || words == "enoent"
}

/// How far before the words the program and who starts it are looked for.
const NEAR: usize = 300;
const SEPARATORS: [char; 12] = [':', '\'', '(', ')', '[', ']', ',', ';', '=', '|', '<', '>'];

fn name_before(text: &str) -> &str {
    let text = text.trim_end_matches("thecommand").trim_end_matches("was");
    let text = text.trim_end_matches(SEPARATORS);
    // A drive letter's colon belongs to its path.
    let start = text.rfind(SEPARATORS).map_or(0, |at| at + 1);
    let name = &text[start..];
    [
        "spawnsync",
        "spawn",
        "stat",
        "theterm",
        "thecommand",
        "command",
        "fork/exec",
    ]
    .iter()
    .find_map(|word| {
        name.find(word)
            .map(|at| &name[at + word.len()..])
            .filter(|rest| !rest.is_empty())
    })
    .unwrap_or(name)
}

fn name_after(text: &str) -> &str {
    let text = text.trim_start_matches(SEPARATORS);
    let text = ["spawnsync", "spawn"]
        .iter()
        .find_map(|word| text.strip_prefix(word))
        .unwrap_or(text);
    let name = text.split(SEPARATORS).next().unwrap_or_default();
    match name {
        // A command line, of which the white space is gone.
        name if name.starts_with("session-manager-plugin") => "session-manager-plugin",
        name if name.starts_with("awsecs") || name.starts_with("aws.exe") => "aws",
        name => name.trim_end_matches('.'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sentence::squeeze;

    fn found(text: &str) -> Option<Program> {
        let text = squeeze(&crate::normalize::normalize(text));
        PHRASES.iter().find_map(|(side, phrase)| {
            let phrase = squeeze(phrase);
            let start = text.find(&phrase)?;
            program(&text, *side, start, start + phrase.len())
        })
    }

    #[test]
    fn every_shell_says_it_in_its_own_words() {
        for text in [
            "bash: aws: command not found",
            "-bash: line 1: aws: command not found",
            "./deploy.sh: line 12: aws: command not found",
            "zsh: command not found: aws",
            "sh: 1: aws: not found",
            "/bin/sh: aws: not found",
            "fish: Unknown command: aws",
            "ksh: aws: not found [No such file or directory]",
            "aws: Command not found.",
            "env: ‘aws’: No such file or directory",
            "bash: /usr/local/bin/aws: No such file or directory",
            "sudo: aws: command not found",
            "make: aws: No such file or directory",
            "Command 'aws' not found, but can be installed with:",
            "'aws' is not recognized as an internal or external command,",
            "aws : The term 'aws' is not recognized as the name of a cmdlet, function, script file, or operable program.",
            "aws: The term 'aws' is not recognized as a name of a cmdlet",
            "Error: spawn aws ENOENT",
            "FileNotFoundError: [Errno 2] No such file or directory: 'aws'",
            "exec: \"aws\": executable file not found in $PATH",
            "java.io.IOException: Cannot run program \"aws\": error=2, No such file or directory",
            "No such file or directory - aws (Errno::ENOENT)",
            "Der Befehl \"aws\" ist entweder falsch geschrieben oder konnte nicht gefunden werden.",
            "bash: aws : commande introuvable",
            "« aws » n’est pas reconnu en tant que commande interne",
            "\"aws\" no se reconoce como un comando interno o externo",
            "'aws' は、内部コマンドまたは外部コマンド、",
            "用語 'aws' は、コマンドレット、関数",
            "无法将“aws”项识别为 cmdlet",
            "bash: aws：未找到命令",
            "'aws'은(는) 내부 또는 외부 명령",
            "bash: aws: команда не найдена",
            "Pre-flight check failed: `aws` command is missing",
        ] {
            assert_eq!(found(text), Some(Program::AwsCli), "{text}");
            let plugin = text.replace("aws", "session-manager-plugin");
            assert_eq!(found(&plugin), Some(Program::Plugin), "{plugin}");
        }
    }

    #[test]
    fn what_the_agent_was_to_start() {
        for (text, program) in [
            (
                "Failed to start pty: fork/exec /bin/bash: no such file or directory",
                Some(Program::Shell),
            ),
            (
                "Failed to start pty: exec: \"zsh\": executable file not found in $PATH",
                Some(Program::Shell),
            ),
            (
                "exec: \"/bin/bash\": stat /bin/bash: no such file or directory: unknown",
                Some(Program::Shell),
            ),
            (
                "exec: \"script\": executable file not found in $PATH:",
                Some(Program::Script),
            ),
            (
                "fork/exec /app/run.sh: no such file or directory",
                Some(Program::Other),
            ),
            ("bash: foo: command not found", None),
            ("open /dev/ptmx: no such file or directory", None),
            (
                "aws: error: the config profile (x) could not be found",
                None,
            ),
            ("pods \"web\" not found", None),
        ] {
            assert_eq!(found(text), program, "{text}");
        }
    }
}
