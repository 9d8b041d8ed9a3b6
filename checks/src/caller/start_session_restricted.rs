use super::judge_caller;
use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "caller.start-session-restricted",
    title: "The caller cannot bypass ECS with ssm:StartSession",
    why: "With ssm:StartSession on a task's ARN the caller opens sessions that ECS neither restricts to a container nor records. ECS Exec does not need that permission.",
    how: "IAM's policy simulator, asked about ssm:StartSession on the tasks' ARNs.",
    actions: &["iam:SimulatePrincipalPolicy"],
    remedy: "Deny ssm:StartSession on the tasks.",
    docs: &[aws_pages::BEST_PRACTICES],
    severity: Severity::Low,
    ..super::DEFAULTS
};

const ACTION: &str = "ssm:StartSession";

pub fn run(index: &FactIndex) -> Vec<Finding> {
    judge_caller(index, &CHECK, judge)
}

fn judge(index: &FactIndex, subject: Subject, caller: &Caller, arn: &str) -> Finding {
    if let Some(finding) = iam_answers::no_answer_finding(index, &CHECK, &subject, arn, ACTION) {
        return finding;
    }
    let tasks: Vec<(&str, &str)> = index.running().map(|task| (ACTION, &*task.arn)).collect();
    if tasks.is_empty() {
        return CHECK.skip(subject, "No task is running");
    }
    let is_open = |task: &&str| {
        let mut answers = index.decisions(arn, ACTION, task).iter();
        answers.any(|answer| answer.decision.is_allowed())
    };
    let open: Vec<&str> = tasks
        .iter()
        .map(|(_, task)| *task)
        .filter(is_open)
        .collect();
    if open.is_empty() {
        let answer = iam_answers::permission_answer(index, arn, &tasks, |_| true);
        let question = "the caller is allowed to call ssm:StartSession on the tasks";
        let conditional = answer.conditional_finding(&CHECK, &subject, question);
        let title = "The caller is not allowed to call ssm:StartSession on the tasks";
        return conditional.unwrap_or_else(|| CHECK.pass(subject, title));
    }
    let cluster = index.facts.cluster_arn().unwrap_or_default();
    CHECK
        .warn(subject, "The caller can bypass ECS Exec by calling ssm:StartSession on these tasks")
        .detail("ecs:container-name does not restrict such sessions to a container, and the cluster's exec logging does not record them.")
        .group_title("The caller can bypass ECS Exec with ssm:StartSession")
        .evidence("tasks", open)
        .fix(fixes::caller::deny_start_session(index.facts, caller, &cluster))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::facts::Outcome;
    use model::finding::Status;

    #[test]
    fn an_allow_on_tasks_is_a_warning() {
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
