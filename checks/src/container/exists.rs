use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "container.exists",
    title: "The task has the container that --container names",
    why: "A session goes to one container, by its name in the task definition, which often differs from the service's name.",
    how: "The containers in ecs:DescribeTasks. Without --container every container is checked, and none can be missing.",
    actions: &["ecs:DescribeTasks"],
    remedy: "Name a container of the task.",
    docs: &["https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Container.html"],
    severity: Severity::Critical,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    let Some(name) = index.facts.target.container.as_deref() else {
        return index.groups.iter().filter_map(misnamed).collect();
    };
    index.each_task(&CHECK, |group, _, task| judge(index, group, task, name))
}

/// The configuration names a container that the service does not have.
fn misnamed(group: &Group) -> Option<Finding> {
    let (service, name) = (group.name(), group.misnamed?);
    let title = format!("{service} has no container {name}, which the configuration names");
    let finding = CHECK
        .warn(group.subject(), title)
        .detail(
            "A session needs the name of a container: pass --container, or correct ecs-exec.toml.",
        )
        .group_title("The configuration names a container that does not exist");
    Some(finding)
}

fn judge(index: &FactIndex, group: &Group, task: &Task, name: &str) -> Finding {
    let subject = group.container_subject(task, name);
    let definition = index.definition(task).and_then(Fact::known);
    let unread = definition.and_then(|definition| definition.containers_unread.as_ref());
    if let (true, Some(why)) = (task.containers.is_empty(), unread) {
        return CHECK.unknown(subject, why);
    }
    if task.has_container(name) {
        return CHECK.pass(subject, format!("Task {} has container {name}", task.id()));
    }
    let containers = task.containers.iter();
    let names: Vec<&str> = containers
        .map(|container| container.name.as_str())
        .collect();
    CHECK
        .fail(subject, format!("{} has no container {name}", group.name()))
        .detail(format!("Its containers are: {}.", text::list(&names)))
        .group_title("The task has no such container")
        .evidence("containers", names)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{CODER, denied, healthy_coder, run, statuses};
    use model::facts::Fact;
    use model::finding::Status;

    #[test]
    fn without_a_name_nothing_is_checked() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), []);
    }

    #[test]
    fn a_configured_container_that_does_not_exist_warns() {
        let mut facts = healthy_coder();
        facts.target.services[0].container = Some("zz".into());
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
    }

    #[test]
    fn a_missing_container_fails_and_an_unreadable_one_is_unknown() {
        let mut facts = healthy_coder();
        facts.target.container = Some("coder".into());
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        facts.target.container = Some("codr".into());
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Fail);
        assert_eq!(finding.detail, "Its containers are: coder.");
        facts
            .service_tasks
            .insert(CODER.into(), denied("ecs:ListTasks"));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        facts
            .service_tasks
            .insert(CODER.into(), Fact::Known(Vec::new()));
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
    }
}
