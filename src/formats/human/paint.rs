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
        let (unicode, ascii) = match status {
            Status::Pass => ("✓", "ok"),
            Status::Warn => ("!", "!!"),
            Status::Fail => ("✗", "XX"),
            Status::Unknown => ("?", "??"),
            Status::Skip => ("·", "--"),
        };
        let symbol = if self.unicode { unicode } else { ascii };
        self.styled(symbol, |text| match status {
            Status::Pass => text.green().to_string(),
            Status::Warn => text.yellow().to_string(),
            Status::Fail => text.red().bold().to_string(),
            Status::Unknown => text.magenta().to_string(),
            Status::Skip => text.dimmed().to_string(),
        })
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
