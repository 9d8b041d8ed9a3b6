//! A text as a run of commands: the sentences that each of them printed, and whether inside a session.

use super::log_prefix::Line;
use super::prompt;
use super::sentence::{Sentence, begins_a_message, operation, push_lower, squeeze};

/// What one command printed.
pub type Output = Vec<Sentence>;

pub struct Transcript {
    /// The oldest first.
    pub outputs: Vec<Output>,
    /// A listing shows that the plugin's file exists.
    pub lists_plugin: bool,
}

/// Sentences are cut at this length, and overlap by this much.
const LONGEST: usize = 16 << 10;
const OVERLAP: usize = 1 << 10;

const SESSION_STARTS: &str = "startingsessionwith";
const SESSION_ENDS: &str = "exitingsessionwith";
const BANNER: &str = "thesessionmanagerpluginwasinstalledsuccessfully";
/// What the plugin prints when the agent closes the session, whatever runs in it.
const PLUGIN_SPEAKS: [&str; 6] = [
    "sessionid:",
    "----------error",
    "cannotperformstartsession",
    "duetoinactivity",
    "sessionhasbeenterminated",
    "timedout.",
];

impl Transcript {
    pub fn read(cleaned: &str) -> Transcript {
        let mut reader = Reader::default();
        let keeps_blanks = !is_double_spaced(cleaned);
        for raw in cleaned.split('\n') {
            reader.line(raw, keeps_blanks);
        }
        reader.finish()
    }
}

/// Mail programs put an empty line after each line.
fn is_double_spaced(cleaned: &str) -> bool {
    let lines = || cleaned.trim().split('\n').map(str::trim);
    let is_each_other_empty = lines()
        .enumerate()
        .all(|(at, line)| line.is_empty() == (at % 2 == 1));
    let goes_on = |line| Line::read(line).text.starts_with(char::is_lowercase);
    is_each_other_empty && lines().skip(1).any(goes_on)
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Outside,
    /// A session is open, and the plugin or a program in it prints.
    Inside,
    /// Somebody typed into the session: what follows is the answer.
    Typing,
}

#[derive(Default)]
struct Reader {
    outputs: Vec<Output>,
    output: Output,
    sentence: String,
    /// The last character of the sentence that is no space, and whether a space followed.
    last: Option<char>,
    operation: Option<String>,
    state: State,
    command_goes_on: bool,
    lists_plugin: bool,
}

impl Reader {
    fn line(&mut self, raw: &str, keeps_blanks: bool) {
        if self.command_goes_on {
            self.command_goes_on = prompt::goes_on(raw.trim_end());
            return;
        }
        if raw.is_empty() {
            return self.blank(keeps_blanks);
        }
        let line = Line::read(raw);
        if let Some(prompt) = prompt::prompt(raw, &line) {
            return self.command(prompt.command);
        }
        if line.text.is_empty() {
            return self.blank(keeps_blanks);
        }
        let squeezed = squeeze(line.text);
        if squeezed.contains("session-manager-plugin") {
            self.lists_plugin |= is_listing(line.text);
        }
        if squeezed.contains(BANNER) {
            self.end_output();
            self.state = State::Outside;
        } else if squeezed.contains(SESSION_STARTS) {
            self.end_output();
            self.state = State::Inside;
        } else if squeezed.contains(SESSION_ENDS) {
            self.end_sentence();
            // The start may have been left out of what was copied.
            for sentence in self
                .output
                .iter_mut()
                .rev()
                .take_while(|sentence| !sentence.is_inside)
            {
                sentence.is_inside = true;
            }
            self.state = State::Outside;
        } else if self.state == State::Typing {
            if !PLUGIN_SPEAKS.iter().any(|words| squeezed.contains(words)) {
                return;
            }
            self.state = State::Inside;
        }
        self.text(&line);
    }

    fn blank(&mut self, keeps_blanks: bool) {
        // `valid choices are:` goes on after the empty line.
        if keeps_blanks && self.last != Some(':') {
            self.end_sentence();
            self.operation = None;
        }
    }

    fn command(&mut self, command: &str) {
        self.command_goes_on = prompt::goes_on(command);
        let opens_a_session = ["execute-command", " exec ", "ecs-exec ", "start-session"]
            .iter()
            .any(|words| command.contains(words));
        if self.state == State::Outside || opens_a_session {
            self.end_output();
            self.state = State::Outside;
        } else {
            self.end_sentence();
            self.state = State::Typing;
        }
    }

    fn text(&mut self, line: &Line) {
        let begins_a_message = begins_a_message(line.text);
        if begins_a_message {
            self.operation = None;
        }
        let begins_upper = !line
            .text
            .trim_start_matches(['\'', '(', '['])
            .starts_with(char::is_lowercase);
        let after_an_end = matches!(self.last, Some('.' | '!' | '?' | ':' | ';'));
        if begins_a_message || begins_upper && (line.is_logged || after_an_end) {
            self.end_sentence();
        }
        let mut spaced = false;
        let mut rest = line.text;
        while let Some(c) = rest.chars().next() {
            if c.is_whitespace() {
                spaced = true;
            } else {
                let ends = spaced
                    && matches!(self.last, Some('.' | '!' | '?'))
                    && (c.is_uppercase() || c == '\'');
                if ends {
                    self.end_sentence();
                } else if self.sentence.len() > LONGEST {
                    self.cut_sentence();
                }
                let is_apostrophe = c == '\''
                    && !spaced
                    && self.last.is_some_and(|last| last.is_ascii_alphabetic())
                    && rest[1..].starts_with(|next: char| next.is_ascii_alphabetic());
                if !is_apostrophe {
                    push_lower(&mut self.sentence, c);
                }
                self.last = Some(c);
                spaced = false;
            }
            rest = &rest[c.len_utf8()..];
        }
    }

    /// What stands across the cut is in both parts.
    fn cut_sentence(&mut self) {
        let from = (self.sentence.len() - OVERLAP..).find(|at| self.sentence.is_char_boundary(*at));
        let rest = from.map_or(String::new(), |from| self.sentence[from..].to_owned());
        let last = self.last;
        self.end_sentence();
        self.sentence = rest;
        self.last = last;
    }

    fn end_sentence(&mut self) {
        self.last = None;
        if self.sentence.is_empty() {
            return;
        }
        let text = std::mem::take(&mut self.sentence);
        if let Some(operation) = operation(&text) {
            self.operation = Some(operation.to_owned());
        }
        self.output.push(Sentence {
            text,
            operation: self.operation.clone(),
            is_inside: self.state != State::Outside,
        });
    }

    fn end_output(&mut self) {
        self.end_sentence();
        self.operation = None;
        if !self.output.is_empty() {
            self.outputs.push(std::mem::take(&mut self.output));
        }
    }

    fn finish(mut self) -> Transcript {
        self.end_output();
        Transcript {
            outputs: self.outputs,
            lists_plugin: self.lists_plugin,
        }
    }
}

/// A line of `ls -l`, or of `which`.
fn is_listing(text: &str) -> bool {
    let is_mode = text.len() > 10
        && text
            .bytes()
            .take(10)
            .all(|byte| matches!(byte, b'-' | b'r' | b'w' | b'x' | b's' | b't' | b'l'))
        && text.starts_with(['-', 'l']);
    is_mode || text.starts_with('/') && text.trim_end().ends_with("/session-manager-plugin")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<Vec<String>> {
        let outputs = Transcript::read(text).outputs.into_iter();
        outputs
            .map(|output| output.into_iter().map(|sentence| sentence.text).collect())
            .collect()
    }

    #[test]
    fn broken_lines_are_one_sentence_wherever_they_break() {
        for broken in [
            "The execute command failed due to an internal error. Try again later.",
            "> The execute command failed due to an internal\n> error. Try again later.",
            "The execute command fail\ned due to an internal error. Try again later.",
            "│ The execute command failed   │\n│ due to an internal error. Try again later. │",
            "# The execute command failed due to\n# an internal error. Try again later.",
            "The execute command failed due to\n\nan internal error.\n\nTry again later.",
        ] {
            assert_eq!(
                texts(broken),
                [[
                    "theexecutecommandfailedduetoaninternalerror.",
                    "tryagainlater."
                ]],
                "{broken}"
            );
        }
    }

    #[test]
    fn each_command_has_an_output() {
        let text = "$ aws a \\\n  --more\nfirst one\n$ aws b\nsecond one\n\nthird one";
        assert_eq!(
            texts(text),
            [vec!["firstone"], vec!["secondone", "thirdone"]]
        );
    }

    #[test]
    fn what_was_typed_into_a_session_is_not_read() {
        let text = "Starting session with SessionId: x\n# curl a\nrefused\n# exit\n\nExiting session with sessionId: x.";
        assert_eq!(
            texts(text),
            [[
                "startingsessionwithsessionid:x",
                "exitingsessionwithsessionid:x."
            ]]
        );
        let sentences =
            &Transcript::read("Starting session with SessionId: x\n\nOutput").outputs[0];
        assert!(sentences[1].is_inside);
    }

    #[test]
    fn the_operation_of_every_sdk() {
        for (text, expected) in [
            (
                "An error occurred (X) when calling the ExecuteComm\nand operation: no. Or yes.",
                "executecommand",
            ),
            (
                "operation error ECS: ExecuteCommand, https response error",
                "executecommand",
            ),
            (
                "{'eventName':'ExecuteCommand','errorCode':'AccessDenied'}",
                "executecommand",
            ),
        ] {
            for sentence in &Transcript::read(text).outputs[0] {
                assert_eq!(sentence.operation.as_deref(), Some(expected), "{text}");
            }
        }
        assert_eq!(Transcript::read("x failed").outputs[0][0].operation, None);
    }
}
