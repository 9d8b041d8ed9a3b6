//! A root cause in words, for all its subjects together.

use std::collections::{BTreeSet, HashSet};

use crate::{each_once, pattern};
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
    let kind = &*group[0].subject.kind.replace('-', " ");
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
        some if kind == "service" && some.len() <= 3 => text::list(some),
        some if kind == "service" => text::count(some.len(), kind),
        some if ids.len() == 1 => format!("{things}, for {}", text::count(some.len(), "service")),
        some if some.len() <= 3 => format!("{things} of {}", text::list(some)),
        many => format!("{things} of {}", text::count(many.len(), "service")),
    }
}

/// What the findings say of themselves. Sentences that differ only in names are shown once; of many different ones the
/// first few.
fn details(group: &[&Finding]) -> String {
    const MOST: usize = 4;
    let with_detail = group.iter().filter(|finding| !finding.detail.is_empty());
    let all = each_once(with_detail.clone().map(|finding| &*finding.detail)).len();
    let mut shown = first_of_each(with_detail.clone(), |finding| {
        pattern::of_finding(finding, &finding.detail)
    });
    if shown.len() > MOST {
        shown = first_of_each(with_detail, |finding| {
            pattern::without_numbers(&pattern::of_finding(finding, &finding.detail))
        });
    }
    shown.truncate(MOST);
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
    match (all - shown.len(), shown.len()) {
        (0, _) => {}
        (left, 1) => lines.push(format!("… and {left} more like this.")),
        (left, _) => lines.push(format!("… and {left} more like these.")),
    }
    lines.join("\n")
}

/// The details of the first finding with each key.
fn first_of_each<'f>(
    findings: impl Iterator<Item = &'f &'f Finding>,
    key: impl Fn(&Finding) -> String,
) -> Vec<&'f str> {
    let mut seen = HashSet::new();
    let firsts = findings.filter(|finding| seen.insert(key(finding)));
    firsts.map(|finding| &*finding.detail).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use checks::registry;
    use model::finding::Subject;

    fn failure(kind: &'static str, id: &str, service: Option<&str>) -> Finding {
        let subject = Subject::new(kind, id).of_service(service.map(Into::into));
        let check = registry::find("role.present").unwrap();
        check
            .fail(subject, format!("{id} fails"))
            .group_title("Many fail")
    }

    #[test]
    fn a_title_counts_subjects_and_services() {
        let role = |id: &str, service| failure("role", id, Some(service));
        let title = |findings: &[Finding]| super::title(&findings.iter().collect::<Vec<_>>());
        let many = ["e", "f", "g", "h"];
        for (findings, expected) in [
            (vec![role("a", "one")], "a fails"),
            (
                vec![role("a", "one"), role("b", "one")],
                "Many fail (2 roles of one)",
            ),
            (
                vec![role("a", "two"), role("b", "one"), role("b", "two")],
                "Many fail (2 roles of one and two)",
            ),
            (
                vec![role("a", "one"), role("a", "two")],
                "Many fail (a, for 2 services)",
            ),
            (
                vec![failure("role", "a", None), failure("role", "b", None)],
                "Many fail (2 roles)",
            ),
            (
                many.map(|name| role(name, name)).to_vec(),
                "Many fail (4 roles of 4 services)",
            ),
            (
                many[..3].iter().map(|name| role(name, name)).collect(),
                "Many fail (3 roles of e, f and g)",
            ),
            (
                many.map(|name| failure("service", name, Some(name)))
                    .to_vec(),
                "Many fail (4 services)",
            ),
            (
                many[..3]
                    .iter()
                    .map(|name| failure("service", name, Some(name)))
                    .collect(),
                "Many fail (e, f and g)",
            ),
        ] {
            assert_eq!(title(&findings), expected);
        }
    }

    #[test]
    fn a_detail_that_differs_only_in_names_is_said_once() {
        let names = ["a-1", "b-2", "c-3", "d-4", "e-5", "f-6"];
        let detail_of = |names: &[&str], text: fn(usize, &str) -> String| {
            let failures = names
                .iter()
                .enumerate()
                .map(|(at, name)| failure("role", name, Some(name)).detail(text(at, name)));
            let failures: Vec<Finding> = failures.collect();
            super::detail(&failures.iter().collect::<Vec<_>>(), &[], &[])
        };
        let detail = |text| detail_of(&names, text);
        assert_eq!(
            detail(|_, name| format!("{name} is closed.")),
            "a-1 is closed.\n… and 5 more like this."
        );
        assert_eq!(
            detail(|at, name| format!("{name} is closed for {at} days.")),
            "a-1 is closed for 0 days.\n… and 5 more like this."
        );
        assert_eq!(
            detail_of(&names[..4], |at, _| format!("Closed for {at} days.")),
            "Closed for 0 days.\nClosed for 1 days.\nClosed for 2 days.\nClosed for 3 days."
        );
        assert_eq!(detail(|_, _| "Closed.".to_owned()), "Closed.");
    }

    #[test]
    fn a_detail_repeats_no_text() {
        let details = [
            "",
            "One.",
            "One.",
            "One. And more.",
            "Two.",
            "Three.",
            "Four.",
        ];
        let findings = details.map(|detail| failure("role", "a", None).detail(detail));
        let detail = |count: usize, masked: &[&str], suspects: &[&str]| {
            super::detail(
                &findings[..count].iter().collect::<Vec<_>>(),
                masked,
                suspects,
            )
        };
        assert_eq!(detail(1, &[], &[]), "");
        assert_eq!(detail(3, &[], &[]), "One.");
        assert_eq!(detail(6, &[], &[]), "One. And more.\nTwo.\nThree.");
        assert_eq!(
            detail(7, &[], &[]),
            "One. And more.\nTwo.\nThree.\n… and 1 more like these."
        );
        assert_eq!(
            detail(2, &["a.b"], &["c.d", "e.f"]),
            "One.\nRe-run after fixing this: a.b could not be evaluated.\nPossible causes that could not be ruled \
             out: c.d and e.f."
        );
    }
}
