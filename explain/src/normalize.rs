//! Characters: removes what terminals, logs and web pages added to a text, and unifies quotes, case and white space.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// Regexes and what replaces their matches, in this order.
const MARKUP: [(&str, &str); 6] = [
    // Terminal control sequences: colours, titles, links.
    (
        r"\x1b(?:\[[\x20-?]*[@-~]?|\][^\x07\x1b\n]*(?:\x07|\x1b\\?)?|[()](?s:.)?)?",
        "",
    ),
    // The same where something made the escape character visible or dropped it.
    (
        r"(?:\x{9b}|(?:\^\[|\\x1[bB]|\\u001[bB]|\\033|\\e)\[)[\x20-?]*[@-~]?",
        "",
    ),
    (r"\[[0-9;]{1,12}m", ""),
    (
        r"(?i)</?(?:p|br|pre|code|div|span|td|tr|th|li|ul|b|i|em|tt|strong)(?:[ /][^>\n]*)?>",
        " ",
    ),
    (r"&(?:quot|apos|#39|#x27|#34);", "'"),
    // UTF-8 quotes that were read in another encoding: â€™, ΓÇÖ.
    (
        r"\x{e2}\x{20ac}[\x{2122}\x{2dc}\x{153}]?|\x{393}\x{c7}[\x{d6}\x{ff}\x{a3}\x{a5}]",
        "'",
    ),
];
static MARKUP_REGEXES: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let regexes = MARKUP.iter();
    regexes
        .filter_map(|(regex, by)| Some((Regex::new(regex).ok()?, *by)))
        .collect()
});
const LITERALS: [(&str, &str); 8] = [
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&nbsp;", " "),
    ("&amp;", "&"),
    ("\\\"", "'"),
    ("\\'", "'"),
    ("**", ""),
    ("\r\n", "\n"),
];
static UNICODE_ESCAPE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\\u([0-9A-Fa-f]{4})").ok());

/// Plain text: every kind of quote becomes `'`, every kind of line break `\n`, every other white space a space.
pub fn normalize(text: &str) -> String {
    // `\n` in `C:\new` is no line break.
    let has_windows_path = text.contains(":\\");
    let mut text = text.to_owned();
    for (regex, replacement) in MARKUP_REGEXES.iter() {
        text = regex.replace_all(&text, *replacement).into_owned();
    }
    for (literal, replacement) in LITERALS {
        text = text.replace(literal, replacement);
    }
    if !has_windows_path {
        text = text
            .replace("\\n", "\n")
            .replace("\\r", "\n")
            .replace("\\t", " ");
    }
    if let Some(regex) = UNICODE_ESCAPE.as_ref() {
        text = regex.replace_all(&text, decode).into_owned();
    }
    text.chars().filter_map(normalize_char).collect()
}

fn decode(escape: &Captures) -> String {
    let code = u32::from_str_radix(&escape[1], 16).ok();
    match code.and_then(char::from_u32) {
        Some(c) => c.to_string(),
        None => escape[0].to_owned(),
    }
}

/// `None` for characters that nobody sees.
fn normalize_char(c: char) -> Option<char> {
    match c {
        '"' | '`' | '´' | '‘'..='‟' | '′' | '«' | '»' | '「' | '」' | '‹' | '›' | '＇' | '＂' => {
            Some('\'')
        }
        '：' => Some(':'),
        '\n' | '\r' | '\u{2028}' | '\u{2029}' => Some('\n'),
        c if c.is_whitespace() => Some(' '),
        '\u{ad}'
        | '\u{61c}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}' => None,
        c => (!c.is_control()).then_some(c),
    }
}

/// Lower case without white space, so that it does not matter where a line was broken. Apostrophes within words go too.
pub fn compact(text: &str) -> String {
    let mut compacted = String::new();
    let mut previous = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let is_apostrophe = c == '\''
            && previous.is_ascii_alphabetic()
            && chars.peek().is_some_and(char::is_ascii_alphabetic);
        if !c.is_whitespace() && !is_apostrophe {
            compacted.extend(c.to_lowercase());
        }
        previous = c;
    }
    compacted
}

#[cfg(test)]
mod tests {
    use super::normalize;

    #[test]
    fn colours_markup_quotes_and_escapes_are_normalized() {
        for (text, expected) in [
            ("\u{1b}[1;31mred\u{1b}[0m", "red"),
            ("[36mINFO[0m[2026]", "INFO[2026]"),
            ("^[[31mred^[[0m \\x1b[0mx \\u001b[1my", "red x y"),
            ("\u{1b}]0;title\u{7}text", "text"),
            ("\u{1b}]8;;https://a\u{1b}\\link", "link"),
            ("isn\u{2019}t \"a\" `b`", "isn't 'a' 'b'"),
            ("isn\\u2019t \\\"a\\\"", "isn't 'a'"),
            (
                "isn\u{393}\u{c7}\u{d6}t isn\u{e2}\u{20ac}\u{2122}t",
                "isn't isn't",
            ),
            ("isn&#39;t &quot;a&quot; &gt;", "isn't 'a' >"),
            ("a\\nb\r\nc\rd", "a\nb\nc\nd"),
            ("C:\\new", "C:\\new"),
            ("a\u{a0}b\u{200b}c\td", "a bc d"),
            ("\u{e2}t\u{e9} \u{393}", "\u{e2}t\u{e9} \u{393}"),
            ("**bold**", "bold"),
            ("<p>a<br/>b</p> <message>", " a b  <message>"),
            ("a <b and\nc> d", "a <b and\nc> d"),
            ("\u{1b}", ""),
            ("\\", "\\"),
            ("\\u12", "\\u12"),
        ] {
            assert_eq!(normalize(text), expected, "{text:?}");
        }
    }
}
