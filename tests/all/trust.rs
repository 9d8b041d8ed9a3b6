//! Trust in project files: which keys take effect without it, and which only with it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::environment_errors::assert_refused;
use crate::support::doctor::{Run, command, run};
use crate::support::platform::{Platform, home};
use crate::support::pty::Terminal;

pub fn write_config(home: &Path, text: &str) {
    fs::write(home.join("ecs-exec.toml"), text).unwrap();
}

pub fn run_in(home: &Path, arguments: &[&str]) -> Run {
    run(command(home).args(arguments))
}

/// The doctor on a snapshot, which needs no credentials.
pub fn doctor_on_snapshot(home: &Path) -> Command {
    let facts = format!("{}/fixtures/healthy.json", env!("CARGO_MANIFEST_DIR"));
    let mut doctor = command(home);
    doctor.args(["doctor", "--format", "json", "--snapshot", &facts]);
    doctor
}

pub const CHECK: &str = "cluster = \"coder-production-cluster\"\n[checks.none]\neach = \"task\"\nwhen = \"true\"\ntitle = \"found\"\n";

#[test]
fn a_file_with_harmless_keys_needs_no_trust() {
    let home = home(true);
    write_config(
        home.path(),
        "region = \"us-west-2\"\nservice_prefix = \"coder-production-\"\n[services.coder]\ncontainer = \"coder\"\n[expect]\nexec_forbidden = [\"x\"]\n",
    );
    let run = run(&mut doctor_on_snapshot(home.path()));
    assert_eq!(run.status, 0, "{}", run.stderr);
    let run = run_in(home.path(), &["trust"]);
    assert_eq!(run.status, 0);
    assert!(
        run.stderr.contains("sets no keys that need trust"),
        "{}",
        run.stderr
    );
}

#[test]
fn each_key_that_needs_trust_is_an_error_until_trusted() {
    let commands = [
        (CHECK, &["checks"][..], "checks"),
        ("[plugins]\ntimeout_seconds = 5", &["checks"], "plugins"),
        ("profile = \"admin\"", &["list"], "profile"),
        ("shell = \"/bin/evil\"", &["litellm"], "shell"),
        (
            "[services.coder]\nshell = \"/bin/evil\"",
            &["exec", "coder"],
            "services.coder.shell",
        ),
        (
            "[services.coder-production-coder]\nshell = \"e\"",
            &["exec", "--task", "0123456789abcdef"],
            "shell",
        ),
        (
            "[recipes.litellm-db]\nservice = \"coder\"\ncommand = [\"evil\"]",
            &["recipe", "litellm-db"],
            "recipes.litellm-db",
        ),
        (
            "[recipes.x]\nservice = \"coder\"\ncommand = [\"evil\"]",
            &["recipe", "--list"],
            "recipes.x",
        ),
    ];
    for (text, arguments, key) in commands {
        let home = home(true);
        write_config(home.path(), text);
        let path = home.path().canonicalize().unwrap().join("ecs-exec.toml");
        let trust = format!("ecs-exec trust {}", path.display());
        let refused = run_in(home.path(), arguments);
        assert_refused(
            &refused,
            "ecs-exec.toml is not trusted, and it sets",
            &trust,
        );
        assert!(refused.stderr.contains(key), "{}", refused.stderr);
        assert_eq!(run_in(home.path(), &["trust"]).status, 0);
        let trusted = run_in(home.path(), arguments);
        assert!(
            !trusted.stderr.contains("not trusted"),
            "{text}: {}",
            trusted.stderr
        );
        // The same file, found from a subdirectory.
        let below = home.path().join("a/b");
        fs::create_dir_all(&below).unwrap();
        let trusted = run(command(home.path()).current_dir(&below).args(arguments));
        assert!(
            !trusted.stderr.contains("not trusted"),
            "{text}: {}",
            trusted.stderr
        );
        // A change revokes the trust.
        write_config(home.path(), &format!("{text}\n# changed"));
        let changed = run_in(home.path(), arguments);
        assert_refused(&changed, "has changed since you trusted it", &trust);
    }
}

/// Unused keys cause no error and have no effect.
#[test]
fn untrusted_keys_that_a_command_does_not_use_are_ignored() {
    let unused = [
        (
            "shell = \"/bin/evil\"\n[recipes.x]\nservice = \"s\"\ncommand = [\"evil\"]",
            &["checks"][..],
        ),
        ("profile = \"gone\"\nshell = \"/bin/evil\"", &["checks"]),
        ("profile = \"gone\"", &["policy", "task-role"]),
        (CHECK, &["recipe", "--list"]),
    ];
    for (text, arguments) in unused {
        let home = home(true);
        write_config(home.path(), text);
        let run = run_in(home.path(), arguments);
        assert_eq!(run.status, 0, "{text}: {}", run.stderr);
        assert!(!run.stdout.contains("evil"), "{}", run.stdout);
    }
    let home = home(true);
    write_config(home.path(), CHECK);
    let run = run(doctor_on_snapshot(home.path()).args(["--skip", "custom"]));
    assert_eq!(run.status, 0, "{}", run.stderr);
    // Flags and variables beat the file.
    write_config(
        home.path(),
        "profile = \"admin\"\n[services.coder]\nshell = \"/bin/evil\"",
    );
    for arguments in [
        &["run", "coder", "--profile", "mine", "--", "ls"][..],
        &["exec", "coder", "--profile", "mine", "--", "ls"],
        &["exec", "web", "--profile", "mine"],
    ] {
        let run = run_in(home.path(), arguments);
        assert_refused(&run, "there is no AWS profile mine (from --profile)", "");
    }
}

#[test]
fn the_config_flag_and_a_hash_grant_trust() {
    let home = home(true);
    write_config(home.path(), CHECK);
    assert_refused(
        &run(&mut doctor_on_snapshot(home.path())),
        "is not trusted",
        "ECS_EXEC_TRUST",
    );
    let named = run(doctor_on_snapshot(home.path()).args(["--config", "ecs-exec.toml"]));
    assert!(
        named
            .with_status("warn")
            .contains(&"custom.none".to_owned())
            || named.status == 1
    );
    let sum = Command::new("sha256sum")
        .arg(home.path().join("ecs-exec.toml"))
        .output();
    let sum = String::from_utf8(sum.unwrap().stdout).unwrap();
    let sum = sum.split(' ').next().unwrap();
    for trust in [sum.to_owned(), format!("00, {}", sum.to_uppercase())] {
        let run = run(doctor_on_snapshot(home.path()).env("ECS_EXEC_TRUST", trust));
        assert_ne!(run.status, 2, "{}", run.stderr);
    }
    let other = sum.replace('0', "1");
    let run = run(doctor_on_snapshot(home.path()).env("ECS_EXEC_TRUST", other));
    assert_refused(&run, "is not trusted", "");
}

#[test]
fn trust_is_stored_privately_and_can_be_revoked() {
    let home = home(true);
    write_config(home.path(), CHECK);
    assert_eq!(run_in(home.path(), &["trust", "--list"]).stdout, "");
    let given = run_in(home.path(), &["trust", "ecs-exec.toml"]);
    assert!(given.stderr.contains("checks = none"), "{}", given.stderr);
    let state = home.path().join(".local/state/ecs-exec/trust");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&state), 0o700);
    let entries: Vec<_> = fs::read_dir(&state).unwrap().collect();
    assert_eq!(mode(&entries[0].as_ref().unwrap().path()), 0o600);
    let listed = run_in(home.path(), &["trust", "--list"]).stdout;
    assert!(listed.ends_with("ecs-exec.toml\n"), "{listed}");
    let changed = format!("{CHECK}# more");
    write_config(home.path(), &changed);
    assert_eq!(run_in(home.path(), &["trust", "."]).status, 0);
    assert_eq!(
        fs::read_dir(&state).unwrap().count(),
        1,
        "one content at a time"
    );
    // Other users can write to it.
    fs::set_permissions(&state, fs::Permissions::from_mode(0o777)).unwrap();
    assert_refused(
        &run(&mut doctor_on_snapshot(home.path())),
        "is not trusted",
        "",
    );
    fs::set_permissions(&state, fs::Permissions::from_mode(0o700)).unwrap();
    assert_ne!(run(&mut doctor_on_snapshot(home.path())).status, 2);
    let revoked = run_in(home.path(), &["trust", "--revoke"]);
    assert!(
        revoked.stderr.contains("no longer trusted"),
        "{}",
        revoked.stderr
    );
    assert_refused(
        &run(&mut doctor_on_snapshot(home.path())),
        "is not trusted",
        "",
    );
    assert_eq!(run_in(home.path(), &["trust", "--list"]).stdout, "");
}

#[test]
fn trust_is_requested_at_a_terminal() {
    let home = home(true);
    write_config(home.path(), "profile = \"adm\\u001b[2Jin\"\n");
    let start = || Terminal::start(command(home.path()).arg("list"));
    let mut terminal = start();
    terminal.expect("profile = \"adm");
    terminal.expect("Trust this file? [y/N]");
    assert!(
        !terminal.screen().contains("\u{1b}[2J"),
        "{}",
        terminal.screen()
    );
    terminal.type_keys("n\r");
    assert_eq!(terminal.wait(), 2);
    let mut terminal = start();
    terminal.expect("Trust this file? [y/N]");
    terminal.type_keys("y\r");
    assert_eq!(terminal.wait(), 2);
    assert!(
        terminal.screen().contains("there is no AWS profile"),
        "{}",
        terminal.screen()
    );
    let mut terminal = start();
    assert_eq!(terminal.wait(), 2);
    assert!(
        !terminal.screen().contains("Trust this file?"),
        "{}",
        terminal.screen()
    );
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_session_shows_the_settings_of_the_project() {
    let platform = Platform::healthy();
    let home = platform.home.path();
    let first_line = |arguments: &[&str]| {
        let run = platform.run(arguments);
        run.stderr.lines().next().unwrap_or_default().to_owned()
    };
    let plain = first_line(&["coder"]);
    assert!(
        plain.starts_with("Connecting to coder-production-coder (task: "),
        "{plain}"
    );
    assert!(
        plain.ends_with(")...") && !plain.contains("account"),
        "{plain}"
    );
    write_config(home, "[services.coder]\nshell = \"/bin/evil\"\n");
    assert_refused(
        &platform.run(&["coder"]),
        "is not trusted, and it sets services.coder.shell",
        "ecs-exec trust",
    );
    assert!(!first_line(&["exec", "coder", "--", "ls"]).contains("account"));
    assert_eq!(platform.run(&["trust"]).status, 0);
    let first = first_line(&["coder"]);
    for part in [
        "account: 123456789012",
        &format!("cluster: {}", platform.cluster),
        "command: /bin/evil",
        "command from",
        "ecs-exec.toml",
    ] {
        assert!(first.contains(part), "{first}");
    }
    write_config(home, &format!("cluster = \"{}\"\n", platform.cluster));
    let run = run(platform
        .command()
        .env_remove("ECS_EXEC_CLUSTER")
        .arg("coder"));
    assert!(run.stderr.contains("cluster from "), "{}", run.stderr);
    write_config(
        home,
        "[recipes.r]\nservice = \"coder\"\ncommand = [\"ls\"]\ninteractive = true\n",
    );
    assert_eq!(platform.run(&["trust"]).status, 0);
    let first = first_line(&["recipe", "r"]);
    assert!(first.contains("command: ls; command from"), "{first}");
}
