//! Whether a value of a request meets one value of a condition, the negation left aside.

use std::net::IpAddr;

use ipnet::IpNet;

use super::operator::{Family, Relation};
use super::pattern::{Piece, arn_parts, completed, matches, matches_arn, plain};
use super::{Request, Tri, date, variable};

/// A value of the request.
#[derive(Clone, Copy)]
pub enum Given<'v> {
    Whole(&'v str),
    /// Only how it begins is known: the ARN of something of ECS, up to the resource.
    Beginning(&'v str),
}

/// What one value of a condition asks for.
pub enum Wanted {
    Text {
        text: String,
        ignore_case: bool,
    },
    Pattern(Vec<Piece>),
    Arn(Vec<Piece>),
    Number(Relation, f64),
    Moment(Relation, f64),
    Truth(bool),
    Bytes(Vec<u8>),
    /// The range; both that it may be where AWS does not document the length of the prefix.
    Addresses(Vec<IpNet>),
}

impl Wanted {
    /// Fails with `No` where a variable has no value, and undecided where IAM takes no such value.
    pub fn read(
        family: Family,
        written: &str,
        variables: bool,
        request: &Request,
    ) -> Result<Wanted, Tri> {
        let has_variables = variables && variable::is_in(written);
        if has_variables && !family.takes_variables() {
            return Err(malformed(written));
        }
        let text = || match has_variables {
            true => variable::text(written, request),
            false => Ok(written.to_owned()),
        };
        let pattern = || match has_variables {
            true => variable::pattern(written, request),
            false => Ok(plain(written)),
        };
        let typed = match family {
            Family::Equals { ignore_case } => {
                let text = text()?;
                return Ok(Wanted::Text { text, ignore_case });
            }
            Family::Like => return pattern().map(Wanted::Pattern),
            Family::Arn => return pattern().map(Wanted::Arn),
            Family::Numeric(relation) => number(written).map(|n| Wanted::Number(relation, n)),
            Family::Date(relation) => date::seconds(written).map(|s| Wanted::Moment(relation, s)),
            Family::Bool | Family::Null => truth(written).map(Wanted::Truth),
            Family::Binary => base64(written).map(Wanted::Bytes),
            Family::IpAddress => ranges(written).map(Wanted::Addresses),
        };
        typed.ok_or_else(|| malformed(written))
    }

    /// `None`: AWS does not document the answer, or it depends on what is not known of the value.
    pub fn is_met_by(&self, given: Given) -> Option<bool> {
        let value = match given {
            Given::Whole(value) => value,
            Given::Beginning(value) => return self.is_met_by_any(value),
        };
        match self {
            Wanted::Text { text, ignore_case } => Some(match ignore_case {
                true => text.to_lowercase() == value.to_lowercase(),
                false => text == value,
            }),
            Wanted::Pattern(pattern) => Some(matches(pattern, value)),
            Wanted::Arn(pattern) => matches_arn(pattern, value),
            Wanted::Number(relation, wanted) => Some(relation.holds(number(value)?, *wanted)),
            Wanted::Moment(relation, wanted) => {
                Some(relation.holds(date::seconds(value)?, *wanted))
            }
            Wanted::Truth(wanted) => Some(truth(value)? == *wanted),
            Wanted::Bytes(wanted) => Some(base64(value)? == *wanted),
            Wanted::Addresses(ranges) => {
                let address: IpAddr = value.parse().ok()?;
                let mut inside = ranges.iter().map(|range| range.contains(&address));
                let first = inside.next()?;
                inside.all(|next| next == first).then_some(first)
            }
        }
    }

    /// Whether all ARNs with this beginning meet it, or none.
    fn is_met_by_any(&self, beginning: &str) -> Option<bool> {
        match self {
            // No name of ECS has a star.
            Wanted::Text { text, ignore_case } => {
                let (text, beginning) = match ignore_case {
                    true => (&text.to_lowercase(), &*beginning.to_lowercase()),
                    false => (text, beginning),
                };
                let rest = text.strip_prefix(beginning);
                let may = rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(['*', '?']));
                (!may).then_some(false)
            }
            Wanted::Pattern(pattern) => like_beginning(pattern, beginning),
            Wanted::Arn(pattern) => {
                let parts = arn_parts(pattern);
                let known: Vec<&str> = beginning.splitn(6, ':').take(5).collect();
                let fits = |parts: &[&[Piece]]| {
                    let mut pairs = parts.iter().zip(&known);
                    pairs.all(|(part, value)| matches(part, value))
                };
                let completed = completed(pattern);
                let may = match parts.len() {
                    6 => fits(&parts),
                    _ => {
                        like_beginning(pattern, beginning) != Some(false)
                            || fits(&arn_parts(&completed))
                    }
                };
                match parts.as_slice() {
                    _ if !may => Some(false),
                    [.., last] if parts.len() == 6 && is_run(last) => Some(true),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

/// A star reaches past colons; what the pattern still asks of the rest cannot be known.
fn like_beginning(pattern: &[Piece], beginning: &str) -> Option<bool> {
    if pattern.last() == Some(&Piece::Run) && matches(pattern, beginning) {
        return Some(true);
    }
    let mut beginnings = (0..pattern.len()).map(|end| &pattern[..end]);
    let may = beginnings.any(|part| matches(part, beginning));
    (!may).then_some(false)
}

fn is_run(part: &[Piece]) -> bool {
    !part.is_empty() && part.iter().all(|piece| *piece == Piece::Run)
}

fn malformed(written: &str) -> Tri {
    Tri::on(format!("{written:?} (malformed value)"))
}

/// An integer or a decimal.
fn number(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    (digits(whole) && digits(fraction)).then(|| text.parse().ok())?
}

fn truth(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// A single address has the prefix /32, says AWS; of one of IPv6 that may be meant to be /128.
fn ranges(text: &str) -> Option<Vec<IpNet>> {
    if let Ok(range) = text.parse() {
        return Some(vec![range]);
    }
    let address: IpAddr = text.parse().ok()?;
    let short = match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(_) => IpNet::new(address, 32).ok(),
    };
    let ranges = short.into_iter().chain([IpNet::from(address)]);
    Some(ranges.collect())
}

fn base64(text: &str) -> Option<Vec<u8>> {
    let sextet = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let padded = text.len().is_multiple_of(4);
    let data = text.trim_end_matches('=');
    if !padded || text.len() - data.len() > 2 {
        return None;
    }
    let mut bytes = Vec::new();
    let (mut bits, mut held) = (0_u32, 0);
    for byte in data.bytes() {
        bits = (bits << 6) | u32::from(sextet(byte)?);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.extend(u8::try_from((bits >> held) & 0xff));
        }
    }
    Some(bytes)
}
