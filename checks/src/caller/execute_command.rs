mod containers;
mod refusal;

use containers::{Entered, Questions};
use refusal::refused;

use crate::fact_index::{FactIndex, Group};
use crate::iam_answers::{self, NoAnswer};
use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::facts::{Caller, Fact, Principal, Unavailable};
use model::finding::{Finding, Severity, Subject};
use model::text;

pub const CHECK: Check = Check {
    id: "caller.execute-command",
    area: Area::Caller,
    title: "The caller may open sessions",
    why: "ecs:ExecuteCommand is authorised on the cluster's ARN and on the task's: a policy that names only tasks is refused, though it looks right.",
    how: "IAM's policy simulator, asked about the caller for both ARNs, with every condition key whose value is known. It does not see session policies or resource control policies.",
    actions: &["iam:SimulatePrincipalPolicy", "iam:GetRole"],
    remedy: "Allow ecs:ExecuteCommand on the cluster and on its tasks; lift a Deny or widen the boundary where that is what refuses.",
    docs: &[
        "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html",
    ],
    explains: &[],
    masks: &[],
    severity: Severity::Critical,
    on_plan: OnPlan::NotInPlan,
    inference: Inference::Inferred,
};

const ACTION: &str = "ecs:ExecuteCommand";

pub fn run(index: &FactIndex) -> Vec<Finding> {
    let arn = index.facts.caller.as_ref().and_then(Caller::policy_arn);
    let asked = arn.known().map(|arn| Asked {
        silence: iam_answers::no_answer(index, arn, ACTION),
        questions: Questions::of(index, arn),
    });
    let asked = asked.unwrap_or_default();
    index
        .groups
        .iter()
        .map(|group| match &index.facts.caller {
            Fact::Known(caller) => judge(index, group, caller, &asked),
            Fact::Absent => CHECK.skip(subject(group, "nobody"), "There is no caller"),
            Fact::Unavailable(why) => CHECK.unknown(subject(group, "unknown"), why),
        })
        .collect()
}

fn subject(group: &Group, arn: &str) -> Subject {
    Subject::new("principal", arn).of_service(group.service_name())
}

/// What IAM was asked about the caller.
#[derive(Default)]
struct Asked<'a> {
    /// Why it has nothing to say.
    silence: Option<NoAnswer<'a>>,
    questions: Questions<'a>,
}

fn judge(index: &FactIndex, group: &Group, caller: &Caller, asked: &Asked) -> Finding {
    let subject = subject(group, &caller.arn);
    match &caller.principal {
        Principal::Root => {
            return CHECK
                .pass(
                    subject,
                    "The caller is the account's root user, which may do it",
                )
                .detail("Only a service control policy of an organization could forbid it, and those of the root user cannot be simulated.");
        }
        Principal::FederatedUser { .. } | Principal::Other => {
            return CHECK
                .unknown_because(
                    subject,
                    "IAM's policy simulator cannot evaluate this kind of caller",
                )
                .detail(format!(
                    "{} is not a user or a role, and only those can be simulated.",
                    caller.arn
                ));
        }
        Principal::User { .. } | Principal::AssumedRole { .. } => {}
    }
    let arn = match caller.policy_arn() {
        Fact::Known(arn) => arn,
        Fact::Unavailable(why) => {
            return CHECK.unknown(subject, &why).detail(
                "The role's ARN with its path is needed to ask the policy simulator about it.",
            );
        }
        Fact::Absent => {
            return CHECK.unknown_because(subject, "IAM no longer knows the caller's role");
        }
    };
    match &asked.silence {
        None => {}
        Some(NoAnswer::Unavailable(why)) => return CHECK.unknown(subject, why),
        Some(NoAnswer::NoSuchPrincipal) => {
            return CHECK.unknown_because(subject, format!("IAM does not know {arn}"));
        }
        Some(NoAnswer::NotAsked) => {
            let why = Unavailable::not_asked(ACTION, "the policy simulator was not asked");
            return CHECK.unknown(subject, &why);
        }
    }
    decide(index, group, caller, &arn, &asked.questions, subject)
}

fn decide(
    index: &FactIndex,
    group: &Group,
    caller: &Caller,
    arn: &str,
    questions: &Questions,
    subject: Subject,
) -> Finding {
    let Some(cluster) = index.facts.cluster_arn() else {
        return CHECK.unknown_because(subject, "The cluster's ARN is not known");
    };
    let running = group.running();
    let entered = match group.container {
        Some(container) => vec![container.to_owned()],
        None => match containers::entered(index, questions, running, arn, &cluster) {
            Entered::Counting(names) => names,
            Entered::SomeOnly { open, shut } => return some_only(subject, &open, &shut),
        },
    };
    let mut needs = vec![(ACTION, cluster.as_str())];
    needs.extend(running.iter().map(|task| (ACTION, &*task.arn)));
    let answer = iam_answers::permission_answer(index, arn, &needs, |simulation| {
        containers::is_about(simulation, &entered)
    });
    if running.is_empty() && answer.is_unanswered() {
        return CHECK.skip(
            subject,
            "There is no running task to ask about, and the caller's policies tell containers apart",
        );
    }

    if !answer.denied.is_empty() {
        return refused(index, caller, &cluster, subject, running, &answer);
    }
    if !answer.undecided.is_empty() {
        let keys = answer.missing_keys();
        return CHECK
            .unknown_because(
                subject,
                text::depends_on(&format!("the caller is allowed to call {ACTION}"), &keys),
            )
            .detail("What the caller's policies decide depends on them, and only a real request carries their values.")
            .evidence("missingContextKeys", keys);
    }
    if !answer.unanswered.is_empty() {
        return CHECK
            .unknown_because(
                subject,
                "The policy simulator gave no answer for every resource",
            )
            .evidence("unanswered", answer.left_open());
    }
    if let Fact::Unavailable(why) = &group.tasks {
        return CHECK.unknown(subject, why).detail(
            "The caller may do it on the cluster; the tasks to ask about could not be read.",
        );
    }
    if running.is_empty() {
        return CHECK.skip(
            subject,
            "The caller may do it on the cluster; there is no running task to ask about",
        );
    }
    CHECK
        .pass(
            subject,
            format!("The caller may call {ACTION} on the cluster and on the tasks"),
        )
        .evidence("simulatedAs", arn)
        .evidence("engine", answer.engine.name())
        .evidence("resources", answer.allowed)
}

fn some_only(subject: Subject, open: &[String], shut: &[String]) -> Finding {
    let may = format!("The caller may enter {}", text::list(open));
    let title = match shut {
        [] => may,
        shut => format!("{may}, but not {}", text::list(shut)),
    };
    CHECK
        .warn(subject, title)
        .detail("The caller's policies have conditions that tell the containers apart.")
        .group_title("The caller may enter some containers only")
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
    fn allowed_on_both() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), [Status::Pass]);
    }

    #[test]
    fn the_runbooks_policy_names_tasks_only() {
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
    fn denied_on_both() {
        let mut facts = healthy_coder();
        deny(&mut facts, CLUSTER);
        deny(&mut facts, TASK);
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.title, "The caller may not call ecs:ExecuteCommand");
    }

    #[test]
    fn an_explicit_deny_is_not_mended_by_an_allow() {
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
    fn a_boundary_is_named() {
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
    fn missing_context_is_unknown_with_the_keys_named() {
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
    fn an_allow_that_a_deny_may_outweigh_is_unknown() {
        let mut facts = healthy_coder();
        decide(&mut facts, "ecs:ExecuteCommand", TASK, |decision| {
            decision.missing_context = vec!["aws:MultiFactorAuthPresent".into()];
        });
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }

    /// Asked with the name of a container, of the coder's or of another service's.
    fn about_container(facts: &mut Facts, name: &str, outcome: Outcome) {
        let asked = facts
            .simulations
            .iter()
            .find(|simulation| simulation.actions.iter().any(|a| a == "ecs:ExecuteCommand"))
            .unwrap();
        let mut answer = asked.clone();
        answer
            .context
            .insert("ecs:container-name".into(), name.into());
        for decision in answer.decisions.known_mut().unwrap() {
            decision.outcome = outcome;
        }
        facts.simulations.push(answer);
    }

    #[test]
    fn containers_of_other_services_do_not_count() {
        let mut facts = healthy_coder();
        facts.target.services[0].container = None;
        let own = task(&mut facts).containers[0].name.clone();
        about_container(&mut facts, &own, Outcome::Allowed);
        about_container(&mut facts, "worker", Outcome::ImplicitDeny);
        let others = facts.simulations.last_mut().unwrap();
        others.resources.retain(|arn| arn.contains(CLUSTER));
        let is_cluster = |decision: &model::facts::Decision| decision.resource.contains(CLUSTER);
        others.decisions.known_mut().unwrap().retain(is_cluster);
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        about_container(&mut facts, &own, Outcome::ImplicitDeny);
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    }

    /// What is open about one container is not said of another that IAM was asked about and did not answer.
    #[test]
    fn a_container_without_an_answer() {
        let mut facts = healthy_coder();
        facts.target.services[0].container = None;
        let mut sidecar = task(&mut facts).containers[0].clone();
        about_container(&mut facts, &sidecar.name, Outcome::Allowed);
        sidecar.name = "sidecar".into();
        task(&mut facts).containers.push(sidecar);
        about_container(&mut facts, "sidecar", Outcome::Allowed);
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        let answers = facts.simulations.last_mut().unwrap().decisions.known_mut();
        let is_of_task = |decision: &model::facts::Decision| decision.resource.contains(TASK);
        answers.unwrap().retain(|decision| !is_of_task(decision));
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
    }

    #[test]
    fn the_tasks_are_not_said_to_be_allowed_where_there_are_none() {
        let mut facts = healthy_coder();
        deny(&mut facts, CLUSTER);
        task(&mut facts).last_status = "STOPPED".into();
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Fail);
        assert_eq!(finding.title, "The caller may not call ecs:ExecuteCommand");
    }

    #[test]
    fn callers_that_cannot_be_simulated() {
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
    fn simulation_denied() {
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
