//! Sessions with a simulated agent that alters, delays and floods output like the real one.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::process::Stdio;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::support::doctor::Run;
use crate::support::fake_service::Service;

/// U+FFFD, single and repeated, and invalid UTF-8.
const MIXED: &[u8] = b"a\xef\xbf\xbdb\xef\xbf\xbd\xef\xbf\xbd\n\xff\xe2\x82\r\n\0\xef\xbf\xbd";

pub fn service_without_programs(programs: &[&str]) -> Service {
    Service::with_image(|image| {
        image.missing_programs = programs.iter().map(|&one| one.to_owned()).collect()
    })
}

/// Runs the program with this standard input. If `stays_open`, the pipe stays open until the program exits.
fn with_input(
    service: &Service,
    arguments: &[&str],
    input: &[u8],
    stays_open: bool,
) -> (i32, Vec<u8>, String) {
    let mut child = service
        .command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let (ended, wait) = mpsc::channel::<()>();
    let feeder = thread::spawn(move || {
        let _ = stdin.write_all(&input);
        let waited = wait.recv_timeout(Duration::from_secs(if stays_open { 120 } else { 0 }));
        waited == Err(RecvTimeoutError::Timeout)
    });
    let output = child.wait_with_output().unwrap();
    drop(ended);
    let waited_in_vain = feeder.join().unwrap() && stays_open;
    assert!(
        !waited_in_vain,
        "the program waited for the end of its input"
    );
    let stderr = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), output.stdout, stderr)
}

#[test]
fn output_is_exact_with_base64_or_od_and_otherwise_warns() {
    for (missing_programs, is_exact) in [
        (&[][..], true),
        (&["base64"], true),
        (&["base64", "od"], false),
    ] {
        let service = service_without_programs(missing_programs);
        let file = service.home.path().join("mixed");
        fs::write(&file, MIXED).unwrap();
        let command = ["run", "web", "-n", "--", "cat", file.to_str().unwrap()];
        let (status, stdout, stderr) = with_input(&service, &command, b"", false);
        assert_eq!(status, 0, "{missing_programs:?} {stderr}");
        assert_eq!(stdout == MIXED, is_exact, "{missing_programs:?} {stdout:?}");
        assert_eq!(
            stderr.contains("may be altered"),
            !is_exact,
            "{missing_programs:?} {stderr}"
        );
        let plain = service.run(&["run", "web", "--", "echo", "plain"]);
        assert_eq!(
            (plain.stdout.as_str(), plain.stderr.as_str()),
            ("plain\n", "")
        );
    }
}

#[test]
fn cp_copies_files_unchanged() {
    let service = Service::start();
    let home = service.home.path();
    fs::write(home.join("there"), MIXED).unwrap();
    // A file of the user with the name that temporary copies once had.
    fs::write(home.join("here.part"), "my own").unwrap();
    let from = format!("web:{}", home.join("there").display());
    for _ in 0..2 {
        let run = service.run(&["cp", &from, "here"]);
        assert_eq!(run.status, 0, "{}", run.stderr);
        assert_eq!(fs::read(home.join("here")).unwrap(), MIXED);
    }
    assert_eq!(
        fs::read_to_string(home.join("here.part")).unwrap(),
        "my own"
    );
    let to = format!("web:{}", home.join("back").display());
    let run = service.run(&["cp", "here", &to]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(fs::read(home.join("back")).unwrap(), MIXED);
    let leftovers: Vec<_> = fs::read_dir(home)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".part"))
        .collect();
    assert_eq!(leftovers, ["here.part"]);
}

#[test]
fn each_cp_failure_has_its_own_message() {
    let service = Service::start();
    let home = service.home.path().to_owned();
    fs::write(home.join("file"), "text").unwrap();
    let copy = |from: &str, to: &str| {
        let run = service.run(&["cp", from, to]);
        assert_eq!(run.status, 255, "{from} {to}: {}", run.stderr);
        run.stderr
    };
    let remote = |name: &str| format!("web:{}", home.join(name).display());
    for (from, to, why) in [
        (remote("nothing"), "x".to_owned(), "there is no file"),
        (remote("bin"), "x".to_owned(), "is a directory"),
        (
            "web:/dev/null".to_owned(),
            "x".to_owned(),
            "is not a regular file",
        ),
        ("file".to_owned(), remote("none/x"), "the directory of"),
        ("file".to_owned(), remote("bin"), "is a directory"),
        (
            "file".to_owned(),
            "web:/proc/x".to_owned(),
            "cannot be written",
        ),
    ] {
        let message = copy(&from, &to);
        assert!(message.contains(why), "{from} {to}: {message}");
        assert!(!home.join("x").exists());
    }
    let bare = service_without_programs(&["sha256sum"]);
    let run = bare.run(&["cp", "web:/etc/hostname", "x"]);
    assert!(run.stderr.contains("no sha256sum"), "{}", run.stderr);
}

#[test]
fn unwritable_output_is_an_error() {
    let service = Service::start();
    for arguments in [
        &["run", "web", "--no-doctor", "--", "echo", "lost"][..],
        &["web", "web", "echo lost", "--no-doctor"],
        &["run", "web", "--all-tasks", "--", "echo", "lost"],
    ] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = service
            .command(arguments)
            .stdin(Stdio::null())
            .stdout(full)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(255), "{arguments:?} {stderr}");
        assert!(
            stderr.contains("No space left on device"),
            "{arguments:?} {stderr}"
        );
        assert!(!stderr.contains("os error"), "{stderr}");
    }
}

#[test]
fn a_closed_pipe_ends_with_141() {
    let service = Service::start();
    for arguments in [
        &["run", "web", "--no-doctor", "--", "yes"][..],
        &["web", "web", "yes", "--no-doctor"],
    ] {
        let mut child = service
            .command(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = [0; 2];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        // `yes` prints forever.
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(141), "{arguments:?}");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!stderr.contains("error"), "{stderr}");
    }
    assert_eq!(service.calls("ssm:TerminateSession"), 2);
}

#[test]
fn output_is_streamed() {
    let service = Service::start();
    let read = service.home.path().join("read");
    let script = "echo one; until [ -e \"$0\" ]; do sleep 0.1; done; echo two";
    let path = read.to_str().unwrap();
    let mut child = service
        .command(&["run", "web", "-n", "--", "sh", "-c", script, path])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let mut first = [0; 4];
    stdout.read_exact(&mut first).unwrap();
    fs::write(&read, "").unwrap();
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!((&first, rest.as_str()), (b"one\n", "two\n"));
    assert!(child.wait().unwrap().success());
}

#[test]
fn the_exit_does_not_wait_for_input() {
    let service = Service::start();
    let (status, stdout, stderr) = with_input(
        &service,
        &["run", "web", "--", "sh", "-c", "echo done; exit 3"],
        b"",
        true,
    );
    assert_eq!((status, stdout.as_slice()), (3, &b"done\n"[..]), "{stderr}");
}

#[test]
fn an_image_without_base64_accepts_no_input() {
    let service = service_without_programs(&["base64"]);
    let nothing = service
        .command(&["run", "web", "--", "echo", "here"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(nothing.stdout, b"here\n");
    let (status, stdout, _) = with_input(
        &service,
        &["run", "web", "-n", "--", "echo", "here"],
        b"",
        true,
    );
    assert_eq!((status, stdout.as_slice()), (0, &b"here\n"[..]));
    let (status, stdout, _) =
        with_input(&service, &["run", "web", "--", "echo", "here"], b"", false);
    assert_eq!(
        (status, stdout.as_slice()),
        (0, &b"here\n"[..]),
        "an empty pipe"
    );
    let (status, stdout, stderr) = with_input(
        &service,
        &["run", "web", "--no-doctor", "--", "cat"],
        b"text",
        false,
    );
    assert_eq!((status, stdout.as_slice()), (255, &b""[..]));
    assert!(stderr.contains("lacks base64"), "{stderr}");
}

#[test]
fn an_image_without_stty_gives_exact_output() {
    let service = service_without_programs(&["stty"]);
    for input in [&b"one\ntwo\n"[..], MIXED, b"", &MIXED.repeat(1000)] {
        let (status, stdout, stderr) =
            with_input(&service, &["run", "web", "--", "cat"], input, false);
        assert_eq!(status, 0, "{stderr}");
        assert!(stdout == input, "{} bytes: {stdout:?}", input.len());
    }
    let (status, stdout, _) = with_input(
        &service,
        &["run", "web", "--", "sh", "-c", "echo a; exit 4"],
        b"",
        true,
    );
    assert_eq!((status, stdout.as_slice()), (4, &b"a\n"[..]));
    let service = service_without_programs(&["stty", "base64", "od"]);
    let (status, stdout, _) = with_input(&service, &["run", "web", "--", "echo", "="], b"", false);
    assert_eq!((status, stdout.as_slice()), (0, &b"=\n"[..]));
}

#[test]
fn end_of_input_ends_the_shell() {
    let service = Service::start();
    let run = service
        .command(&["web", "--no-doctor"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    for (command, input) in [
        ("/bin/sh", "echo one$((1 + 1))three"),
        ("/bin/sh", "echo one$((1 + 1))three\n"),
        // bash with line editing loses an end of file that arrives before it has set up the terminal.
        (
            "/bin/sh -c 'sleep 1; exec bash --norc'",
            "echo one$((1 + 1))three\n",
        ),
        ("/bin/sh -c 'cat; cat; echo one2three'", "x"),
    ] {
        let arguments = ["web", "web", command, "--no-doctor"];
        let (status, stdout, stderr) = with_input(&service, &arguments, input.as_bytes(), false);
        assert_eq!(status, 0, "{stderr}");
        let stdout = String::from_utf8_lossy(&stdout);
        assert!(stdout.contains("one2three"), "{command}: {stdout}");
    }
}

#[test]
fn excess_output_before_the_command_ends_the_session() {
    let service = Service::with_image(|image| image.flood_bytes = 8 << 20);
    let run = service.run(&["run", "web", "-n", "--no-doctor", "--", "true"]);
    assert_eq!(run.status, 255);
    assert!(run.stderr.len() < 2000, "{} bytes", run.stderr.len());
    assert!(run.stderr.contains("something else"), "{}", run.stderr);
}

#[test]
fn remote_text_is_masked_sanitized_and_truncated() {
    let service = Service::start();
    let is_safe = |run: &Run, expected: &str| {
        assert!(run.stderr.contains(expected), "{}", run.stderr);
        assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
        assert!(!run.stderr.contains(['\u{1b}', '\u{7}']), "{}", run.stderr);
        assert!(run.stderr.len() < 3000, "{} bytes", run.stderr.len());
        assert!(
            !run.stderr
                .contains("the session broke off: the session broke off")
        );
    };
    let why = "no: https://u:hunter2@h/ token=hunter2 \u{1b}[2J";
    service
        .account
        .lock()
        .unwrap()
        .denied
        .insert("ecs:ExecuteCommand", why);
    for arguments in [
        &["web", "--no-doctor"][..],
        &["run", "web", "-n", "--no-doctor", "--", "true"],
        &["cp", "web:/x", "x"],
    ] {
        is_safe(&service.run(arguments), "AccessDenied");
    }
    service.account.lock().unwrap().denied.clear();
    service.image(|image| image.gateway_status = Some(403));
    is_safe(&service.run(&["web", "--no-doctor"]), "HTTP 403");
    for closing in [
        "DB_PASSWORD=hunter2 \u{1b}]0;x\u{7}".to_owned(),
        format!(
            "Startup the session failed: secret: hunter2 {}",
            "x".repeat(100_000)
        ),
    ] {
        service.image(|image| {
            image.gateway_status = None;
            image.refusal_message = Some(closing.clone());
        });
        is_safe(&service.run(&["web", "--no-doctor"]), "[masked]");
        is_safe(
            &service.run(&["run", "web", "-n", "--no-doctor", "--", "true"]),
            "[masked]",
        );
    }
}
