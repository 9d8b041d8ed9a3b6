//! A root cause in words, for all its subjects together.

use std::collections::{BTreeSet, HashSet};

use crate::each_once;
use model::finding::Finding;
use model::text;

pub fn title(group: &[&Finding]) -> String {
    match group {
        [one] => one.title.to_string(),
        many => format!("{} ({})", many[0].group_title, subjects(many)),
    }
}

/// `masked`: checks that could not be evaluated because of the cause; `suspects`: undecided checks that may explain it.
pub fn detail(group: &[&Finding], masked: &[&str], suspects: &[&str]) -> String {
    let mut detail = details(group);
    if !masked.is_empty() {
        let masked = text::list(masked);
        detail += &format!("\nRe-run after fixing this: {masked} could not be evaluated.");
    }
    if !suspects.is_empty() {
        let suspects = text::list(suspects);
        detail += &format!("\nPossible causes that could not be ruled out: {suspects}.");
    }
    detail
}

/// `3 tasks of coder-production-litellm`, `6 roles of 6 services`.
fn subjects(group: &[&Finding]) -> String {
    let ids = group.iter().map(|finding| &*finding.subject.id);
    let ids: HashSet<&str> = ids.collect();
    let kind = &*group[0].subject.kind;
    let services = group.iter();
    let services: BTreeSet<&str> = services
        .filter_map(|finding| finding.subject.service.as_deref())
        .collect();
    let services: Vec<&str> = services.into_iter().collect();
    let things = match ids.len() {
        1 => group[0].subject.id.to_string(),
        many => text::count(many, kind),
    };
    match services.as_slice() {
        [] => things,
        some if kind == "service" => text::short_list(some, 3),
        some if ids.len() == 1 => format!("{things}, for {}", text::count(some.len(), "service")),
        some if some.len() <= 3 => format!("{things} of {}", text::list(some)),
        many => format!("{things} of {}", text::count(many.len(), "service")),
    }
}

/// What each finding says of itself, the same only once; of many the first few.
fn details(group: &[&Finding]) -> String {
    const MOST: usize = 4;
    let all = group.iter().map(|finding| &*finding.detail);
    let distinct = each_once(all.filter(|detail| !detail.is_empty()));
    let left = distinct.len().saturating_sub(MOST);
    let shown = &distinct[..distinct.len().min(MOST)];
    let is_part = |detail: &str| {
        let begin = detail.trim_end_matches('.');
        let mut others = shown.iter().filter(|other| **other != detail);
        others.any(|other| other.starts_with(begin))
    };
    let mut lines: Vec<String> = shown
        .iter()
        .filter(|detail| !is_part(detail))
        .map(|detail| (*detail).to_owned())
        .collect();
    if left > 0 {
        lines.push(format!("… and {left} more like these."));
    }
    lines.join("\n")
}
