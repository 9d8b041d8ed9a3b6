//! Pasted texts, each with the title of its known error or `unknown`.

use checks::registry;

use super::*;

const TEXTS: &str = include_str!("tests/texts.txt");

fn title(text: &str) -> &'static str {
    explain(text).map_or("unknown", |explained| &explained.known_error.title)
}

/// A title, and a text.
fn samples() -> impl Iterator<Item = (&'static str, &'static str)> {
    TEXTS
        .split("\n=== ")
        .skip(1)
        .map(|sample| sample.split_once('\n').unwrap())
}

#[test]
fn every_pasted_text_is_explained() {
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

#[test]
fn quotes_numbers_log_prefixes_and_line_breaks_do_not_matter() {
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
            // In the file, `LINE` is the line and `N` its number.
            for format in [
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
                        let (before, after) = format.split_once("LINE").unwrap();
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
        for check in &error.checks {
            assert!(registry::find(check).is_some(), "{}: {check}", error.title);
        }
    }
}

/// A text that consists of the phrases of a pattern matches that pattern's error first.
#[test]
fn no_known_error_hides_another() {
    for error in known_errors() {
        let texts = error.texts.iter().map(|pattern| (String::new(), pattern));
        let calls = error.failed_calls.iter().flat_map(|(operation, patterns)| {
            let call = format!("when calling the {operation} operation: ");
            patterns.iter().map(move |pattern| (call.clone(), pattern))
        });
        for (call, pattern) in texts.chain(calls) {
            for phrases in &pattern.combinations {
                let text = call.clone() + &phrases.join(" ");
                assert_eq!(title(&text), error.title, "{text}");
            }
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
        let first = error.checks.first().map(String::as_str);
        assert_ne!(first, Some("container.aws-credentials-env"));
    }
}

/// The matcher compares each sentence with every pattern: bounded sentences keep its work proportional to the text.
#[test]
fn sentences_of_long_texts_are_bounded() {
    for unit in [
        "x",
        "a\n",
        "controlchannel session-manager-plugin fork/exec ",
        "An error occurred (X) when calling the Y operation: it is not found: a\n",
        "\u{1b}]0;[[[[\\u&*'",
        "$ aws ecs execute-command\nStarting session with SessionId: x\n# ls\n",
    ] {
        let text = unit.repeat((1 << 15) / unit.len());
        let _ = explain(&text);
        let _ = suggestions(&text);
        let outputs = Transcript::parse(&normalize::normalize(&text)).outputs;
        let sentences = outputs.iter().flatten();
        let lengths: Vec<usize> = sentences.map(|sentence| sentence.text.len()).collect();
        assert!(lengths.iter().all(|length| *length <= 1 << 14), "{unit}");
        let total: usize = lengths.iter().sum();
        assert!(total <= text.len() / 8 * 9, "{unit}: {total}");
    }
}
