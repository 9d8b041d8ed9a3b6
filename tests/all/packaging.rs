//! The install script and the Homebrew formula, with a release in a local directory.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const VERSION: &str = "v9.8.7";

fn packaging(script: &str) -> Command {
    Command::new(format!("{}/packaging/{script}", env!("CARGO_MANIFEST_DIR")))
}

fn run(command: &mut Command) -> (bool, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.success(), text(stdout), text(stderr))
}

/// Creates a release with archives for every target; its program prints the version.
fn release(folder: &Path) -> String {
    let release = folder.join("releases").join(VERSION);
    fs::create_dir_all(release.join("ecs-exec")).unwrap();
    fs::write(release.join("ecs-exec/ecs-exec"), "#!/bin/sh\necho 9.8.7\n").unwrap();
    let script = format!(
        "cd {}; for target in x86_64-unknown-linux-musl aarch64-unknown-linux-musl x86_64-apple-darwin aarch64-apple-darwin
         do tar czf ecs-exec-{VERSION}-$target.tar.gz ecs-exec; done
         (sha256sum *.tar.gz || shasum -a 256 *.tar.gz) > SHA256SUMS 2> /dev/null",
        release.display()
    );
    let (succeeded, _, stderr) = run(Command::new("sh").args(["-c", &script]));
    assert!(succeeded, "{stderr}");
    format!("file://{}", folder.join("releases").display())
}

fn install(folder: &Path, downloads: &str) -> Command {
    let mut install = packaging("install.sh");
    install
        .env("HOME", folder)
        .env("ECS_EXEC_VERSION", VERSION)
        .env("ECS_EXEC_DOWNLOADS", downloads);
    install
}

#[test]
fn the_install_script_verifies_the_checksum() {
    let folder = tempfile::tempdir().unwrap();
    let downloads = release(folder.path());
    let (installed, stdout, stderr) = run(&mut install(folder.path(), &downloads));
    assert!(installed && stdout.is_empty(), "{stderr}");
    assert!(stderr.contains("Installed ecs-exec v9.8.7"), "{stderr}");
    assert!(stderr.contains("is not on your PATH"), "{stderr}");
    let program = folder.path().join(".local/bin/ecs-exec");
    let (_, version, _) = run(&mut Command::new(&program));
    assert_eq!(version, "9.8.7\n");

    fs::write(&program, "old").unwrap();
    let wrong = "0".repeat(64);
    let refused = run(install(folder.path(), &downloads).env("ECS_EXEC_SHA256", &wrong));
    assert!(!refused.0, "{}", refused.2);
    assert!(refused.2.contains("nothing was installed"), "{}", refused.2);
    assert_eq!(fs::read_to_string(&program).unwrap(), "old");

    let sums = folder
        .path()
        .join("releases")
        .join(VERSION)
        .join("SHA256SUMS");
    fs::write(sums, "").unwrap();
    let refused = run(&mut install(folder.path(), &downloads));
    assert!(refused.2.contains("does not list"), "{}", refused.2);
}

#[test]
fn the_install_script_explains_errors() {
    let folder = tempfile::tempdir().unwrap();
    let downloads = format!("file://{}/none", folder.path().display());
    let refused = run(&mut install(folder.path(), &downloads));
    assert!(!refused.0);
    assert!(refused.2.contains("cannot be downloaded"), "{}", refused.2);
    let refused = run(packaging("install.sh").env("ECS_EXEC_VERSION", "latest"));
    assert!(refused.2.contains("like v0.1.0"), "{}", refused.2);
}

#[test]
fn the_formula_lists_each_archive_with_its_checksum() {
    let folder = tempfile::tempdir().unwrap();
    release(folder.path());
    let sums = folder
        .path()
        .join("releases")
        .join(VERSION)
        .join("SHA256SUMS");
    let homebrew = |sums: &Path| {
        run(packaging("homebrew")
            .args([VERSION, "owner/ecs-exec"])
            .arg(sums))
    };
    let (succeeded, formula, stderr) = homebrew(&sums);
    assert!(succeeded, "{stderr}");
    for line in fs::read_to_string(&sums).unwrap().lines() {
        let (sum, archive) = line.split_once("  ").unwrap();
        assert!(formula.contains(&format!("/{VERSION}/{archive}\"\n      sha256 \"{sum}\"")));
    }
    let empty = folder.path().join("empty");
    fs::write(&empty, "").unwrap();
    let (succeeded, _, stderr) = homebrew(&empty);
    assert!(!succeeded && stderr.contains("does not list"), "{stderr}");
}

/// A gate must not run with half of its arguments.
#[test]
#[cfg(unix)]
fn the_action_refuses_arguments_that_cannot_be_split() {
    let action = include_str!("../../action.yml");
    let (_, script) = action
        .split_once("      run: |\n        status=0\n")
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("ecs-exec/ecs-exec");
    fs::create_dir(folder.path().join("ecs-exec")).unwrap();
    fs::write(&program, "#!/bin/sh\nprintf '<%s>' \"$@\"\nexit 3\n").unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&program, executable).unwrap();
    let run = |arguments: &str| {
        let output = Command::new("bash")
            .args(["-eo", "pipefail", "-c", &format!("status=0\n{script}")])
            .env("ARGUMENTS", arguments)
            .env("RUNNER_TEMP", folder.path())
            .env("GITHUB_OUTPUT", folder.path().join("output"))
            .output()
            .unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        (output.status.code(), stdout)
    };
    let split = (Some(3), "<doctor><--plan><a b.json>".to_owned());
    assert_eq!(run("doctor --plan \"a b.json\""), split);
    let (status, said) = run("doctor \"unbalanced --plan x");
    assert_eq!(status, Some(2), "{said}");
    assert!(said.starts_with("::error::"), "{said}");
}
