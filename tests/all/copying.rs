//! The scripts of `cp`, as the container runs them, and usage errors of `cp`.
#![cfg(unix)]

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::support::fake_service::Service;

const SEND: &str = include_str!("../../src/commands/cp/send.sh");
const RECEIVE: &str = include_str!("../../src/commands/cp/receive.sh");
const UPLOAD: &str = include_str!("../../src/commands/cp/upload.sh");

fn script(script: &str, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new("sh")
        .args(["-c", script.trim_end(), "cp"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    let _ = writer.join();
    output
}

fn status(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_folder_is_sent_and_received() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source");
    fs::create_dir_all(source.join("sub")).unwrap();
    fs::write(source.join("sub/file"), "one").unwrap();
    symlink("sub/file", source.join("link")).unwrap();
    let sent = script(SEND, &[text(&source)], b"");
    assert_eq!(status(&sent), 0);

    // As a new folder, and into an existing one.
    let new = folder.path().join("new");
    let received = script(RECEIVE, &[text(&new), "source"], &sent.stdout);
    assert_eq!(status(&received), 0, "{received:?}");
    assert_eq!(fs::read_to_string(new.join("link")).unwrap(), "one");
    let into = format!("{}/", text(&new));
    let received = script(RECEIVE, &[&into, "source"], &sent.stdout);
    assert_eq!(status(&received), 0, "{received:?}");
    assert_eq!(
        fs::read_to_string(new.join("source/sub/file")).unwrap(),
        "one"
    );
}

#[test]
fn each_cause_has_its_own_status() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "one").unwrap();
    let gone = folder.path().join("no/such/folder");
    assert_eq!(status(&script(SEND, &[text(&gone)], b"")), 97);
    assert_eq!(status(&script(SEND, &[text(&file)], b"")), 89);
    assert_eq!(status(&script(RECEIVE, &[text(&gone), "x"], b"")), 93);
    assert_eq!(status(&script(RECEIVE, &[text(&file), "x"], b"")), 88);
    let damaged = script(RECEIVE, &[text(folder.path()), "x"], b"no archive");
    assert_eq!(status(&damaged), 83);
    assert!(!damaged.stdout.is_empty(), "tar's reason");
    let upload = |to: &str| status(&script(UPLOAD, &[to, "sum", "suffix"], b"text"));
    assert_eq!(upload(text(folder.path())), 92);
    assert_eq!(upload(text(&gone)), 93);
    assert_eq!(upload(text(&file)), 96);
    assert_eq!(fs::read_to_string(&file).unwrap(), "one");
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(names.len(), 2, "no part stays: {names:?}");
    // /proc refuses new files even for root, without saying that it is read-only.
    if Path::new("/proc/sys").is_dir() {
        assert!([86, 87, 94].contains(&upload("/proc/ecs-exec-test")));
    }
}

#[test]
fn usage_errors_come_before_aws_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "one").unwrap();
    let cp = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_ecs-exec"))
            .arg("cp")
            .args(arguments)
            .current_dir(folder.path())
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .env("HOME", folder.path())
            .args([
                "--endpoint-url",
                "http://127.0.0.1:1",
                "--cluster",
                "c",
                "--region",
                "us-west-2",
            ])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(cp(&["a", "b"]).contains("one side of the copy"));
    assert!(cp(&[".", "web:/tmp/"]).contains("add -r"));
    assert!(cp(&["-r", "file", "web:/tmp/"]).contains("Leave out -r"));
    assert!(cp(&["-", "web:/tmp/"]).contains("no file name"));
}

#[test]
fn a_folder_is_written_to_standard_output_as_an_archive() {
    let service = Service::start();
    let folder = service.home.path().join("source");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("file"), "one").unwrap();
    let from = format!("web:{}", text(&folder));
    let output = service.command(&["cp", "-r", &from, "-"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    fs::write(service.home.path().join("archive"), &output.stdout).unwrap();
    let listed = Command::new("tar")
        .arg("-tf")
        .arg(service.home.path().join("archive"))
        .output()
        .unwrap();
    assert!(
        String::from_utf8_lossy(&listed.stdout).contains("./file"),
        "{listed:?}"
    );

    let without_r = service.run(&["cp", &from, "-"]);
    assert_eq!(without_r.status, 255);
    assert!(without_r.stderr.contains("add -r"), "{}", without_r.stderr);
    assert!(!without_r.stderr.contains("slash"), "{}", without_r.stderr);
}

/// As exec and run explain it.
#[test]
fn a_copy_that_is_not_allowed_is_explained() {
    let service = Service::start();
    service.account.lock().unwrap().denied.insert(
        "ecs:ExecuteCommand",
        "User: arn:aws:iam::123456789012:user/jane is not authorized to perform: ecs:ExecuteCommand on resource: x",
    );
    for arguments in [
        &["cp", "web:/etc/hosts", "-"][..],
        &["run", "web", "--", "ls"],
        &["web"],
    ] {
        let run = service.run(arguments);
        assert_eq!(run.status, 255, "{}", run.stderr);
        for part in ["The caller may not open sessions", "The doctor found no"] {
            assert!(run.stderr.contains(part), "{}", run.stderr);
        }
    }
}

#[test]
fn errors_name_what_the_user_wrote() {
    let service = Service::start();
    fs::write(service.home.path().join("file"), "x").unwrap();
    let missing = service.run(&["cp", "file", "web:"]);
    assert_eq!(missing.status, 2);
    assert!(
        missing.stderr.contains("after the colon"),
        "{}",
        missing.stderr
    );
    let unwritable = service.run(&["cp", "web:/etc/hostname", "no-folder/file"]);
    assert!(
        unwritable.stderr.contains("cannot write no-folder/file: "),
        "{}",
        unwritable.stderr
    );
    assert!(
        !unwritable.stderr.contains(".part"),
        "{}",
        unwritable.stderr
    );
}
