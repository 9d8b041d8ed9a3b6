use crate::fact_index::{FactIndex, Group};
use crate::fixes::definition::without_pid_mode;
use crate::redeployment::affected_services;
use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::facts::TaskDefinition;
use model::finding::{AgentLink, Finding, Severity};

pub const CHECK: Check = Check {
    id: "task.pid-mode",
    area: Area::Task,
    title: "The task's containers do not share their processes",
    why: "There is one exec agent in a PID namespace: with pidMode task only one container of the task can be entered, mostly the one that starts first.",
    how: "pidMode in ecs:DescribeTaskDefinition. Which container started first, ECS does not report.",
    actions: &["ecs:DescribeTaskDefinition"],
    remedy: "Take pidMode out of the task definition, or have the container that you enter start first.",
    docs: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html",
        "https://github.com/aws/containers-roadmap/issues/2268",
    ],
    explains: &["container.agent-running"],
    masks: &[],
    severity: Severity::Low,
    on_plan: OnPlan::Judges,
    inference: Inference::Inferred,
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    index.each_definition(&CHECK, |group, definition, _| {
        if let (Some("task"), Some(why)) = (
            definition.pid_mode.as_deref(),
            &definition.containers_unread,
        ) {
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
        (Some("task"), Some(first)) if definition.containers.len() > 1 => CHECK
            .warn(
                subject,
                format!(
                    "With pidMode task only one container can be entered, likely {}",
                    first.name
                ),
            )
            .detail(
                "The containers share their processes, and there is room for one exec agent. The container that starts \
                 first gets it, mostly the first of the task definition.",
            )
            .group_title("Containers share their processes")
            .agent_link(AgentLink::AtRisk)
            .fix(without_pid_mode(
                index.facts,
                definition,
                &affected_services(index, |group| {
                    group.by_definition.contains_key(definition.arn.as_str())
                }),
            ))
            .evidence("pidMode", "task"),
        (Some(mode @ ("task" | "host")), _) => CHECK.pass(
            subject,
            format!("pidMode {mode} leaves one container to enter"),
        ),
        (Some(_) | None, _) => CHECK.pass(subject, "Each container has its own processes"),
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{definition, denied, healthy_coder, statuses};
    use model::finding::Status;

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
