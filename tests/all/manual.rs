//! What is made of the command line's description works where it is used.

use std::process::Command;

const ECS_EXEC: &str = env!("CARGO_BIN_EXE_ecs-exec");

/// What bash offers for the last of these words.
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
fn bash_completes_flags_of_commands() {
    assert_eq!(completed(&["doctor", "--fo"]), ["--format"]);
    assert_eq!(completed(&["run", "--all"]), ["--all-tasks"]);
    assert!(completed(&["policy", ""]).contains(&"caller".to_owned()));
    assert!(completed(&["doc"]).contains(&"doctor".to_owned()));
    assert!(!completed(&[""]).contains(&"open-a-session".to_owned()));
}

#[test]
fn no_shell_offers_the_hidden_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = Command::new(ECS_EXEC).args(["completions", shell]).output();
        let script = String::from_utf8(output.unwrap().stdout).unwrap();
        assert!(script.contains("port-forward"), "{shell}");
        assert!(script.contains("service-prefix"), "{shell}");
        assert!(!script.contains("open-a-session"), "{shell}");
    }
}

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
