//! Words for people, and the guard against text that was written by others.

/// Removes what could steer a terminal or hide text: control characters, escape sequences' starts,
/// bidirectional overrides, invisible characters. A line break or tab becomes one space.
pub fn clean_line(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    text.chars()
        .filter_map(|c| match c {
            '\n' | '\t' => Some(' '),
            c if is_hostile(c) => None,
            c => Some(c),
        })
        .collect()
}

/// Nothing but printable ASCII, in which there is nothing to clean. A report of a fleet has megabytes of it, so eight
/// bytes are looked at at once.
pub fn is_plain(text: &str) -> bool {
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let is_printable = |byte: &u8| matches!(byte, b' '..=b'~');
    words
        .iter()
        .all(|&word| is_plain_word(u64::from_ne_bytes(word)))
        && rest.iter().all(is_printable)
}

/// Below a space a byte borrows into its highest bit, delete carries into it, and what is not ASCII has it set.
fn is_plain_word(word: u64) -> bool {
    const EACH: u64 = u64::from_ne_bytes([1; 8]);
    let below_space = word.wrapping_sub(EACH * 0x20);
    let delete = word.wrapping_add(EACH);
    (word | below_space | delete) & (EACH * 0x80) == 0
}

/// Like [`clean_line`], but keeps line breaks.
pub fn clean_block(text: &str) -> String {
    text.chars()
        .filter(|&c| c == '\n' || !is_hostile(c))
        .collect()
}

fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// `1 task`, `2 tasks`.
pub fn count(n: usize, noun: &str) -> String {
    match n {
        1 => format!("1 {noun}"),
        _ => format!("{n} {}", plural(noun)),
    }
}

fn plural(noun: &str) -> String {
    match noun.strip_suffix('y') {
        Some(stem) if !noun.ends_with("ay") && !noun.ends_with("ey") => format!("{stem}ies"),
        _ => format!("{noun}s"),
    }
}

/// `a`, `a and b`, `a, b and c`.
pub fn list<T: AsRef<str>>(items: &[T]) -> String {
    match items {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [init @ .., last] => {
            let init: Vec<&str> = init.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", init.join(", "), last.as_ref())
        }
    }
}

/// Like [`list`], but of more than `most` items the rest are only counted.
pub fn short_list<T: AsRef<str>>(items: &[T], most: usize) -> String {
    if items.len() <= most {
        return list(items);
    }
    let shown: Vec<&str> = items[..most].iter().map(AsRef::as_ref).collect();
    format!("{} and {} more", shown.join(", "), items.len() - most)
}

/// `40 s`, `12 min`, `3 h`, `5 days`: a span of seconds as a person would say it.
pub fn span(seconds: i64) -> String {
    match seconds.max(0) {
        s @ 0..=119 => format!("{s} s"),
        s @ 120..=7199 => format!("{} min", s / 60),
        s @ 7200..=172_799 => format!("{} h", s / 3600),
        s => format!("{} days", s / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_survives() {
        assert_eq!(
            clean_line("a\u{1b}[31mb\r\nc\u{9b}d\u{202e}e\tf"),
            "a[31mb cde f"
        );
        assert_eq!(clean_block("a\u{7}\nb\r"), "a\nb");
        assert_eq!(clean_line("Grüße ✓ 日本"), "Grüße ✓ 日本");
    }

    #[test]
    fn every_byte_that_is_not_plain_is_seen_wherever_it_stands() {
        for length in 1..20 {
            for at in 0..length {
                for c in (0..=0x2ff).filter_map(char::from_u32) {
                    let mut text = "~".repeat(length);
                    text.replace_range(at..=at, c.encode_utf8(&mut [0; 4]));
                    assert_eq!(is_plain(&text), matches!(c, ' '..='~'), "{text:?}");
                }
            }
        }
    }

    #[test]
    fn words() {
        assert_eq!(count(1, "policy"), "1 policy");
        assert_eq!(count(2, "policy"), "2 policies");
        assert_eq!(count(3, "task"), "3 tasks");
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
        assert_eq!(short_list(&["a", "b", "c"], 2), "a, b and 1 more");
        assert_eq!(span(45), "45 s");
        assert_eq!(span(600), "10 min");
        assert_eq!(span(86_400 * 3), "3 days");
    }
}
