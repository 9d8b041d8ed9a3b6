use crate::fact_index::{FactIndex, Group};
use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::facts::{Fact, Task};
use model::finding::{Finding, Severity};
use model::text;

pub const CHECK: Check = Check {
    id: "container.exists",
    area: Area::Container,
    title: "The task has the container that was asked for",
    why: "A session enters one container by its name in the task definition, which is often not the service's name.",
    how: "The containers in ecs:DescribeTasks. Without --container every container is looked at, and there is nothing to miss.",
    actions: &["ecs:DescribeTasks"],
    remedy: "Name a container of the task.",
    docs: &["https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Container.html"],
    explains: &[],
    masks: &[],
    severity: Severity::Critical,
    on_plan: OnPlan::Judges,
    inference: Inference::Inferred,
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    let Some(name) = index.facts.target.container.as_deref() else {
        return index.groups.iter().filter_map(misnamed).collect();
    };
    index.each_running(&CHECK, |group, tasks| {
        tasks
            .iter()
            .map(|task| judge(index, group, task, name).on(*task))
            .collect()
    })
}

/// The configuration, or the service's table that is built in, does not fit this service.
fn misnamed(group: &Group) -> Option<Finding> {
    let name = group.misnamed?;
    let subject = group.subject();
    Some(
        CHECK
            .warn(
                subject,
                format!(
                    "{} has no container {name}, which the configuration names",
                    group.name()
                ),
            )
            .detail("A session needs a container's name: give one, or correct ecs-exec.toml.")
            .group_title("The configuration names a container that is not there"),
    )
}

fn judge(index: &FactIndex, group: &Group, task: &Task, name: &str) -> Finding {
    let subject = group.container_subject(task, name);
    let unread = index.definition(task).and_then(Fact::known);
    let unread = unread.and_then(|definition| definition.containers_unread.as_ref());
    if let (true, Some(why)) = (task.containers.is_empty(), unread) {
        return CHECK.unknown(subject, why);
    }
    if task.has_container(name) {
        return CHECK.pass(subject, format!("Task {} has container {name}", task.id()));
    }
    let names: Vec<&str> = task
        .containers
        .iter()
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
    fn nothing_asked_nothing_missed() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), []);
    }

    #[test]
    fn a_configured_container_that_is_not_there() {
        let mut facts = healthy_coder();
        facts.target.services[0].container = Some("zz".into());
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
    }

    #[test]
    fn there_not_there_and_unreadable() {
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
