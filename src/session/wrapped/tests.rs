//! Runs the script in real shells and parses its output.

use std::fs;
use std::io::{Cursor, Read, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};

use super::reader::Garbled;
use super::*;

fn wrapped(words: &[&str], with_input: bool) -> WrappedCommand {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let input = match with_input {
        true => InputMode::Buffered,
        false => InputMode::None,
    };
    WrappedCommand::with_marker(&words, input, "7")
}

/// Reads in pieces of every size, so that markers are split everywhere.
fn read(wrapped: &WrappedCommand, text: &[u8]) -> (Vec<u8>, Option<Status>) {
    let mut answers = Vec::new();
    for size in 1..=text.len().clamp(1, 40) {
        let mut reader = wrapped.reader();
        let mut output = Vec::new();
        for piece in text.chunks(size) {
            output.extend(reader.take(piece).unwrap());
        }
        answers.push((output, reader.status()));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "the size of the pieces must not matter");
    answers.remove(0)
}

#[test]
fn output_and_status_are_extracted() {
    let wrapped = wrapped(&["true"], false);
    let (output, status) = read(
        &wrapped,
        b"motd\r\nbegin-7 raw raw no\na\r\nb\xff\0-7-3\nbye",
    );
    assert_eq!(output, b"a\r\nb\xff\0");
    assert_eq!(status, Some(Status::Exited(3)));
    let (output, status) = read(&wrapped, b"begin-7 raw raw no\n-7-7-0\n");
    assert_eq!(
        (output.as_slice(), status),
        (&b""[..], Some(Status::Exited(255)))
    );
    let (output, status) = read(&wrapped, b"begin-7 raw raw no\nhalf");
    assert_eq!((output.as_slice(), status), (&b"half"[..], None));
    let (output, status) = read(&wrapped, b"begin-7 b64 echo no\r\nYQ==\r\nYg==\r\n-7-0\r\n");
    assert_eq!(
        (output.as_slice(), status),
        (&b"ab"[..], Some(Status::Exited(0)))
    );
}

#[test]
fn rewritten_line_ends_are_restored() {
    let wrapped = wrapped(&["true"], false);
    let (output, status) = read(&wrapped, b"begin-7 raw echo no\r\na\r\nb\rc\r\n-7-0\r\n");
    assert_eq!(output, b"a\nb\rc\n");
    assert_eq!(status, Some(Status::Exited(0)));
}

#[test]
fn echoed_input_is_filtered() {
    let wrapped = wrapped(&["cat"], true);
    let text = b"begin-7 hex echo shifted\r\n ghi61 0=\r\na\r\n-7XYZ-0\r\n";
    let (output, status) = read(&wrapped, text);
    assert_eq!(output, b"a\n");
    assert_eq!(status, Some(Status::Exited(0)));
    let (output, status) = read(&wrapped, b"begin-7 raw echo none\r\n=\r\n=\r\n-7-0\r\n");
    assert_eq!(
        (output.as_slice(), status),
        (&b"=\n"[..], Some(Status::Exited(0)))
    );
}

#[test]
fn a_megabyte_without_a_marker_is_refused() {
    let wrapped = wrapped(&["true"], false);
    let mut reader = wrapped.reader();
    let frame = [b'b'; 1024];
    for _ in 0..1000 {
        assert_eq!(reader.take(&frame), Ok(Vec::new()));
    }
    assert_eq!(reader.printed_before().len(), 16 * 1024);
    let last = (0..100).map(|_| reader.take(&frame)).find(Result::is_err);
    assert_eq!(last, Some(Err(Garbled::NoBegin)));
    let mut reader = wrapped.reader();
    assert_eq!(reader.take(b"begin-7 b64 raw no\n*"), Ok(Vec::new()));
    assert_eq!(reader.take(b"***"), Err(Garbled::NotEncoded));
}

#[test]
fn altered_characters_are_detected_in_unencoded_output() {
    let altered = |text: &[u8]| {
        let mut reader = wrapped(&["true"], false).reader();
        for byte in text {
            reader.take(&[*byte]).unwrap();
        }
        reader.may_be_altered()
    };
    assert!(altered(b"begin-7 raw raw no\na\xefb-7-0\n"));
    assert!(!altered(
        "begin-7 raw raw no\na\u{ff0c}b\u{fffd}\n-7-0\n".as_bytes()
    ));
    assert!(!altered(b"begin-7 b64 raw no\n7w==\n-7-0\n"));
}

/// A PATH with these programs, the shell and `cat`.
fn image(programs: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for program in programs
        .iter()
        .chain(&["cat", "sh", "false", "head", "sleep"])
    {
        let path = ["/usr/bin", "/bin"]
            .iter()
            .map(|folder| Path::new(folder).join(program))
            .find(|path| path.exists())
            .unwrap();
        std::os::unix::fs::symlink(path, folder.path().join(program)).unwrap();
    }
    folder
}

const ALL: &[&str] = &["base64", "dd", "sed", "stty", "od", "tr"];

/// The command as the agent starts it.
fn shell(wrapped: &WrappedCommand) -> Command {
    let argv = shell_words::split(&wrapped.command).unwrap();
    let mut command = Command::new(&argv[0]);
    command.args(&argv[1..]);
    command
}

/// Runs the script in a real shell like the agent, but without a terminal.
fn run_in(path: &Path, words: &[&str], input: Option<&[u8]>) -> (Vec<u8>, Option<Status>) {
    let wrapped = wrapped(words, input.is_some());
    let mut child = shell(&wrapped)
        .env("PATH", path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let gate = Gate::default();
    let mut reader = wrapped.reader();
    let (mut text, mut buffer) = (Vec::new(), [0; 4096]);
    let mut feeder = None;
    loop {
        let count = stdout.read(&mut buffer).unwrap();
        if count == 0 {
            break;
        }
        text.extend(reader.take(&buffer[..count]).unwrap());
        if let (Some(code), None, Some(input)) = (reader.input_code(), &feeder, input) {
            gate.open(code);
            let mut fed = Encoded::new(Cursor::new(input.to_vec()), gate.clone());
            let mut stdin = owned(&stdin);
            feeder = Some(std::thread::spawn(move || {
                let _ = std::io::copy(&mut fed, &mut stdin);
            }));
        }
    }
    let _ = stdin.flush();
    child.wait().unwrap();
    (text, reader.status())
}

fn owned(stdin: &ChildStdin) -> fs::File {
    stdin.as_fd().try_clone_to_owned().unwrap().into()
}

fn run(words: &[&str], input: Option<&[u8]>) -> (Vec<u8>, Option<Status>) {
    run_in(&PathBuf::from("/usr/bin:/bin"), words, input)
}

#[test]
fn a_real_shell_returns_output_and_status() {
    assert_eq!(
        run(&["printf", "a\\nb"], None),
        (b"a\nb".to_vec(), Some(Status::Exited(0)))
    );
    assert_eq!(
        run(&["sh", "-c", "echo 'it''s'; exit 42"], None),
        (b"its\n".to_vec(), Some(Status::Exited(42)))
    );
    assert_eq!(
        run(&["sh", "-c", "echo oops >&2; false"], None),
        (b"oops\n".to_vec(), Some(Status::Exited(1)))
    );
    assert_eq!(run(&["no-such-program"], None).1, Some(Status::Exited(127)));
    assert_eq!(run(&["cat"], None), (Vec::new(), Some(Status::Exited(0))));
}

#[test]
fn input_is_passed_unchanged() {
    for size in [0, 1, 719, 720, 721, 10_000] {
        let input: Vec<u8> = (0..size)
            .map(|at| u8::try_from(at % 251).unwrap())
            .collect();
        assert_eq!(
            run(&["cat"], Some(&input)),
            (input, Some(Status::Exited(0))),
            "{size}"
        );
    }
    assert_eq!(run(&["false"], Some(b"x")).1, Some(Status::Exited(1)));
}

/// Output is exact with base64 or od; input needs base64 and sed.
#[test]
fn missing_programs_are_replaced_by_others() {
    let text = "a\u{fffd}\0\r\n\u{fffd}".as_bytes();
    let lacking = |missing: &[&str]| {
        let rest: Vec<&str> = ALL
            .iter()
            .copied()
            .filter(|one| !missing.contains(one))
            .collect();
        image(&rest)
    };
    for (missing, encoding, takes_input) in [
        (&[][..], "b64", true),
        (&["base64"], "hex", false),
        (&["base64", "od"], "raw", false),
        (&["dd"], "raw", true),
        (&["sed"], "b64", false),
    ] {
        let image = lacking(missing);
        let fed = run_in(image.path(), &["cat"], Some(text));
        let expected = match takes_input {
            true => (text.to_vec(), Some(Status::Exited(0))),
            false => (Vec::new(), Some(Status::NoInputTools)),
        };
        assert_eq!(fed, expected, "{missing:?}");
        let unfed = run_in(image.path(), &["cat"], Some(b""));
        assert_eq!(unfed, (Vec::new(), Some(Status::Exited(0))), "{missing:?}");
        let file = image.path().join("file");
        fs::write(&file, text).unwrap();
        let wrapped = wrapped(&["cat", file.to_str().unwrap()], false);
        let output = shell(&wrapped)
            .env("PATH", image.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            stdout.contains(&format!("begin-7 {encoding} raw no\n")),
            "{stdout}"
        );
        let mut reader = wrapped.reader();
        assert_eq!(reader.take(&output.stdout).unwrap(), text, "{missing:?}");
    }
}

/// The command continues only after the test has read its first line, so the line must not be buffered.
#[test]
fn output_is_streamed() {
    for programs in [ALL, &["od", "dd", "tr", "sed", "stty"], &["sed", "stty"]] {
        let image = image(programs);
        let seen = image.path().join("seen");
        let script = "echo one; while ! [ -e \"$0\" ]; do sleep 0.1; done; echo two";
        let wrapped = wrapped(&["sh", "-c", script, seen.to_str().unwrap()], false);
        let mut child = shell(&wrapped)
            .env("PATH", image.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut reader = wrapped.reader();
        let mut stdout = child.stdout.take().unwrap();
        let (mut text, mut buffer) = (Vec::new(), [0; 4096]);
        while reader.status().is_none() {
            let count = stdout.read(&mut buffer).unwrap();
            text.extend(reader.take(&buffer[..count]).unwrap());
            if text == b"one\n" {
                fs::write(&seen, "").unwrap();
            }
        }
        assert_eq!(text, b"one\ntwo\n");
        child.wait().unwrap();
    }
}

#[test]
fn the_exit_does_not_wait_for_input() {
    let wrapped = wrapped(&["sh", "-c", "echo done; exit 3"], true);
    let mut child = shell(&wrapped)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let mut reader = wrapped.reader();
    let (mut text, mut buffer) = (Vec::new(), [0; 4096]);
    while reader.status().is_none() {
        let count = stdout.read(&mut buffer).unwrap();
        assert!(count > 0);
        text.extend(reader.take(&buffer[..count]).unwrap());
    }
    assert_eq!(
        (text.as_slice(), reader.status()),
        (&b"done\n"[..], Some(Status::Exited(3)))
    );
    // At the end of input, the script exits.
    stdin.write_all(INPUT_END_LINES.as_bytes()).unwrap();
    child.wait().unwrap();
}

/// Each piece is answered before the next one is sent.
#[test]
fn unbuffered_input_arrives_at_once() {
    let words = ["sh", "-c", "while read -r line; do echo \"<$line>\"; done"];
    let wrapped = WrappedCommand::new(&words.map(str::to_owned), InputMode::Unbuffered);
    let mut child = shell(&wrapped)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let mut reader = wrapped.reader();
    let mut begin = [0; 1];
    while reader.input_code().is_none() {
        stdout.read_exact(&mut begin).unwrap();
        reader.take(&begin).unwrap();
    }
    let mut buffer = [0; 4096];
    let mut read_until = |reader: &mut Reader, text: &str| {
        let mut printed = Vec::new();
        while !printed.ends_with(text.as_bytes()) && reader.status().is_none() {
            let count = stdout.read(&mut buffer).unwrap();
            printed.extend(reader.take(&buffer[..count]).unwrap());
        }
        printed
    };
    for line in ["one", "two"] {
        let mut encoded = encode(format!("{line}\n").as_bytes(), InputCode::Base64);
        encoded.push(b'\n');
        stdin.write_all(&encoded).unwrap();
        let answer = format!("<{line}>\n");
        assert_eq!(read_until(&mut reader, &answer), answer.as_bytes());
    }
    stdin.write_all(b"=\n").unwrap();
    read_until(&mut reader, "\0");
    assert_eq!(reader.status(), Some(Status::Exited(0)));
    child.wait().unwrap();
}
