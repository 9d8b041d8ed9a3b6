//! A command that runs without a person: its output byte for byte, its exit status, its standard input.
//!
//! ECS Exec knows only terminals, which rewrite line ends and tell no exit status, and its agent takes output for text:
//! of a U+FFFD in it two bytes are lost. So the command is wrapped into a script for /bin/sh that turns the terminal's
//! rewriting off, marks where the output begins, encodes it, and ends with a mark that carries the status. The marks
//! hold a number that is new each time.

mod decode;
mod input;
mod reader;
#[cfg(test)]
mod tests;

use uuid::Uuid;

pub use input::{Encoded, Gate, INPUT_END_LINES};
pub use reader::{Garbled, Reader, Status};

use input::{INPUT_END, SHIFTED};

/// A wrapped command: what ECS is asked to run, and what tells its output apart.
pub struct Wrapped {
    pub command: String,
    begin: String,
    end: String,
}

/// Encodes what comes as it comes: `base64` and `od` alone wait until tens of kilobytes are there. A read of a pipe
/// returns what is in it, so a line that is printed is sent at once, and much output in large pieces.
fn encoder(with: &str) -> String {
    format!(
        "while _b=$(dd bs=32768 count=1 2>/dev/null|{with})&&[ -n \"$_b\" ];do echo \"$_b\";done"
    )
}

impl Wrapped {
    /// Wraps a program and its arguments; `with_input`: its standard input will be sent.
    pub fn new(words: &[String], with_input: bool) -> Wrapped {
        Wrapped::with_mark(words, with_input, &Uuid::new_v4().simple().to_string())
    }

    fn with_mark(words: &[String], with_input: bool, number: &str) -> Wrapped {
        let (begin, end) = (format!("begin-{number}"), format!("-{number}-"));
        let program = shell_words::join(words);
        // Names begin with an underscore, so that none is that of a program or of a variable of the container.
        // What the image has decides how: the output's encoding, whether the terminal echoes what it is sent, and how
        // input is carried. The line that begins the output says what was decided.
        let echo = match with_input {
            // Beside base64 an echo of input could not be told from the output.
            true => " && [ $_t = raw ]",
            false => "",
        };
        let decide = format!(
            "_has() {{ command -v $1 >/dev/null 2>&1; }}; _t=raw; _e=raw; _i=no; \
             if [ -t 0 ] && ! stty raw -echo 2>/dev/null; then _t=echo; fi; \
             if _has dd; then if _has base64{echo}; then _e=b64; elif _has od; then _e=hex; fi; fi; "
        );
        let carry = match with_input {
            true => format!(
                "_i=none; if _has base64 && _has sed; then if [ $_t = raw ]; then _i=b64; \
                 elif _has tr && [ $_e = hex ]; then _i=shifted; fi; fi; \
                 _feed() {{ case $_i in \
                 b64) sed -n '/^{INPUT_END}$/q;p' | base64 -d;; \
                 shifted) sed -n '/^{INPUT_END}$/q;p' | tr '{SHIFTED}' 'A-Za-z0-9+/=' | base64 -d;; \
                 esac; }}; "
            ),
            false => String::new(),
        };
        let (base64, hex) = (encoder("base64"), encoder("od -An -v -tx1"));
        let encode = format!(
            "_out() {{ case $_e in b64) {base64};; hex) {hex};; *) cat;; esac; }}; \
             printf '%s\\n' \"{begin} $_e $_t $_i\"; exec 4>&1; "
        );
        // Through a pipe, so that programs do not see a terminal: no colours, no paging, no lines cut at its width.
        // They inherit no descriptors of the script's own: one that goes on in the background would keep it waiting.
        let run = format!(
            "_run() {{ _s=$( {{ {{ ( {program} ) 3>&- 4>&-; echo $? >&3; }} 2>&1 | _out >&4; }} 3>&1 ); \
             printf '%s%s\\n' '{end}' \"$_s\" >&4; }}; "
        );
        // The end is told as soon as the program has ended, though nobody may have said that the input has.
        let start = match with_input {
            true => format!(
                "if [ $_i = none ]; then read -r _l; if [ \"$_l\" = {INPUT_END} ]; then _run </dev/null; \
                 else printf '%s\\n' '{end}none'; fi; else _feed 4>&- 2>/dev/null | _run; fi"
            ),
            false => "_run </dev/null".to_owned(),
        };
        let script = format!("{decide}{carry}{encode}{run}{start}");
        Wrapped {
            command: shell_words::join(["/bin/sh", "-c", &script]),
            begin,
            end,
        }
    }

    pub fn reader(&self) -> Reader {
        Reader::new(&self.begin, &self.end)
    }
}
