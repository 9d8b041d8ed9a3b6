use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "service.running-tasks",
    title: "The service has a running task",
    why: "A session needs a running task.",
    how: "ecs:ListTasks and ecs:DescribeTasks for the service. If no task runs, the service's counts, its last events and the last stopped task say why.",
    actions: &["ecs:ListTasks", "ecs:DescribeTasks", "ecs:DescribeServices"],
    remedy: "Raise the desired count, or fix what stops the tasks: see the events and the last stopped task.",
    docs: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages.html",
    ],
    symptoms: &["task.running"],
    masks: &[
        "task.exec-enabled",
        "container.agent-running",
        "role.ssmmessages",
        "network.path",
    ],
    severity: Severity::Critical,
    on_plan: OnPlan::NothingRuns,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    let groups = index.groups.iter().filter(|group| !group.named);
    groups
        .filter_map(|group| Some(judge(index, group, group.service?)))
        .collect()
}

fn judge(index: &FactIndex, group: &Group, name: &str) -> Finding {
    let subject = group.subject();
    let is_gone = match group.service_fact {
        Some(Fact::Known(service)) => service.is_deleted(),
        Some(Fact::Absent) => true,
        Some(Fact::Unavailable(_)) | None => false,
    };
    if is_gone {
        return CHECK.skip(subject, "There is no such service");
    }
    if let Fact::Unavailable(why) = &group.tasks {
        return CHECK.unknown(subject, why);
    }
    let running = group.running().len();
    if running > 0 {
        let title = format!("{} of {name} running", text::count(running, "task"));
        return CHECK.pass(subject, title).evidence("running", running);
    }
    let title = format!("No running tasks found for service: {name}");
    let finding = CHECK
        .fail(subject, title)
        .group_title("The service has no running task");
    let Some(service) = group.known_service() else {
        return finding.detail(history(None, group));
    };
    let finding = finding
        .evidence("desired", service.desired_count)
        .evidence("pending", service.pending_count);
    match (service.desired_count, service.daemon) {
        (0, true) => finding
            .detail("It is a daemon service, which runs one task on each matching container instance: none matches.")
            .fix(fixes::service::read_events(index.facts, name)),
        (0, false) => finding
            .detail("The service's desired count is 0.")
            .group_title("The desired count of the service is 0")
            .fix(fixes::service::scale_up(index.facts, service)),
        _ => finding
            .detail(history(Some(service), group))
            .fix(fixes::service::read_events(index.facts, name)),
    }
}

/// What ECS reports: the state of a task that has not stopped, the last stopped task, the last event.
fn history(service: Option<&Service>, group: &Group) -> String {
    let mut sentences = vec![match service {
        Some(service) => format!(
            "The service should run {}, and none is RUNNING.",
            text::count(service.desired_count as usize, "task")
        ),
        None => "No task is RUNNING. The desired count is unknown.".to_owned(),
    }];
    if let Some(task) = group.all().iter().find(|task| task.stopped_at.is_none()) {
        sentences.push(format!("Task {} is {}.", task.id(), task.last_status));
    }
    let stopped = group.all().iter().filter(|task| task.stopped_at.is_some());
    if let Some(task) = stopped.max_by_key(|task| task.stopped_at) {
        let reason = task.stopped_reason.as_deref().unwrap_or("no reason given");
        sentences.push(format!("Task {} stopped: {reason}.", task.id()));
    }
    if let Some(event) = service.and_then(|service| service.events.first()) {
        sentences.push(format!("Last event: {}", event.message));
    }
    sentences.join(" ")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{CODER, denied, healthy_coder, run, service, statuses, task};
    use model::facts::Fact;
    use model::finding::Status;

    #[test]
    fn a_running_task_passes() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), [Status::Pass]);
    }

    #[test]
    fn without_a_running_task_the_reason_is_quoted() {
        let mut facts = healthy_coder();
        let stopped = task(&mut facts);
        stopped.last_status = "STOPPED".into();
        stopped.stopped_at = stopped.started_at;
        stopped.stopped_reason = Some("CannotPullContainerError: no such image".into());
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Fail);
        assert!(
            finding.detail.contains("no such image"),
            "{}",
            finding.detail
        );
    }

    #[test]
    fn a_desired_count_of_0_has_a_fix() {
        let mut facts = healthy_coder();
        facts
            .service_tasks
            .insert(CODER.into(), Fact::Known(Vec::new()));
        service(&mut facts).desired_count = 0;
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Fail);
        assert!(finding.fixes[0].commands[0].contains("--desired-count 1"));
    }

    #[test]
    fn tasks_that_cannot_be_listed_are_unknown() {
        let mut facts = healthy_coder();
        facts
            .service_tasks
            .insert(CODER.into(), denied("ecs:ListTasks"));
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Unknown);
        assert_eq!(finding.missing_permission.as_deref(), Some("ecs:ListTasks"));
    }
}
