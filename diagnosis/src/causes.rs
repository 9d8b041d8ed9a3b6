//! Tells causes from symptoms.
//!
//! 1. `risks`: a warning becomes a failure if it can explain a lost agent that no failure explains.
//! 2. A failure is a symptom if another failure on the same tasks, whose check `explains` it, is there; else it is a
//!    root. `scope_index` finds the findings on the same tasks.
//! 3. Roots of the same check with the same `group_title` are one [`RootCause`], whose text is made by `wording`. It
//!    names the checks that it `masks`: they could not run and may fail once it is fixed. It also names the checks that
//!    could explain it but were undecided.

mod risks;
mod scope_index;
#[cfg(test)]
mod tests;
mod wording;

use std::collections::{BTreeSet, HashSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::each_once;
use checks::registry;
use model::finding::{Finding, Status, Subject};
use scope_index::ScopeIndex;

/// The findings, each with its causes, and the root causes of those that failed.
pub struct Diagnosis {
    /// All findings; failures with what causes them.
    pub findings: Vec<Finding>,
    /// The one that comes first on a session's path first.
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
    /// What the failures are about.
    pub subjects: Vec<Subject>,
    /// IDs of the checks that fail because of it.
    pub symptoms: Vec<&'static str>,
    /// IDs of fixes.
    pub fixes: Vec<String>,
}

/// Finds the causes of all failures.
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

/// ID of the check that opens a session, with `--live`.
pub const LIVE_SESSION: &str = "container.live-session";

fn has_failed(finding: &Finding) -> bool {
    finding.status == Status::Fail
}

struct Failures<'f> {
    index: ScopeIndex<'f>,
    /// For each failure the checks that explain it; none for a root.
    caused_by: Vec<Vec<&'static str>>,
}

impl<'f> Failures<'f> {
    fn of(findings: &'f [Finding]) -> Failures<'f> {
        let index = ScopeIndex::of(findings.iter().filter(|one| has_failed(one)));
        let causes = |symptom: &&Finding| {
            let causes = index.possible_causes(symptom).map(|at| index.findings[at]);
            in_session_order(
                causes
                    .filter(|cause| explains(cause, symptom))
                    .map(|cause| cause.check.id),
            )
        };
        Failures {
            caused_by: index.findings.iter().map(causes).collect(),
            index,
        }
    }

    fn roots(&self) -> impl Iterator<Item = &'f Finding> {
        let failures = self.index.findings.iter().zip(&self.caused_by);
        failures.filter_map(|(failure, causes)| causes.is_empty().then_some(*failure))
    }

    /// The checks that fail because of these failures of one check.
    fn symptoms_of(&self, group: &[&Finding]) -> Vec<&'static str> {
        let check = group[0].check.id;
        let failures = group.iter();
        let symptoms: BTreeSet<usize> = failures
            .flat_map(|finding| self.index.possible_symptoms(finding))
            .collect();
        let symptoms = symptoms.into_iter().filter(|at| self.leads_to(check, *at));
        in_session_order(symptoms.map(|at| self.index.findings[at].check.id))
    }

    /// Whether a check is among the causes of a failure, or among the causes of its causes.
    fn leads_to(&self, check: &str, symptom: usize) -> bool {
        let (index, causes) = (&self.index, &self.caused_by[symptom]);
        let leads_to_cause = |other: usize| {
            causes.contains(&index.findings[other].check.id)
                && self.caused_by[other].contains(&check)
        };
        let mut others = index.possible_causes(index.findings[symptom]);
        causes.contains(&check) || (!causes.is_empty() && others.any(leads_to_cause))
    }
}

/// Whether a failure explains another on the same tasks. What keeps sessions from working explains a session that did
/// not open.
fn explains(cause: &Finding, symptom: &Finding) -> bool {
    let is_session = symptom.check.id == LIVE_SESSION;
    let prevents_sessions = cause.check.id != LIVE_SESSION && !cause.check.area.is_expectation();
    let is_ruled_out = symptom
        .explained_only_by
        .is_some_and(|only| !only.contains(&cause.check.id));
    can_be_same_container(cause, symptom)
        && !is_ruled_out
        && (cause.check.symptoms.contains(&symptom.check.id) || (is_session && prevents_sessions))
}

/// A fault of one container explains nothing about another.
fn can_be_same_container(one: &Finding, other: &Finding) -> bool {
    match (one.subject.container(), other.subject.container()) {
        (Some(one), Some(other)) => one == other,
        (_, None) | (None, _) => true,
    }
}

/// Each check once, in the order in which a session meets what they look at.
fn in_session_order(checks: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let mut checks = each_once(checks);
    checks.sort_by_key(|check| registry::rank(check));
    checks
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
    if groups.is_empty() {
        return Vec::new();
    }
    groups.sort_by_key(|group| (registry::rank(group[0].check.id), usize::MAX - group.len()));
    let undecided = undecided(findings, &groups);
    let causes = groups.iter().map(|group| RootCause {
        check: group[0].check.id,
        title: wording::title(group),
        detail: wording::detail(
            group,
            &masked_checks(group, &undecided),
            &suspects(group, &undecided),
        ),
        subjects: group.iter().map(|root| root.subject.clone()).collect(),
        symptoms: failures.symptoms_of(group),
        fixes: each_once(group.iter().flat_map(|finding| finding.fix_ids()))
            .into_iter()
            .map(str::to_owned)
            .collect(),
    });
    causes.collect()
}

/// The findings that neither passed nor failed, without skipped checks that no root cause masks.
fn undecided<'f>(findings: &'f [Finding], groups: &[Vec<&Finding>]) -> ScopeIndex<'f> {
    let masks = groups.iter().flat_map(|group| group[0].check.masks);
    let masked: HashSet<&str> = masks.copied().collect();
    ScopeIndex::of(findings.iter().filter(|finding| match finding.status {
        Status::Skip => masked.contains(finding.check.id),
        Status::Warn | Status::Unknown => true,
        Status::Pass | Status::Fail => false,
    }))
}

/// The checks that were skipped because of a cause, and may fail once it is fixed.
fn masked_checks(group: &[&Finding], undecided: &ScopeIndex) -> Vec<&'static str> {
    let masks = group[0].check.masks;
    if masks.is_empty() {
        return Vec::new();
    }
    let findings = group.iter();
    let skipped: HashSet<&str> = findings
        .flat_map(|cause| undecided.possible_symptoms(cause))
        .map(|at| undecided.findings[at])
        .filter(|finding| finding.status == Status::Skip)
        .map(|finding| finding.check.id)
        .collect();
    let masks = masks.iter().copied();
    masks.filter(|check| skipped.contains(check)).collect()
}

/// The checks that warn or are unknown, and would explain a root if they failed.
fn suspects(group: &[&Finding], undecided: &ScopeIndex) -> Vec<&'static str> {
    let roots = group.iter();
    let suspects = roots
        .flat_map(|root| undecided.possible_causes(root))
        .map(|at| undecided.findings[at])
        .filter(|finding| finding.status != Status::Skip)
        .filter(|finding| finding.check.symptoms.contains(&group[0].check.id));
    in_session_order(suspects.map(|finding| finding.check.id))
}
