//! Tells causes from symptoms.
//!
//! A failing check that explains another failing check on the same tasks is its cause. Failures that
//! nothing explains are root causes; the same cause on many subjects is one.

#[cfg(test)]
mod causes_and_symptoms;
mod neighbours;

use std::collections::HashSet;
use std::sync::Arc;

use crate::finding::{Finding, Status, Subject};
use crate::fix::Fix;
use crate::registry;
use crate::text;
use neighbours::Neighbours;

pub struct Diagnosis {
    pub findings: Vec<Finding>,
    pub root_causes: Vec<Cause>,
}

/// Why sessions fail, with everything that it is behind.
pub struct Cause {
    pub check: &'static str,
    /// One sentence, for all subjects together.
    pub title: String,
    pub detail: String,
    pub subjects: Vec<Subject>,
    /// IDs of the checks that fail because of it.
    pub symptoms: Vec<&'static str>,
    pub fixes: Vec<Arc<Fix>>,
}

pub fn diagnose(mut findings: Vec<Finding>) -> Diagnosis {
    let causes = causes(&findings);
    for (index, causes) in causes {
        findings[index].caused_by = causes.into();
    }
    Diagnosis {
        root_causes: root_causes(&findings),
        findings,
    }
}

/// The session that was really opened.
const LIVE: &str = "container.live-session";
/// Areas that say what is declared, not what works.
pub(crate) const WISHES: [&str; 3] = ["policy", "custom", "program"];

/// The checks behind each failure that others explain, by its index.
fn causes(findings: &[Finding]) -> Vec<(usize, Vec<&'static str>)> {
    let failures: Neighbours = findings
        .iter()
        .filter(|finding| has_failed(finding))
        .collect();
    let failed = findings
        .iter()
        .enumerate()
        .filter(|(_, finding)| has_failed(finding));
    failed
        .map(|(index, finding)| {
            let causes = failures
                .concerning(finding)
                .filter(|cause| explains(cause, finding))
                .filter(|cause| {
                    finding
                        .only_by
                        .is_none_or(|only| only.contains(&cause.check.id))
                })
                .map(|cause| cause.check.id);
            (index, in_order(causes))
        })
        .collect()
}

fn has_failed(finding: &Finding) -> bool {
    finding.status == Status::Fail
}

/// Whether the check of one failure may be behind another; what keeps sessions from working explains one that did not.
fn explains(cause: &Finding, symptom: &Finding) -> bool {
    let is_of_sessions = || cause.check.id != LIVE && !WISHES.contains(&cause.check.area());
    cause.check.explains.contains(&symptom.check.id)
        || (symptom.check.id == LIVE && is_of_sessions())
}

/// Each check once, in the order of the session's path.
fn in_order(checks: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let mut checks: Vec<&str> = checks.collect();
    checks.sort_unstable();
    checks.dedup();
    checks.sort_by_key(|check| registry::rank(check));
    checks
}

fn root_causes(findings: &[Finding]) -> Vec<Cause> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    for finding in findings {
        if finding.status != Status::Fail || !finding.caused_by.is_empty() {
            continue;
        }
        match groups
            .iter_mut()
            .find(|group| group[0].check.id == finding.check.id && group[0].cause == finding.cause)
        {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups.sort_by_key(|group| (registry::rank(group[0].check.id), usize::MAX - group.len()));
    if groups.is_empty() {
        return Vec::new();
    }
    let failures = findings.iter().filter(|finding| has_failed(finding));
    let failures: Neighbours = failures.collect();
    let hidden: HashSet<&str> = groups
        .iter()
        .flat_map(|group| group[0].check.masks)
        .copied()
        .collect();
    let open = findings.iter().filter(|finding| match finding.status {
        Status::Skip => hidden.contains(finding.check.id),
        Status::Warn | Status::Unknown => true,
        Status::Pass | Status::Fail => false,
    });
    let open: Neighbours = open.collect();
    groups
        .iter()
        .map(|group| cause(group, &failures, &open))
        .collect()
}

/// `open`: what neither passed nor failed, and may matter.
fn cause(group: &[&Finding], failures: &Neighbours, open: &Neighbours) -> Cause {
    let check = group[0].check.id;
    let symptoms = group
        .iter()
        .flat_map(|finding| failures.concerned_by(finding))
        .filter(|finding| is_behind(check, finding, failures))
        .map(|finding| finding.check.id);
    Cause {
        check,
        title: title(group),
        detail: with_doubts(
            with_masked(details(group), &masked(open, group)),
            &not_ruled_out(open, group),
        ),
        subjects: group
            .iter()
            .map(|finding| finding.subject.clone())
            .collect(),
        symptoms: in_order(symptoms),
        fixes: fixes(group),
    }
}

/// Whether a check is among the causes of a failure, or among those of its causes.
fn is_behind(check: &str, finding: &Finding, failures: &Neighbours) -> bool {
    if finding.caused_by.is_empty() {
        return false;
    }
    finding.caused_by.contains(&check)
        || failures.concerning(finding).any(|other| {
            finding.caused_by.contains(&other.check.id) && other.caused_by.contains(&check)
        })
}

fn title(group: &[&Finding]) -> String {
    match group {
        [one] => one.title.to_string(),
        many => format!("{} ({})", many[0].cause, subjects(many)),
    }
}

/// `3 tasks of coder-production-litellm`, `6 roles of 6 services`.
fn subjects(group: &[&Finding]) -> String {
    let mut ids: Vec<&str> = group.iter().map(|f| &*f.subject.id).collect();
    ids.sort_unstable();
    ids.dedup();
    let kind = &*group[0].subject.kind;
    let mut services: Vec<&str> = group
        .iter()
        .filter_map(|finding| finding.subject.service.as_deref())
        .collect();
    services.sort_unstable();
    services.dedup();
    let things = match ids.as_slice() {
        [one] => (*one).to_owned(),
        many => text::count(many.len(), kind),
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
    let mut seen = HashSet::new();
    let distinct: Vec<&str> = group
        .iter()
        .map(|finding| finding.detail.as_str())
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

fn fixes(group: &[&Finding]) -> Vec<Arc<Fix>> {
    let mut seen = HashSet::new();
    let fixes = group.iter().flat_map(|finding| &finding.fixes);
    fixes
        .filter(|fix| seen.insert(fix.id.as_str()))
        .cloned()
        .collect()
}

/// Checks that could not be judged because of a cause, and may fail in their turn once it is mended.
fn masked(open: &Neighbours, group: &[&Finding]) -> Vec<&'static str> {
    let masks = group[0].check.masks;
    if masks.is_empty() {
        return Vec::new();
    }
    let hidden = group
        .iter()
        .flat_map(|cause| open.concerned_by(cause))
        .filter(|finding| finding.status == Status::Skip && masks.contains(&finding.check.id));
    let hidden: HashSet<&str> = hidden.map(|finding| finding.check.id).collect();
    let in_their_order = masks.iter().copied();
    in_their_order
        .filter(|check| hidden.contains(check))
        .collect()
}

fn with_masked(detail: String, masked: &[&str]) -> String {
    match masked {
        [] => detail,
        some => format!(
            "{detail}\nAfter this is mended, look again: {} could not be judged before.",
            text::list(some)
        ),
    }
}

/// Checks that could not be decided, or are only suspected, and would explain a failure that nothing else explains.
fn not_ruled_out(open: &Neighbours, group: &[&Finding]) -> Vec<&'static str> {
    let doubts = group
        .iter()
        .flat_map(|finding| open.concerning(finding))
        .filter(|doubt| matches!(doubt.status, Status::Unknown | Status::Warn))
        .filter(|doubt| doubt.check.explains.contains(&group[0].check.id));
    in_order(doubts.map(|doubt| doubt.check.id))
}

fn with_doubts(detail: String, doubts: &[&str]) -> String {
    match doubts {
        [] => detail,
        some => format!(
            "{detail}\nWhat may be behind it could not be ruled out: {}.",
            text::list(some)
        ),
    }
}
