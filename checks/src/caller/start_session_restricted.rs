use super::judge_caller;
use crate::fact_index::FactIndex;
use crate::fixes;
use crate::iam_answers::{self, NoAnswer};
use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::distinct::distinct;
use model::facts::Decision;
use model::finding::{Finding, Severity};
use model::text;

pub const CHECK: Check = Check {
    id: "caller.start-session-restricted",
    area: Area::Caller,
    title: "The caller cannot go past ECS to the tasks",
    why: "Who may call ssm:StartSession on a task's ARN opens sessions into it that ECS neither restricts to a container nor records. ECS Exec does not need that right.",
    how: "IAM's policy simulator, asked about ssm:StartSession on the tasks' ARNs.",
    actions: &["iam:SimulatePrincipalPolicy"],
    remedy: "Deny ssm:StartSession on the tasks.",
    docs: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec-best-practices.html",
    ],
    explains: &[],
    masks: &[],
    severity: Severity::Low,
    on_plan: OnPlan::NotInPlan,
    inference: Inference::Inferred,
};

const ACTION: &str = "ssm:StartSession";

pub fn run(index: &FactIndex) -> Vec<Finding> {
    judge_caller(index, &CHECK, |subject, caller, arn| {
        match iam_answers::no_answer(index, arn, ACTION) {
            None => {}
            Some(NoAnswer::Unavailable(why)) => return CHECK.unknown(subject, why),
            Some(_) => {
                return CHECK.unknown_because(
                    subject,
                    "The policy simulator was not asked about ssm:StartSession",
                );
            }
        }
        let tasks: Vec<&str> = index.running().map(|task| &*task.arn).collect();
        if tasks.is_empty() {
            return CHECK.skip(subject, "There is no running task to ask about");
        }
        let answered = index.decisions(arn, ACTION);
        let mut keys = Vec::new();
        let is_open = |task: &&str| {
            let answers = answered.on(task).iter();
            let mut decisions = answers.map(|answer| answer.decision);
            let undecided = decisions.clone().filter(|decision| decision.is_undecided());
            keys.extend(undecided.flat_map(|decision| decision.missing_context.clone()));
            decisions.any(Decision::is_allowed)
        };
        let open: Vec<&str> = tasks.into_iter().filter(is_open).collect();
        if open.is_empty() {
            let keys = distinct(keys.into_iter());
            return match keys.is_empty() {
                true => CHECK.pass(
                    subject,
                    "The caller is not allowed to call ssm:StartSession on the tasks",
                ),
                false => {
                    let what = "the caller is allowed to call ssm:StartSession on the tasks";
                    CHECK
                        .unknown_because(subject, text::depends_on(what, &keys))
                        .evidence("missingContextKeys", keys)
                }
            };
        }
        let cluster = index.facts.cluster_arn().unwrap_or_default();
        CHECK
            .warn(subject, "The caller may open sessions into the tasks past ECS, with ssm:StartSession")
            .detail("Such sessions are not restricted to a container by ecs:container-name, and the cluster's exec logging does not record them.")
            .group_title("The caller may open sessions past ECS")
            .evidence("tasks", open)
            .fix(fixes::caller::deny_start_session(index.facts, caller, &cluster))
    })
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::facts::Outcome;
    use model::finding::Status;

    #[test]
    fn restricted_open_and_unreadable() {
        let mut facts = healthy_coder();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        decide(&mut facts, "ssm:StartSession", "task/", |decision| {
            decision.outcome = Outcome::Allowed;
        });
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Warn);
        assert!(finding.fixes[0].commands[0].contains("Deny"));
        for simulation in &mut facts.simulations {
            simulation.decisions = denied("iam:SimulatePrincipalPolicy");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
