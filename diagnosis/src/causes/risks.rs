//! Warnings that become causes: what can keep an agent from being connected has done so where one is not, and nothing
//! else explains it.

use super::neighbours::Neighbours;
use super::{Failures, can_be_of_same_container};
use model::finding::{AgentLink, Finding, Status};

/// Turns each warning that can explain a lost agent which nothing else explains into a failure.
pub fn confirm(findings: &mut [Finding]) {
    for (number, symptom) in confirmed(findings) {
        let finding = &mut findings[number];
        let doubt = match symptom.has_other_risks {
            true => " More than one thing can be why; this is one of them.",
            false => "",
        };
        finding.status = Status::Fail;
        finding.detail = format!(
            "{}, and nothing else that was seen explains it.{doubt} {}",
            symptom.title, finding.detail
        );
    }
}

/// What a warning explains.
struct Symptom {
    title: String,
    /// Another check warns of something that can explain it too.
    has_other_risks: bool,
}

/// The numbers of the warnings, each with what it explains.
fn confirmed(findings: &[Finding]) -> Vec<(usize, Symptom)> {
    let numbers: Vec<usize> = (0..findings.len())
        .filter(|at| is_risk(&findings[*at]))
        .collect();
    if numbers.is_empty() {
        return Vec::new();
    }
    let risks: Vec<&Finding> = numbers.iter().map(|at| &findings[*at]).collect();
    let neighbours = Neighbours::of(&risks);
    let failures = Failures::of(findings);
    let mut symptoms: Vec<Option<Symptom>> = risks.iter().map(|_| None).collect();
    for symptom in failures
        .roots()
        .filter(|root| root.agent_link == Some(AgentLink::Lost))
    {
        let explaining: Vec<usize> = neighbours
            .concerning(symptom)
            .filter(|risk| can_be_of_same_container(risks[*risk], symptom))
            .collect();
        for risk in &explaining {
            let is_other = |other: &usize| risks[*other].check.id != risks[*risk].check.id;
            let known = symptoms[*risk].get_or_insert_with(|| Symptom {
                title: symptom.title.to_string(),
                has_other_risks: false,
            });
            known.has_other_risks |= explaining.iter().any(is_other);
        }
    }
    let with_symptoms = numbers.into_iter().zip(symptoms);
    with_symptoms
        .filter_map(|(number, symptom)| Some((number, symptom?)))
        .collect()
}

fn is_risk(finding: &Finding) -> bool {
    finding.status == Status::Warn && finding.agent_link == Some(AgentLink::AtRisk)
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
        for (check, take) in RISKS {
            let mut facts = healthy_coder();
            take(&mut facts);
            assert_eq!(causes(&facts), [""; 0], "{check} alone is a warning");
            let mut facts = unconnected();
            take(&mut facts);
            let report = examine(&facts, &Selection::default());
            assert_eq!(causes(&facts), [check]);
            assert_eq!(report.root_causes[0].symptoms, ["container.live-session"]);
            assert!(!report.root_causes[0].fixes.is_empty(), "{check} has a fix");
        }
    }

    #[test]
    fn a_session_that_fails_otherwise_or_works_confirms_none() {
        for (check, take) in RISKS {
            let mut facts = probed(ProbeEnd::Failed("EOF".into()));
            take(&mut facts);
            assert_eq!(causes(&facts), ["container.live-session"], "{check}");
            let mut facts = probed(ProbeEnd::Worked { milliseconds: 9 });
            take(&mut facts);
            assert_eq!(causes(&facts), [""; 0], "{check}");
        }
    }

    #[test]
    fn a_failure_that_explains_it_leaves_risks_as_warnings() {
        for (check, take) in RISKS {
            let mut facts = unconnected();
            take(&mut facts);
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
    fn several_risks_are_told_of_only_where_they_explain_the_same() {
        const DOUBT: &str = "More than one thing";
        let doubts = |facts: &Facts| -> Vec<bool> {
            let report = examine(facts, &Selection::default());
            let causes = report.root_causes.iter();
            causes.map(|cause| cause.detail.contains(DOUBT)).collect()
        };
        let mut facts = unconnected();
        definition(&mut facts).containers[0].read_only_root = true;
        assert_eq!(doubts(&facts), [false]);
        definition(&mut facts).containers[0].restarts = true;
        assert_eq!(doubts(&facts), [true, true]);

        // Two services, each with a risk of its own.
        let mut facts = healthy();
        for (service, take) in [
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
            take(&mut alone);
            let changed = self::definition(&mut alone).containers[0].clone();
            let definition = known(facts.task_definitions.get_mut(&definition).unwrap());
            definition.containers[0].read_only_root = changed.read_only_root;
            definition.containers[0].restarts = changed.restarts;
        }
        assert_eq!(doubts(&facts), [false, false]);
    }

    #[test]
    fn a_task_that_is_seconds_old_has_to_be_waited_for() {
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
