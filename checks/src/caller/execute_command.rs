mod denied_finding;
mod simulated_containers;

use denied_finding::denied_finding;
use simulated_containers::{ContainerAccess, SimulatedContainers};

use super::judge_any_caller;
use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "caller.execute-command",
    title: "The caller can open sessions",
    why: "ECS authorizes ecs:ExecuteCommand on the cluster's ARN and on the task's: a policy that names only tasks looks right, but is not enough.",
    how: "IAM's policy simulator, asked about the caller for both ARNs, with every condition key whose value is known. It does not see session policies or resource control policies.",
    actions: &["iam:SimulatePrincipalPolicy", "iam:GetRole"],
    remedy: "Allow ecs:ExecuteCommand on the cluster and on its tasks. If a Deny or a permissions boundary blocks it, change that.",
    docs: &[
        "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html",
    ],
    severity: Severity::Critical,
    ..super::DEFAULTS
};

const ACTION: &str = "ecs:ExecuteCommand";

pub fn run(index: &FactIndex) -> Vec<Finding> {
    let simulated = SimulatedContainers::of(index);
    let groups = index.groups.iter();
    groups
        .map(|group| {
            let service = group.service_name();
            judge_any_caller(index, &CHECK, service, |subject, caller, arn| {
                judge(index, group, &simulated, subject, caller, arn)
            })
        })
        .collect()
}

fn judge(
    index: &FactIndex,
    group: &Group,
    simulated: &SimulatedContainers,
    subject: Subject,
    caller: &Caller,
    arn: &str,
) -> Finding {
    if caller.principal == Principal::Root {
        return CHECK
            .pass(subject, "The caller is the account's root user, which is allowed to open sessions")
            .detail("Only a service control policy of an organization can deny it, and IAM cannot simulate those of the root user.");
    }
    if let Some(finding) = iam_answers::no_answer_finding(index, &CHECK, &subject, arn, ACTION) {
        return finding;
    }
    let Some(cluster) = index.facts.cluster_arn() else {
        return CHECK.unknown_because(subject, "The cluster's ARN is unknown");
    };
    let running = group.running();
    let containers = match group.container {
        Some(container) => vec![container.to_owned()],
        None => match simulated.access(index, running, arn, &cluster) {
            ContainerAccess::DecidedBy(names) => names,
            ContainerAccess::Partial { allowed, denied } => {
                return some_containers(subject, &allowed, &denied);
            }
        },
    };
    let mut needs = vec![(ACTION, cluster.as_str())];
    needs.extend(running.iter().map(|task| (ACTION, &*task.arn)));
    let answer = iam_answers::permission_answer(index, arn, &needs, |simulation| {
        simulated_containers::is_about(simulation, &containers)
    });
    if running.is_empty() && answer.is_empty() {
        return CHECK.skip(
            subject,
            "No task is running, and the caller's policies distinguish containers",
        );
    }
    if !answer.denied.is_empty() {
        return denied_finding(index, caller, &cluster, subject, running, &answer);
    }
    let question = format!("the caller is allowed to call {ACTION}");
    if let Some(finding) = answer.undecided_finding(&CHECK, &subject, &question) {
        return finding;
    }
    match (&group.tasks, running) {
        (Fact::Unavailable(why), _) => CHECK
            .unknown(subject, why)
            .detail("The caller is allowed to do it on the cluster. The tasks are unknown."),
        (_, []) => CHECK.skip(
            subject,
            "The caller is allowed to open sessions on the cluster; no task is running",
        ),
        _ => CHECK
            .pass(
                subject,
                format!("The caller is allowed to call {ACTION} on the cluster and on the tasks"),
            )
            .evidence("simulatedAs", arn)
            .evidence("engine", answer.engine.name())
            .evidence("resources", answer.allowed),
    }
}

fn some_containers(subject: Subject, allowed: &[String], denied: &[String]) -> Finding {
    let title = format!("The caller can enter {}", text::list(allowed));
    let title = match denied {
        [] => title,
        denied => format!("{title}, but not {}", text::list(denied)),
    };
    CHECK
        .warn(subject, title)
        .detail("The caller's policies have conditions on the name of the container.")
        .group_title("The caller can enter some containers only")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{caller, decide, denied, healthy_coder, run, statuses, task};
    use model::facts::{Fact, Facts, Outcome, Principal};
    use model::finding::Status;

    const CLUSTER: &str = ":cluster/";
    const TASK: &str = ":task/";

    fn deny(facts: &mut Facts, resource: &str) {
        decide(facts, "ecs:ExecuteCommand", resource, |decision| {
            decision.outcome = Outcome::ImplicitDeny;
        });
    }

    #[test]
    fn allowed_on_cluster_and_tasks_passes() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), [Status::Pass]);
    }

    #[test]
    fn a_policy_that_names_only_tasks_fails() {
        let mut facts = healthy_coder();
        deny(&mut facts, CLUSTER);
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Fail);
        assert!(
            finding.title.contains("but not on the cluster"),
            "{}",
            finding.title
        );
        let command = &finding.fixes[0].commands[0];
        assert!(
            command.contains(":cluster/coder-production-cluster\""),
            "{command}"
        );
        assert!(
            command.contains(":task/coder-production-cluster/*\""),
            "{command}"
        );
    }

    #[test]
    fn denied_on_cluster_and_tasks_fails() {
        let mut facts = healthy_coder();
        deny(&mut facts, CLUSTER);
        deny(&mut facts, TASK);
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(
            finding.title,
            "The caller is not allowed to call ecs:ExecuteCommand"
        );
    }

    #[test]
    fn an_explicit_deny_has_no_command_as_fix() {
        let mut facts = healthy_coder();
        decide(&mut facts, "ecs:ExecuteCommand", TASK, |decision| {
            decision.outcome = Outcome::ExplicitDeny;
            decision.matched_policies = vec!["no-shells".into()];
        });
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Fail);
        assert!(finding.detail.contains("no-shells"));
        assert!(finding.fixes[0].commands.is_empty());
    }

    #[test]
    fn a_permissions_boundary_is_named() {
        let mut facts = healthy_coder();
        decide(&mut facts, "ecs:ExecuteCommand", TASK, |decision| {
            decision.outcome = Outcome::ImplicitDeny;
            decision.allowed_by_boundary = Some(false);
        });
        assert!(
            run(&CHECK, &facts)[0]
                .detail
                .contains("permissions boundary")
        );
    }

    #[test]
    fn missing_context_is_unknown_and_names_the_keys() {
        let mut facts = healthy_coder();
        decide(&mut facts, "ecs:ExecuteCommand", TASK, |decision| {
            decision.outcome = Outcome::ImplicitDeny;
            decision.missing_context = vec!["aws:MultiFactorAuthPresent".into()];
        });
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Unknown);
        assert!(finding.title.contains("aws:MultiFactorAuthPresent"));
    }

    #[test]
    fn an_allow_that_a_deny_can_override_is_unknown() {
        let mut facts = healthy_coder();
        decide(&mut facts, "ecs:ExecuteCommand", TASK, |decision| {
            decision.missing_context = vec!["aws:MultiFactorAuthPresent".into()];
        });
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }

    /// Adds a simulation for a container name of this or another service.
    fn simulate_container(facts: &mut Facts, name: &str, outcome: Outcome) {
        let simulation_without_container = facts
            .simulations
            .iter()
            .find(|simulation| simulation.actions.iter().any(|a| a == "ecs:ExecuteCommand"))
            .unwrap();
        let mut answer = simulation_without_container.clone();
        answer
            .context
            .insert("ecs:container-name".into(), name.into());
        for decision in answer.decisions.known_mut().unwrap() {
            decision.outcome = outcome;
        }
        facts.simulations.push(answer);
    }

    #[test]
    fn containers_of_other_services_are_ignored() {
        let mut facts = healthy_coder();
        facts.target.services[0].container = None;
        let own = task(&mut facts).containers[0].name.clone();
        simulate_container(&mut facts, &own, Outcome::Allowed);
        simulate_container(&mut facts, "worker", Outcome::ImplicitDeny);
        let others = facts.simulations.last_mut().unwrap();
        others.resources.retain(|arn| arn.contains(CLUSTER));
        let is_cluster = |decision: &model::facts::Decision| decision.resource.contains(CLUSTER);
        others.decisions.known_mut().unwrap().retain(is_cluster);
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        simulate_container(&mut facts, &own, Outcome::ImplicitDeny);
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    }

    /// The decision for one container does not apply to another.
    #[test]
    fn a_container_without_an_answer_is_a_warning() {
        let mut facts = healthy_coder();
        facts.target.services[0].container = None;
        let mut sidecar = task(&mut facts).containers[0].clone();
        simulate_container(&mut facts, &sidecar.name, Outcome::Allowed);
        sidecar.name = "sidecar".into();
        task(&mut facts).containers.push(sidecar);
        simulate_container(&mut facts, "sidecar", Outcome::Allowed);
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        let answers = facts.simulations.last_mut().unwrap().decisions.known_mut();
        let is_of_task = |decision: &model::facts::Decision| decision.resource.contains(TASK);
        answers.unwrap().retain(|decision| !is_of_task(decision));
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
    }

    #[test]
    fn without_running_tasks_the_title_mentions_no_tasks() {
        let mut facts = healthy_coder();
        deny(&mut facts, CLUSTER);
        task(&mut facts).last_status = "STOPPED".into();
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Fail);
        assert_eq!(
            finding.title,
            "The caller is not allowed to call ecs:ExecuteCommand"
        );
    }

    #[test]
    fn root_passes_and_callers_that_iam_cannot_simulate_are_unknown() {
        let mut facts = healthy_coder();
        caller(&mut facts).principal = Principal::Root;
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        caller(&mut facts).principal = Principal::FederatedUser { name: "bob".into() };
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        caller(&mut facts).principal = Principal::AssumedRole {
            name: "ops".into(),
            arn: denied("iam:GetRole"),
        };
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.missing_permission.as_deref(), Some("iam:GetRole"));
    }

    #[test]
    fn a_denied_simulation_is_unknown() {
        let mut facts = healthy_coder();
        for simulation in &mut facts.simulations {
            simulation.decisions = denied("iam:SimulatePrincipalPolicy");
        }
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Unknown);
        facts.caller = Fact::Absent;
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
    }
}
