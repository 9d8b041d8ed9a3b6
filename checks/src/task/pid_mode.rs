use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "task.pid-mode",
    title: "The task's containers do not share a PID namespace",
    why: "A PID namespace has one exec agent. With pidMode task, sessions work in only one container of the task, usually the one that starts first.",
    how: "pidMode in ecs:DescribeTaskDefinition. ECS does not report which container started first.",
    actions: &["ecs:DescribeTaskDefinition"],
    remedy: "Remove pidMode from the task definition, or start the container that you need sessions in first.",
    docs: &[
        aws_pages::ECS_EXEC,
        "https://github.com/aws/containers-roadmap/issues/2268",
    ],
    symptoms: &["container.agent-running"],
    severity: Severity::Low,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    index.each_definition(&CHECK, |group, definition, _| {
        let unread = definition.containers_unread.as_ref();
        if let Some(why) = unread.filter(|_| definition.shares_pid_namespace()) {
            let subject = group.definition_subject(&definition.arn);
            return vec![CHECK.unknown(subject, why)];
        }
        vec![judge(index, group, definition)]
    })
}

fn judge(index: &FactIndex, group: &Group, definition: &TaskDefinition) -> Finding {
    let subject = group.definition_subject(&definition.arn);
    let first = definition.containers.first();
    match (definition.pid_mode.as_deref(), first) {
        (Some(_), Some(first)) if definition.shares_pid_namespace() && definition.containers.len() > 1 => CHECK
            .warn(
                subject,
                format!(
                    "With pidMode task, sessions work in only one container, probably {}",
                    first.name
                ),
            )
            .detail(
                "The containers share a PID namespace, which has one exec agent. The container that starts first gets it, \
                 usually the first of the task definition.",
            )
            .group_title("Containers share a PID namespace")
            .agent_link(AgentLink::AtRisk)
            .fix(rollout(index, definition).remove_pid_mode())
            .evidence("pidMode", "task"),
        (Some(mode @ ("task" | "host")), _) => CHECK.pass(
            subject,
            format!("pidMode is {mode}, and sessions need only one container"),
        ),
        (Some(_) | None, _) => CHECK.pass(subject, "Each container has its own PID namespace"),
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{definition, denied, healthy_coder, statuses};
    use model::finding::Status;

    #[test]
    fn a_pid_namespace_shared_by_containers_warns() {
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
