//! Warnings that become causes: a risk to the agent's connection is the cause of a lost agent that no failure explains.

use std::collections::BTreeMap;

use super::scope_index::ScopeIndex;
use super::{Failures, can_be_same_container};
use model::finding::{AgentLink, Finding, Status};

/// Turns each warning that can explain a lost agent which no failure explains into a failure.
pub fn confirm(findings: &mut [Finding]) {
    for (at, symptom) in confirmed(findings) {
        let finding = &mut findings[at];
        let others = match symptom.has_other_risks {
            true => " Other warnings may explain it too.",
            false => "",
        };
        finding.status = Status::Fail;
        finding.detail = format!(
            "{}, and no failed check explains it.{others} {}",
            symptom.title, finding.detail
        );
    }
}

/// The failure that a warning explains.
struct Symptom {
    title: String,
    /// Another check warns of something that can explain it too.
    has_other_risks: bool,
}

/// By the place of each warning that explains a failure: the failure.
fn confirmed(findings: &[Finding]) -> BTreeMap<usize, Symptom> {
    let is_risk = |at: &usize| {
        let finding = &findings[*at];
        finding.status == Status::Warn && finding.agent_link == Some(AgentLink::AtRisk)
    };
    let places: Vec<usize> = (0..findings.len()).filter(is_risk).collect();
    if places.is_empty() {
        return BTreeMap::new();
    }
    let index = ScopeIndex::of(places.iter().map(|at| &findings[*at]));
    let risks = &index.findings;
    let mut confirmed = BTreeMap::new();
    let failures = Failures::of(findings);
    let is_lost = |root: &&Finding| root.agent_link == Some(AgentLink::Lost);
    for lost in failures.roots().filter(is_lost) {
        let explaining: Vec<usize> = index
            .possible_causes(lost)
            .filter(|risk| can_be_same_container(risks[*risk], lost))
            .collect();
        for risk in &explaining {
            let is_other = |other: &usize| risks[*other].check.id != risks[*risk].check.id;
            let symptom = confirmed.entry(places[*risk]).or_insert_with(|| Symptom {
                title: lost.title.clone(),
                has_other_risks: false,
            });
            symptom.has_other_risks |= explaining.iter().any(is_other);
        }
    }
    confirmed
}

#[cfg(test)]
mod tests {
    use crate::{Selection, examine};
    use model::Status;
    use model::facts::{Facts, Outcome, Probe, ProbeEnd, ProxyEnvironment};
    use test_facts::*;

    const NOT_CONNECTED: &str = "An error occurred (TargetNotConnectedException) when calling the ExecuteCommand \
                                 operation: The execute command failed due to an internal error. Try again later.";

    fn probed(end: ProbeEnd) -> Facts {
        let mut facts = healthy_coder();
        let arn = task(&mut facts).arn.to_string();
        let container = "coder".into();
        facts.probes.insert(arn, vec![Probe { container, end }]);
        facts
    }

    fn unconnected() -> Facts {
        probed(ProbeEnd::Failed(NOT_CONNECTED.into()))
    }

    fn share_processes(facts: &mut Facts) {
        definition(facts).pid_mode = Some("task".into());
        let mut second = definition(facts).containers[0].clone();
        second.name = "second".into();
        definition(facts).containers.push(second);
    }

    /// The check that warns, and what it warns of.
    type Risk = (&'static str, fn(&mut Facts));

    const RISKS: [Risk; 5] = [
        ("task.pid-mode", share_processes),
        ("container.read-only-root", |facts| {
            definition(facts).containers[0].read_only_root = true;
        }),
        ("container.proxy-env", |facts| {
            definition(facts).containers[0].proxy = Some(ProxyEnvironment {
                variables: vec!["HTTPS_PROXY".into()],
                credentials_bypass: true,
                ssmmessages_bypass: false,
            });
        }),
        ("container.aws-credentials-env", |facts| {
            definition(facts).containers[0].environment =
                vec!["AWS_CONTAINER_CREDENTIALS_FULL_URI".into()];
        }),
        ("container.restart-policy", |facts| {
            definition(facts).containers[0].restarts = true;
        }),
    ];

    fn causes(facts: &Facts) -> Vec<&'static str> {
        let report = examine(facts, &Selection::default());
        report.root_causes.iter().map(|cause| cause.check).collect()
    }

    #[test]
    fn a_session_that_cannot_connect_confirms_a_risk() {
        for (check, add_risk) in RISKS {
            let mut facts = healthy_coder();
            add_risk(&mut facts);
            assert_eq!(causes(&facts), [""; 0], "{check} alone is a warning");
            let mut facts = unconnected();
            add_risk(&mut facts);
            let report = examine(&facts, &Selection::default());
            assert_eq!(causes(&facts), [check]);
            assert_eq!(report.root_causes[0].symptoms, ["container.live-session"]);
            assert!(!report.root_causes[0].fixes.is_empty(), "{check} has a fix");
        }
    }

    #[test]
    fn a_session_that_works_or_fails_otherwise_confirms_no_risk() {
        for (check, add_risk) in RISKS {
            let mut facts = probed(ProbeEnd::Failed("EOF".into()));
            add_risk(&mut facts);
            assert_eq!(causes(&facts), ["container.live-session"], "{check}");
            let mut facts = probed(ProbeEnd::Worked { milliseconds: 9 });
            add_risk(&mut facts);
            assert_eq!(causes(&facts), [""; 0], "{check}");
        }
    }

    #[test]
    fn a_failure_that_explains_it_leaves_risks_as_warnings() {
        for (check, add_risk) in RISKS {
            let mut facts = unconnected();
            add_risk(&mut facts);
            decide(&mut facts, "ssmmessages:", "*", |decision| {
                decision.outcome = Outcome::ImplicitDeny;
            });
            assert_eq!(causes(&facts), ["role.ssmmessages"], "{check}");
        }
    }

    #[test]
    fn the_risk_of_another_container_explains_nothing() {
        let mut facts = unconnected();
        let mut second = definition(&mut facts).containers[0].clone();
        second.name = "second".into();
        second.restarts = true;
        definition(&mut facts).containers.push(second);
        assert_eq!(causes(&facts), ["container.live-session"]);
    }

    #[test]
    fn other_risks_are_mentioned_only_if_they_explain_the_same_failure() {
        const OTHER_RISKS: &str = "Other warnings";
        let mentions_others = |facts: &Facts| -> Vec<bool> {
            let report = examine(facts, &Selection::default());
            let causes = report.root_causes.iter();
            causes
                .map(|cause| cause.detail.contains(OTHER_RISKS))
                .collect()
        };
        let mut facts = unconnected();
        definition(&mut facts).containers[0].read_only_root = true;
        assert_eq!(mentions_others(&facts), [false]);
        definition(&mut facts).containers[0].restarts = true;
        assert_eq!(mentions_others(&facts), [true, true]);

        // Two services, each with its own risk.
        let mut facts = healthy();
        for (service, add_risk) in [
            (CODER, RISKS[1].1),
            ("coder-production-litellm", RISKS[4].1),
        ] {
            let arn = known(facts.service_tasks.get_mut(service).unwrap())[0].clone();
            let task = known(facts.tasks.get_mut(&arn).unwrap());
            let container = task.containers[0].name.to_string();
            let definition = task.task_definition.to_string();
            let end = ProbeEnd::Failed(NOT_CONNECTED.into());
            facts.probes.insert(arn, vec![Probe { container, end }]);
            let mut alone = healthy_coder();
            add_risk(&mut alone);
            let changed = self::definition(&mut alone).containers[0].clone();
            let definition = known(facts.task_definitions.get_mut(&definition).unwrap());
            definition.containers[0].read_only_root = changed.read_only_root;
            definition.containers[0].restarts = changed.restarts;
        }
        assert_eq!(mentions_others(&facts), [false, false]);
    }

    #[test]
    fn a_task_that_is_seconds_old_confirms_no_risk() {
        let mut facts = unconnected();
        let now = facts.taken_at;
        task(&mut facts).started_at = Some(now);
        task(&mut facts).containers[0].managed_agents[0].last_started_at = Some(now);
        let report = examine(&facts, &Selection::default());
        assert!(report.root_causes.is_empty());
        let mut findings = report.findings.iter();
        let live = findings.find(|finding| finding.check.id == "container.live-session");
        assert_eq!(live.unwrap().status, Status::Unknown);
    }
}
