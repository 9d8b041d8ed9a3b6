//! Escapes text for Markdown.

use std::fmt::Write;

/// A collapsed section.
pub fn details(page: &mut String, summary: &str, content: impl FnOnce(&mut String)) {
    let _ = write!(page, "<details>\n<summary>{summary}</summary>\n\n");
    content(page);
    page.push_str("</details>\n");
}

/// A code block, with a fence that the text does not contain.
pub fn block(page: &mut String, language: &str, text: &str) {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    let _ = write!(page, "{fence}{language}\n{}\n{fence}\n\n", text.trim_end());
}

/// A code span, also for a cell of a table.
pub fn code(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(text) + 1);
    let pad = match text.starts_with('`') || text.ends_with('`') {
        true => " ",
        false => "",
    };
    let text = text.replace('|', "\\|");
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// The length of the longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Text without markup, HTML, mentions and links, including those that viewers make of plain addresses.
pub fn prose(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '@' => safe.push_str("&#64;"),
            c if "\\`*_[]|~#!$".contains(c) => safe.extend(['\\', c]),
            c => safe.push(c),
        }
    }
    safe.replace("://", ":&#47;&#47;")
        .replace("www.", "www&#46;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_in_markdown() {
        assert_eq!(
            prose("![x](http://e.vil) <img> @all #1 `a` a_b_c www.e.vil"),
            "\\!\\[x\\](http:&#47;&#47;e.vil) &lt;img&gt; &#64;all \\#1 \\`a\\` a\\_b\\_c www&#46;e.vil"
        );
        assert_eq!(code("a`b|c"), "``a`b\\|c``");
        assert_eq!(code("`"), "`` ` ``");
        let mut page = String::new();
        block(&mut page, "sh", "echo ```\n");
        assert_eq!(page, "````sh\necho ```\n````\n\n");
    }
}
