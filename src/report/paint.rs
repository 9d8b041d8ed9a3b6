use model::Status;
use owo_colors::OwoColorize;

use super::Look;

/// Symbols and colours, each with a plain form.
pub struct Paint {
    color: bool,
    unicode: bool,
}

impl Paint {
    pub fn new(look: &Look) -> Paint {
        Paint {
            color: look.color,
            unicode: look.unicode,
        }
    }

    pub fn bold(&self, text: &str) -> String {
        self.styled(text, |text| text.bold().to_string())
    }

    pub fn dim(&self, text: &str) -> String {
        self.styled(text, |text| text.dimmed().to_string())
    }

    /// Bold reads on every background; cyan does not on white.
    pub fn command(&self, text: &str) -> String {
        self.styled(text, |text| text.bold().to_string())
    }

    pub fn bad(&self, text: &str) -> String {
        self.styled(text, |text| text.red().bold().to_string())
    }

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

    pub fn separator(&self) -> &'static str {
        if self.unicode { " · " } else { " | " }
    }

    fn styled(&self, text: &str, style: impl Fn(&str) -> String) -> String {
        if self.color {
            style(text)
        } else {
            text.to_owned()
        }
    }
}
