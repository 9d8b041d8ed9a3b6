use crate::prelude::*;
use model::text::Sanitized;

pub const CHECK: Check = Check {
    id: "task.exists",
    title: "The task exists",
    why: "ECS forgets a task about an hour after it stopped.",
    how: "ecs:DescribeTasks for each named task.",
    actions: &["ecs:DescribeTasks"],
    remedy: "Name a running task.",
    docs: &["https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html"],
    severity: Severity::Critical,
    on_plan: OnPlan::NothingRuns,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    let facts = index.facts;
    facts
        .target
        .tasks
        .iter()
        .map(|arn| {
            let subject = Subject::new("task", arn.as_str());
            match facts.tasks.get(arn) {
                Some(Fact::Known(task)) => CHECK.pass(
                    subject.of_service(task.service_name().map(Sanitized::from)),
                    format!("Task {} exists", task.id()),
                ),
                Some(Fact::Unavailable(why)) => CHECK.unknown(subject, why),
                Some(Fact::Absent) | None => CHECK
                    .fail(
                        subject,
                        format!("There is no task {arn} in {}", facts.cluster_name),
                    )
                    .group_title("The task does not exist")
                    .detail("ECS forgets a task about an hour after it stopped."),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{denied, healthy_coder, statuses, target_task};
    use model::facts::Fact;
    use model::finding::Status;

    #[test]
    fn only_named_tasks_are_checked() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), []);
    }

    #[test]
    fn a_missing_task_fails_and_an_unreadable_one_is_unknown() {
        let mut facts = healthy_coder();
        let arn = target_task(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        facts.tasks.insert(arn.clone(), Fact::Absent);
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
        facts.tasks.insert(arn, denied("ecs:DescribeTasks"));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
