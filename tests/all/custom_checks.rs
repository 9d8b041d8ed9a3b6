//! Custom checks: the documented examples, and checks that fail.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::doctor::{Run, command, run};
use crate::support::platform::home;

fn root(path: &str) -> String {
    format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))
}

fn doctor(home: &Path, arguments: &[&str]) -> Run {
    let mut command = command(home);
    // The example's program needs Python.
    command.env(
        "PATH",
        format!(
            "{}:/usr/local/bin:/usr/bin:/bin",
            home.join("bin").display()
        ),
    );
    run(command
        .args([
            "doctor",
            "--format",
            "json",
            "--snapshot",
            &root("fixtures/healthy.json"),
        ])
        .args(arguments))
}

fn install(home: &Path, name: &str, text: &str) {
    let file = home.join("bin").join(name);
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn the_examples_run_with_the_built_in_checks() {
    let home = home(true);
    let program =
        fs::read_to_string(root("examples/custom-checks/ecs-exec-check-image-tags")).unwrap();
    install(home.path(), "ecs-exec-check-image-tags", &program);
    let config = root("examples/custom-checks/ecs-exec.toml");
    let run = doctor(home.path(), &["--config", &config]);
    let report = run.json();
    let areas: Vec<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["area"].as_str().unwrap())
        .collect();
    assert!(
        areas.contains(&"custom") && areas.contains(&"program"),
        "{}",
        run.stdout
    );
    assert!(
        run.with_status("warn")
            .contains(&"custom.team-tag".to_owned())
    );
    let fix = report["fixes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|fix| fix["commands"].to_string().contains("key=team"))
        .unwrap();
    assert_eq!(fix["disposition"], "manual");
    // `--only` and `--skip` select them.
    let only = doctor(
        home.path(),
        &["--config", &config, "--only", "custom.team-tag"],
    );
    assert_eq!(only.json()["summary"]["pass"], 0);
    let without = doctor(
        home.path(),
        &["--config", &config, "--skip", "custom,program"],
    );
    assert_eq!(without.status, 0, "{}", without.stderr);
    assert_eq!(without.with_status("warn"), [""; 0]);
    // `checks` lists them, and `explain` explains them.
    let with_programs = |arguments: &[&str]| {
        let path = format!("{}:/usr/bin:/bin", home.path().join("bin").display());
        let mut command = command(home.path());
        command.args(arguments).args(["--config", &config]);
        crate::support::doctor::run(command.env("PATH", path))
    };
    for id in ["custom.team-tag", "program.image-tags"] {
        let explained = with_programs(&["explain", id]);
        assert_eq!(explained.status, 0, "{}", explained.stderr);
        assert!(explained.stdout.starts_with(id), "{}", explained.stdout);
    }
    assert_eq!(with_programs(&["explain", "custom.nothing"]).status, 1);
    let list = with_programs(&["checks"]);
    assert!(
        list.stdout.contains("custom.own-registry") && list.stdout.contains("program.image-tags"),
        "{}",
        list.stdout
    );
}

#[test]
fn a_failing_program_gives_only_a_warning() {
    let home = home(true);
    install(
        home.path(),
        "ecs-exec-check-broken",
        "#!/bin/sh\necho '{'; exit 3\n",
    );
    install(
        home.path(),
        "ecs-exec-check-leaks",
        "#!/bin/sh\nprintf '{\"protocol\":1,\"findings\":[{\"status\":\"pass\",\"title\":\"%s\",\"subject\":{\"kind\":\"x\",\"id\":\"y\"}}]}' \"saw $AWS_SECRET_ACCESS_KEY\"\n",
    );
    let mut command = command(home.path());
    command
        .args([
            "doctor",
            "--format",
            "json",
            "--fail-on",
            "warn",
            "--snapshot",
            &root("fixtures/healthy.json"),
        ])
        .env(
            "PATH",
            format!("{}:/usr/bin:/bin", home.path().join("bin").display()),
        )
        .env("AWS_SECRET_ACCESS_KEY", "hunter2");
    let run = run(&mut command);
    assert_eq!(run.status, 0, "{}", run.stdout);
    assert_eq!(run.with_status("warn"), ["program.broken"]);
    assert!(!run.stdout.contains("hunter2"));
    assert!(
        run.with_status("pass")
            .contains(&"program.leaks".to_owned()),
        "{}",
        run.stdout
    );
}

#[test]
fn an_invalid_expression_is_shown_with_its_line() {
    let home = home(true);
    let config = home.path().join("ecs-exec.toml");
    for (text, place, help) in [
        (
            "[checks.x]\ntitle = 'x'\nwhen = '!task.exec_enable'\n",
            "ecs-exec.toml:3:",
            "exec_enabled",
        ),
        (
            "[checks.x]\ntitle = 'x'\nwhenn = 'true'\n",
            "ecs-exec.toml:3:",
            "when",
        ),
        (
            "[checks.x]\ntitle = 'x'\nwhen = 'task.id +'\n",
            "ecs-exec.toml:3:",
            "",
        ),
    ] {
        fs::write(&config, text).unwrap();
        let run = doctor(home.path(), &["--config", "ecs-exec.toml"]);
        assert_eq!(run.status, 2, "{text}");
        assert!(
            run.stderr.contains(place) && run.stderr.contains(help),
            "{}",
            run.stderr
        );
    }
}

/// An expression can need unlimited time or memory.
#[test]
fn an_endless_expression_is_killed_and_other_checks_run() {
    let home = home(true);
    let loops = (0..12).fold("true".to_owned(), |inner, level| {
        format!("[0,1,2,3,4,5,6,7,8,9].all(v{level}, {inner})")
    });
    let doubled =
        "['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa']".to_owned() + &".map(a, a + a)".repeat(42);
    for endless in [loops, format!("{doubled}.size() == 0")] {
        let checks = format!(
            "[checks.endless]\neach = \"cluster\"\nwhen = \"{endless}\"\ntitle = \"never\"\n\
             [checks.short]\neach = \"cluster\"\nwhen = \"true\"\ntitle = \"It counts\"\n"
        );
        std::fs::write(home.path().join("custom.toml"), checks).unwrap();
        let snapshot = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/healthy.json");
        let run = run(command(home.path()).args([
            "doctor",
            "--config",
            "custom.toml",
            "--snapshot",
            snapshot,
            "--only",
            "custom",
            "--timeout",
            "6s",
            "--format",
            "json",
        ]));
        let report = run.json();
        let findings = report["findings"].as_array().unwrap();
        let find = |id: &str| {
            findings
                .iter()
                .find(|finding| finding["check"] == id)
                .unwrap()
        };
        assert_eq!(
            find("custom.endless")["status"],
            "unknown",
            "{}",
            run.stdout
        );
        assert_eq!(find("custom.short")["title"], "It counts");
    }
}
