//! What looks like a secret in a text.

use std::sync::LazyLock;

use regex_lite::{Captures, Regex};

const MASK: &str = "[masked]";

/// Secrets that are known by their form, each with what of it may stay.
static FORMS: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    [
        (r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*", "[masked]"),
        (r"\b(?:AKIA|ASIA|AIDA|AROA)[A-Z0-9]{12,}\b", "[masked]"),
        (r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?", "[masked]"),
        (r"\b(?:gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|sk_live_|sk-|npm_|hf_)[A-Za-z0-9_-]{10,}", "[masked]"),
        (r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}", "$1 [masked]"),
        (r"://[^/\s:@]*:[^/\s@]+@", "://[masked]@"),
        (r"https://hooks\.slack\.com/services/\S+", "https://hooks.slack.com/services/[masked]"),
        (r"(?i)(\s-{1,2}(?:password|passwd|pass|token|secret|api-key)\s+)\S+", "$1[masked]"),
        (r"(\b[A-Z0-9_]*(?:PASSWORD|PASSWD|SECRET|TOKEN)\s+)[^\s=:]+", "$1[masked]"),
        (r"(\s-u\s*)\S+:\S+", "$1[masked]"),
        (r"(\bmysql\S*\s(?:.*\s)?-p)\S+", "$1[masked]"),
        // A name that says so, and its value; in an ARN the word stands after a colon.
        (
            r#"(?i)(^|[^:A-Za-z0-9])([A-Za-z0-9_.-]*(?:secret|pass(?:w(?:or)?d|phrase|code)?|pwd|token|signature|cookie|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)[A-Za-z0-9_.-]*["']?\s*(?:=>|:=|[=:])\s*)(?:"[^"]*"|'[^']*'|[^\s"',;]+)"#,
            "$1$2[masked]",
        ),
    ]
    .into_iter()
    .filter_map(|(form, kept)| Some((Regex::new(form).ok()?, kept)))
    .collect()
});

/// A run of characters as keys and tokens have them.
static RUN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[A-Za-z0-9+/=_]{32,}").ok());

/// The text, with what looks like a secret in it masked.
pub fn mask(text: &str) -> String {
    let mut text = text.to_owned();
    for (form, kept) in FORMS.iter() {
        text = form.replace_all(&text, *kept).into_owned();
    }
    match RUN.as_ref() {
        Some(run) => run
            .replace_all(&text, |run: &Captures| match looks_random(&run[0]) {
                true => MASK.to_owned(),
                false => run[0].to_owned(),
            })
            .into_owned(),
        None => text,
    }
}

/// Digits, capitals and small letters in a jumble. Digests, task IDs and paths of names are not.
fn looks_random(run: &str) -> bool {
    let has = |test: fn(&char) -> bool| run.chars().any(|c| test(&c));
    let is_path_of_names = run
        .split('/')
        .any(|part| part.len() >= 4 && (is_word(part) || is_hex(part)));
    has(char::is_ascii_digit)
        && has(char::is_ascii_uppercase)
        && has(char::is_ascii_lowercase)
        && !is_path_of_names
}

fn is_word(part: &str) -> bool {
    part.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

fn is_hex(part: &str) -> bool {
    part.len() >= 16
        && part
            .chars()
            .all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_compiles() {
        assert_eq!(FORMS.len(), 12);
        assert!(RUN.is_some());
    }

    #[test]
    fn secrets_are_masked() {
        for (text, secret) in [
            ("failed: postgres://app:hunter2@db.internal/prod", "hunter2"),
            ("env DB_PASSWORD=hunter2, next", "hunter2"),
            ("env {\"apiKey\": \"hunter2 and more\"}", "hunter2"),
            ("x AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG", "wJalr"),
            ("key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY here", "wJalr"),
            ("id AKIAIOSFODNN7EXAMPLE", "AKIA"),
            ("Authorization: Bearer abcdefghijkl", "abcdefgh"),
            ("t eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "eyJ"),
            ("-----BEGIN RSA PRIVATE KEY-----\nMIIE", "MIIE"),
            ("DB_PASS=hunter2", "hunter2"),
            ("passphrase: hunter2", "hunter2"),
            ("password => hunter2", "hunter2"),
            ("run --password hunter2 --x", "hunter2"),
            ("DB_PASSWORD hunter2", "hunter2"),
            ("mysql -phunter2 -h db", "hunter2"),
            ("curl -u admin:hunter2 https://x", "hunter2"),
            ("Cookie: session=hunter2", "hunter2"),
            ("GET /?X-Amz-Signature=hunter2&x=1", "hunter2"),
            ("https://hooks.slack.com/services/T0/B0/hunter2", "hunter2"),
            ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "ghp_"),
            (
                "message: 4GIOHlTkIaWHQD0Q0m6XSnuUMCm-abc1D2E3f4G5h6J7k8L9m0N1p2Q3r4S5t6",
                "D2E3f4",
            ),
        ] {
            let masked = mask(text);
            assert!(!masked.contains(secret), "{masked}");
            assert!(masked.contains(MASK), "{masked}");
        }
    }

    #[test]
    fn readable_values_are_not_masked() {
        for text in [
            "(service web) has reached a steady state.",
            "Scaling activity initiated by (deployment ecs-svc/1234567890123456789)",
            "CannotPullContainerError: pull image manifest has been retried 5 time(s): image 1.dkr.ecr.us-west-2.amazonaws.com/app@sha256:0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9 not found",
            "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed",
            "failed to fetch secret arn:aws:secretsmanager:us-west-2:123456789012:secret:prod/db-AbCdEf from secrets manager",
            "task arn:aws:ecs:us-west-2:123456789012:task/Prod-Cluster9/0a1b2c3d4e5f67890a1b2c3d4e5f6789 stopped",
            "arn:aws:iam::123456789012:role/MyStack-WebTaskRole30FC0FBB-1A2B3C4D5E6F",
        ] {
            assert_eq!(mask(text), text);
        }
    }

    #[test]
    fn a_random_string_has_digits_both_cases_and_no_word() {
        let jumble = "aB3".repeat(11);
        assert!(looks_random(&jumble));
        for (part, is_random) in [
            ("name", false),
            ("na_e", false),
            ("nam", true),
            ("____", false),
            ("Name", true),
            ("0123456789abcdef", false),
            ("0123456789abcde", true),
            ("0123456789abcdeF", true),
            ("0123456789abcdeg", true),
        ] {
            assert_eq!(
                looks_random(&format!("{jumble}/{part}")),
                is_random,
                "{part}"
            );
        }
        for text in ["AB3", "aB", "ab3", "ABC", "123"] {
            assert!(!looks_random(text), "{text}");
        }
    }
}
