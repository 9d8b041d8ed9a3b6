//! HTML that is also well-formed XML: elements are closed by construction, and all text is escaped.

use std::fmt::Write;

use model::text::is_hostile;

/// A fragment of a page.
#[derive(Default)]
pub struct Html(String);

impl Html {
    /// The markup.
    pub fn finish(self) -> String {
        self.0
    }

    /// Adds another fragment.
    pub fn append(&mut self, fragment: Html) {
        self.0.push_str(&fragment.0);
    }

    /// An element with attributes and content.
    pub fn element(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        content: impl FnOnce(&mut Html),
    ) {
        self.start(name, attributes);
        self.0.push('>');
        content(self);
        let _ = write!(self.0, "</{name}>");
        if ends_line(name) {
            self.0.push('\n');
        }
    }

    /// An element without content.
    pub fn void(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.start(name, attributes);
        self.0.push_str("/>\n");
    }

    /// An element with text only.
    pub fn leaf(&mut self, name: &str, text: &str) {
        self.element(name, &[], |html| html.text(text));
    }

    /// Text.
    pub fn text(&mut self, text: &str) {
        escape(&mut self.0, text);
    }

    /// A name, address or command, which does not change the direction of the text around it.
    pub fn code(&mut self, text: &str) {
        self.element("code", &[("dir", "auto")], |html| html.text(text));
    }

    /// Names as `a, b and c`.
    pub fn code_list(&mut self, names: &[&str]) {
        for (at, name) in names.iter().enumerate() {
            match at {
                0 => {}
                at if at + 1 == names.len() => self.text(" and "),
                _ => self.text(", "),
            }
            self.code(name);
        }
    }

    /// A collapsed section.
    pub fn details(&mut self, summary: &str, content: impl FnOnce(&mut Html)) {
        self.element("details", &[], |html| {
            html.leaf("summary", summary);
            content(html);
        });
    }

    /// A paragraph for each line.
    pub fn paragraphs(&mut self, text: &str) {
        text.lines().for_each(|line| self.leaf("p", line));
    }

    /// A block of commands or of source text.
    pub fn block(&mut self, text: &str) {
        self.element("pre", &[], |html| html.leaf("code", text));
    }

    /// A trusted style sheet, which has no `<` and no `&`.
    pub fn style(&mut self, sheet: &str) {
        let _ = write!(self.0, "<style>\n{sheet}</style>\n");
    }

    fn start(&mut self, name: &str, attributes: &[(&str, &str)]) {
        let _ = write!(self.0, "<{name}");
        for (name, value) in attributes {
            let _ = write!(self.0, " {name}=\"");
            escape(&mut self.0, value);
            self.0.push('"');
        }
    }
}

/// Whether a line end after the element changes nothing that is shown.
fn ends_line(name: &str) -> bool {
    !matches!(name, "code" | "bdi" | "a" | "strong" | "span" | "tspan")
}

/// Escapes markup. What XML does not allow, and what turns the direction of text around, is replaced.
fn escape(markup: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => markup.push_str("&amp;"),
            '<' => markup.push_str("&lt;"),
            '>' => markup.push_str("&gt;"),
            '"' => markup.push_str("&quot;"),
            '\'' => markup.push_str("&#39;"),
            '\n' | '\t' => markup.push(c),
            '\u{fffe}' | '\u{ffff}' => markup.push('\u{fffd}'),
            c if is_hostile(c) => markup.push('\u{fffd}'),
            c => markup.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_not_markup() {
        let mut html = Html::default();
        html.element("p", &[("title", "\"><script>")], |html| {
            html.code("</p><img src=x onerror='a&b'>\u{202e}\0\u{ffff}");
        });
        assert_eq!(
            html.finish(),
            "<p title=\"&quot;&gt;&lt;script&gt;\"><code dir=\"auto\">&lt;/p&gt;&lt;img src=x \
             onerror=&#39;a&amp;b&#39;&gt;\u{fffd}\u{fffd}\u{fffd}</code></p>\n"
        );
    }
}
