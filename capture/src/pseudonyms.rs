//! Replaces names and addresses by made-up ones: the same name everywhere by the same one, so that names still refer to
//! each other and patterns like `team-*` still match.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::string_kinds::{Kind, ReplaceStrings};
use super::vocabulary::is_public;
use model::facts::Facts;

/// The made-up name of each real one. Private: it makes an anonymized capture readable.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Pseudonyms {
    words: BTreeMap<String, String>,
    accounts: BTreeMap<String, String>,
    ids: BTreeMap<String, String>,
    addresses: BTreeMap<String, String>,
}

/// The facts with made-up names, and which name stands for which.
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
    facts.replace_strings(Kind::Identifier, &mut |kind, text| {
        Some(names.anonymize(kind, text))
    });
    (facts, names)
}

fn file_name(path: &str) -> String {
    path.rsplit(['/', '\\']).next().unwrap_or(path).to_owned()
}

impl Pseudonyms {
    /// Puts the real names back into a text about an anonymized capture.
    pub fn real(&self, text: &str) -> String {
        let maps = [&self.words, &self.accounts, &self.ids, &self.addresses];
        let pairs = maps.into_iter().flatten();
        let real: BTreeMap<&str, &str> = pairs
            .map(|(real, made_up)| (made_up.as_str(), real.as_str()))
            .collect();
        let restored = |piece: &str| match real.get(piece) {
            Some(name) => (*name).to_owned(),
            None => map_pieces(piece, char::is_alphanumeric, |word| {
                real.get(word).copied().unwrap_or(word).to_owned()
            }),
        };
        map_pieces(text, is_address_char, restored)
    }

    fn anonymize(&mut self, kind: Kind, text: &str) -> String {
        if let Ok(range) = text.parse() {
            return self.range(text, range);
        }
        if let Ok(address) = text.parse() {
            return self.address(text, address);
        }
        map_pieces(text, is_address_char, |piece| match find_address(piece) {
            Some((address, parsed)) => piece.replacen(address, &self.address(address, parsed), 1),
            None => map_pieces(piece, char::is_alphanumeric, |word| self.word(kind, word)),
        })
    }

    fn word(&mut self, kind: Kind, word: &str) -> String {
        let is_hex = |c: char| matches!(c, '0'..='9' | 'a'..='f');
        let is_number = word.chars().all(|c| c.is_ascii_digit());
        let width = word.len();
        match width {
            12 if is_number => made_up(&mut self.accounts, word, |next| format!("{next:012}")),
            // IDs of resources, deployments and tasks keep their form.
            8 | 17 | 19 | 32 if is_number => made_up(&mut self.ids, word, |next| {
                format!("1{next:0rest$}", rest = width - 1)
            }),
            8 | 17 | 19 | 32 if word.chars().all(is_hex) => {
                made_up(&mut self.ids, word, |next| format!("{next:0width$x}"))
            }
            _ if is_number || is_public(kind, word) => word.to_owned(),
            _ => made_up(&mut self.words, word, |next| format!("n{next}")),
        }
    }

    fn address(&mut self, text: &str, address: IpAddr) -> String {
        match is_private(address) {
            true => text.to_owned(),
            false => made_up(&mut self.addresses, text, |next| {
                reserved_address(address, next).to_string()
            }),
        }
    }

    /// Ranges keep their size, so that they cover as much as before. The largest reveal nothing.
    fn range(&mut self, text: &str, range: IpNet) -> String {
        let length = range.prefix_len();
        let is_large = length < if range.addr().is_ipv4() { 16 } else { 32 };
        if is_large || is_private(range.network()) {
            return text.to_owned();
        }
        made_up(&mut self.addresses, text, |next| {
            let offset = next << (range.max_prefix_len() - length);
            format!("{}/{length}", reserved_address(range.network(), offset))
        })
    }
}

/// An address that nobody uses: of benchmarks (RFC 2544) or of documentation (RFC 3849).
fn reserved_address(family: IpAddr, offset: u128) -> IpAddr {
    const BENCHMARKS: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 0);
    const DOCUMENTATION: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0);
    match family {
        IpAddr::V4(_) => {
            Ipv4Addr::from_bits(BENCHMARKS.to_bits() + (offset % (1 << 17)) as u32).into()
        }
        IpAddr::V6(_) => Ipv6Addr::from_bits(DOCUMENTATION.to_bits() + offset % (1 << 96)).into(),
    }
}

/// Private, shared, local and unspecified addresses: many networks have the same.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let is_shared = v4.octets()[0] == 100 && (64..128).contains(&v4.octets()[1]);
            is_shared
                || v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_unspecified()
        }
        IpAddr::V6(v6) => {
            v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_unique_local()
                || v6.is_unicast_link_local()
        }
    }
}

/// The made-up name that a real one already has, or a new one with the next number.
fn made_up(
    known: &mut BTreeMap<String, String>,
    real: &str,
    make: impl FnOnce(u128) -> String,
) -> String {
    let next = known.len() as u128 + 1;
    known
        .entry(real.to_owned())
        .or_insert_with(|| make(next))
        .clone()
}

/// Replaces each run of characters that pass a test, and keeps what is between them.
fn map_pieces(
    text: &str,
    is_part: fn(char) -> bool,
    mut map: impl FnMut(&str) -> String,
) -> String {
    let mut mapped = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(is_part) {
        let piece = &rest[start..];
        let length = piece.find(|c| !is_part(c)).unwrap_or(piece.len());
        mapped += &rest[..start];
        mapped += &map(&piece[..length]);
        rest = &piece[length..];
    }
    mapped + rest
}

/// An address in a piece, which a port or the end of a sentence may follow.
fn find_address(piece: &str) -> Option<(&str, IpAddr)> {
    let trimmed = piece.trim_matches(['.', ':']);
    let without_port = trimmed.rsplit_once(':').map(|(address, _)| address);
    let candidates = [Some(trimmed), without_port].into_iter().flatten();
    candidates
        .into_iter()
        .find_map(|address| Some((address, address.parse().ok()?)))
}

fn is_address_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | ':')
}

#[cfg(test)]
mod tests;
