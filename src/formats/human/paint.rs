//! Symbols and colors, each with a plain form.

use model::Status;
use owo_colors::OwoColorize;

use crate::formats::Look;

/// What the output can show.
pub struct Paint {
    color: bool,
    unicode: bool,
}

impl Paint {
    /// Paints as the output can show it.
    pub fn new(look: &Look) -> Paint {
        Paint {
            color: look.color,
            unicode: look.unicode,
        }
    }

    /// Headings and commands: bold is readable on every background.
    pub fn bold(&self, text: &str) -> String {
        self.styled(text, |text| text.bold().to_string())
    }

    /// Details such as IDs.
    pub fn dim(&self, text: &str) -> String {
        self.styled(text, |text| text.dimmed().to_string())
    }

    /// Root causes.
    pub fn bad(&self, text: &str) -> String {
        self.styled(text, |text| text.red().bold().to_string())
    }

    /// The symbol of a status.
    pub fn symbol(&self, status: Status) -> String {
        let (unicode, ascii, style): (_, _, fn(&str) -> String) = match status {
            Status::Pass => ("✓", "ok", |text| text.green().to_string()),
            Status::Warn => ("!", "!!", |text| text.yellow().to_string()),
            Status::Fail => ("✗", "XX", |text| text.red().bold().to_string()),
            Status::Unknown => ("?", "??", |text| text.magenta().to_string()),
            Status::Skip => ("·", "--", |text| text.dimmed().to_string()),
        };
        self.styled(if self.unicode { unicode } else { ascii }, style)
    }

    /// Separates parts of a line.
    pub fn separator(&self) -> &'static str {
        if self.unicode { " · " } else { " | " }
    }

    fn styled(&self, text: &str, style: impl Fn(&str) -> String) -> String {
        match self.color {
            true => style(text),
            false => text.to_owned(),
        }
    }
}
