//! A command that runs without a person: its output byte for byte, its exit status, its standard input.
//!
//! ECS Exec knows only terminals, which rewrite line ends and tell no exit status. So the command is wrapped into
//! a script for /bin/sh that turns the terminal's rewriting off, marks where the output begins, and ends with a
//! mark that carries the status. The marks hold a number that is new each time.

use std::io::{self, Read};
use std::sync::{Arc, Condvar, Mutex};

use data_encoding::BASE64;
use uuid::Uuid;

/// A wrapped command: what ECS is asked to run, and what tells its output apart.
pub struct Wrapped {
    pub command: String,
    begin: String,
    end: String,
}

/// How a wrapped command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// With this exit status.
    Exited(u8),
    /// The image lacks `base64` or `sed`, by which standard input is carried.
    NoInputTools,
}

impl Wrapped {
    /// Wraps a program and its arguments; `with_input`: its standard input will be sent.
    pub fn new(words: &[String], with_input: bool) -> Wrapped {
        Wrapped::with_mark(words, with_input, &Uuid::new_v4().simple().to_string())
    }

    fn with_mark(words: &[String], with_input: bool, number: &str) -> Wrapped {
        let (begin, end) = (format!("begin-{number}"), format!("end-{number}:"));
        let program = shell_words::join(words);
        let fed = match with_input {
            // `sed` ends at the mark, and so does the pipe: a terminal in raw mode knows no end of file.
            true => format!("sed -n '/^{INPUT_END}$/q;p' | base64 -d | {program}"),
            false => format!("{program} </dev/null"),
        };
        let tools = match with_input {
            true => format!(
                "command -v base64 >/dev/null && command -v sed >/dev/null || {{ printf '%s%s\\n' '{begin}\n{end}' none; exit; }}; "
            ),
            false => String::new(),
        };
        // Through a pipe, so that programs do not see a terminal: no colours, no paging, no lines cut at its width.
        let script = format!(
            "stty raw -echo 2>/dev/null; {tools}printf '%s\\n' '{begin}'; exec 4>&1; \
             s=$( {{ {{ {fed}; echo $? >&3; }} 2>&1 | cat >&4; }} 3>&1 ); printf '%s%s\\n' '{end}' \"$s\""
        );
        Wrapped {
            command: shell_words::join(["/bin/sh", "-c", &script]),
            begin,
            end,
        }
    }

    pub fn reader(&self) -> Reader {
        Reader {
            begin: self.begin.clone().into_bytes(),
            end: self.end.clone().into_bytes(),
            held: Vec::new(),
            state: State::Before,
            rewrites: false,
        }
    }
}

/// What ends the input; no line of base64 looks like it.
const INPUT_END: &str = "=end=";

/// Takes a wrapped command's output out of what the session prints.
pub struct Reader {
    begin: Vec<u8>,
    end: Vec<u8>,
    /// What came and may be the beginning of a mark.
    held: Vec<u8>,
    state: State,
    /// The terminal turns line feeds into carriage return and line feed: the image has no `stty`.
    rewrites: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Before,
    Within,
    Ended(Status),
}

impl Reader {
    /// Takes what came, gives the output in it.
    pub fn take(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(bytes);
        let mut output = Vec::new();
        if self.state == State::Before {
            self.find_begin();
        }
        if self.state == State::Within {
            self.find_end(&mut output);
        }
        if self.rewrites {
            output = without_carriage_returns(&output);
        }
        output
    }

    pub fn has_begun(&self) -> bool {
        self.state != State::Before
    }

    /// `None`: the session ended before the command did.
    pub fn status(&self) -> Option<Status> {
        match self.state {
            State::Ended(status) => Some(status),
            State::Before | State::Within => None,
        }
    }

    /// What came before the output: what the session said instead.
    pub fn said(&self) -> String {
        match self.state {
            State::Before => String::from_utf8_lossy(&self.held).into_owned(),
            State::Within | State::Ended(_) => String::new(),
        }
    }

    fn find_begin(&mut self) {
        let Some(at) = find(&self.held, &self.begin) else {
            return;
        };
        let after = at + self.begin.len();
        let Some(line) = find(&self.held[after..], b"\n") else {
            return;
        };
        self.rewrites = line > 0;
        self.held.drain(..after + line + 1);
        self.state = State::Within;
    }

    fn find_end(&mut self, output: &mut Vec<u8>) {
        match find(&self.held, &self.end) {
            Some(at) => {
                let after = at + self.end.len();
                let Some(line) = find(&self.held[after..], b"\n") else {
                    // The mark is here, the status is not yet.
                    output.extend(self.held.drain(..at));
                    return;
                };
                let told = String::from_utf8_lossy(&self.held[after..after + line]);
                let status = match told.trim() {
                    "none" => Status::NoInputTools,
                    number => Status::Exited(number.parse().unwrap_or(255)),
                };
                output.extend(self.held.drain(..at));
                self.held.clear();
                self.state = State::Ended(status);
            }
            None => {
                let keep = beginning_of(&self.held, &self.end);
                // A carriage return at the end may belong to a line feed that comes next.
                let keep = keep.max(usize::from(self.rewrites && self.held.ends_with(b"\r")));
                let give = self.held.len() - keep;
                output.extend(self.held.drain(..give));
            }
        }
    }
}

fn find(text: &[u8], mark: &[u8]) -> Option<usize> {
    let first = *mark.first()?;
    let mut from = 0;
    while let Some(at) = text[from..].iter().position(|byte| *byte == first) {
        let at = from + at;
        if text[at..].starts_with(mark) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

/// How many bytes at the end of a text may begin a mark.
fn beginning_of(text: &[u8], mark: &[u8]) -> usize {
    (1..mark.len().min(text.len() + 1))
        .rev()
        .find(|length| text.ends_with(&mark[..*length]))
        .unwrap_or(0)
}

fn without_carriage_returns(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    for (at, byte) in text.iter().enumerate() {
        if *byte != b'\r' || text.get(at + 1) != Some(&b'\n') {
            plain.push(*byte);
        }
    }
    plain
}

/// Opens once the remote side has turned its terminal's rewriting off.
#[derive(Clone, Default)]
pub struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    pub fn open(&self) {
        let (open, changed) = &*self.0;
        if let Ok(mut open) = open.lock() {
            *open = true;
            changed.notify_all();
        }
    }

    fn wait(&self) {
        let (open, changed) = &*self.0;
        if let Ok(open) = open.lock() {
            drop(changed.wait_while(open, |open| !*open));
        }
    }
}

/// Standard input as lines of base64, which no terminal rewrites, then the mark that ends it.
pub struct Encoded<R> {
    inner: R,
    gate: Gate,
    waiting: Vec<u8>,
    ended: bool,
}

/// Bytes a line: a multiple of three, so that lines join without padding.
const LINE: usize = 720;

impl<R: Read> Encoded<R> {
    pub fn new(inner: R, gate: Gate) -> Encoded<R> {
        Encoded {
            inner,
            gate,
            waiting: Vec::new(),
            ended: false,
        }
    }

    /// Reads until a line is full or nothing comes any more.
    fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = vec![0; LINE];
        let mut filled = 0;
        while filled < LINE {
            match self.inner.read(&mut line[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        line.truncate(filled);
        Ok(line)
    }
}

impl<R: Read> Read for Encoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.gate.wait();
        if self.waiting.is_empty() && !self.ended {
            let line = self.line()?;
            if !line.is_empty() {
                self.waiting.extend(BASE64.encode(&line).into_bytes());
                self.waiting.push(b'\n');
            }
            if line.len() < LINE {
                self.waiting.extend(INPUT_END.as_bytes());
                self.waiting.push(b'\n');
                self.ended = true;
            }
        }
        let count = self.waiting.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.waiting[..count]);
        self.waiting.drain(..count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    fn wrapped(words: &[&str], with_input: bool) -> Wrapped {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        Wrapped::with_mark(&words, with_input, "7")
    }

    /// Reads in pieces of each size, so that marks are cut everywhere.
    fn read(wrapped: &Wrapped, text: &[u8]) -> (Vec<u8>, Option<Status>) {
        let mut answers = Vec::new();
        for size in 1..=text.len().clamp(1, 40) {
            let mut reader = wrapped.reader();
            let mut output = Vec::new();
            for piece in text.chunks(size) {
                output.extend(reader.take(piece));
            }
            answers.push((output, reader.status()));
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "the pieces' size must not matter");
        answers.remove(0)
    }

    #[test]
    fn output_and_status_are_told_from_the_rest() {
        let wrapped = wrapped(&["true"], false);
        let (output, status) = read(&wrapped, b"motd\r\nbegin-7\na\r\nb\xff\0end-7:3\nbye");
        assert_eq!(output, b"a\r\nb\xff\0");
        assert_eq!(status, Some(Status::Exited(3)));
        let (output, status) = read(&wrapped, b"begin-7\nend-7end-7:0\n");
        assert_eq!(
            (output.as_slice(), status),
            (&b"end-7"[..], Some(Status::Exited(0)))
        );
        let (output, status) = read(&wrapped, b"begin-7\nhalf");
        assert_eq!((output.as_slice(), status), (&b"half"[..], None));
    }

    #[test]
    fn a_terminal_that_rewrites_line_ends_is_undone() {
        let wrapped = wrapped(&["true"], false);
        let (output, status) = read(&wrapped, b"begin-7\r\na\r\nb\rc\r\nend-7:0\r\n");
        assert_eq!(output, b"a\nb\rc\n");
        assert_eq!(status, Some(Status::Exited(0)));
    }

    /// Runs the script in a real shell, as the agent would, but for the terminal.
    fn run(words: &[&str], input: Option<&[u8]>) -> (Vec<u8>, Option<Status>) {
        let wrapped = wrapped(words, input.is_some());
        let argv = shell_words::split(&wrapped.command).unwrap();
        let mut child = Command::new(&argv[0])
            .args(&argv[1..])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let gate = Gate::default();
        gate.open();
        let fed = Encoded::new(input.unwrap_or_default(), gate);
        let mut fed: Box<dyn Read + Send> = match input {
            Some(_) => Box::new(io::Cursor::new(io::read_to_string(fed).unwrap())),
            None => Box::new(io::empty()),
        };
        let feeder = io::copy(&mut fed, &mut stdin);
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        feeder.unwrap();
        let mut reader = wrapped.reader();
        let text = reader.take(&output.stdout);
        (text, reader.status())
    }

    #[test]
    fn in_a_real_shell() {
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
    fn input_arrives_byte_for_byte() {
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
}
