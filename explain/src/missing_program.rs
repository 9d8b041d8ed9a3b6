//! Finds the program that a shell, a language runtime or the system says is missing.

use std::sync::LazyLock;

use super::normalize::compact;
use super::pattern::Program;

/// On which side of the phrase the program's name stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

/// How it is said that `PROGRAM` is missing: a phrase in each line, in every language that shells are often set to.
static PHRASES: LazyLock<Vec<(Side, String)>> = LazyLock::new(|| {
    let lines = include_str!("../known-errors/missing-program.txt").lines();
    let phrase = |line: &str| match line.strip_prefix("PROGRAM") {
        Some(phrase) => Some((Side::Before, compact(phrase))),
        None => Some((Side::After, compact(line.strip_suffix("PROGRAM")?))),
    };
    lines
        .filter(|line| !line.starts_with('#'))
        .filter_map(phrase)
        .collect()
});

/// How far before the phrase the program's name and who starts it are looked for.
const MAX_DISTANCE: usize = 300;
const SEPARATORS: [char; 12] = [':', '\'', '(', ')', '[', ']', ',', ';', '=', '|', '<', '>'];

/// The programs that a compact sentence says are missing.
pub fn find(text: &str) -> Vec<Program> {
    let phrases = PHRASES.iter().flat_map(|(side, phrase)| {
        let places = text.match_indices(phrase.as_str());
        places.map(|(start, phrase)| (*side, start, phrase))
    });
    phrases
        .filter_map(|(side, start, phrase)| {
            let near = text.ceil_char_boundary(start.saturating_sub(MAX_DISTANCE));
            program(
                side,
                &text[near..start],
                phrase,
                &text[start + phrase.len()..],
            )
        })
        .collect()
}

fn program(side: Side, before: &str, phrase: &str, after: &str) -> Option<Program> {
    let name = match side {
        Side::After => name_after(after),
        Side::Before if ends_with_name(before, phrase) && !is_followed_by_name(before, after) => {
            name_before(before)
        }
        Side::Before => return None,
    };
    match Program::from_path(name) {
        program @ (Program::Plugin | Program::AwsCli) => Some(program),
        // Others matter only if the agent was asked to start them.
        program if !name.is_empty() && is_started_by_agent(before) => Some(program),
        _ => None,
    }
}

/// A name stands apart from the phrase: `aws: not found`, `'aws' is not`; but not `executable file not found`.
fn ends_with_name(before: &str, phrase: &str) -> bool {
    before.ends_with(SEPARATORS) || before.ends_with("session-manager-plugin") || phrase == "enoent"
}

/// `zsh: command not found: aws`, but not `aws: command not found: …` with a sentence after it.
fn is_followed_by_name(before: &str, after: &str) -> bool {
    let next = after
        .strip_prefix(':')
        .map(|next| Program::from_path(name_after(next)));
    before.ends_with(':') && matches!(next, Some(Program::Plugin | Program::AwsCli))
}

fn is_started_by_agent(before: &str) -> bool {
    ["fork/exec", "exec:'", "exec'", "stat/", "stat'"]
        .iter()
        .any(|words| before.contains(words))
}

fn name_before(text: &str) -> &str {
    const WORDS: [&str; 7] = [
        "spawnsync",
        "spawn",
        "stat",
        "theterm",
        "thecommand",
        "command",
        "fork/exec",
    ];
    let text = text.trim_end_matches("thecommand").trim_end_matches("was");
    let text = text.trim_end_matches(SEPARATORS);
    let name = text.rsplit(SEPARATORS).next().unwrap_or(text);
    let after_word = WORDS.iter().find_map(|word| {
        let (_, rest) = name.split_once(word)?;
        (!rest.is_empty()).then_some(rest)
    });
    after_word.unwrap_or(name)
}

fn name_after(text: &str) -> &str {
    let text = text.trim_start_matches(SEPARATORS);
    let spawned = text
        .strip_prefix("spawnsync")
        .or_else(|| text.strip_prefix("spawn"));
    let text = spawned.unwrap_or(text);
    let name = text.split(SEPARATORS).next().unwrap_or_default();
    match name {
        // A command line without its white space.
        name if name.starts_with("session-manager-plugin") => "session-manager-plugin",
        name if name.starts_with("awsecs") || name.starts_with("aws.exe") => "aws",
        name => name.trim_end_matches('.'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalize::normalize;

    fn found(text: &str) -> Option<Program> {
        find(&compact(&normalize(text))).first().copied()
    }

    #[test]
    fn every_line_is_a_phrase() {
        let lines = include_str!("../known-errors/missing-program.txt").lines();
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        assert_eq!(PHRASES.len(), lines.count());
        assert!(
            PHRASES
                .iter()
                .all(|(_, phrase)| phrase.chars().count() >= 4)
        );
    }

    #[test]
    fn every_shell_and_language_is_understood() {
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
    fn other_programs_count_only_if_the_agent_starts_them() {
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
