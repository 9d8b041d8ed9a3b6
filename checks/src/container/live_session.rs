use crate::fact_index::FactIndex;
use explain::explain;
use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::facts::{Probe, ProbeEnd, Task};
use model::finding::{AgentLink, Finding, Severity, Subject};
use model::text;

use super::agent_running;

pub const CHECK: Check = Check {
    id: "container.live-session",
    area: Area::Container,
    title: "A session opens and runs a command",
    why: "It settles what all other checks can only infer: whatever they say, this is a session.",
    how: "With --live: a session into each target that runs /bin/sh, prints a mark and ends. It shows in the cluster's records of sessions.",
    remedy: "Mend the cause that the other checks name; where they are all green, what the session said is the lead.",
    actions: &["ecs:ExecuteCommand"],
    docs: &["https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec-run.html"],
    explains: &[],
    masks: &[],
    severity: Severity::Critical,
    on_plan: OnPlan::NothingRuns,
    inference: Inference::Tried,
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    if index.facts.probes.is_empty() {
        return Vec::new();
    }
    index.each_running(&CHECK, |group, tasks| {
        tasks
            .iter()
            .flat_map(|task| {
                let probes = index.facts.probes.get(&*task.arn);
                probes.into_iter().flatten().map(|probe| {
                    let subject = group.container_subject(task, &probe.container);
                    judge(index, task, subject, probe).on(*task)
                })
            })
            .collect()
    })
}

fn judge(index: &FactIndex, task: &Task, subject: Subject, probe: &Probe) -> Finding {
    let name = &probe.container;
    match &probe.end {
        ProbeEnd::Worked { milliseconds } => CHECK
            .pass(
                subject,
                format!("A session into {name} worked, after {milliseconds} ms"),
            )
            .evidence("milliseconds", *milliseconds),
        ProbeEnd::NoShell => CHECK
            .warn(
                subject,
                format!("A session into {name} opens, but its image has no /bin/sh"),
            )
            .detail(
                "The agent is connected and took the session. Name a program that is in the image.",
            )
            .group_title("Images have no /bin/sh"),
        ProbeEnd::Failed(said) => failed(index, task, subject, name, said),
    }
}

fn failed(index: &FactIndex, task: &Task, subject: Subject, name: &str, said: &str) -> Finding {
    let known = explain(said);
    let meaning = known.as_ref().map_or(String::new(), |known| {
        format!(
            " {}: {}",
            known.known_error.title, known.known_error.meaning
        )
    });
    let is_unconnected =
        known.is_some_and(|known| known.known_error.checks.contains(&agent_running::CHECK.id));
    if let (true, Some(age)) = (is_unconnected, index.young_agent(task, name)) {
        return CHECK
            .unknown_because(
                subject,
                format!(
                    "A session into {name} did not open, {} after its agent started",
                    text::span(age)
                ),
            )
            .detail(
                "An agent needs up to a minute or two to connect to Systems Manager. Wait, then look again: \
                 `ecs-exec doctor --live --watch`.",
            )
            .evidence("said", said);
    }
    let finding = CHECK
        .fail(subject, format!("A session into {name} does not work"))
        .detail(format!("It ended with: {said}{meaning}"))
        .group_title("Sessions do not work")
        .evidence("said", said);
    match is_unconnected {
        true => finding.agent_link(AgentLink::Lost),
        false => finding,
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::facts::{Facts, Probe, ProbeEnd};
    use model::finding::Status;

    fn probed(end: ProbeEnd) -> Facts {
        let mut facts = healthy_coder();
        let arn = task(&mut facts).arn.clone();
        let probe = Probe {
            container: "coder".into(),
            end,
        };
        facts.probes.insert(arn.to_string(), vec![probe]);
        facts
    }

    #[test]
    fn not_asked_worked_no_shell_and_failed() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), []);
        assert_eq!(
            statuses(&CHECK, &probed(ProbeEnd::Worked { milliseconds: 812 })),
            [Status::Pass]
        );
        assert_eq!(statuses(&CHECK, &probed(ProbeEnd::NoShell)), [Status::Warn]);
        let facts = probed(ProbeEnd::Failed("TargetNotConnectedException: …".into()));
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Fail);
        assert!(
            finding.detail.contains("is not connected"),
            "{}",
            finding.detail
        );
    }

    #[test]
    fn all_green_and_broken_is_impossible() {
        let facts = probed(ProbeEnd::Failed("EOF".into()));
        let report = diagnosis::examine(&facts, &diagnosis::Selection::default());
        assert_eq!(report.root_causes[0].check, CHECK.id);
    }

    #[test]
    fn a_cause_explains_a_session_that_fails() {
        let mut facts = probed(ProbeEnd::Failed("TargetNotConnectedException".into()));
        decide(&mut facts, "ssmmessages:", "*", |decision| {
            decision.outcome = model::facts::Outcome::ImplicitDeny;
        });
        let report = diagnosis::examine(&facts, &diagnosis::Selection::default());
        assert_eq!(report.root_causes.len(), 1);
        assert_eq!(report.root_causes[0].check, "role.ssmmessages");
        assert_eq!(report.root_causes[0].symptoms, [CHECK.id]);
    }

    #[test]
    fn a_session_that_works_refutes_what_was_only_inferred() {
        let mut facts = probed(ProbeEnd::Worked { milliseconds: 1 });
        endpoint_group(&mut facts).ingress.clear();
        for acls in facts.network.network_acls.values_mut() {
            *acls = denied("ec2:DescribeNetworkAcls");
        }
        facts.expect.exec_forbidden = vec!["coder-*".into()];
        let report = diagnosis::examine(&facts, &diagnosis::Selection::default());
        let causes: Vec<&str> = report.root_causes.iter().map(|cause| cause.check).collect();
        assert_eq!(
            causes,
            ["policy.exec-forbidden"],
            "what was declared still holds"
        );
        let suspicion = report
            .findings
            .iter()
            .find(|finding| finding.check.id == "network.endpoint-security-group")
            .unwrap();
        assert_eq!(suspicion.status, Status::Warn);
        assert!(
            suspicion.detail.contains("worked all the same"),
            "{}",
            suspicion.detail
        );
    }
}
