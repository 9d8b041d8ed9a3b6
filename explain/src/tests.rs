//! Texts as people paste them, with the title of what is right; `unknown` where nothing should be said.

use super::*;
use checks::registry;

const TEXTS: &str = include_str!("tests/texts.txt");

fn title(text: &str) -> &'static str {
    explain(text).map_or("unknown", |explained| explained.known_error.title)
}

/// A title, and a text.
fn samples() -> impl Iterator<Item = (&'static str, &'static str)> {
    TEXTS
        .split("\n=== ")
        .skip(1)
        .map(|sample| sample.split_once('\n').unwrap())
}

#[test]
fn what_users_paste() {
    let wrong: Vec<String> = samples()
        .filter(|(expected, text)| title(text) != *expected)
        .map(|(expected, text)| format!("--- {expected}, not {}\n{text}", title(text)))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        samples().count(),
        wrong.join("\n")
    );
}

/// However it is quoted, numbered, logged or broken.
#[test]
fn dressing_does_not_matter() {
    const ERROR: &str = "An error occurred (TargetNotConnectedException) when calling the ExecuteCommand operation: The \
                         execute command failed due to an internal error. Try again later.";
    const AGENT: &str = "The agent in the container is not connected";
    for width in [20, 33, 40, 72, 80, 120] {
        let hard: Vec<String> = ERROR
            .chars()
            .collect::<Vec<_>>()
            .chunks(width)
            .map(|line| line.iter().collect())
            .collect();
        let mut soft = vec![String::new()];
        for word in ERROR.split(' ') {
            if soft.last().unwrap().len() + word.len() >= width {
                soft.push(String::new());
            }
            let line = soft.last_mut().unwrap();
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        for lines in [hard, soft] {
            // `LINE` stands for the line, `N` for its number.
            for dress in [
                "LINE",
                "> LINE",
                "> > LINE",
                "│ LINE",
                "| LINE |",
                "# LINE",
                "    LINE",
                "app-1  | LINE",
                "\u{1b}[31mLINE\u{1b}[0m",
                "  N | LINE",
                "N: LINE",
                "N. LINE",
                "2026-11-30T03:00:00.0000000Z LINE",
                "[2026-11-30 03:00:00] LINE",
                "LINE\r",
                "* LINE",
                "[api] LINE",
                "<p>LINE<br>",
            ] {
                let text: Vec<String> = lines
                    .iter()
                    .enumerate()
                    .map(|(at, line)| {
                        let (before, after) = dress.split_once("LINE").unwrap();
                        format!(
                            "{}{line}{after}",
                            before.replace('N', &(at + 1).to_string())
                        )
                    })
                    .collect();
                let text = text.join("\n");
                assert_eq!(title(&text), AGENT, "{text}");
            }
        }
    }
    for text in [
        format!("```\n{ERROR}\n```"),
        format!("{{noformat}}\n{ERROR}\n{{noformat}}"),
        format!("<pre>{ERROR}</pre>"),
        format!("{{\"level\":\"error\",\"msg\":\"{ERROR}\\n\"}}"),
        format!("stderr: b'\\n{ERROR}\\n'"),
        ERROR.to_uppercase(),
    ] {
        assert_eq!(title(&text), AGENT, "{text}");
    }
}

#[test]
fn every_known_error_names_known_checks() {
    for error in known_errors() {
        for check in error.checks {
            assert!(registry::find(check).is_some(), "{}: {check}", error.title);
        }
    }
}

/// Each is found by its own patterns, so that none hides behind one before it.
#[test]
fn no_known_error_hides_another() {
    for error in known_errors() {
        for pattern in error.patterns {
            let text = match pattern {
                Pattern::Words(words) => words.join(" "),
                Pattern::Call(operation, words) => {
                    format!(
                        "when calling the {operation} operation: {}",
                        words.join(" ")
                    )
                }
                Pattern::Missing(_) | Pattern::WindowsPath => continue,
            };
            assert_eq!(title(&text), error.title, "{text}");
        }
    }
}

/// The agent does not read AWS keys of the container's environment since 3.1.1260.0 of April 2022:
/// <https://github.com/aws/amazon-ssm-agent/releases/tag/3.1.1260.0>.
#[test]
fn keys_in_the_container_are_not_blamed() {
    for error in known_errors() {
        for blamed in ["AWS keys", "AWS_ACCESS_KEY"] {
            assert!(!error.meaning.contains(blamed), "{}", error.title);
        }
        assert_ne!(error.checks.first(), Some(&"container.aws-credentials-env"));
    }
}

/// Twice the text takes about twice the time, of whatever kind it is.
#[test]
fn the_time_grows_with_the_text() {
    let kinds: [(&str, &str, &str); 6] = [
        ("one line", "x", "\n"),
        ("short lines", "a\n", ""),
        (
            "the beginnings of patterns",
            "controlchannel session-manager-plugin fork/exec ",
            "\n",
        ),
        (
            "errors",
            "An error occurred (X) when calling the Y operation: it is not found: a\n",
            "",
        ),
        ("escapes", "\u{1b}]0;[[[[\\u&*'", "\n"),
        (
            "prompts",
            "$ aws ecs execute-command\nStarting session with SessionId: x\n# ls\n",
            "",
        ),
    ];
    for (kind, unit, end) in kinds {
        let time = |length: usize| {
            let text = unit.repeat(length / unit.len()) + end;
            (0..3)
                .map(|_| {
                    let start = std::time::Instant::now();
                    let _ = explain(&text);
                    start.elapsed()
                })
                .min()
                .unwrap()
        };
        let (short, long) = (time(1 << 15), time(1 << 18));
        // Eight times the text; generous, because other tests run beside it.
        let slack = std::time::Duration::from_secs(1);
        assert!(
            long < short * 24 + slack,
            "{kind}: {short:?}, then {long:?}"
        );
    }
}
