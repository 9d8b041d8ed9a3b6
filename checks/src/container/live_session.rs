use crate::prelude::*;
use explain::explain;

use super::agent_running;

pub const CHECK: Check = Check {
    id: "container.live-session",
    title: "A session opens and runs a command",
    why: "It proves what all other checks can only infer.",
    how: "With --live: a session in each target that runs /bin/sh, prints a marker and exits. The cluster's session logs include it.",
    remedy: "Fix the cause that the other checks name. If they all pass, look the error of the session up with `ecs-exec explain`.",
    actions: &["ecs:ExecuteCommand"],
    docs: &["https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec-run.html"],
    severity: Severity::Critical,
    on_plan: OnPlan::NothingRuns,
    inference: Inference::Tried,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    let probes = &index.facts.probes;
    if probes.is_empty() {
        return Vec::new();
    }
    index.each_running(&CHECK, |group, tasks| {
        let mut findings = Vec::new();
        for &task in tasks {
            for probe in probes.get(&*task.arn).into_iter().flatten() {
                let subject = group.container_subject(task, &probe.container);
                findings.push(judge(index, task, subject, probe).on(task));
            }
        }
        findings
    })
}

fn judge(index: &FactIndex, task: &Task, subject: Subject, probe: &Probe) -> Finding {
    let name = &probe.container;
    match &probe.end {
        ProbeEnd::Worked { milliseconds } => {
            let title = format!("A session in {name} worked, after {milliseconds} ms");
            CHECK
                .pass(subject, title)
                .evidence("milliseconds", *milliseconds)
        }
        ProbeEnd::NoShell => {
            let title = format!("A session in {name} opens, but its image has no /bin/sh");
            CHECK
                .warn(subject, title)
                .detail("The agent is connected and accepted the session. Name a program that the image has.")
                .group_title("Images have no /bin/sh")
        }
        ProbeEnd::Failed(said) => failed(index, task, subject, name, said),
    }
}

fn failed(index: &FactIndex, task: &Task, subject: Subject, name: &str, said: &str) -> Finding {
    let known = explain(said).map(|known| known.known_error);
    let is_unconnected = known
        .as_ref()
        .is_some_and(|known| known.checks.iter().any(|id| id == agent_running::CHECK.id));
    if let (true, Some(age)) = (is_unconnected, index.young_agent(task, name)) {
        let age = text::span(age);
        let title = format!("A session in {name} did not open, {age} after its agent started");
        return CHECK
            .unknown_because(subject, title)
            .detail(
                "An agent needs up to two minutes to connect to Systems Manager. Wait, then run \
                 `ecs-exec doctor --live --watch`.",
            )
            .evidence("said", said);
    }
    let meaning = known.map_or(String::new(), |known| {
        format!(" {}: {}", known.title, known.meaning)
    });
    let finding = CHECK
        .fail(subject, format!("A session in {name} does not work"))
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
    fn the_result_of_the_session_decides() {
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
    fn a_failed_session_is_a_cause_if_all_else_passes() {
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
    fn a_session_that_works_disproves_inferred_failures() {
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
            "an expectation is not inferred"
        );
        let inferred = report
            .findings
            .iter()
            .find(|finding| finding.check.id == "network.endpoint-security-group")
            .unwrap();
        assert_eq!(inferred.status, Status::Warn);
        assert!(
            inferred.detail.contains("worked nevertheless"),
            "{}",
            inferred.detail
        );
    }
}
