//! A root cause in words, for all its subjects together.

use std::collections::HashSet;

use model::finding::Finding;
use model::text;

pub fn title(group: &[&Finding]) -> String {
    match group {
        [one] => one.title.to_string(),
        many => format!("{} ({})", many[0].group_title, subjects(many)),
    }
}

/// `masked`: checks that could not be judged because of it; `doubts`: those that could not be decided and may be behind it.
pub fn detail(group: &[&Finding], masked: &[&str], doubts: &[&str]) -> String {
    with_doubts(with_masked(details(group), masked), doubts)
}

/// `3 tasks of coder-production-litellm`, `6 roles of 6 services`.
fn subjects(group: &[&Finding]) -> String {
    let ids = group.iter().map(|finding| &*finding.subject.id);
    let ids: HashSet<&str> = ids.collect();
    let kind = &*group[0].subject.kind;
    let mut services: Vec<&str> = group
        .iter()
        .filter_map(|finding| finding.subject.service.as_deref())
        .collect();
    services.dedup();
    services.sort_unstable();
    services.dedup();
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
    let mut seen: HashSet<&str> = HashSet::default();
    let distinct: Vec<&str> = group
        .iter()
        .map(|finding| &*finding.detail)
        .filter(|detail| !detail.is_empty() && seen.insert(*detail))
        .collect();
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

fn with_masked(detail: String, masked: &[&str]) -> String {
    match masked {
        [] => detail,
        some => format!(
            "{detail}\nRe-run after fixing this: {} could not be evaluated.",
            text::list(some)
        ),
    }
}

fn with_doubts(detail: String, doubts: &[&str]) -> String {
    match doubts {
        [] => detail,
        some => format!(
            "{detail}\nPossible causes that could not be ruled out: {}.",
            text::list(some)
        ),
    }
}
