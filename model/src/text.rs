//! Words for people.

mod sanitize;

pub use sanitize::{Sanitized, is_hostile, is_plain, sanitize_block, sanitize_line};

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

/// `Cannot determine whether the caller is allowed to …: depends on condition keys a and b`. What is not a key, but a
/// part of a policy that no document explains, is named as it is.
pub fn depends_on(what: &str, keys: &[String]) -> String {
    let noun = match keys {
        [key] if is_condition_key(key) => "condition key ",
        [_, _, ..] if keys.iter().all(|key| is_condition_key(key)) => "condition keys ",
        _ => "",
    };
    format!(
        "Cannot determine whether {what}: depends on {noun}{}",
        list(keys)
    )
}

/// Whether this is a key that a request can have, unlike a part of a policy that AWS does not document.
pub fn is_condition_key(key: &str) -> bool {
    key.contains(':') && !key.contains(' ')
}

/// The beginning of a sentence, for the middle of one.
pub fn uncapitalized(sentence: &str) -> String {
    let mut chars = sentence.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// With the first letter in upper case.
pub fn capitalized(words: &str) -> String {
    let mut chars = words.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
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
    fn texts_name_condition_keys_and_counts() {
        let keys = ["aws:SourceVpc".to_owned(), "aws:userid".to_owned()];
        let about = |keys| depends_on("the caller is allowed to call it", keys);
        assert_eq!(
            about(&keys[..1]),
            "Cannot determine whether the caller is allowed to call it: depends on condition key aws:SourceVpc"
        );
        assert!(about(&keys).ends_with("depends on condition keys aws:SourceVpc and aws:userid"));
        let part = ["NotPrincipal (with Allow)".to_owned()];
        assert!(about(&part).ends_with("depends on NotPrincipal (with Allow)"));
        assert_eq!(uncapitalized("The caller"), "the caller");
        assert_eq!(count(1, "policy"), "1 policy");
        assert_eq!(count(2, "policy"), "2 policies");
        assert_eq!(count(3, "task"), "3 tasks");
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
        assert_eq!(short_list(&["a", "b", "c"], 2), "a, b and 1 more");
        assert_eq!(span(45), "45 s");
        assert_eq!(span(600), "10 min");
        assert_eq!(span(86_400 * 3), "3 days");
    }

    #[test]
    fn lists_and_counts_work_at_their_limits() {
        assert_eq!(count(2, "gateway"), "2 gateways");
        assert_eq!(count(2, "key"), "2 keys");
        assert_eq!(list::<&str>(&[]), "");
        assert_eq!(list(&["a"]), "a");
        assert_eq!(short_list(&["a", "b"], 2), "a and b");
        assert_eq!(uncapitalized(""), "");
        let keys = ["aws:SourceVpc", "a policy: unread", "NotAction"].map(str::to_owned);
        let named = |keys: &[String]| depends_on("x", keys);
        assert!(named(&keys[..2]).ends_with("depends on aws:SourceVpc and a policy: unread"));
        assert!(named(&keys[1..2]).ends_with("depends on a policy: unread"));
        for (seconds, expected) in [
            (-1, "0 s"),
            (119, "119 s"),
            (120, "2 min"),
            (7199, "119 min"),
            (7200, "2 h"),
            (172_799, "47 h"),
            (172_800, "2 days"),
        ] {
            assert_eq!(span(seconds), expected);
        }
    }
}
