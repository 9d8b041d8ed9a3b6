//! Other names for everything that tells whose platform it is: the same one wherever the same word stands, so that
//! what belonged together still does, and patterns like `team-*` still fit.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::strings::{Editor, Kind, Strings};
use super::vocabulary::is_known;
use model::facts::Facts;

/// Made-up names by the real ones. Private: who has it can read an anonymized capture.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Pseudonyms {
    words: BTreeMap<String, String>,
    accounts: BTreeMap<String, String>,
    ids: BTreeMap<String, String>,
    addresses: BTreeMap<String, String>,
}

/// The same world under other names, and what was changed into what.
pub fn anonymize(facts: &Facts) -> (Facts, Pseudonyms) {
    let mut facts = facts.clone();
    if let Some(plugin) = facts.local.plugin.known_mut() {
        plugin.path = file_name(&plugin.path);
    }
    if let Some(path) = facts.local.aws_cli.known_mut() {
        *path = file_name(path);
    }
    facts.local.region_source = "the configuration".to_owned();
    if let Some(manifest) = &mut facts.manifest {
        manifest.anonymized = true;
    }
    let mut names = Pseudonyms::default();
    facts.edit(&mut names);
    (facts, names)
}

impl Editor for Pseudonyms {
    fn edited(&mut self, kind: Kind, text: &str) -> Option<String> {
        let other = match (kind, text.parse::<IpNet>(), text.parse::<IpAddr>()) {
            (_, Ok(range), _) => self.range(text, range),
            (_, _, Ok(address)) => self.address(text, address),
            (_, Err(_), Err(_)) => self.text(kind, text),
        };
        (other != text).then_some(other)
    }
}

impl Pseudonyms {
    /// A text about an anonymized capture with the real names in it: word by word, address by address.
    pub fn real(&self, text: &str) -> String {
        let maps = [&self.words, &self.accounts, &self.ids, &self.addresses];
        let real: BTreeMap<&str, &str> = maps
            .into_iter()
            .flatten()
            .map(|(real, made_up)| (made_up.as_str(), real.as_str()))
            .collect();
        let mut out = String::with_capacity(text.len());
        for (piece, is_word) in pieces(text, is_part_of_address) {
            match real.get(piece).filter(|_| is_word) {
                Some(name) => out.push_str(name),
                None => out.extend(
                    pieces(piece, char::is_alphanumeric)
                        .map(|(piece, _)| real.get(piece).copied().unwrap_or(piece)),
                ),
            }
        }
        out
    }

    /// Word by word; what stands between words stays.
    fn text(&mut self, kind: Kind, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for (piece, _) in pieces(text, is_part_of_address) {
            match address_in(piece) {
                Some((address, parsed)) => {
                    let other = self.address(address, parsed);
                    out.push_str(&piece.replacen(address, &other, 1));
                }
                None => {
                    for (piece, is_word) in pieces(piece, char::is_alphanumeric) {
                        match is_word {
                            true => out.push_str(&self.word(kind, piece)),
                            false => out.push_str(piece),
                        }
                    }
                }
            }
        }
        out
    }

    fn word(&mut self, kind: Kind, word: &str) -> String {
        let is_hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        let is_number = word.chars().all(|c| c.is_ascii_digit());
        if is_number && word.len() == 12 {
            return other(&mut self.accounts, word, |next| format!("{next:012}"));
        }
        if matches!(word.len(), 8 | 17 | 19 | 32) && word.chars().all(is_hex) {
            let width = word.len();
            let base: u128 = if is_number {
                10u128.pow(width as u32 - 1)
            } else {
                0
            };
            return other(&mut self.ids, word, |next| match is_number {
                true => (base + next as u128).to_string(),
                false => format!("{next:0width$x}"),
            });
        }
        if is_number || is_known(kind, word) {
            return word.to_owned();
        }
        other(&mut self.words, word, |next| format!("n{next}"))
    }

    fn address(&mut self, text: &str, address: IpAddr) -> String {
        if tells_nothing(address) {
            return text.to_owned();
        }
        other(&mut self.addresses, text, |next| {
            made_up(address, next).to_string()
        })
    }

    /// Ranges keep their size, so that they cover as much as before; the largest say nothing of anybody.
    fn range(&mut self, text: &str, range: IpNet) -> String {
        const LARGE_V4: u8 = 16;
        const LARGE_V6: u8 = 32;
        let length = range.prefix_len();
        let is_large = match range {
            IpNet::V4(_) => length < LARGE_V4,
            IpNet::V6(_) => length < LARGE_V6,
        };
        if is_large || tells_nothing(range.network()) {
            return text.to_owned();
        }
        other(&mut self.addresses, text, |next| {
            let shift = range.max_prefix_len() - length;
            let network = match range.network() {
                IpAddr::V4(_) => {
                    let host = (next as u32).checked_shl(shift.into()).unwrap_or(0) % (1 << 17);
                    IpAddr::from(Ipv4Addr::from(u32::from(BENCHMARKS) + host))
                }
                IpAddr::V6(_) => {
                    let host = (next as u128).checked_shl(shift.into()).unwrap_or(0) % (1 << 96);
                    IpAddr::from(Ipv6Addr::from(u128::from(DOCUMENTATION) + host))
                }
            };
            format!("{network}/{length}")
        })
    }
}

/// Addresses that are nobody's: of benchmarks (RFC 2544) and of documentation (RFC 3849).
const BENCHMARKS: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 0);
const DOCUMENTATION: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0);

fn made_up(address: IpAddr, number: usize) -> IpAddr {
    match address {
        IpAddr::V4(_) => Ipv4Addr::from(u32::from(BENCHMARKS) + number as u32 % (1 << 17)).into(),
        IpAddr::V6(_) => Ipv6Addr::from(u128::from(DOCUMENTATION) + number as u128).into(),
    }
}

/// Private, local and unspecified addresses, which many networks have.
fn tells_nothing(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let is_shared = v4.octets()[0] == 100 && (64..128).contains(&v4.octets()[1]);
            v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_unspecified()
                || is_shared
        }
        IpAddr::V6(v6) => {
            let first = v6.segments()[0];
            v6.is_loopback()
                || v6.is_unspecified()
                || first & 0xfe00 == 0xfc00
                || first & 0xffc0 == 0xfe80
        }
    }
}

/// The made-up name of a real one: the one it already has, or a new one with the next number.
fn other(
    known: &mut BTreeMap<String, String>,
    real: &str,
    make: impl FnOnce(usize) -> String,
) -> String {
    let next = known.len() + 1;
    match known.get(real) {
        Some(name) => name.clone(),
        None => known
            .entry(real.to_owned())
            .or_insert_with(|| make(next))
            .clone(),
    }
}

/// Runs of characters that pass a test, and what stands between them; which of both each is.
fn pieces(text: &str, is_part: fn(char) -> bool) -> impl Iterator<Item = (&str, bool)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let is_word = is_part(first);
        let end = rest.find(|c| is_part(c) != is_word).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some((piece, is_word))
    })
}

/// An address in a run of its characters, where a port or the end of a sentence may follow.
fn address_in(piece: &str) -> Option<(&str, IpAddr)> {
    let trimmed = piece.trim_matches(['.', ':']);
    let without_port = trimmed.rsplit_once(':').map(|(address, _)| address);
    [Some(trimmed), without_port]
        .into_iter()
        .flatten()
        .find_map(|address| Some((address, address.parse().ok()?)))
}

fn is_part_of_address(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | ':')
}

fn file_name(path: &str) -> String {
    path.rsplit(['/', '\\']).next().unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests;
