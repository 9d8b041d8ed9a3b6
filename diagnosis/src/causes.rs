//! Tells causes from symptoms.
//!
//! A failing check that explains another failing check on the same tasks is its cause. Failures that
//! nothing explains are root causes; the same cause on many subjects is one.

#[cfg(test)]
mod causes_and_symptoms;
mod neighbours;
mod risks;
mod wording;

use std::collections::HashSet;
use std::mem::replace;

use schemars::JsonSchema;
use serde::Serialize;

use checks::registry;
use model::finding::{Finding, Status, Subject};
use neighbours::Neighbours;

pub struct Diagnosis {
    pub findings: Vec<Finding>,
    pub root_causes: Vec<RootCause>,
}

/// A failure that no other explains, on all its subjects.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RootCause {
    /// ID of the check that failed.
    pub check: &'static str,
    /// One sentence, for all subjects together.
    pub title: String,
    /// Why we think so, and what it may hide.
    pub detail: String,
    pub subjects: Vec<Subject>,
    /// IDs of the checks that fail because of it.
    pub symptoms: Vec<&'static str>,
    /// IDs of fixes.
    pub fixes: Vec<String>,
}

pub fn diagnose(mut findings: Vec<Finding>) -> Diagnosis {
    risks::confirm(&mut findings);
    let failures = Failures::of(&findings);
    let root_causes = root_causes(&findings, &failures);
    let caused_by = failures.caused_by;
    let failed = findings.iter_mut().filter(|finding| has_failed(finding));
    for (finding, causes) in failed.zip(caused_by) {
        finding.caused_by = causes;
    }
    Diagnosis {
        findings,
        root_causes,
    }
}

/// The session that was really opened.
pub const LIVE: &str = "container.live-session";

fn has_failed(finding: &Finding) -> bool {
    finding.status == Status::Fail
}

struct Failures<'f> {
    all: Vec<&'f Finding>,
    neighbours: Neighbours<'f>,
    /// The checks behind each, none where it is a root cause.
    caused_by: Vec<Vec<&'static str>>,
}

impl<'f> Failures<'f> {
    fn of(findings: &'f [Finding]) -> Failures<'f> {
        let all: Vec<&Finding> = findings.iter().filter(|one| has_failed(one)).collect();
        let neighbours = Neighbours::of(&all);
        let causes = |symptom: &&Finding| {
            let causes = neighbours
                .concerning(symptom)
                .map(|number| all[number])
                .filter(|cause| explains(cause, symptom));
            in_order(causes.map(|cause| cause.check.id))
        };
        Failures {
            caused_by: all.iter().map(causes).collect(),
            all,
            neighbours,
        }
    }

    fn roots(&self) -> impl Iterator<Item = &'f Finding> {
        let with_causes = self.all.iter().zip(&self.caused_by);
        with_causes.filter_map(|(failure, causes)| causes.is_empty().then_some(*failure))
    }

    /// The checks that fail because of these failures of one check.
    fn symptoms_of(&self, group: &[&Finding]) -> Vec<&'static str> {
        let check = group[0].check.id;
        let mut tried = vec![false; self.all.len()];
        let symptoms = group
            .iter()
            .flat_map(|finding| self.neighbours.concerned_by(finding))
            .filter(|number| !replace(&mut tried[*number], true))
            .filter(|number| self.is_behind(check, *number))
            .map(|number| self.all[number].check.id);
        in_order(symptoms)
    }

    /// Whether a check is among the causes of a failure, or among those of its causes.
    fn is_behind(&self, check: &str, number: usize) -> bool {
        let causes = &self.caused_by[number];
        let is_behind_one = |other: usize| {
            causes.contains(&self.all[other].check.id) && self.caused_by[other].contains(&check)
        };
        !causes.is_empty()
            && (causes.contains(&check)
                || self
                    .neighbours
                    .concerning(self.all[number])
                    .any(is_behind_one))
    }
}

/// Whether one failure may be behind another; what keeps sessions from working explains one that did not.
fn explains(cause: &Finding, symptom: &Finding) -> bool {
    if !can_be_of_same_container(cause, symptom) {
        return false;
    }
    let is_of_sessions = || cause.check.id != LIVE && !cause.check.area.is_expectation();
    let may_be = symptom
        .explained_only_by
        .is_none_or(|only| only.contains(&cause.check.id));
    may_be
        && (cause.check.explains.contains(&symptom.check.id)
            || (symptom.check.id == LIVE && is_of_sessions()))
}

/// What is wrong with one container explains nothing about another.
fn can_be_of_same_container(one: &Finding, other: &Finding) -> bool {
    match (one.subject.container(), other.subject.container()) {
        (Some(one), Some(other)) => one == other,
        (_, None) | (None, _) => true,
    }
}

/// Each check once, in the order of the session's path.
fn in_order(checks: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let mut once = Vec::new();
    for check in checks {
        if !once.contains(&check) {
            once.push(check);
        }
    }
    once.sort_by_key(|check| registry::rank(check));
    once
}

fn root_causes(findings: &[Finding], failures: &Failures) -> Vec<RootCause> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    for root in failures.roots() {
        match groups.iter_mut().find(|group| {
            group[0].check.id == root.check.id && group[0].group_title == root.group_title
        }) {
            Some(group) => group.push(root),
            None => groups.push(vec![root]),
        }
    }
    groups.sort_by_key(|group| (registry::rank(group[0].check.id), usize::MAX - group.len()));
    if groups.is_empty() {
        return Vec::new();
    }
    let open = Open::of(findings, &groups);
    groups
        .iter()
        .map(|group| cause(group, failures, &open))
        .collect()
}

fn cause(group: &[&Finding], failures: &Failures, open: &Open) -> RootCause {
    RootCause {
        check: group[0].check.id,
        title: wording::title(group),
        detail: wording::detail(group, &open.masked_by(group), &open.doubts_of(group)),
        subjects: group
            .iter()
            .map(|finding| finding.subject.clone())
            .collect(),
        symptoms: failures.symptoms_of(group).into(),
        fixes: fixes(group),
    }
}

fn fixes(group: &[&Finding]) -> Vec<String> {
    let mut seen = HashSet::new();
    let ids = group.iter().flat_map(|finding| finding.fix_ids());
    ids.filter(|id| seen.insert(*id))
        .map(str::to_owned)
        .collect()
}

/// What neither passed nor failed, and may matter.
struct Open<'f> {
    all: Vec<&'f Finding>,
    neighbours: Neighbours<'f>,
}

impl<'f> Open<'f> {
    fn of(findings: &'f [Finding], groups: &[Vec<&Finding>]) -> Open<'f> {
        let masks = groups.iter().flat_map(|group| group[0].check.masks);
        let masked: HashSet<&str> = masks.copied().collect();
        let is_open = |finding: &&Finding| match finding.status {
            Status::Skip => masked.contains(finding.check.id),
            Status::Warn | Status::Unknown => true,
            Status::Pass | Status::Fail => false,
        };
        let all: Vec<&Finding> = findings.iter().filter(is_open).collect();
        Open {
            neighbours: Neighbours::of(&all),
            all,
        }
    }

    /// Checks that could not be judged because of a cause, and may fail in their turn once it is mended.
    fn masked_by(&self, group: &[&Finding]) -> Vec<&'static str> {
        let masks = group[0].check.masks;
        if masks.is_empty() {
            return Vec::new();
        }
        let masked = group
            .iter()
            .flat_map(|cause| self.neighbours.concerned_by(cause))
            .map(|number| self.all[number])
            .filter(|finding| finding.status == Status::Skip);
        let masked: HashSet<&str> = masked.map(|finding| finding.check.id).collect();
        let in_their_order = masks.iter().copied();
        in_their_order
            .filter(|check| masked.contains(check))
            .collect()
    }

    /// Checks that could not be decided, or are only suspected, and would explain a failure that nothing else
    /// explains.
    fn doubts_of(&self, group: &[&Finding]) -> Vec<&'static str> {
        let doubts = group
            .iter()
            .flat_map(|finding| self.neighbours.concerning(finding))
            .map(|number| self.all[number])
            .filter(|doubt| matches!(doubt.status, Status::Unknown | Status::Warn))
            .filter(|doubt| doubt.check.explains.contains(&group[0].check.id));
        in_order(doubts.map(|doubt| doubt.check.id))
    }
}
