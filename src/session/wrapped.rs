//! Wraps a command that runs without a person, so that its output comes back byte for byte, with its exit status, and
//! standard input reaches it.
//!
//! ECS Exec offers terminals only. They rewrite line ends and report no exit status, and the agent treats output as text:
//! it drops two of the three bytes of U+FFFD. So the command becomes a script for /bin/sh that makes the terminal raw,
//! prints a marker, encodes the output, and prints a marker with the exit status. The markers contain a random number.

mod decode;
mod input;
mod reader;
// They run the script in a shell, behind pipes.
#[cfg(all(test, unix))]
mod tests;

use uuid::Uuid;

pub use input::{Encoded, Gate, INPUT_END_LINES, InputCode, LINE_BYTES, encode};
pub use reader::{Garbled, Reader, Status};

use input::{INPUT_END, SHIFTED};

/// A wrapped command and the markers around its output.
pub struct WrappedCommand {
    /// The command line for ECS.
    pub command: String,
    begin: String,
    end: String,
}

/// Whether a command gets standard input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputMode {
    None,
    /// Decoded by one `base64`, which waits for many kilobytes: for files.
    Buffered,
    /// Each line is decoded at once: for conversations.
    Unbuffered,
}

/// Encodes output as it comes: `dd` reads what is in the pipe, so a line is sent at once and much output in large pieces.
/// `base64` and `od` alone would wait for tens of kilobytes.
fn encoder(with: &str) -> String {
    format!(
        "while _b=$(dd bs=32768 count=1 2>/dev/null|{with})&&[ -n \"$_b\" ];do echo \"$_b\";done"
    )
}

impl WrappedCommand {
    /// Wraps a program and its arguments.
    pub fn new(words: &[String], input: InputMode) -> WrappedCommand {
        WrappedCommand::with_marker(words, input, &Uuid::new_v4().simple().to_string())
    }

    fn with_marker(words: &[String], input: InputMode, number: &str) -> WrappedCommand {
        let (begin, end) = (format!("begin-{number}"), format!("-{number}-"));
        let program = shell_words::join(words);
        // Names begin with an underscore, so that they hide no program or variable of the container.
        // What the image has decides how output is encoded (_e), whether the terminal echoes input (_t), and how input is
        // encoded (_i). The begin marker's line reports all three.
        let echo = match input {
            InputMode::None => "",
            // An echo of input could not be distinguished from output in base64.
            InputMode::Buffered | InputMode::Unbuffered => " && [ $_t = raw ]",
        };
        let decide = format!(
            "_has() {{ command -v $1 >/dev/null 2>&1; }}; _t=raw; _e=raw; _i=no; \
             if [ -t 0 ] && ! stty raw -echo 2>/dev/null; then _t=echo; fi; \
             if _has dd; then if _has base64{echo}; then _e=b64; elif _has od; then _e=hex; fi; fi; "
        );
        let shifted = format!("tr '{SHIFTED}' 'A-Za-z0-9+/=' | base64 -d");
        let feed = match input {
            InputMode::None => None,
            InputMode::Buffered => {
                let lines = format!("sed -n '/^{INPUT_END}$/q;p'");
                Some(format!(
                    "case $_i in b64) {lines} | base64 -d;; shifted) {lines} | {shifted};; esac;"
                ))
            }
            InputMode::Unbuffered => Some(format!(
                "while IFS= read -r _l && [ \"$_l\" != {INPUT_END} ]; do case $_i in \
                 b64) printf %s \"$_l\" | base64 -d;; shifted) printf %s \"$_l\" | {shifted};; esac; done;"
            )),
        };
        let tools = match input {
            InputMode::Buffered => " && _has sed",
            InputMode::None | InputMode::Unbuffered => "",
        };
        let carry = feed.as_ref().map_or_else(String::new, |feed| {
            format!(
                "_i=none; if _has base64{tools}; then if [ $_t = raw ]; then _i=b64; \
                 elif _has tr && [ $_e = hex ]; then _i=shifted; fi; fi; _feed() {{ {feed} }}; "
            )
        });
        let (base64, hex) = (encoder("base64"), encoder("od -An -v -tx1"));
        let encode = format!(
            "_out() {{ case $_e in b64) {base64};; hex) {hex};; *) cat;; esac; }}; \
             printf '%s\\n' \"{begin} $_e $_t $_i\"; exec 4>&1; "
        );
        // Through a pipe, so that programs see no terminal: no colors, no pager, no lines cut at its width. They do not
        // inherit the script's descriptors: a program in the background would keep it waiting.
        let run = format!(
            "_run() {{ _s=$( {{ {{ ( {program} ) 3>&- 4>&-; echo $? >&3; }} 2>&1 | _out >&4; }} 3>&1 ); \
             printf '%s%s\\n' '{end}' \"$_s\" >&4; }}; "
        );
        // The end is printed as soon as the program has ended, even if the input has not.
        let start = match feed {
            Some(_) => format!(
                "if [ $_i = none ]; then read -r _l; if [ \"$_l\" = {INPUT_END} ]; then _run </dev/null; \
                 else printf '%s\\n' '{end}none'; fi; else _feed 4>&- 2>/dev/null | _run; fi"
            ),
            None => "_run </dev/null".to_owned(),
        };
        let script = format!("{decide}{carry}{encode}{run}{start}");
        WrappedCommand {
            command: shell_words::join(["/bin/sh", "-c", &script]),
            begin,
            end,
        }
    }

    pub fn reader(&self) -> Reader {
        Reader::new(&self.begin, &self.end)
    }
}
