//! Tells causes from symptoms.
//!
//! A failing check that explains another failing check on the same tasks is its cause. Failures that
//! nothing explains are root causes; the same cause on many subjects is one.

use std::collections::HashMap;

use crate::finding::{Finding, Status, Subject};
use crate::fix::Fix;
use crate::registry;
use crate::text;

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
    pub fixes: Vec<Fix>,
}

pub fn diagnose(mut findings: Vec<Finding>) -> Diagnosis {
    mark_symptoms(&mut findings);
    Diagnosis {
        root_causes: root_causes(&findings),
        findings,
    }
}

/// The session that was really opened.
const LIVE: &str = "container.live-session";
/// Areas that say what is declared, not what works.
const WISHES: [&str; 3] = ["policy", "custom", "program"];

fn mark_symptoms(findings: &mut [Finding]) {
    let mut explaining: HashMap<&'static str, Vec<usize>> = HashMap::new();
    for (index, finding) in findings.iter().enumerate() {
        if finding.status == Status::Fail {
            // Whatever keeps sessions from working explains one that did not.
            if finding.check != LIVE && !WISHES.contains(&finding.area) {
                explaining.entry(LIVE).or_default().push(index);
            }
            for symptom in finding.explains {
                explaining.entry(symptom).or_default().push(index);
            }
        }
    }
    let causes: Vec<Vec<&'static str>> = findings
        .iter()
        .map(|finding| match explaining.get(finding.check) {
            Some(candidates) if finding.status == Status::Fail => {
                let mut causes: Vec<&str> = candidates
                    .iter()
                    .map(|&index| &findings[index])
                    .filter(|cause| cause.concerns(finding))
                    .filter(|cause| {
                        finding
                            .only_by
                            .is_none_or(|only| only.contains(&cause.check))
                    })
                    .map(|cause| cause.check)
                    .collect();
                causes.sort_by_key(|check| registry::rank(check));
                causes.dedup();
                causes
            }
            _ => Vec::new(),
        })
        .collect();
    for (finding, causes) in findings.iter_mut().zip(causes) {
        finding.caused_by = causes;
    }
}

fn root_causes(findings: &[Finding]) -> Vec<Cause> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    for finding in findings {
        if finding.status != Status::Fail || !finding.caused_by.is_empty() {
            continue;
        }
        match groups
            .iter_mut()
            .find(|group| group[0].check == finding.check && group[0].cause == finding.cause)
        {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups.sort_by_key(|group| (registry::rank(group[0].check), usize::MAX - group.len()));
    groups.iter().map(|group| cause(group, findings)).collect()
}

fn cause(group: &[&Finding], findings: &[Finding]) -> Cause {
    let check = group[0].check;
    let mut symptoms: Vec<&'static str> = findings
        .iter()
        .filter(|finding| finding.status == Status::Fail)
        .filter(|finding| is_behind(check, finding, findings))
        .filter(|finding| group.iter().any(|cause| cause.concerns(finding)))
        .map(|finding| finding.check)
        .collect();
    symptoms.sort_by_key(|check| registry::rank(check));
    symptoms.dedup();
    Cause {
        check,
        title: title(group),
        detail: with_doubts(
            with_masked(details(group), &masked(findings, group)),
            &not_ruled_out(findings, group),
        ),
        subjects: group
            .iter()
            .map(|finding| finding.subject.clone())
            .collect(),
        symptoms,
        fixes: fixes(group),
    }
}

/// Whether a check is among the causes of a finding, or among those of its causes.
fn is_behind(check: &str, finding: &Finding, findings: &[Finding]) -> bool {
    finding.caused_by.iter().any(|&cause| {
        cause == check
            || findings.iter().any(|other| {
                other.check == cause && other.concerns(finding) && other.caused_by.contains(&check)
            })
    })
}

fn title(group: &[&Finding]) -> String {
    match group {
        [one] => one.title.clone(),
        many => format!("{} ({})", many[0].cause, subjects(many)),
    }
}

/// `3 tasks of coder-production-litellm`, `6 roles of 6 services`.
fn subjects(group: &[&Finding]) -> String {
    let mut ids: Vec<&str> = group.iter().map(|f| f.subject.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    let kind = group[0].subject.kind.as_str();
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
    let mut distinct: Vec<&str> = Vec::new();
    for finding in group {
        if !finding.detail.is_empty() && !distinct.contains(&finding.detail.as_str()) {
            distinct.push(&finding.detail);
        }
    }
    let left = distinct.len().saturating_sub(MOST);
    let mut lines: Vec<String> = distinct
        .iter()
        .take(MOST)
        .map(|s| (*s).to_owned())
        .collect();
    if left > 0 {
        lines.push(format!("… and {left} more like these."));
    }
    lines.join("\n")
}

fn fixes(group: &[&Finding]) -> Vec<Fix> {
    let mut fixes: Vec<Fix> = Vec::new();
    for fix in group.iter().flat_map(|finding| &finding.fixes) {
        if !fixes.iter().any(|known| known.id == fix.id) {
            fixes.push(fix.clone());
        }
    }
    fixes
}

/// Checks that could not be judged because of a cause, and may fail in their turn once it is mended.
fn masked(findings: &[Finding], group: &[&Finding]) -> Vec<&'static str> {
    let masks = registry::find(group[0].check).map_or(&[][..], |check| check.masks);
    masks
        .iter()
        .copied()
        .filter(|masked| {
            findings.iter().any(|finding| {
                finding.check == *masked
                    && finding.status == Status::Skip
                    && group.iter().any(|cause| cause.concerns(finding))
            })
        })
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
fn not_ruled_out(findings: &[Finding], group: &[&Finding]) -> Vec<&'static str> {
    let mut checks: Vec<&'static str> = findings
        .iter()
        .filter(|doubt| matches!(doubt.status, Status::Unknown | Status::Warn))
        .filter(|doubt| doubt.explains.contains(&group[0].check))
        .filter(|doubt| group.iter().any(|finding| doubt.concerns(finding)))
        .map(|doubt| doubt.check)
        .collect();
    checks.sort_by_key(|check| registry::rank(check));
    checks.dedup();
    checks
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

#[cfg(test)]
mod tests {
    use super::{Diagnosis, diagnose};
    use crate::World;
    use crate::facts::{Fact, Facts, Outcome};
    use crate::registry::CHECKS;
    use crate::testing::*;

    fn of(facts: &Facts) -> Diagnosis {
        let world = World::new(facts);
        diagnose(
            CHECKS
                .iter()
                .flat_map(|check| (check.run)(&world))
                .collect(),
        )
    }

    fn causes(facts: &Facts) -> Vec<&'static str> {
        of(facts)
            .root_causes
            .iter()
            .map(|cause| cause.check)
            .collect()
    }

    fn agents(facts: &mut Facts, status: &str) {
        for fact in facts.tasks.values_mut() {
            for container in &mut known(fact).containers {
                container.managed_agents[0].last_status = status.into();
            }
        }
    }

    #[test]
    fn a_healthy_world_has_no_root_cause() {
        assert!(causes(&healthy()).is_empty());
    }

    #[test]
    fn a_stopped_agent_is_the_role_s_symptom() {
        let mut facts = healthy_coder();
        agents(&mut facts, "STOPPED");
        decide(&mut facts, "ssmmessages:", "*", |decision| {
            decision.outcome = Outcome::ImplicitDeny;
        });
        let diagnosis = of(&facts);
        assert_eq!(diagnosis.root_causes.len(), 1);
        assert_eq!(diagnosis.root_causes[0].check, "role.ssmmessages");
        assert_eq!(
            diagnosis.root_causes[0].symptoms,
            ["container.agent-running"]
        );
    }

    #[test]
    fn a_symptom_that_nothing_explains_is_its_own_cause() {
        let mut facts = healthy_coder();
        agents(&mut facts, "STOPPED");
        facts.network.endpoints = Some(denied("ec2:DescribeVpcEndpoints"));
        let diagnosis = of(&facts);
        assert_eq!(diagnosis.root_causes[0].check, "container.agent-running");
        assert!(
            diagnosis.root_causes[0]
                .detail
                .contains("network.endpoint-present")
        );
    }

    #[test]
    fn the_service_s_flag_is_behind_its_tasks() {
        let mut facts = healthy_coder();
        service(&mut facts).exec_enabled = false;
        task(&mut facts).exec_enabled = false;
        task(&mut facts).containers[0].managed_agents.clear();
        let diagnosis = of(&facts);
        assert_eq!(diagnosis.root_causes.len(), 1);
        assert_eq!(diagnosis.root_causes[0].check, "service.exec-enabled");
        assert_eq!(
            diagnosis.root_causes[0].symptoms,
            ["task.exec-enabled", "container.agent-running"]
        );
    }

    #[test]
    fn one_service_s_fault_is_not_another_s() {
        let mut facts = healthy();
        task(&mut facts).exec_enabled = false;
        agents(&mut facts, "STOPPED");
        assert_eq!(
            causes(&facts),
            ["task.exec-enabled", "container.agent-running"]
        );
        let symptom = &of(&facts).root_causes[1];
        assert!(
            symptom
                .subjects
                .iter()
                .all(|subject| subject.service.as_deref() != Some(CODER))
        );
    }

    #[test]
    fn a_shared_cause_is_one_with_many_subjects() {
        let mut facts = healthy();
        decide(&mut facts, "ssmmessages:OpenDataChannel", "*", |decision| {
            decision.outcome = Outcome::ImplicitDeny;
        });
        let diagnosis = of(&facts);
        assert_eq!(diagnosis.root_causes.len(), 1);
        assert_eq!(diagnosis.root_causes[0].subjects.len(), 6);
        no_endpoint(&mut facts);
        no_way_out(&mut facts);
        assert_eq!(
            causes(&facts),
            ["role.ssmmessages", "network.endpoint-present"]
        );
        assert_eq!(of(&facts).root_causes[1].subjects.len(), 6);
    }

    #[test]
    fn a_cause_says_what_it_hides() {
        let mut facts = healthy_coder();
        definition(&mut facts).task_role = None;
        let diagnosis = of(&facts);
        assert_eq!(diagnosis.root_causes[0].check, "role.present");
        let detail = &diagnosis.root_causes[0].detail;
        assert!(
            detail.contains("After this is mended") && detail.contains("role.ssmmessages"),
            "{detail}"
        );
    }

    #[test]
    fn independent_faults_are_two_causes() {
        let mut facts = healthy_coder();
        facts.local.clock_ahead_seconds = Fact::Known(9_000);
        task(&mut facts).containers[0].managed_agents.clear();
        service(&mut facts).exec_enabled = false;
        task(&mut facts).exec_enabled = false;
        assert_eq!(causes(&facts), ["local.clock-skew", "service.exec-enabled"]);
    }
}
