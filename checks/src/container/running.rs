use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "container.running",
    title: "The container is RUNNING",
    why: "A session starts a process inside a running container. A container that has ended, or has no runtime yet, cannot accept it.",
    how: "lastStatus and runtimeId of each container in ecs:DescribeTasks. A helper container that has done its work is no failure.",
    actions: &["ecs:DescribeTasks", "ecs:DescribeTaskDefinition"],
    remedy: "Fix what ended the container, then replace the task.",
    docs: &["https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Container.html"],
    symptoms: &["container.agent-running"],
    masks: &["container.agent-running"],
    severity: Severity::High,
    on_plan: OnPlan::NothingRuns,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    index.each_container(&CHECK, |group, subject, task, container| {
        judge(index, group, subject, task, container)
    })
}

fn judge(
    index: &FactIndex,
    group: &Group,
    subject: Subject,
    task: &Task,
    container: &Container,
) -> Finding {
    let name = &container.name;
    let status = &container.last_status;
    let finding = if container.is_running() {
        match container.runtime_id {
            Some(_) => CHECK.pass(subject, format!("Container {name} is RUNNING")),
            None => CHECK
                .fail(subject, format!("Container {name} has no runtime ID yet"))
                .detail("ECS reports it as RUNNING, but names no runtime, and a session needs the runtime ID.")
                .group_title("The container has no runtime ID"),
        }
    } else if is_session_container(index, group, task, name) {
        let title = format!("Container {name} is {status}, not RUNNING");
        CHECK
            .fail(subject, title)
            .detail(why_ended(container))
            .group_title("The container is not RUNNING")
            .fix_some(group.service_fix(index.facts, fixes::service::force_deployment))
    } else {
        let title = format!("Container {name} is {status}; sessions do not use it");
        CHECK.skip(subject, title).detail(why_ended(container))
    };
    finding.evidence("lastStatus", status.as_str())
}

/// Whether a session would go to this container: it is named, the only one, or essential.
fn is_session_container(index: &FactIndex, group: &Group, task: &Task, name: &str) -> bool {
    if let Some(wanted) = group.container {
        return wanted == name;
    }
    let definition = index.definition(task).and_then(Fact::known);
    let defined = definition.and_then(|definition| definition.container(name));
    task.own_containers().count() == 1 || defined.is_none_or(|container| container.essential)
}

fn why_ended(container: &Container) -> String {
    let code = container.exit_code;
    let code = code.map(|code| format!("It ended with exit code {code}."));
    let reason = container.reason.as_ref();
    let reason = reason.map(|reason| format!("Reason from ECS: {reason}"));
    Vec::from_iter(code.into_iter().chain(reason)).join(" ")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{CODER, denied, healthy_coder, statuses, task};
    use model::facts::Container;
    use model::finding::Status;

    #[test]
    fn a_running_container_passes() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), [Status::Pass]);
    }

    #[test]
    fn a_stopped_container_fails() {
        let mut facts = healthy_coder();
        task(&mut facts).containers[0].last_status = "STOPPED".into();
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    }

    #[test]
    fn running_without_a_runtime_id_fails() {
        let mut facts = healthy_coder();
        task(&mut facts).containers[0].runtime_id = None;
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    }

    #[test]
    fn a_stopped_helper_container_is_no_failure() {
        let mut facts = healthy_coder();
        task(&mut facts).containers.push(Container {
            name: "migrate".into(),
            last_status: "STOPPED".into(),
            exit_code: Some(0),
            ..Container::default()
        });
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass, Status::Skip]);
    }

    #[test]
    fn tasks_that_cannot_be_listed_are_unknown() {
        let mut facts = healthy_coder();
        facts
            .service_tasks
            .insert(CODER.into(), denied("ecs:ListTasks"));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
