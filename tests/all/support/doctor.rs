//! Runs the built binary, isolated from the AWS configuration of this machine.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// Every format of `--format`.
pub const FORMATS: [&str; 7] = [
    "human", "json", "markdown", "html", "junit", "sarif", "github",
];

pub struct Run {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

/// A command for the built binary, with an empty home and a clean environment.
pub fn command(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ecs-exec"));
    command
        .env_clear()
        .env("HOME", home)
        .env("PATH", home.join("bin"))
        .env("LANG", "C.UTF-8")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .current_dir(home);
    command
}

pub fn run(command: &mut Command) -> Run {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let run = Run {
        status: status.code().expect("ended by a signal"),
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    };
    run.assert_clean_output();
    run
}

impl Run {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}\n{}\n{}", self.stdout, self.stderr))
    }

    pub fn causes(&self) -> Vec<String> {
        strings(&self.json()["root_causes"], "check")
    }

    /// The checks with this status, without duplicates.
    pub fn with_status(&self, status: &str) -> Vec<String> {
        let report = self.json();
        let mut checks: Vec<String> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|finding| finding["status"] == status)
            .map(|finding| finding["check"].as_str().unwrap().to_owned())
            .collect();
        checks.sort();
        checks.dedup();
        checks
    }

    /// Asserts that there is no panic, no debug output and no escape sequence.
    fn assert_clean_output(&self) {
        for text in [&self.stdout, &self.stderr] {
            for bad in [
                "panicked",
                "RUST_BACKTRACE",
                "SdkError",
                "DispatchFailure",
                "Some(",
                "\u{1b}",
            ] {
                assert!(!text.contains(bad), "{bad:?} in:\n{text}");
            }
        }
    }
}

pub fn strings(items: &Value, field: &str) -> Vec<String> {
    items
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item[field].as_str().unwrap().to_owned())
        .collect()
}
