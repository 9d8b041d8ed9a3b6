//! The characters of a text: without colours, escapes and encodings that a terminal, a log or a web page added.

/// Typographic apostrophes as they look after UTF-8 was read in another encoding.
const MISREAD_QUOTES: [&str; 8] = [
    "\u{e2}\u{20ac}\u{2122}", // â€™
    "\u{e2}\u{20ac}\u{02dc}", // â€˜
    "\u{e2}\u{20ac}\u{0153}", // â€œ
    "\u{e2}\u{20ac}",         // â€, the rest of it being unprintable
    "\u{393}\u{c7}\u{d6}",    // ΓÇÖ
    "\u{393}\u{c7}\u{ff}",    // ΓÇÿ
    "\u{393}\u{c7}\u{a3}",    // ΓÇ£
    "\u{393}\u{c7}\u{a5}",    // ΓÇ¥
];
const ENTITIES: [(&str, char); 9] = [
    ("&quot;", '\''),
    ("&apos;", '\''),
    ("&#39;", '\''),
    ("&#x27;", '\''),
    ("&#34;", '\''),
    ("&lt;", '<'),
    ("&gt;", '>'),
    ("&amp;", '&'),
    ("&nbsp;", ' '),
];
/// How an escape character looks after something made it visible.
const VISIBLE_ESCAPES: [&str; 6] = ["\\x1b", "\\x1B", "\\u001b", "\\u001B", "\\033", "\\e"];

/// Every kind of quote becomes `'`, every kind of line break `\n`.
pub fn normalize(text: &str) -> String {
    // `\n` in `C:\new` is no line break.
    let has_windows_path = text.contains(":\\");
    let mut cleaned = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (length, replacement) = match c {
            '\u{1b}' => (1 + escape_sequence(&rest[1..]), None),
            '^' if rest.starts_with("^[[") => (2 + escape_sequence(&rest[2..]), None),
            '\u{9b}' => (2 + parameters(&rest[2..]), None),
            '[' => match colour(rest) {
                Some(length) => (length, None),
                None => (1, Some('[')),
            },
            '\\' => backslash(rest, has_windows_path),
            '&' => entity(rest),
            '\u{e2}' | '\u{393}' => misread_quote(rest),
            '<' => match tag(rest) {
                Some(length) => (length, Some(' ')),
                None => (1, Some('<')),
            },
            '*' if rest.starts_with("**") => (2, None),
            '\r' if rest.starts_with("\r\n") => (2, Some('\n')),
            '\r' | '\u{2028}' | '\u{2029}' => (c.len_utf8(), Some('\n')),
            _ => (c.len_utf8(), replace(c)),
        };
        cleaned.extend(replacement);
        rest = &rest[length..];
    }
    cleaned
}

fn replace(c: char) -> Option<char> {
    match c {
        '"'
        | '`'
        | '\u{b4}'
        | '\u{2018}'..='\u{201f}'
        | '\u{2032}'
        | '\u{ab}'
        | '\u{bb}'
        | '\u{300c}'
        | '\u{300d}'
        | '\u{2039}'
        | '\u{203a}'
        | '\u{ff07}'
        | '\u{ff02}' => Some('\''),
        '\u{ff1a}' => Some(':'),
        '\n' => Some('\n'),
        c if c.is_whitespace() => Some(' '),
        '\u{ad}'
        | '\u{61c}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}' => None,
        c if c.is_control() => None,
        c => Some(c),
    }
}

/// The length of what follows an escape character and belongs to it.
fn escape_sequence(rest: &str) -> usize {
    match rest.as_bytes().first() {
        Some(b'[') => 1 + parameters(&rest[1..]),
        // A title or a link: up to a bell or a string terminator, on the same line.
        Some(b']') => rest
            .find(['\u{7}', '\u{1b}', '\n'])
            .map_or(rest.len(), |end| match rest.as_bytes()[end] {
                b'\n' => end,
                b'\x1b' if rest[end..].starts_with("\u{1b}\\") => end + 2,
                _ => end + 1,
            }),
        Some(b'(' | b')') => rest.char_indices().nth(2).map_or(rest.len(), |(at, _)| at),
        _ => 0,
    }
}

fn parameters(rest: &str) -> usize {
    let numbers = rest
        .bytes()
        .take_while(|byte| matches!(byte, b'0'..=b'?' | b' '..=b'/'))
        .count();
    match rest.as_bytes().get(numbers) {
        Some(b'@'..=b'~') => numbers + 1,
        _ => numbers,
    }
}

/// `[31m`: a colour that lost its escape character.
fn colour(rest: &str) -> Option<usize> {
    let numbers = rest[1..]
        .bytes()
        .take_while(|byte| matches!(byte, b'0'..=b'9' | b';'))
        .count();
    let ends = rest.as_bytes().get(1 + numbers) == Some(&b'm');
    (ends && (1..=12).contains(&numbers)).then_some(numbers + 2)
}

fn backslash(rest: &str, has_windows_path: bool) -> (usize, Option<char>) {
    for escape in VISIBLE_ESCAPES {
        if let Some(after) = rest.strip_prefix(escape)
            && after.starts_with('[')
        {
            return (escape.len() + escape_sequence(after), None);
        }
    }
    match rest.as_bytes().get(1) {
        Some(b'"' | b'\'') => (2, Some('\'')),
        Some(b'n' | b'r') if !has_windows_path => (2, Some('\n')),
        Some(b't') if !has_windows_path => (2, Some(' ')),
        Some(b'u') => match unicode_escape(rest) {
            Some(c) => (6, replace(c)),
            None => (1, Some('\\')),
        },
        _ => (1, Some('\\')),
    }
}

/// `<p>`, `</td>`, `<br/>`: of HTML, as error texts have tags of their own.
fn tag(rest: &str) -> Option<usize> {
    const NAMES: [&str; 16] = [
        "p", "br", "pre", "code", "div", "span", "td", "tr", "th", "li", "ul", "b", "i", "em",
        "tt", "strong",
    ];
    let begins = rest.as_bytes().get(1)?;
    if !begins.is_ascii_alphabetic() && *begins != b'/' {
        return None;
    }
    let end = rest.bytes().take(120).position(|byte| byte == b'>')?;
    let name = rest[1..end].trim_matches('/').split([' ', '/']).next()?;
    NAMES
        .contains(&name.to_ascii_lowercase().as_str())
        .then_some(end + 1)
}

fn unicode_escape(rest: &str) -> Option<char> {
    let digits = rest.get(2..6)?;
    char::from_u32(u32::from_str_radix(digits, 16).ok()?)
}

fn entity(rest: &str) -> (usize, Option<char>) {
    ENTITIES
        .iter()
        .find(|(entity, _)| rest.starts_with(entity))
        .map_or((1, Some('&')), |(entity, c)| (entity.len(), Some(*c)))
}

fn misread_quote(rest: &str) -> (usize, Option<char>) {
    let misread = MISREAD_QUOTES
        .iter()
        .find(|quote| rest.starts_with(**quote));
    match misread {
        Some(quote) => (quote.len(), Some('\'')),
        None => (2, rest.chars().next()),
    }
}

#[cfg(test)]
mod tests {
    use super::normalize;

    #[test]
    fn colours_quotes_and_escapes() {
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
            ("\u{1b}", ""),
            ("\\", "\\"),
            ("\\u12", "\\u12"),
        ] {
            assert_eq!(normalize(text), expected, "{text:?}");
        }
    }
}
