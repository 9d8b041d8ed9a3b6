use crate::fact_index::{FactIndex, Group};
use crate::fixes;
use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::facts::{Fact, Service, Task};
use model::finding::{Finding, Severity, Subject};
use model::text;

pub const CHECK: Check = Check {
    id: "service.running-tasks",
    area: Area::Service,
    title: "The service has a running task",
    why: "A session enters a running task; a service without one cannot be entered.",
    how: "ecs:ListTasks and ecs:DescribeTasks for the service; where none runs, the service's counts, its last events and the last stopped task say why.",
    actions: &["ecs:ListTasks", "ecs:DescribeTasks", "ecs:DescribeServices"],
    remedy: "Raise the desired count, or mend what ends the tasks: the events and the last stopped task say it.",
    docs: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages.html",
    ],
    explains: &["task.running"],
    masks: &[
        "task.exec-enabled",
        "container.agent-running",
        "role.ssmmessages",
        "network.path",
    ],
    severity: Severity::Critical,
    on_plan: OnPlan::NothingRuns,
    inference: Inference::Inferred,
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    index
        .groups
        .iter()
        .filter(|group| !group.named)
        .filter_map(|group| Some(judge(index, group, group.service?)))
        .collect()
}

fn judge(index: &FactIndex, group: &Group, name: &str) -> Finding {
    let subject = group.subject();
    if gone(group) {
        return CHECK.skip(subject, "There is no such service");
    }
    if let Fact::Unavailable(why) = &group.tasks {
        return CHECK.unknown(subject, why);
    }
    let running = group.running().len();
    if running > 0 {
        return CHECK
            .pass(
                subject,
                format!("{} of {name} running", text::count(running, "task")),
            )
            .evidence("running", running);
    }
    let service = group.service_fact.and_then(Fact::known);
    none_runs(index, group, name, subject, service)
}

fn none_runs(
    index: &FactIndex,
    group: &Group,
    name: &str,
    subject: Subject,
    service: Option<&Service>,
) -> Finding {
    let finding = CHECK.fail(
        subject,
        format!("No running tasks found for service: {name}"),
    );
    let finding = match service {
        Some(service) if service.desired_count == 0 && service.daemon => finding
            .detail("It is a daemon service, with one task on each container instance that fits: none does.")
            .group_title("The service has no running task")
            .fix(fixes::service::read_events(index.facts, name)),
        Some(service) if service.desired_count == 0 => finding
            .detail("The service's desired count is 0: it is set to run no task.")
            .group_title("The service is set to run no task")
            .fix(fixes::service::scale_up(index.facts, service)),
        Some(service) => finding
            .detail(history(Some(service), group))
            .group_title("The service has no running task")
            .fix(fixes::service::read_events(index.facts, name)),
        None => finding
            .detail(history(None, group))
            .group_title("The service has no running task"),
    };
    match service {
        Some(service) => finding
            .evidence("desired", service.desired_count)
            .evidence("pending", service.pending_count),
        None => finding,
    }
}

/// What ECS itself says about it: states of tasks on their way, the last stop, the last event.
fn history(service: Option<&Service>, group: &Group) -> String {
    let mut sentences = vec![match service {
        Some(service) => format!(
            "ECS wants {} and none is RUNNING.",
            text::count(service.desired_count as usize, "task")
        ),
        None => "None is RUNNING; how many ECS wants could not be seen.".to_owned(),
    }];
    if let Some(task) = group.all().iter().find(|task| task.stopped_at.is_none()) {
        sentences.push(format!("Task {} is {}.", task.id(), task.last_status));
    }
    if let Some(task) = last_stopped(group.all()) {
        let reason = task.stopped_reason.as_deref().unwrap_or("no reason given");
        sentences.push(format!("Task {} stopped: {reason}.", task.id()));
    }
    if let Some(event) = service.and_then(|service| service.events.first()) {
        sentences.push(format!("Last event: {}", event.message));
    }
    sentences.join(" ")
}

fn last_stopped<'t>(tasks: &[&'t Task]) -> Option<&'t Task> {
    tasks
        .iter()
        .copied()
        .filter(|task| task.stopped_at.is_some())
        .max_by_key(|task| task.stopped_at)
}

fn gone(group: &Group) -> bool {
    match group.service_fact {
        Some(Fact::Known(service)) => service.is_deleted(),
        Some(Fact::Absent) => true,
        Some(Fact::Unavailable(_)) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{CODER, denied, healthy_coder, run, service, statuses, task};
    use model::facts::Fact;
    use model::finding::Status;

    #[test]
    fn one_runs() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), [Status::Pass]);
    }

    #[test]
    fn none_runs_and_the_reason_is_quoted() {
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
    fn set_to_run_none() {
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
    fn a_denied_list_is_not_an_empty_one() {
        let mut facts = healthy_coder();
        facts
            .service_tasks
            .insert(CODER.into(), denied("ecs:ListTasks"));
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Unknown);
        assert_eq!(finding.missing_permission.as_deref(), Some("ecs:ListTasks"));
    }
}
