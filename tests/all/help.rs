//! Help and manual pages.

use std::process::Command;

const ECS_EXEC: &str = env!("CARGO_BIN_EXE_ecs-exec");

#[test]
fn the_color_flag_applies_to_help() {
    let is_coloured = |arguments: &[&str]| {
        let output = Command::new(ECS_EXEC).args(arguments).output().unwrap();
        output.stdout.contains(&0x1b)
    };
    assert!(!is_coloured(&["--help"]));
    assert!(is_coloured(&["--color", "always", "--help"]));
    assert!(is_coloured(&["doctor", "--color=always", "--help"]));
    assert!(!is_coloured(&["--color=never", "--help"]));
}

#[test]
fn no_arguments_print_usage_with_examples() {
    let output = Command::new(ECS_EXEC).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr.contains("Examples:"), "{stderr}");
    let usage = Command::new(ECS_EXEC).args(["web", "--help"]).output();
    let usage = String::from_utf8(usage.unwrap().stdout).unwrap();
    assert!(usage.contains("SERVICE [CONTAINER] [COMMAND]"), "{usage}");
    assert!(!usage.contains("open-a-session"), "{usage}");
}

#[test]
fn man_writes_a_page_for_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(ECS_EXEC)
        .arg("man")
        .arg(folder.path())
        .output();
    assert!(output.unwrap().status.success());
    let page = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let program = page("ecs-exec.1");
    assert!(program.contains("ECS_EXEC_CLUSTER"), "{program}");
    for line in program.lines().filter(|line| line.ends_with("(1)")) {
        let name = line.replace('\\', "").replace("(1)", ".1");
        assert!(folder.path().join(&name).is_file(), "{name}");
    }
    assert!(!page("ecs-exec-fix.1").contains("snapshot"));
}

#[test]
fn help_help_prints_help() {
    let help = |arguments: &[&str]| {
        let output = Command::new(ECS_EXEC).args(arguments).output().unwrap();
        assert!(output.status.success());
        output.stdout
    };
    assert_eq!(help(&["help", "--help"]), help(&["--help"]));
}

#[test]
fn the_help_of_commands_that_read_a_cluster_has_examples_and_exit_statuses() {
    for command in ["init", "list", "logs", "doctor", "run", "cp"] {
        let output = Command::new(ECS_EXEC)
            .args([command, "-h"])
            .output()
            .unwrap();
        let help = String::from_utf8(output.stdout).unwrap();
        for part in ["Examples:\n", "Exit status:"] {
            assert!(help.contains(part), "{command} {part}: {help}");
        }
    }
}

/// Flags of every command say nothing that is true only of the doctor.
#[test]
fn flags_of_every_command_do_not_speak_of_the_doctor() {
    for command in ["cp", "mcp", "run", "init"] {
        let output = Command::new(ECS_EXEC)
            .args([command, "-h"])
            .output()
            .unwrap();
        let help = String::from_utf8(output.stdout).unwrap();
        for flag in ["--cluster", "--region", "--profile", "--verbose"] {
            let line = help.lines().find(|line| line.contains(flag)).unwrap();
            assert!(
                !line.contains("doctor") && !line.contains("every check"),
                "{line}"
            );
        }
    }
    let long = Command::new(ECS_EXEC)
        .args(["doctor", "-h"])
        .output()
        .unwrap();
    let long = String::from_utf8(long.stdout).unwrap();
    assert!(long.contains("accept several"), "{long}");
}
