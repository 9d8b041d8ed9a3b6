use crate::check::Check;
use crate::finding::{Finding, Severity};
use crate::world::World;

pub const CHECK: Check = Check {
    id: "task.pid-mode",
    title: "The task's containers do not share their processes",
    why: "There is one exec session a PID namespace: with pidMode task only one container of the task can be entered, by users' reports the first of the task definition.",
    how: "pidMode in ecs:DescribeTaskDefinition.",
    actions: &["ecs:DescribeTaskDefinition"],
    remedy: "Take pidMode out of the task definition, or enter the first container.",
    docs: &["https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html"],
    explains: &[],
    masks: &[],
    severity: Severity::Low,
    run,
};

fn run(world: &World) -> Vec<Finding> {
    world.each_definition(&CHECK, |group, definition, _| {
        let subject = group.definition_subject(&definition.arn);
        if let (Some("task"), Some(why)) = (
            definition.pid_mode.as_deref(),
            &definition.containers_unread,
        ) {
            return vec![CHECK.unknown(subject, why)];
        }
        let first = definition.containers.first();
        vec![match (definition.pid_mode.as_deref(), first) {
            (Some("task"), Some(first)) if definition.containers.len() > 1 => CHECK
                .warn(
                    subject,
                    format!(
                        "With pidMode task only one container can be entered, likely {}",
                        first.name
                    ),
                )
                .cause("Containers share their processes")
                .evidence("pidMode", "task"),
            (Some(mode @ ("task" | "host")), _) => CHECK.pass(
                subject,
                format!("pidMode {mode} leaves one container to enter"),
            ),
            (Some(_) | None, _) => CHECK.pass(subject, "Each container has its own processes"),
        }]
    })
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::finding::Status;
    use crate::testing::{definition, denied, healthy_coder, statuses};

    #[test]
    fn shared_alone_and_unreadable() {
        let mut facts = healthy_coder();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        definition(&mut facts).pid_mode = Some("task".into());
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        let second = definition(&mut facts).containers[0].clone();
        definition(&mut facts).containers.push(second);
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
        for fact in facts.task_definitions.values_mut() {
            *fact = denied("ecs:DescribeTaskDefinition");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
