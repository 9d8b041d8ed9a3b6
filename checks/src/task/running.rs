use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "task.running",
    title: "The task is RUNNING",
    why: "Sessions work only in a RUNNING task, not while it starts or stops.",
    how: "lastStatus in ecs:DescribeTasks, and connectivity: what ECS reports about a disconnected task may be out of date. A service's task that is not RUNNING is no failure: sessions go to the tasks that are.",
    actions: &["ecs:DescribeTasks"],
    remedy: "Wait for the task, or name another one.",
    docs: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html",
    ],
    severity: Severity::High,
    on_plan: OnPlan::NothingRuns,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    let mut findings = Vec::new();
    for group in &index.groups {
        match &group.tasks {
            Fact::Unavailable(why) => findings.push(CHECK.unknown(group.subject(), why)),
            Fact::Known(_) | Fact::Absent => {
                let tasks = group.all().iter();
                findings.extend(tasks.map(|task| judge(group, group.task_subject(task), task)));
            }
        }
    }
    findings
}

fn judge(group: &Group, subject: Subject, task: &Task) -> Finding {
    let id = task.id();
    let status = &task.last_status;
    let finding = if task.is_running() && task.is_disconnected() {
        CHECK
            .warn(
                subject,
                format!("Task {id} is RUNNING, but has lost its connection to ECS"),
            )
            .detail("What ECS reports about the task may be out of date: its containers and agents may have stopped.")
            .evidence("connectivity", "DISCONNECTED")
    } else if task.is_running() {
        CHECK.pass(subject, format!("Task {id} is RUNNING"))
    } else if group.named {
        CHECK
            .fail(subject, format!("Task {id} is {status}, not RUNNING"))
            .group_title("The task is not RUNNING")
            .detail(why_stopped(task))
    } else {
        CHECK
            .skip(
                subject,
                format!("Task {id} is {status}; sessions do not use it"),
            )
            .detail(why_stopped(task))
    };
    finding.evidence("lastStatus", status.as_str()).on(task)
}

fn why_stopped(task: &Task) -> String {
    match (&task.stopped_reason, &task.stop_code) {
        (Some(reason), _) => format!("Reason from ECS: {reason}"),
        (None, Some(code)) => format!("Reason from ECS: {code}"),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{denied, healthy_coder, run, statuses, target_task, task};
    use model::finding::Status;

    #[test]
    fn a_running_task_passes() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), [Status::Pass]);
    }

    #[test]
    fn a_named_task_that_stopped_fails() {
        let mut facts = healthy_coder();
        target_task(&mut facts);
        task(&mut facts).last_status = "STOPPED".into();
        task(&mut facts).stopped_reason = Some("Essential container exited".into());
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Fail);
        assert!(finding.detail.contains("Essential container exited"));
    }

    #[test]
    fn a_running_task_that_lost_its_connection_warns() {
        let mut facts = healthy_coder();
        task(&mut facts).connectivity = Some("CONNECTED".into());
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        task(&mut facts).connectivity = Some("DISCONNECTED".into());
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
    }

    #[test]
    fn a_pending_task_of_a_service_is_skipped() {
        let mut facts = healthy_coder();
        task(&mut facts).last_status = "PENDING".into();
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
    }

    #[test]
    fn tasks_that_cannot_be_described_are_unknown() {
        let mut facts = healthy_coder();
        for fact in facts.tasks.values_mut() {
            *fact = denied("ecs:DescribeTasks");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
