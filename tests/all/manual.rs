//! Manual pages and help, which are generated from the command line's definition.

use std::process::Command;

const ECS_EXEC: &str = env!("CARGO_BIN_EXE_ecs-exec");

#[test]
fn help_is_coloured_as_it_is_wished() {
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
fn nothing_said_is_a_question_for_help() {
    let output = Command::new(ECS_EXEC).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains("Examples:"), "{said}");
    let usage = Command::new(ECS_EXEC).args(["web", "--help"]).output();
    let usage = String::from_utf8(usage.unwrap().stdout).unwrap();
    assert!(usage.contains("SERVICE [CONTAINER] [COMMAND]"), "{usage}");
    assert!(!usage.contains("open-a-session"), "{usage}");
}

#[test]
fn manual_pages() {
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
fn help_of_help_is_help() {
    let help = |arguments: &[&str]| {
        let output = Command::new(ECS_EXEC).args(arguments).output().unwrap();
        assert!(output.status.success());
        output.stdout
    };
    assert_eq!(help(&["help", "--help"]), help(&["--help"]));
}
