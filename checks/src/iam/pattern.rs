use super::{Request, Tri};

/// A pattern of IAM, taken apart: `*` is any run of characters, `?` is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    Char(char),
    One,
    Run,
}

/// A pattern without variables.
pub fn plain(pattern: &str) -> Vec<Piece> {
    pattern.chars().map(piece).collect()
}

/// A pattern with its variables filled in, whose values are literal. Fails with `No` where a variable has no
/// value, so that nothing matches, and with the key where its value is not known.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>
pub fn filled_in(pattern: &str, request: &Request) -> Result<Vec<Piece>, Tri> {
    let mut pieces = Vec::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((variable, after)) = after.split_once('}') else {
            break;
        };
        pieces.extend(plain(before));
        pieces.extend(value_of(variable, request)?.chars().map(Piece::Char));
        rest = after;
    }
    pieces.extend(plain(rest));
    Ok(pieces)
}

fn value_of(variable: &str, request: &Request) -> Result<String, Tri> {
    let (key, default) = match variable.split_once(',') {
        Some((key, default)) => (key.trim(), Some(default.trim().trim_matches('\''))),
        None => (variable.trim(), None),
    };
    if matches!(key, "*" | "?" | "$") {
        return Ok(key.to_owned());
    }
    match (request.values(key)?, default) {
        (Some([one]), _) => Ok(one.clone()),
        (None, Some(default)) => Ok(default.to_owned()),
        _ => Err(Tri::No),
    }
}

fn piece(c: char) -> Piece {
    match c {
        '*' => Piece::Run,
        '?' => Piece::One,
        c => Piece::Char(c),
    }
}

/// Whether a text matches.
pub fn matches(pattern: &[Piece], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    matches_chars(pattern, &text)
}

/// The same; takes time in proportion to both lengths, however many stars there are.
pub fn matches_chars(pattern: &[Piece], text: &[char]) -> bool {
    let (mut p, mut t) = (0, 0);
    // Where the last `*` stands, and how much of the text it has taken so far.
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
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    p = at + 1;
                    t = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|piece| *piece == Piece::Run)
}

/// Whether an ARN matches part by part: a star does not reach over a colon.
pub fn matches_arn(pattern: &[Piece], arn: &str) -> bool {
    let parts: Vec<&[Piece]> = pattern
        .splitn(6, |piece| *piece == Piece::Char(':'))
        .collect();
    let arn: Vec<&str> = arn.splitn(6, ':').collect();
    parts.len() == 6 && arn.len() == 6 && parts.iter().zip(arn).all(|(p, text)| matches(p, text))
}

/// [`matches`] for a pattern without variables.
pub fn like(pattern: &str, text: &str) -> bool {
    matches(&plain(pattern), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
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
    fn many_stars_take_no_longer() {
        let pattern = "*a".repeat(40) + "b";
        assert!(!like(&pattern, &"a".repeat(4000)));
    }

    #[test]
    fn arns_match_part_by_part() {
        let arn = "arn:aws:ecs:us-west-2:1:cluster/prod";
        assert!(matches_arn(&plain("arn:aws:ecs:*:1:cluster/*"), arn));
        assert!(!matches_arn(&plain("arn:aws:ecs:*:cluster/prod"), arn));
        assert!(!matches_arn(&plain("*"), arn));
    }

    #[test]
    fn variables() {
        let context = [("aws:PrincipalTag/team".to_owned(), vec!["a*".to_owned()])];
        let request = Request::new("ecs:ExecuteCommand", context);
        let text = |pattern| filled_in(pattern, &request);
        assert!(matches(
            &text("x/${aws:PrincipalTag/team}").unwrap(),
            "x/a*"
        ));
        assert!(!matches(
            &text("x/${aws:PrincipalTag/team}").unwrap(),
            "x/ab"
        ));
        assert!(matches(&text("${*}${$}").unwrap(), "*$"));
        assert_eq!(text("${s3:prefix}"), Err(Tri::No));
        assert!(matches(&text("${s3:prefix, 'none'}").unwrap(), "none"));
        assert_eq!(text("${aws:userid}"), Err(Tri::on("aws:userid")));
        assert!(matches(&text("${open").unwrap(), "${open"));
    }
}
