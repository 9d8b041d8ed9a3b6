//! A page of lines and wrapped prose.

use std::collections::HashSet;

use model::text;

use super::paint::Paint;
use crate::formats::Look;

/// A text that grows line by line.
pub struct Page {
    text: String,
    unicode: bool,
    pub width: usize,
    pub paint: Paint,
    pub verbose: bool,
    explained: HashSet<String>,
}

impl Page {
    /// An empty page.
    pub fn new(look: &Look) -> Page {
        Page {
            text: String::new(),
            unicode: look.unicode,
            width: look.width.clamp(40, 120),
            paint: Paint::new(look),
            verbose: look.verbose,
            explained: HashSet::new(),
        }
    }

    /// The text, in ASCII if the terminal has no Unicode.
    pub fn finish(self) -> String {
        match self.unicode {
            true => self.text,
            false => self.text.replace('—', "-").replace('…', "..."),
        }
    }

    /// Adds a line.
    pub fn line(&mut self, line: &str) {
        self.text
            .push_str(&escape_workflow_command(line.trim_end()));
        self.text.push('\n');
    }

    /// Adds paragraphs, wrapped to the width and indented.
    pub fn prose(&mut self, indent: usize, prose: &str) {
        let pad = " ".repeat(indent);
        for paragraph in prose.lines() {
            for line in wrap(paragraph, self.width, &pad) {
                self.line(&line);
            }
        }
    }

    /// Adds paragraphs that are not on the page yet.
    pub fn explain(&mut self, indent: usize, prose: &str) {
        if self.explained.insert(prose.to_owned()) {
            self.prose(indent, prose);
        }
    }

    /// Names as a list that takes up at most two rows after a word, unless the page is verbose.
    pub fn names(&self, word: &str, indent: usize, names: &[&str]) -> String {
        const MOST: usize = 12;
        let list = |most| format!("{word}{}", text::short_list(names, most));
        let fits = |text: &String| self.wrap(text, indent).len() <= 2;
        let mut shorter = (1..=MOST).rev().map(list);
        match self.verbose {
            true => list(usize::MAX),
            false => shorter.find(fits).unwrap_or_else(|| list(1)),
        }
    }

    /// The rows of the terminal that a line takes up, which is not wrapped by the page.
    pub fn rows(&self, line: &str, indent: usize) -> usize {
        let lines = line.lines();
        let columns = lines.map(|line| indent + textwrap::core::display_width(line));
        columns
            .map(|columns| columns.div_ceil(self.width).max(1))
            .sum()
    }

    /// The lines of a text that leave room for an indent.
    pub fn wrap(&self, text: &str, indent: usize) -> Vec<String> {
        wrap(text, self.width - indent, "")
    }
}

/// CI servers take a line that starts with `::` or `##[` for a command, and a line may start with text from AWS.
fn escape_workflow_command(line: &str) -> String {
    let text = line.trim_start();
    let indent = &line[..line.len() - text.len()];
    for (command, escaped) in [("::", ": :"), ("##[", "## [")] {
        if let Some(rest) = text.strip_prefix(command) {
            return format!("{indent}{escaped}{rest}");
        }
    }
    line.to_owned()
}

/// Breaks lines at spaces only, so that names, addresses and ARNs stay whole.
pub fn wrap(text: &str, width: usize, indent: &str) -> Vec<String> {
    let options = textwrap::Options::new(width)
        .initial_indent(indent)
        .subsequent_indent(indent)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .word_separator(textwrap::WordSeparator::AsciiSpace);
    let lines = textwrap::wrap(text, options).into_iter();
    lines.map(|line| line.into_owned()).collect()
}
