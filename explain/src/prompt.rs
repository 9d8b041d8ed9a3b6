//! Recognises lines that somebody typed: a shell prompt and a command, or a command alone.

use std::sync::LazyLock;

use regex::Regex;

use super::log_prefix::Line;

/// The first group is the command.
static PROMPT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^(?:
        ❯ | ➜ | λ\x20 | PS> | \+{1,2}\x20 | [$%](?:\x20|$)
        | (?: \(.*?\)\x20 )?                                    # a Python environment
          (?: PS\x20.*? | [A-Za-z]:\\.*?                        # PowerShell, cmd.exe
          | [/~][^\x20:']*? | (?:ba)?sh-[^\x20]*?[0-9][^\x20]*? # a path, a shell with its version
          | \[?[^\x20@:/'=]+@\S+?(?:\x20\S+?){0,2}?             # user@host
          ) \s*? (?: > | [$\#%❯](?:\x20|$) )
        )(.*)$",
    )
    .ok()
});
/// The prompt of root looks like a quote or a comment: the name of a program has to follow.
static ROOT_PROMPT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^# ([a-z/.](?:[a-z0-9_/.-]*[a-z0-9_/-])?(?: .*)?)$").ok());
/// A command of a tool that people use around sessions, with a subcommand or an option.
static COMMAND: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^(
        (?:[^\s=-][^\s=]*=\S*\x20+)*  # variables
        (?:\S*[/\\])?
        (?: aws | sudo | copilot | ecs-exec | ecsta | ecsk | ecsgo | ecspresso | ecsher | docker | kubectl
          | export | terraform | winpty | saml2aws | aws-vault | npx )(?:\.exe)?
        \x20+ (?: (?: ecs | ssm | sts | sso | svc | task | exec )(?:\x20|$) | (?:.*\x20)?- )
        .* )$",
    )
    .ok()
});

/// The command on a line that somebody typed.
///
/// `line` is the raw line without prefixes: tickets and logs of CI servers also prefix commands.
pub fn typed_command<'t>(raw: &'t str, line: &Line<'t>) -> Option<&'t str> {
    let raw = raw.trim();
    let command = command(raw).or_else(|| {
        let has_prefix = line.text.len() < raw.len();
        has_prefix.then(|| command(line.text.strip_prefix("Run ").unwrap_or(line.text)))?
    })?;
    Some(command.trim())
}

fn command(text: &str) -> Option<&str> {
    let first_group = |regex: &Option<Regex>| {
        let group = regex.as_ref()?.captures(text)?.get(1)?;
        Some(group.as_str())
    };
    // Sentences too begin with `#` or with the name of a program.
    let unless_sentence =
        |regex| first_group(regex).filter(|command| !reads_like_a_sentence(command));
    first_group(&PROMPT)
        .or_else(|| unless_sentence(&ROOT_PROMPT))
        .or_else(|| unless_sentence(&COMMAND))
}

fn reads_like_a_sentence(text: &str) -> bool {
    const WORDS: [&str; 7] = [
        ": ",
        " failed",
        " error",
        " is not ",
        " was not ",
        " because ",
        " the ",
    ];
    text.ends_with(['.', ':']) || WORDS.iter().any(|word| text.contains(word))
}

/// Whether the next line continues this command.
pub fn is_continued(command: &str) -> bool {
    // PowerShell's backtick at the end of a line has become a quote.
    command.ends_with(['\\', '^', '|']) || command.ends_with(" '") || command.ends_with("&&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_commands_are_distinguished_from_output() {
        for (raw, command) in [
            ("$ aws ecs list-tasks", "aws ecs list-tasks"),
            ("% ls", "ls"),
            ("# redis-cli ping", "redis-cli ping"),
            ("/ # curl http://db", "curl http://db"),
            ("root@ip-10-0-0-20:/app# ./long", "./long"),
            ("jo@mac ~ % aws s3 ls", "aws s3 ls"),
            ("[ec2-user@ip-10 ~]$ aws s3 ls", "aws s3 ls"),
            ("(venv) jo@mac x $ make", "make"),
            ("PS C:\\Users\\jo> aws ecs", "aws ecs"),
            ("C:\\Users\\jo>aws ecs", "aws ecs"),
            ("bash-5.1# ls", "ls"),
            ("sh-4.2$ ls", "ls"),
            ("~ ❯ aws ecs x", "aws ecs x"),
            (
                "aws ecs execute-command --cluster prod",
                "aws ecs execute-command --cluster prod",
            ),
            (
                "AWS_PROFILE=x aws ecs list-tasks",
                "AWS_PROFILE=x aws ecs list-tasks",
            ),
            ("> aws ecs list-tasks", "aws ecs list-tasks"),
            ("+ aws ecs list-tasks", "aws ecs list-tasks"),
        ] {
            assert_eq!(
                typed_command(raw, &Line::parse(raw)),
                Some(command),
                "{raw}"
            );
        }
        for raw in [
            "# An error occurred (X) when",
            "# taskRoleArn is not being used.",
            "# role in your task definition and try again.",
            "> The execute command failed",
            "aws: error: argument operation: Invalid choice",
            "docker exec failed: x",
            "User: arn:aws:iam::1:user/jo is # not",
            "bash: aws: command not found",
            "Error: foo@bar > baz",
        ] {
            assert_eq!(typed_command(raw, &Line::parse(raw)), None, "{raw}");
        }
    }
}
