/// A part of an IAM pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    Char(char),
    /// `?`: one character.
    One,
    /// `*`: any number of characters.
    Run,
}

impl Piece {
    /// A character that matches; none for any number of characters.
    pub fn example(&self) -> Option<char> {
        match self {
            Piece::Char(c) => Some(*c),
            Piece::One => Some('0'),
            Piece::Run => None,
        }
    }
}

/// Parses a pattern without variables.
pub fn plain(pattern: &str) -> Vec<Piece> {
    let piece = |c| match c {
        '*' => Piece::Run,
        '?' => Piece::One,
        c => Piece::Char(c),
    };
    pattern.chars().map(piece).collect()
}

/// Whether a text matches. The time is proportional to both lengths, however many stars there are.
pub fn matches(pattern: &[Piece], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    // The position of the last `*`, and the end of the text that it matches so far.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(Piece::Run) => {
                star = Some((p, t));
                p += 1;
            }
            Some(&piece) if piece == Piece::One || piece == Piece::Char(text[t]) => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, end)) => {
                    star = Some((at, end + 1));
                    p = at + 1;
                    t = end + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|piece| *piece == Piece::Run)
}

/// The six parts of an ARN pattern; fewer if it is incomplete.
pub fn arn_parts(pattern: &[Piece]) -> Vec<&[Piece]> {
    pattern
        .splitn(6, |piece| *piece == Piece::Char(':'))
        .collect()
}

/// An incomplete ARN pattern, with stars for the missing parts.
pub fn completed(pattern: &[Piece]) -> Vec<Piece> {
    let missing = 6_usize.saturating_sub(arn_parts(pattern).len());
    let mut completed = pattern.to_vec();
    completed.extend([Piece::Char(':'), Piece::Run].repeat(missing));
    completed
}

/// Whether an ARN matches part by part: a star does not match the colons between parts. `None`: AWS does not document what
/// a pattern or value with fewer than six parts matches.
pub fn matches_arn(pattern: &[Piece], arn: &str) -> Option<bool> {
    let parts = arn_parts(pattern);
    let values: Vec<&str> = arn.splitn(6, ':').collect();
    let each = |parts: &[&[Piece]]| {
        let mut pairs = parts.iter().zip(&values);
        pairs.all(|(part, value)| matches(part, value))
    };
    match (parts.len(), values.len()) {
        (6, 6) => Some(each(&parts)),
        (_, 6) => {
            let completed = completed(pattern);
            let may_match = matches(pattern, arn) || each(&arn_parts(&completed));
            (!may_match).then_some(false)
        }
        _ => None,
    }
}

/// [`matches`] for a pattern without variables.
pub fn like(pattern: &str, text: &str) -> bool {
    matches(&plain(pattern), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_match() {
        for (pattern, text) in [
            ("*", ""),
            ("a*c", "abbc"),
            ("a?c", "abc"),
            ("arn:*:task/*", "arn:aws:ecs:r:1:task/c/1"),
            ("**a**", "bab"),
        ] {
            assert!(like(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("", "a"),
            ("a?", "a"),
            ("a*c", "abcd"),
            ("task/*", "cluster/x"),
        ] {
            assert!(!like(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn matching_many_stars_is_not_exponential() {
        let pattern = "*a".repeat(40) + "b";
        assert!(!like(&pattern, &"a".repeat(4000)));
    }

    #[test]
    fn arns_match_part_by_part() {
        let arn = "arn:aws:ecs:us-west-2:1:cluster/prod";
        for (pattern, expected) in [
            ("arn:aws:ecs:*:1:cluster/*", Some(true)),
            ("arn:aws:ecs:*:2:cluster/*", Some(false)),
            ("arn:*:1:cluster/prod:*:*", Some(false)),
            ("arn:aws:ecs:*", None),
            ("arn:aws:ecs", None),
            ("arn:aws:ecs:*:cluster/prod", None),
            ("*", None),
            ("arn:aws:s3:*", Some(false)),
            ("prod", Some(false)),
        ] {
            assert_eq!(matches_arn(&plain(pattern), arn), expected, "{pattern}");
        }
        assert_eq!(matches_arn(&plain("arn:aws:ecs:*:1:*"), "prod"), None);
    }
}
