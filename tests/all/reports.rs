//! Machine-readable reports: schemas, files, Terraform locations and baselines.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::doctor::{Run, command, run};
use crate::support::platform::home;

fn doctor(home: &Path, arguments: &[&str]) -> Run {
    run(command(home).arg("doctor").args(arguments))
}

const DEMOS: [&str; 5] = [
    "healthy",
    "stale-tasks",
    "task-role",
    "caller-policy",
    "no-endpoint",
];

#[test]
fn sarif_reports_match_the_sarif_schema() {
    let schema: Value = serde_json::from_str(&sarif_schema()).unwrap();
    let validator = jsonschema::draft7::new(&schema).unwrap();
    assert!(
        !validator.is_valid(&json!({"version": "2.1.0"})),
        "the schema is one"
    );
    let home = home(true);
    for name in DEMOS {
        let sarif = doctor(
            home.path(),
            &[&format!("--demo={name}"), "--format", "sarif"],
        )
        .json();
        let errors: Vec<String> = validator
            .iter_errors(&sarif)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
        let run = &sarif["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        for result in run["results"].as_array().unwrap() {
            let index = result["ruleIndex"].as_u64().unwrap() as usize;
            assert_eq!(rules[index]["id"], result["ruleId"]);
            let location = &result["locations"][0];
            assert!(location["logicalLocations"][0]["name"].is_string());
            // Code scanning shows no result without a file.
            let file = &location["physicalLocation"]["artifactLocation"]["uri"];
            assert_eq!(file, "ecs-exec.toml");
        }
        let results = run["results"].as_array().unwrap().iter();
        let hashes: Vec<&str> = results
            .map(|result| {
                let fingerprints = &result["partialFingerprints"];
                fingerprints["primaryLocationLineHash"].as_str().unwrap()
            })
            .collect();
        let distinct: std::collections::HashSet<&&str> = hashes.iter().collect();
        assert_eq!(distinct.len(), hashes.len(), "{name}");
    }
}

/// The schema is a file of the serde-sarif crate.
fn sarif_schema() -> String {
    let metadata = stdout(Command::new(env!("CARGO")).args([
        "metadata",
        "--format-version=1",
        "--offline",
        // Packages for other targets can be missing on this machine.
        "--filter-platform",
        &host_target(),
    ]));
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages
        .iter()
        .find(|package| package["name"] == "serde-sarif")
        .unwrap();
    let manifest = Path::new(package["manifest_path"].as_str().unwrap());
    fs::read_to_string(manifest.with_file_name("src").join("schema.json")).unwrap()
}

fn host_target() -> String {
    let about = stdout(Command::new("rustc").arg("-vV"));
    let host = about.lines().find_map(|line| line.strip_prefix("host: "));
    host.unwrap().to_owned()
}

fn stdout(command: &mut Command) -> String {
    let output = command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn json_reports_match_the_published_schema() {
    let home = home(true);
    let schema = run(command(home.path()).arg("schema")).json();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let baseline = home.path().join("baseline.json");
    for name in DEMOS {
        let report = doctor(
            home.path(),
            &[&format!("--demo={name}"), "--format", "json"],
        );
        let errors: Vec<String> = validator
            .iter_errors(&report.json())
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
        fs::write(&baseline, &report.stdout).unwrap();
    }
    let since = doctor(
        home.path(),
        &[
            "--demo=stale-tasks",
            "--format",
            "json",
            "--baseline",
            "baseline.json",
        ],
    )
    .json();
    assert!(validator.is_valid(&since));
    assert!(!validator.is_valid(&json!({"schema_version": "1"})));
}

#[test]
fn junit_counts_match_the_json_summary() {
    let home = home(true);
    for name in DEMOS {
        let demo = format!("--demo={name}");
        let xml = doctor(home.path(), &[&demo, "--format", "junit"]).stdout;
        let json = doctor(home.path(), &[&demo, "--format", "json"]).json();
        let suites = quick_junit::Report::deserialize_from_str(&xml).unwrap();
        let summary = &json["summary"];
        assert_eq!(suites.failures as u64, summary["fail"].as_u64().unwrap());
        assert_eq!(suites.tests, json["findings"].as_array().unwrap().len());
        assert_eq!(suites.errors, 0);
    }
}

/// What Jenkins' schema allows, and reads as one test each.
#[test]
fn junit_is_valid_for_jenkins() {
    let home = home(true);
    let xml = doctor(home.path(), &["--demo=no-endpoint", "--format", "junit"]).stdout;
    let attributes = |line: &str| -> Vec<String> {
        let names = line
            .split("=\"")
            .map(|part| part.rsplit([' ', '"']).next().unwrap());
        let names: Vec<String> = names.map(str::to_owned).collect();
        names[..names.len() - 1].to_vec()
    };
    let mut names = std::collections::HashSet::new();
    for line in xml.lines().map(str::trim) {
        let allowed: &[&str] = match () {
            () if line.starts_with("<testsuites ") => {
                &["name", "time", "tests", "failures", "errors"]
            }
            () if line.starts_with("<testsuite ") => {
                &["name", "tests", "failures", "errors", "time", "skipped"]
            }
            () if line.starts_with("<testcase ") => {
                assert!(names.insert(line.to_owned()), "twice: {line}");
                &["name", "time", "classname"]
            }
            () => continue,
        };
        for name in attributes(line) {
            assert!(allowed.contains(&name.as_str()), "{name} in {line}");
        }
        assert!(line.contains(" time=\""), "{line}");
    }
    assert!(!names.is_empty());
}

#[test]
fn a_result_is_at_the_configuration_or_the_workflow() {
    let home = home(true);
    let place = |reference: &str| {
        let mut command = command(home.path());
        command.args(["doctor", "--demo", "--format", "sarif"]);
        let sarif = run(command.env("GITHUB_WORKFLOW_REF", reference)).json();
        let place = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        (
            place["artifactLocation"]["uri"].clone(),
            place["region"]["startLine"].clone(),
        )
    };
    let workflow = "o/r/.github/workflows/ci.yml@refs/heads/main";
    assert_eq!(
        place(workflow),
        (json!(".github/workflows/ci.yml"), json!(1))
    );
    fs::write(home.path().join("ecs-exec.toml"), "\n[services.litellm]\n").unwrap();
    assert_eq!(place(workflow), (json!("ecs-exec.toml"), json!(2)));
}

#[test]
fn errors_without_a_report_are_annotations() {
    let home = home(true);
    let later = ["--format", "json=report.json", "--bogus"];
    for bad in [&["--snapshot", "none.json"][..], &["--bogus"], &later] {
        let mut arguments = vec!["--format", "github"];
        arguments.extend(bad);
        let refused = doctor(home.path(), &arguments);
        assert_eq!(refused.status, 2);
        assert!(
            refused.stdout.starts_with("::error title=ecs-exec::"),
            "{}",
            refused.stdout
        );
        assert_eq!(refused.stdout.lines().count(), 1);
    }
    let refused = doctor(home.path(), &["--snapshot", "none.json"]);
    assert_eq!(refused.stdout, "");
    let useless = doctor(home.path(), &["--demo", "--terraform", "."]);
    assert_eq!(useless.status, 2);
    assert!(
        useless.stderr.contains("--terraform has no effect"),
        "{}",
        useless.stderr
    );
}

#[test]
fn several_formats_can_be_written_in_one_run() {
    let home = home(true);
    let run = doctor(
        home.path(),
        &[
            "--demo",
            "--format",
            "json=report.json",
            "--format",
            "markdown=ticket.md",
            "--format",
            "junit",
        ],
    );
    assert_eq!(run.status, 1);
    assert!(run.stdout.starts_with("<?xml"));
    let json: Value =
        serde_json::from_slice(&fs::read(home.path().join("report.json")).unwrap()).unwrap();
    assert_eq!(json["verdict"], "fail");
    let ticket = fs::read_to_string(home.path().join("ticket.md")).unwrap();
    assert!(ticket.contains("```mermaid\nflowchart TD"));
    // The second report would overwrite the first.
    let same = doctor(
        home.path(),
        &["--demo", "--format", "json=a", "--format", "markdown=a"],
    );
    assert_eq!(same.status, 2);
    // If all formats go to files, the terminal still shows the human report.
    let files = doctor(home.path(), &["--demo", "--format", "json=report.json"]);
    assert!(files.stdout.contains("Root cause"));
    let quiet = doctor(
        home.path(),
        &["--demo", "--format", "json=report.json", "--quiet"],
    );
    assert_eq!(
        quiet.stdout, files.stdout,
        "--quiet is about standard error"
    );
    for bad in [
        &["--format", "json", "--format", "sarif"][..],
        &["--format", "json=none/x.json"],
        &["--format", "xml"],
    ] {
        let mut arguments = vec!["--demo"];
        arguments.extend(bad);
        let refused = doctor(home.path(), &arguments);
        assert_eq!(refused.status, 2, "{bad:?}");
    }
}

#[test]
fn the_github_step_summary_is_appended_to() {
    let home = home(true);
    fs::write(home.path().join("summary.md"), "before\n").unwrap();
    let run = run(command(home.path())
        .args(["doctor", "--demo", "--format", "github"])
        .env("GITHUB_STEP_SUMMARY", home.path().join("summary.md")));
    assert!(run.stdout.starts_with("::error title="));
    let summary = fs::read_to_string(home.path().join("summary.md")).unwrap();
    assert!(summary.starts_with("before\n## ECS Exec in"), "{summary}");
}

#[test]
fn findings_point_at_terraform_sources() {
    let home = home(true);
    let modules = home.path().join("infra/modules/iam");
    fs::create_dir_all(&modules).unwrap();
    fs::write(
        home.path().join("infra/services.tf"),
        "# services\nresource \"aws_ecs_service\" \"service\" {\n  for_each = local.services\n  name = \"${var.prefix}-${each.key}\"\n}\n\nresource \"aws_ecs_service\" \"litellm\" {\n  name = \"${var.prefix}-litellm\"\n  enable_execute_command = true\n}\n",
    )
    .unwrap();
    fs::write(
        modules.join("main.tf"),
        "resource \"aws_iam_role\" \"task\" {\n  name = \"coder-production-${var.name}-task\"\n}\n",
    )
    .unwrap();
    fs::write(modules.join("broken.tf"), "resource {{{").unwrap();
    let place = |demo: &str, check: &str| {
        let sarif = doctor(
            home.path(),
            &[demo, "--format", "sarif", "--terraform", "infra"],
        )
        .json();
        let results = sarif["runs"][0]["results"].as_array().unwrap().clone();
        let result = results
            .iter()
            .find(|result| result["ruleId"] == check)
            .unwrap();
        let place = &result["locations"][0]["physicalLocation"];
        (
            place["artifactLocation"]["uri"]
                .as_str()
                .unwrap()
                .to_owned(),
            place["region"]["startLine"].as_u64().unwrap(),
            place["region"]["endLine"].as_u64().unwrap(),
        )
    };
    assert_eq!(
        place("--demo=stale-tasks", "task.exec-enabled"),
        ("infra/services.tf".into(), 7, 10)
    );
    assert_eq!(
        place("--demo=task-role", "role.ssmmessages"),
        ("infra/modules/iam/main.tf".into(), 1, 3)
    );
    let github = doctor(
        home.path(),
        &["--demo", "--format", "github", "--terraform", "infra"],
    );
    assert!(
        github
            .stdout
            .starts_with("::error file=infra/services.tf,line=7,endLine=10,title="),
        "{}",
        github.stdout
    );
    let none = doctor(
        home.path(),
        &["--demo", "--format", "sarif", "--terraform", "nowhere"],
    );
    assert_eq!(none.status, 2);
}

#[test]
fn a_baseline_hides_known_findings() {
    let home = home(true);
    let before = home.path().join("before.json");
    let report = doctor(home.path(), &["--demo=stale-tasks", "--format", "json"]);
    fs::write(&before, &report.stdout).unwrap();
    let same = doctor(
        home.path(),
        &["--demo=stale-tasks", "--baseline", "before.json"],
    );
    assert_eq!(same.status, 0, "{}", same.stdout);
    assert!(same.stdout.contains("No new problems"));
    let other = doctor(
        home.path(),
        &["--demo=task-role", "--baseline", "before.json"],
    );
    assert_eq!(other.status, 1);
    assert!(other.stdout.contains("role.ssmmessages"));
    assert!(other.stdout.contains(" gone."), "{}", other.stdout);
    // A baseline of another cluster would hide failures.
    let foreign = report.stdout.replace(
        "\"cluster\": \"coder-production-cluster\"",
        "\"cluster\": \"staging\"",
    );
    for (bad, text) in [
        ("none.json", None),
        ("bad.json", Some("{}")),
        ("foreign.json", Some(foreign.as_str())),
    ] {
        if let Some(text) = text {
            fs::write(home.path().join(bad), text).unwrap();
        }
        let refused = doctor(home.path(), &["--demo", "--baseline", bad]);
        assert_eq!(refused.status, 2);
        assert!(refused.stderr.contains("baseline"), "{}", refused.stderr);
    }
}

/// GitHub shows titles on one line, and the body below.
#[test]
fn annotations_have_short_titles_that_the_body_does_not_repeat() {
    let home = home(true);
    for demo in [
        "healthy",
        "stale-tasks",
        "task-role",
        "caller-policy",
        "no-endpoint",
    ] {
        let demo = format!("--demo={demo}");
        let report = doctor(home.path(), &[&demo, "--format", "github"]).stdout;
        for line in report.lines().filter(|line| line.starts_with("::")) {
            let (_, annotation) = line.split_once("title=").unwrap();
            let (title, body) = annotation.split_once("::").unwrap();
            let title = title.replace("%3A", ":").replace("%2C", ",");
            assert!(title.chars().count() <= 121, "{title}");
            assert!(!body.starts_with(&title) || title.ends_with('…'), "{line}");
        }
    }
}
