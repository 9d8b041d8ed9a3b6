use super::judge_caller;
use crate::fact_index::FactIndex;
use crate::fixes;
use crate::iam_answers::{self, NoAnswer};
use aws_rules::needs;
use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::facts::Fact;
use model::finding::{Finding, Severity, Subject};
use model::text;

pub const CHECK: Check = Check {
    id: "caller.describe-tasks",
    area: Area::Caller,
    title: "The caller may describe tasks",
    why: "Whoever opens a session looks the task up first: its containers, and the runtime ID that the session is addressed to.",
    how: "The doctor's own ecs:DescribeTasks: that it was answered proves it. Otherwise IAM's policy simulator.",
    actions: &["ecs:DescribeTasks", "iam:SimulatePrincipalPolicy"],
    remedy: "Allow ecs:DescribeTasks.",
    docs: &["https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html"],
    explains: &[],
    masks: &[],
    severity: Severity::Medium,
    on_plan: OnPlan::NotInPlan,
    inference: Inference::Inferred,
};

const ACTION: &str = "ecs:DescribeTasks";

pub fn run(index: &FactIndex) -> Vec<Finding> {
    let mut tasks = index.facts.tasks.values();
    if let Some(caller) = index.facts.caller.known()
        && tasks.any(|task| task.known().is_some())
    {
        let subject = Subject::new("principal", caller.arn.as_str());
        return vec![CHECK.pass(subject, "The caller may describe tasks: it just did")];
    }
    judge_caller(index, &CHECK, |subject, caller, arn| {
        let refused = index.facts.tasks.values().find_map(Fact::unavailable);
        let tasks: Vec<&str> = index.facts.tasks.keys().map(String::as_str).collect();
        if tasks.is_empty() {
            return CHECK.skip(subject, "There is no task to describe");
        }
        match iam_answers::no_answer(index, arn, ACTION) {
            None => {}
            Some(NoAnswer::Unavailable(why)) => {
                return CHECK.unknown(subject, refused.unwrap_or(why));
            }
            Some(_) => {
                return match refused {
                    Some(why) => CHECK.unknown(subject, why),
                    None => CHECK.unknown_because(subject, "The policy simulator was not asked"),
                };
            }
        }
        let needs: Vec<(&str, &str)> = tasks.iter().map(|task| (ACTION, *task)).collect();
        let answer = iam_answers::permission_answer(index, arn, &needs, |_| true);
        if !answer.denied.is_empty() {
            let needs = needs::describe_tasks(&index.facts.cluster_arn().unwrap_or_default());
            return CHECK
                .fail(subject, "The caller may not call ecs:DescribeTasks")
                .detail("No policy of the caller allows it on these tasks, and no session can be addressed without it.")
                .group_title("The caller may not call ecs:DescribeTasks")
                .fix(fixes::caller::allow(index.facts, caller, "describe-tasks", &[needs]));
        }
        match (refused, answer.is_clean()) {
            (Some(why), _) => CHECK.unknown(subject, why),
            (None, true) => CHECK.pass(subject, "The caller may describe tasks"),
            (None, false) => CHECK.unknown_because(
                subject,
                text::depends_on(
                    "the caller is allowed to describe tasks",
                    &answer.missing_keys(),
                ),
            ),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::facts::Outcome;
    use model::finding::Status;

    #[test]
    fn an_answer_is_proof() {
        let mut facts = healthy_coder();
        decide(&mut facts, "ecs:DescribeTasks", "", |decision| {
            decision.outcome = Outcome::ImplicitDeny;
        });
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
    }

    #[test]
    fn refused_and_denied_or_only_refused() {
        let mut facts = healthy_coder();
        for task in facts.tasks.values_mut() {
            *task = denied("ecs:DescribeTasks");
        }
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Unknown);
        assert_eq!(
            finding.missing_permission.as_deref(),
            Some("ecs:DescribeTasks")
        );
        allow_caller(&mut facts, &["ecs:DescribeTasks"], "task/");
        decide(&mut facts, "ecs:DescribeTasks", "", |decision| {
            decision.outcome = Outcome::ImplicitDeny;
        });
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    }
}
