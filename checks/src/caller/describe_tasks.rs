use super::judge_caller;
use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "caller.describe-tasks",
    title: "The caller can describe tasks",
    why: "A client describes the task before it opens a session: it needs the containers and the runtime ID.",
    how: "The doctor's own call to ecs:DescribeTasks succeeds. If it does not, IAM's policy simulator.",
    actions: &["ecs:DescribeTasks", "iam:SimulatePrincipalPolicy"],
    remedy: "Allow ecs:DescribeTasks.",
    docs: &["https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html"],
    severity: Severity::Medium,
    ..super::DEFAULTS
};

const ACTION: &str = "ecs:DescribeTasks";

pub fn run(index: &FactIndex) -> Vec<Finding> {
    let mut tasks = index.facts.tasks.values();
    if let Some(caller) = index.facts.caller.known()
        && index.facts.asked_by.is_none()
        && tasks.any(|task| task.known().is_some())
    {
        let subject = Subject::new("principal", caller.arn.as_str());
        let title = "The caller can describe tasks: the doctor just did";
        return vec![CHECK.pass(subject, title)];
    }
    judge_caller(index, &CHECK, judge)
}

/// Judges by the policies, because no task was described.
fn judge(index: &FactIndex, subject: Subject, caller: &Caller, arn: &str) -> Finding {
    let tasks = &index.facts.tasks;
    if tasks.is_empty() {
        return CHECK.skip(subject, "There is no task to describe");
    }
    let needs: Vec<(&str, &str)> = tasks.keys().map(|task| (ACTION, task.as_str())).collect();
    let no_answer = iam_answers::no_answer_finding(index, &CHECK, &subject, arn, ACTION);
    let answer = iam_answers::permission_answer(index, arn, &needs, |_| true);
    if no_answer.is_none() && !answer.denied.is_empty() {
        let needs =
            required_permissions::describe_tasks(&index.facts.cluster_arn().unwrap_or_default());
        return CHECK
            .fail(subject, "The caller is not allowed to call ecs:DescribeTasks")
            .detail("No policy of the caller allows it on these tasks, and a client needs it to open a session.")
            .group_title("The caller is not allowed to call ecs:DescribeTasks")
            .fix(fixes::caller::allow(index.facts, caller, "describe-tasks", &[needs]));
    }
    if let Some(why) = tasks.values().find_map(Fact::unavailable) {
        return CHECK.unknown(subject, why);
    }
    let question = "the caller is allowed to describe tasks";
    no_answer
        .or_else(|| answer.undecided_finding(&CHECK, &subject, question))
        .unwrap_or_else(|| CHECK.pass(subject, "The caller can describe tasks"))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::facts::Outcome;
    use model::finding::Status;

    #[test]
    fn a_successful_call_passes_regardless_of_iam() {
        let mut facts = healthy_coder();
        decide(&mut facts, "ecs:DescribeTasks", "", |decision| {
            decision.outcome = Outcome::ImplicitDeny;
        });
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
    }

    #[test]
    fn a_successful_call_says_nothing_of_another_principal() {
        let mut facts = healthy_coder();
        facts.asked_by = Some("arn:aws:iam::123456789012:user/auditor".into());
        allow_caller(&mut facts, &["ecs:DescribeTasks"], "task/");
        decide(&mut facts, "ecs:DescribeTasks", "", |decision| {
            decision.outcome = Outcome::ImplicitDeny;
        });
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    }

    #[test]
    fn a_denied_call_fails_only_if_iam_denies_it() {
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
