//! Splits a text into the outputs of commands, and these into sentences; tells what was printed inside a session.

use super::log_prefix::Line;
use super::normalize::compact;
use super::prompt::{is_continued, typed_command};
use super::sentence::{Sentence, failed_operation, starts_message};

/// What one command printed.
pub type Output = Vec<Sentence>;

pub struct Transcript {
    /// The oldest first.
    pub outputs: Vec<Output>,
    /// A listing shows that the plugin's file exists.
    pub lists_plugin: bool,
}

/// Longer sentences are cut, so that the time that patterns take grows no faster than the text.
const MAX_SENTENCE: usize = 16 << 10;
/// A phrase that is cut is complete in the next part, which repeats this much.
const OVERLAP: usize = 1 << 10;

const SESSION_START: &str = "startingsessionwith";
const SESSION_END: &str = "exitingsessionwith";
/// The plugin prints this when it is started by hand.
const PLUGIN_BANNER: &str = "thesessionmanagerpluginwasinstalledsuccessfully";
/// What the plugin prints when the agent closes the session, whatever runs in it.
const PLUGIN_MESSAGES: [&str; 6] = [
    "sessionid:",
    "----------error",
    "cannotperformstartsession",
    "duetoinactivity",
    "sessionhasbeenterminated",
    "timedout.",
];

impl Transcript {
    /// `normalized` is what `normalize` returns.
    pub fn parse(normalized: &str) -> Transcript {
        let mut parser = Parser {
            is_double_spaced: is_double_spaced(normalized),
            ..Parser::default()
        };
        for raw in normalized.split('\n') {
            parser.read_line(raw);
        }
        parser.end_output();
        Transcript {
            outputs: parser.outputs,
            lists_plugin: parser.lists_plugin,
        }
    }
}

/// Mail programs put an empty line after each line.
fn is_double_spaced(normalized: &str) -> bool {
    let mut lines = normalized.trim().split('\n').map(str::trim).enumerate();
    let continues = |line| Line::parse(line).text.starts_with(char::is_lowercase);
    let mut has_continuation = false;
    lines.all(|(at, line)| {
        has_continuation |= at > 0 && continues(line);
        line.is_empty() == (at % 2 == 1)
    }) && has_continuation
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum SessionState {
    #[default]
    Outside,
    /// The plugin or a program in the container prints.
    Inside,
    /// Somebody typed a command into the session: the container's answer follows.
    Answering,
}

#[derive(Default)]
struct Parser {
    is_double_spaced: bool,
    outputs: Vec<Output>,
    output: Output,
    /// The sentence so far, compact.
    sentence: String,
    /// The last operation that a sentence of this message named.
    operation: Option<String>,
    state: SessionState,
    is_command_continued: bool,
    lists_plugin: bool,
}

impl Parser {
    fn read_line(&mut self, raw: &str) {
        if self.is_command_continued {
            self.is_command_continued = is_continued(raw.trim_end());
            return;
        }
        let line = Line::parse(raw);
        if let Some(command) = typed_command(raw, &line) {
            self.read_command(command);
        } else if !line.text.is_empty() {
            self.read_text(&line);
        } else if !self.is_double_spaced && !self.sentence.ends_with(':') {
            // After a colon a list follows.
            self.end_sentence();
            self.operation = None;
        }
    }

    fn read_command(&mut self, command: &str) {
        const SESSION_COMMANDS: [&str; 4] =
            ["execute-command", " exec ", "ecs-exec ", "start-session"];
        self.is_command_continued = is_continued(command);
        let opens_session = SESSION_COMMANDS.iter().any(|words| command.contains(words));
        if self.state == SessionState::Outside || opens_session {
            self.end_output();
            self.state = SessionState::Outside;
        } else {
            self.end_sentence();
            self.state = SessionState::Answering;
        }
    }

    fn read_text(&mut self, line: &Line) {
        let text = compact(line.text);
        self.lists_plugin |= text.contains("session-manager-plugin") && is_listing(line.text);
        if text.contains(PLUGIN_BANNER) {
            self.end_output();
            self.state = SessionState::Outside;
        } else if text.contains(SESSION_START) {
            self.end_output();
            self.state = SessionState::Inside;
        } else if text.contains(SESSION_END) {
            self.end_sentence();
            // The start of the session is missing if only its end was copied.
            let since_session = self.output.iter_mut().rev();
            for sentence in since_session.take_while(|sentence| !sentence.in_session) {
                sentence.in_session = true;
            }
            self.state = SessionState::Outside;
        } else if self.state == SessionState::Answering {
            if !PLUGIN_MESSAGES.iter().any(|words| text.contains(words)) {
                return;
            }
            self.state = SessionState::Inside;
        }
        self.add_sentences(line);
    }

    fn add_sentences(&mut self, line: &Line) {
        let starts_message = starts_message(line.text);
        if starts_message {
            self.operation = None;
        }
        let first_letter = line.text.trim_start_matches(['\'', '(', '[']);
        let starts_sentence = !first_letter.starts_with(char::is_lowercase)
            && (line.is_logged || self.sentence.ends_with(['.', '!', '?', ':', ';']));
        if starts_message || starts_sentence {
            self.end_sentence();
        }
        let mut rest = line.text;
        while let Some(end) = sentence_end(rest) {
            self.sentence += &compact(&rest[..end]);
            self.end_sentence();
            rest = rest[end..].trim_start();
        }
        self.sentence += &compact(rest);
    }

    fn end_sentence(&mut self) {
        let text = std::mem::take(&mut self.sentence);
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let part = &rest[..rest.floor_char_boundary(MAX_SENTENCE)];
            if let Some(operation) = failed_operation(part) {
                self.operation = Some(operation.to_owned());
            }
            self.output.push(Sentence {
                text: part.to_owned(),
                operation: self.operation.clone(),
                in_session: self.state != SessionState::Outside,
            });
            rest = match part.len() < rest.len() {
                true => &rest[rest.floor_char_boundary(MAX_SENTENCE - OVERLAP)..],
                false => "",
            };
        }
    }

    fn end_output(&mut self) {
        self.end_sentence();
        self.operation = None;
        if !self.output.is_empty() {
            self.outputs.push(std::mem::take(&mut self.output));
        }
    }
}

/// Where the first sentence ends that another one follows.
fn sentence_end(text: &str) -> Option<usize> {
    let mut ends = text.match_indices(['.', '!', '?']).map(|(at, _)| at + 1);
    ends.find(|end| {
        let rest = text[*end..].trim_start();
        rest.len() < text.len() - end && rest.starts_with(|c: char| c.is_uppercase() || c == '\'')
    })
}

/// A line of `ls -l`, or of `which`.
fn is_listing(text: &str) -> bool {
    let is_mode = text.get(..10).is_some_and(|mode| {
        mode.starts_with(['-', 'l']) && mode.chars().all(|c| "-rwxstl".contains(c))
    });
    is_mode || text.starts_with('/') && text.trim_end().ends_with("/session-manager-plugin")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<Vec<String>> {
        let outputs = Transcript::parse(text).outputs.into_iter();
        outputs
            .map(|output| output.into_iter().map(|sentence| sentence.text).collect())
            .collect()
    }

    #[test]
    fn wrapped_lines_are_joined() {
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
    fn input_typed_into_a_session_is_ignored() {
        let text = "Starting session with SessionId: x\n# curl a\nrefused\n# exit\n\nExiting session with sessionId: x.";
        assert_eq!(
            texts(text),
            [[
                "startingsessionwithsessionid:x",
                "exitingsessionwithsessionid:x."
            ]]
        );
        let sentences =
            &Transcript::parse("Starting session with SessionId: x\n\nOutput").outputs[0];
        assert!(sentences[1].in_session);
    }

    #[test]
    fn the_operation_is_found_in_messages_of_every_sdk() {
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
            for sentence in &Transcript::parse(text).outputs[0] {
                assert_eq!(sentence.operation.as_deref(), Some(expected), "{text}");
            }
        }
        assert_eq!(Transcript::parse("x failed").outputs[0][0].operation, None);
    }
}
