//! Help, completions and manual pages.

use std::process::Command;

const ECS_EXEC: &str = env!("CARGO_BIN_EXE_ecs-exec");

/// The completions that bash offers for the last word.
fn completed(words: &[&str]) -> Vec<String> {
    let script = format!(
        "source <({ECS_EXEC} completions bash); COMP_WORDS=(ecs-exec {}); COMP_CWORD={}; \
         _ecs__exec ecs-exec \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"; echo \"${{COMPREPLY[@]}}\"",
        words.join(" "),
        words.len()
    );
    let output = Command::new("bash").args(["-c", &script]).output().unwrap();
    let offered = String::from_utf8(output.stdout).unwrap();
    offered.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn bash_completes_subcommands_and_flags() {
    assert_eq!(completed(&["doctor", "--fo"]), ["--format"]);
    assert_eq!(completed(&["run", "--all"]), ["--all-tasks"]);
    assert!(completed(&["policy", ""]).contains(&"caller".to_owned()));
    assert!(completed(&["doc"]).contains(&"doctor".to_owned()));
    assert!(!completed(&[""]).contains(&"open-a-session".to_owned()));
    // Flags that `fix` refuses are not offered.
    assert_eq!(completed(&["doctor", "--demo"]), ["--demo"]);
    assert_eq!(completed(&["fix", "--demo"]), [""; 0]);
    assert_eq!(completed(&["fix", "--allow-d"]), ["--allow-drift"]);
}

#[test]
fn completions_omit_the_hidden_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = Command::new(ECS_EXEC).args(["completions", shell]).output();
        let script = String::from_utf8(output.unwrap().stdout).unwrap();
        assert!(script.contains("port-forward"), "{shell}");
        assert!(script.contains("service-prefix"), "{shell}");
        assert!(!script.contains("open-a-session"), "{shell}");
    }
}

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
