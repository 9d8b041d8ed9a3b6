//! Captures: their content, anonymization, and errors for invalid files.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::support::doctor::{FORMATS, Run, command, run};
use crate::support::platform::{Platform, PlatformSpec, home};

/// A capture of each format version, as written by the release that introduced it.
const FROZEN: &[&str] = &["1.json"];

fn doctor(home: &Path, arguments: &[&str]) -> Run {
    run(command(home).arg("doctor").args(arguments))
}

#[test]
fn captures_of_every_format_version_are_read() {
    let home = home(true);
    for name in FROZEN {
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fixtures/captures")
            .join(name);
        let run = doctor(
            home.path(),
            &["--snapshot", file.to_str().unwrap(), "--format", "json"],
        );
        assert_eq!(run.status, 1, "{}", run.stderr);
        assert_eq!(run.causes(), ["task.exec-enabled"]);
        assert_eq!(run.json()["source"], "snapshot");
    }
}

#[test]
fn invalid_captures_are_refused_with_a_short_error() {
    let home = home(true);
    let file = home.path().join("capture.json");
    let healthy = include_str!("../../fixtures/healthy.json");
    let deep = "[".repeat(100_000);
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        (
            "truncated",
            healthy.as_bytes()[..healthy.len() / 2].to_vec(),
        ),
        ("not JSON", b"\x1b[31mPK\x03\x04\xff".to_vec()),
        (
            "another document",
            b"{\"Version\": \"2012-10-17\"}".to_vec(),
        ),
        (
            "of the future",
            healthy
                .replace("\"format\": 1", "\"format\": 99")
                .into_bytes(),
        ),
        ("deep", deep.into_bytes()),
        (
            "a wrong type",
            healthy
                .replace("\"services\": {", "\"services\": 7, \"x\": {")
                .into_bytes(),
        ),
    ];
    for (case, bytes) in cases {
        fs::write(&file, bytes).unwrap();
        let run = doctor(home.path(), &["--snapshot", "capture.json"]);
        assert_eq!(run.status, 2, "{case}");
        assert!(
            run.stderr.starts_with("error: capture.json"),
            "{case}: {}",
            run.stderr
        );
        assert!(
            run.stderr.lines().count() <= 2 && run.stderr.len() < 500,
            "{case}: {}",
            run.stderr
        );
    }
    let huge = fs::File::create(&file).unwrap();
    huge.set_len(3 << 30).unwrap();
    let run = doctor(home.path(), &["--snapshot", "capture.json"]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("larger"), "{}", run.stderr);
    assert_eq!(
        doctor(home.path(), &["--snapshot", "nothing.json"]).status,
        2
    );
    assert_eq!(doctor(home.path(), &["--snapshot", "."]).status, 2);
}

/// No format prints secrets from tags, reasons, events and other texts that AWS returns.
#[test]
fn reports_contain_no_secrets() {
    let home = home(true);
    let planted = "postgres://app:hunter2@db/x DB_PASSWORD=hunter2 AKIAIOSFODNN7EXAMPLE \u{1b}]0;owned\u{7}\u{202e}";
    let mut facts: serde_json::Value =
        serde_json::from_str(include_str!("../../fixtures/healthy.json")).unwrap();
    for service in facts["services"].as_object_mut().unwrap().values_mut() {
        let service = &mut service["known"];
        service["tags"]["secret"] = json!("hunter2");
        service["events"] = json!([{"at": null, "message": planted}]);
        service["running_count"] = json!(0);
        service["deployments"][0]["rollout_reason"] = json!(planted);
        service["deployments"][0]["rollout_state"] = json!("FAILED");
    }
    for task in facts["tasks"].as_object_mut().unwrap().values_mut() {
        let task = &mut task["known"];
        task["tags"]["secret"] = json!("hunter2");
        task["last_status"] = json!("STOPPED");
        task["stopped_reason"] = json!(planted);
        for container in task["containers"].as_array_mut().unwrap() {
            container["reason"] = json!(planted);
        }
    }
    fs::write(home.path().join("facts.json"), facts.to_string()).unwrap();
    for format in FORMATS {
        let run = doctor(
            home.path(),
            &["--snapshot", "facts.json", "--format", format, "-v"],
        );
        assert_eq!(run.status, 1, "{}", run.stderr);
        assert!(!run.stdout.contains("hunter2"), "{format}: {}", run.stdout);
        assert!(!run.stdout.contains("AKIAIOSF"), "{format}");
        for text in texts(format, &run) {
            let hostile = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
            assert!(!text.contains(hostile), "{format}: {text:?}");
        }
        if format != "github" {
            assert!(
                run.stdout.contains("masked"),
                "{format}: the reason is shown without its secret: {}",
                run.stdout
            );
        }
    }
}

/// The texts that a reader of a report sees. For JSON formats these are the decoded strings, since JSON escapes
/// control characters.
fn texts(format: &str, run: &Run) -> Vec<String> {
    fn strings(value: &serde_json::Value, into: &mut Vec<String>) {
        match value {
            serde_json::Value::String(text) => into.push(text.clone()),
            serde_json::Value::Array(items) => items.iter().for_each(|item| strings(item, into)),
            serde_json::Value::Object(fields) => fields.iter().for_each(|(key, value)| {
                into.push(key.clone());
                strings(value, into);
            }),
            _ => {}
        }
    }
    let mut texts = Vec::new();
    match format {
        "json" | "sarif" => strings(&run.json(), &mut texts),
        _ => texts.push(run.stdout.clone()),
    }
    texts
}

/// No command prints the value of an environment variable or a tag.
#[test]
#[ignore = "needs the emulator: scripts/test"]
fn output_of_a_live_account_contains_no_secrets() {
    let platform = Platform::new(PlatformSpec {
        environment: vec![("DB_PASSWORD", "hunter2"), ("AWS_ACCESS_KEY_ID", "hunter2")],
        ..PlatformSpec::default()
    });
    platform.sh("aws ecs tag-resource --resource-arn arn:aws:ecs:us-west-2:123456789012:cluster/$CLUSTER --tags key=owner,value=hunter2");
    let commands: [&[&str]; 12] = [
        &["doctor", "coder", "-v"],
        &["doctor", "coder", "--format", "json"],
        &["doctor", "coder", "--format", "markdown"],
        &["doctor", "coder", "--format", "junit"],
        &["doctor", "coder", "--format", "sarif"],
        &["doctor", "coder", "--format", "github"],
        &["capture", "coder", "-o", "-"],
        &["capture", "coder", "--anonymize", "-o", "-"],
        &["fix", "coder"],
        &["list"],
        &["list", "--format", "json"],
        &["exec", "coder", "-c", "no-such-container"],
    ];
    for command in commands {
        let run = platform.run(command);
        let output = format!("{}{}", run.stdout, run.stderr);
        assert!(!output.contains("hunter2"), "{command:?}: {output}");
        assert!(!output.is_empty());
    }
    let capture = platform.run(&["capture", "coder", "-o", "-"]).stdout;
    assert!(
        capture.contains("DB_PASSWORD"),
        "the names of variables are listed"
    );
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_capture_gives_the_same_diagnosis_offline() {
    let platform = Platform::healthy();
    platform.sh("aws iam delete-role-policy --role-name $ROLE --policy-name ecs-exec");
    let live = platform.doctor(&["coder"]);
    let output = platform.run(&["capture", "coder", "-o", "capture.json"]);
    assert_eq!(
        (output.status, output.stdout.as_str()),
        (0, ""),
        "{}",
        output.stderr
    );
    assert!(
        output
            .stderr
            .contains("Read it with: ecs-exec doctor --snapshot capture.json")
    );
    let anonymous = platform.run(&["capture", "coder", "--anonymize", "-o", "anonymous.json"]);
    assert_eq!(anonymous.status, 0, "{}", anonymous.stderr);
    let text = fs::read_to_string(platform.home.path().join("anonymous.json")).unwrap();
    assert!(
        !text.contains("coder") && !text.contains(&platform.net.vpc),
        "{text}"
    );
    for file in ["capture.json", "anonymous.json"] {
        // Without credentials and endpoint.
        let offline = doctor(
            platform.home.path(),
            &["--snapshot", file, "--format", "json"],
        );
        assert_eq!(offline.status, 1, "{}", offline.stderr);
        assert_eq!(offline.causes(), live.causes(), "{file}");
        assert_eq!(offline.json()["summary"], live.json()["summary"], "{file}");
    }
    let denied = {
        platform
            .proxy
            .fault("iam:GetRole", crate::support::fault::Fault::Deny);
        platform.run(&["capture", "coder", "-o", "-"])
    };
    assert!(
        denied.stderr.contains("Missing permissions: iam:GetRole"),
        "{}",
        denied.stderr
    );
    assert_eq!(
        denied.json()["manifest"]["unseen"][0]["action"],
        "iam:GetRole"
    );
}
