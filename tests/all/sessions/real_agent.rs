//! Sessions against an agent that behaves as the real one: what it alters, what it delays, and what ends a session.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use rustix::termios::LocalModes;

use crate::support::doctor::Run;
use crate::support::pty::Terminal;
use crate::support::service::{KEY, Service};

/// U+FFFD, alone and in company, and bytes that are no character.
const MIXED: &[u8] = b"a\xef\xbf\xbdb\xef\xbf\xbd\xef\xbf\xbd\n\xff\xe2\x82\r\n\0\xef\xbf\xbd";

fn lacking(programs: &[&str]) -> Service {
    Service::with_image(|image| image.lacks = programs.iter().map(|&one| one.to_owned()).collect())
}

/// Runs it with standard input, which stays open where it is said so.
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
    let feeder = thread::spawn(move || {
        let _ = stdin.write_all(&input);
        if stays_open {
            thread::sleep(Duration::from_secs(25));
        }
    });
    let output = child.wait_with_output().unwrap();
    if !stays_open {
        feeder.join().unwrap();
    }
    let stderr = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), output.stdout, stderr)
}

#[test]
fn output_is_exact_with_base64_or_od_and_said_to_be_altered_without() {
    for (lacks, is_exact) in [
        (&[][..], true),
        (&["base64"], true),
        (&["base64", "od"], false),
    ] {
        let service = lacking(lacks);
        let file = service.home.path().join("mixed");
        fs::write(&file, MIXED).unwrap();
        let command = ["run", "web", "-n", "--", "cat", file.to_str().unwrap()];
        let (status, stdout, stderr) = with_input(&service, &command, b"", false);
        assert_eq!(status, 0, "{lacks:?} {stderr}");
        assert_eq!(stdout == MIXED, is_exact, "{lacks:?} {stdout:?}");
        assert_eq!(
            stderr.contains("may be altered"),
            !is_exact,
            "{lacks:?} {stderr}"
        );
        let plain = service.run(&["run", "web", "--", "echo", "plain"]);
        assert_eq!(
            (plain.stdout.as_str(), plain.stderr.as_str()),
            ("plain\n", "")
        );
    }
}

#[test]
fn files_are_copied_as_they_are() {
    let service = Service::start();
    let home = service.home.path();
    fs::write(home.join("there"), MIXED).unwrap();
    // The user's own, and a link that somebody else put where the copy used to stand.
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
    let left: Vec<_> = fs::read_dir(home)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".part"))
        .collect();
    assert_eq!(left, ["here.part"]);
}

#[test]
fn each_reason_that_a_file_is_not_copied_for_is_its_own() {
    let service = Service::start();
    let home = service.home.path().to_owned();
    fs::write(home.join("file"), "text").unwrap();
    let copy = |from: &str, to: &str| {
        let run = service.run(&["cp", from, to]);
        assert_eq!(run.status, 255, "{from} {to}: {}", run.stderr);
        run.stderr
    };
    let there = |name: &str| format!("web:{}", home.join(name).display());
    for (from, to, why) in [
        (there("nothing"), "x".to_owned(), "there is no file"),
        (there("bin"), "x".to_owned(), "is a folder"),
        (
            "web:/dev/null".to_owned(),
            "x".to_owned(),
            "is no regular file",
        ),
        ("file".to_owned(), there("none/x"), "there is no folder"),
        ("file".to_owned(), there("bin"), "is a folder"),
        (
            "file".to_owned(),
            "web:/proc/x".to_owned(),
            "cannot be written",
        ),
    ] {
        let said = copy(&from, &to);
        assert!(said.contains(why), "{from} {to}: {said}");
        assert!(!home.join("x").exists());
    }
    let bare = lacking(&["sha256sum"]);
    let run = bare.run(&["cp", "web:/etc/hostname", "x"]);
    assert!(run.stderr.contains("no sha256sum"), "{}", run.stderr);
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
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
fn a_reader_that_has_gone_ends_it_at_once() {
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
        let started = Instant::now();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(141), "{arguments:?}");
        assert!(started.elapsed() < Duration::from_secs(4), "{arguments:?}");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!stderr.contains("error"), "{stderr}");
    }
    assert_eq!(service.calls("ssm:TerminateSession"), 2);
}

#[test]
fn output_comes_as_it_is_printed() {
    let service = Service::start();
    let script = "echo one; sleep 3; echo two";
    let mut child = service
        .command(&["run", "web", "-n", "--", "sh", "-c", script])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let mut first = [0; 4];
    stdout.read_exact(&mut first).unwrap();
    let at_first = Instant::now();
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!((&first, rest.as_str()), (b"one\n", "two\n"));
    assert!(at_first.elapsed() > Duration::from_secs(2));
    assert!(child.wait().unwrap().success());
}

#[test]
fn the_end_does_not_wait_for_input_that_nobody_gives() {
    let service = Service::start();
    let started = Instant::now();
    let (status, stdout, stderr) = with_input(
        &service,
        &["run", "web", "--", "sh", "-c", "echo done; exit 3"],
        b"",
        true,
    );
    assert_eq!((status, stdout.as_slice()), (3, &b"done\n"[..]), "{stderr}");
    assert!(started.elapsed() < Duration::from_secs(15));
}

#[test]
fn an_image_without_base64_takes_no_input_and_needs_none() {
    let service = lacking(&["base64"]);
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
fn an_image_without_stty_adds_nothing() {
    let service = lacking(&["stty"]);
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
    let service = lacking(&["stty", "base64", "od"]);
    let (status, stdout, _) = with_input(&service, &["run", "web", "--", "echo", "="], b"", false);
    assert_eq!((status, stdout.as_slice()), (0, &b"=\n"[..]));
}

#[test]
fn the_end_of_input_reaches_a_shell() {
    let service = Service::start();
    let started = Instant::now();
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
        // With line editing: an end of file that comes before it has set the terminal up is lost.
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
    assert!(started.elapsed() < Duration::from_secs(40));
}

#[test]
fn keys_that_are_typed_while_a_shell_fails_reach_the_next_one() {
    let service = lacking(&["/bin/bash"]);
    service.image(|image| image.pace.refusal = Duration::from_millis(600));
    fs::write(
        service.home.path().join("ecs-exec.toml"),
        "shell = \"auto\"\n",
    )
    .unwrap();
    let mut terminal =
        Terminal::start(&service.command(&["web", "--no-doctor", "--config", "ecs-exec.toml"]));
    terminal.expect("Connecting to web");
    while service.commands().is_empty() {
        thread::sleep(Duration::from_millis(5));
    }
    terminal.type_keys("echo typed$((1 + 1))early\r");
    terminal.expect("trying /bin/sh");
    terminal.expect("typed2early");
    terminal.type_keys("exit\r");
    assert_eq!(terminal.wait(), 0, "{}", terminal.screen());
}

#[test]
fn escape_keys() {
    let service = Service::start();
    let shell = |arguments: &[&str]| {
        let mut all = vec!["web", "--no-doctor"];
        all.extend(arguments);
        let terminal = Terminal::start(&service.command(&all));
        terminal.expect("$ ");
        terminal
    };
    let mut terminal = shell(&[]);
    terminal.type_keys("~?");
    terminal.expect("leave the session");
    terminal.type_keys("echo ~~. x~.\r");
    terminal.expect("x~.");
    terminal.type_keys("~.");
    assert_eq!(terminal.wait(), 0, "{}", terminal.screen());
    assert!(is_cooked(&terminal));
    assert_eq!(service.calls("ssm:TerminateSession"), 1);

    let mut terminal = shell(&["--escape", "none"]);
    terminal.type_keys("~.\r");
    terminal.expect("~.");
    terminal.type_keys("exit\r");
    assert_eq!(terminal.wait(), 0, "{}", terminal.screen());
    fs::write(
        service.home.path().join("ecs-exec.toml"),
        "escape = \"^\"\n",
    )
    .unwrap();
    let mut terminal = shell(&[]);
    terminal.type_keys("^.");
    assert_eq!(terminal.wait(), 0, "{}", terminal.screen());
    let wrong = service.run(&["web", "--escape", "~~"]);
    assert_eq!(wrong.status, 2, "{}", wrong.stderr);
}

/// Where nobody answers it says so, and the escape keys are heard.
#[test]
fn a_silent_session_says_so_and_can_be_left() {
    let service = Service::with_image(|image| image.is_silent = true);
    let mut terminal = Terminal::start(&service.command(&["web", "--no-doctor"]));
    terminal.expect("No answer for 15 s");
    terminal.type_keys("~.");
    assert_eq!(terminal.wait(), 0, "{}", terminal.screen());
}

fn is_cooked(terminal: &Terminal) -> bool {
    let modes = terminal.pty.attributes().local_modes;
    modes.contains(LocalModes::ECHO | LocalModes::ICANON)
}

fn soon(what: &str, test: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(10);
    while !test() {
        assert!(Instant::now() < until, "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn any_signal_leaves_the_terminal_as_it_was() {
    let service = Service::start();
    for (signal, status) in [
        ("HUP", 129),
        ("INT", 130),
        ("QUIT", 131),
        ("ABRT", 134),
        ("USR1", 138),
        ("USR2", 140),
        ("ALRM", 142),
        ("TERM", 143),
    ] {
        let mut terminal = Terminal::start(&service.command(&["web", "--no-doctor"]));
        terminal.expect("$ ");
        assert!(!is_cooked(&terminal));
        terminal.signal(signal);
        assert_eq!(terminal.wait(), status, "{signal}: {}", terminal.screen());
        assert!(is_cooked(&terminal), "{signal}");
    }
}

#[test]
fn a_session_that_was_stopped_goes_on_in_raw_mode() {
    let service = Service::start();
    let mut terminal = Terminal::start(&service.command(&["web", "--no-doctor"]));
    terminal.expect("$ ");
    let raw = terminal.pty.attributes();
    for stop in ["TSTP", "STOP"] {
        terminal.signal(stop);
        if stop == "TSTP" {
            soon("the terminal is given back", || is_cooked(&terminal));
        } else {
            // Nobody hears this one: the shell sets its own mode.
            terminal.pty.set_cooked();
        }
        thread::sleep(Duration::from_millis(200));
        terminal.signal("CONT");
        soon("it is raw again", || !is_cooked(&terminal));
        assert_eq!(terminal.pty.attributes().input_modes, raw.input_modes);
    }
    terminal.type_keys("echo still$((1 + 1))here\r");
    terminal.expect("still2here");
    terminal.type_keys("~\u{1a}");
    soon("the escape key suspends too", || is_cooked(&terminal));
    terminal.signal("CONT");
    soon("it is raw again", || !is_cooked(&terminal));
    terminal.type_keys("exit\r");
    assert_eq!(terminal.wait(), 0, "{}", terminal.screen());
}

#[test]
fn a_flood_before_the_command_is_cut_short() {
    let service = Service::with_image(|image| image.floods = 8 << 20);
    let started = Instant::now();
    let run = service.run(&["run", "web", "-n", "--no-doctor", "--", "true"]);
    assert_eq!(run.status, 255);
    assert!(run.stderr.len() < 2000, "{} bytes", run.stderr.len());
    assert!(run.stderr.contains("something else"), "{}", run.stderr);
    assert!(started.elapsed() < Duration::from_secs(15));
}

#[test]
fn encryption_by_the_clusters_key_alone() {
    let service = Service::with_image(|image| {
        image.data_key = Some((0..64).collect());
        image.kms_key = KEY.to_owned();
    });
    service.account.lock().unwrap().kms_key = Some(KEY);
    let run = || service.run(&["run", "web", "-n", "--no-doctor", "--", "echo", "secret"]);
    let encrypted = run();
    assert_eq!(encrypted.stdout, "secret\n");
    assert!(
        encrypted.stderr.contains("is encrypted") && !encrypted.stderr.contains("warning"),
        "{}",
        encrypted.stderr
    );
    service.image(|image| image.kms_key = KEY.replace("1234abcd", "99999999"));
    let other = run();
    assert_eq!((other.status, other.stdout.as_str()), (255, ""));
    assert!(
        other.stderr.contains("the cluster's key is"),
        "{}",
        other.stderr
    );
    service.image(|image| image.data_key = None);
    let plain = run();
    assert_eq!((plain.status, plain.stdout.as_str()), (255, ""));
    service
        .account
        .lock()
        .unwrap()
        .denied
        .insert("ecs:DescribeClusters", "no");
    let unknown = run();
    assert_eq!((unknown.status, unknown.stdout.as_str()), (0, "secret\n"));
    assert!(
        unknown.stderr.contains("may not be encrypted"),
        "{}",
        unknown.stderr
    );
    assert!(
        unknown.stderr.contains("ecs:DescribeClusters"),
        "{}",
        unknown.stderr
    );
}

#[test]
fn what_others_say_is_masked_cleaned_and_cut() {
    let service = Service::start();
    let is_safe = |run: &Run, told: &str| {
        assert!(run.stderr.contains(told), "{}", run.stderr);
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
            "Start the session failed: secret: hunter2 {}",
            "x".repeat(100_000)
        ),
    ] {
        service.image(|image| {
            image.gateway_status = None;
            image.refuses = Some(closing.clone());
        });
        is_safe(&service.run(&["web", "--no-doctor"]), "[masked]");
        is_safe(
            &service.run(&["run", "web", "-n", "--no-doctor", "--", "true"]),
            "[masked]",
        );
    }
}
