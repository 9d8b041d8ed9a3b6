//! Which configuration files are read, and that programs in the working directory are not run.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::environment_errors::assert_refused;
use crate::support::doctor::{command, run};
use crate::support::platform::home;
use crate::trust::{CHECK, doctor_on_snapshot, run_in, write_config};

/// A relative state directory could belong to the project.
#[test]
fn relative_xdg_directories_are_ignored() {
    let home = home(true);
    write_config(home.path(), CHECK);
    assert_eq!(run_in(home.path(), &["trust"]).status, 0);
    fs::rename(home.path().join(".local/state"), home.path().join("state")).unwrap();
    let run = run(doctor_on_snapshot(home.path()).env("XDG_STATE_HOME", "state"));
    assert_refused(&run, "is not trusted", "");
    fs::create_dir_all(home.path().join("config/ecs-exec")).unwrap();
    fs::rename(
        home.path().join("ecs-exec.toml"),
        home.path().join("config/ecs-exec/ecs-exec.toml"),
    )
    .unwrap();
    let checks = crate::support::doctor::run(
        command(home.path())
            .arg("checks")
            .env("XDG_CONFIG_HOME", "config"),
    );
    assert!(!checks.stdout.contains("custom.none"), "{}", checks.stdout);
}

#[test]
fn the_user_configuration_needs_no_trust() {
    let home = home(true);
    let folder = home.path().join(".config/ecs-exec");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("ecs-exec.toml"), CHECK).unwrap();
    for directory in [home.path(), &folder] {
        let run = run(doctor_on_snapshot(home.path()).current_dir(directory));
        assert_ne!(run.status, 2, "{}", run.stderr);
        assert!(run.stdout.contains("custom.none"), "{}", run.stdout);
    }
    // A project's check does not replace the user's.
    write_config(
        home.path(),
        &CHECK.replace("found", "nothing").replace("true", "false"),
    );
    assert_eq!(run_in(home.path(), &["trust"]).status, 0);
    let run = run(&mut doctor_on_snapshot(home.path()));
    assert!(
        !run.with_status("pass").contains(&"custom.none".to_owned()),
        "{}",
        run.stdout
    );
}

#[test]
fn a_world_writable_configuration_is_refused() {
    let home = home(true);
    write_config(home.path(), "cluster = \"c\"");
    let file = home.path().join("ecs-exec.toml");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
    let refused = run_in(home.path(), &["checks"]);
    assert_refused(
        &refused,
        "other users can write to it (mode 666)",
        "chmod go-w",
    );
    assert_refused(
        &run_in(home.path(), &["trust"]),
        "other users can write to it",
        "chmod go-w",
    );
    assert_eq!(
        run_in(home.path(), &["checks", "--config", "ecs-exec.toml"]).status,
        0
    );
}

#[test]
fn a_configuration_must_be_a_small_regular_file() {
    let home = home(true);
    let file = home.path().join("ecs-exec.toml");
    for target in ["/dev/zero", "/dev/tty"] {
        std::os::unix::fs::symlink(target, &file).unwrap();
        for arguments in [
            &["checks"][..],
            &["checks", "--config", "ecs-exec.toml"],
            &["trust"],
        ] {
            let run = run_in(home.path(), arguments);
            assert_refused(&run, "ecs-exec.toml cannot be read", "");
        }
        fs::remove_file(&file).unwrap();
    }
    assert!(
        Command::new("mkfifo")
            .arg(&file)
            .status()
            .unwrap()
            .success()
    );
    for arguments in [
        &["checks"][..],
        &["checks", "--config", "ecs-exec.toml"],
        &["trust"],
    ] {
        assert_refused(&run_in(home.path(), arguments), "not a regular file", "");
    }
}

/// A plugin that writes its environment to a file.
fn install_recording_plugin(folder: &Path) {
    let path = folder.join("session-manager-plugin");
    let script = "#!/bin/sh\nenv > \"${0%/*}/asked\"\necho 1.2.764.0\n";
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn the_plugin_is_never_run_from_the_working_directory() {
    let home = home(false);
    let directory = home.path().join("here");
    fs::create_dir_all(directory.join("tools")).unwrap();
    install_recording_plugin(&directory);
    install_recording_plugin(&directory.join("tools"));
    let run_with_path = |path: &str| {
        let mut command = command(home.path());
        command
            .current_dir(&directory)
            .args([
                "doctor",
                "--only",
                "local.plugin-installed,local.plugin-version",
                "--format",
                "json",
            ])
            .args(["--region", "us-west-2", "--cluster", "c"])
            .env("PATH", path)
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "hunter2");
        run(&mut command)
    };
    for path in [
        ":/usr/bin",
        ".:/usr/bin",
        "/usr/bin::/bin",
        "tools:/usr/bin",
        "/usr/bin:",
    ] {
        let run = run_with_path(path);
        assert!(!run.stdout.contains("1.2.764.0"), "{path}: {}", run.stdout);
        assert!(!directory.join("asked").exists(), "{path}");
        assert!(!directory.join("tools/asked").exists(), "{path}");
    }
    let run = run_with_path(directory.to_str().unwrap());
    assert!(run.stdout.contains("1.2.764.0"), "{}", run.stdout);
    let environment = fs::read_to_string(directory.join("asked")).unwrap();
    assert!(!environment.contains("AWS_"), "{environment}");
}
