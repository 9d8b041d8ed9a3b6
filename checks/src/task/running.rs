use crate::fact_index::{FactIndex, Group};
use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::facts::{Fact, Task};
use model::finding::{Finding, Severity, Subject};

pub const CHECK: Check = Check {
    id: "task.running",
    area: Area::Task,
    title: "The task is RUNNING",
    why: "Only a RUNNING task can be entered; one that starts or stops refuses sessions.",
    how: "lastStatus in ecs:DescribeTasks, and connectivity: what ECS says of a task that it has lost touch with may be old. A task of a service that is not RUNNING beside others that are is no failure: sessions go to those.",
    actions: &["ecs:DescribeTasks"],
    remedy: "Wait for the task, or name another one.",
    docs: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html",
    ],
    explains: &[],
    masks: &[],
    severity: Severity::High,
    on_plan: OnPlan::NothingRuns,
    inference: Inference::Inferred,
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    let mut findings = Vec::with_capacity(index.running().count());
    for group in &index.groups {
        match &group.tasks {
            Fact::Unavailable(why) => findings.push(CHECK.unknown(group.subject(), why)),
            Fact::Known(_) | Fact::Absent => {
                let tasks = group.each_task();
                findings.extend(tasks.map(|(task, subject)| judge(group, subject, task)));
            }
        }
    }
    findings
}

fn judge(group: &Group, subject: Subject, task: &Task) -> Finding {
    let id = task.id();
    let status = &task.last_status;
    let finding = if task.is_running() && is_disconnected(task) {
        CHECK
            .warn(
                subject,
                format!("Task {id} is RUNNING, but has lost its connection to ECS"),
            )
            .detail("What ECS says of the task may be old: its containers may have stopped, its agents may have died.")
            .evidence("connectivity", "DISCONNECTED")
    } else if task.is_running() {
        CHECK.pass(subject, ["Task ", id, " is RUNNING"].concat())
    } else if group.named {
        CHECK
            .fail(subject, format!("Task {id} is {status}, not RUNNING"))
            .group_title("The task is not RUNNING")
            .detail(why_stopped(task))
    } else {
        CHECK
            .skip(subject, format!("Task {id} is {status} and is not entered"))
            .detail(why_stopped(task))
    };
    finding.evidence("lastStatus", status.as_str()).on(task)
}

fn is_disconnected(task: &Task) -> bool {
    task.connectivity.as_deref() == Some("DISCONNECTED")
}

fn why_stopped(task: &Task) -> String {
    match (&task.stopped_reason, &task.stop_code) {
        (Some(reason), _) => format!("ECS gives as its reason: {reason}"),
        (None, Some(code)) => format!("ECS gives as its reason: {code}"),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{denied, healthy_coder, name_the_task, run, statuses, task};
    use model::finding::Status;

    #[test]
    fn a_running_task() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), [Status::Pass]);
    }

    #[test]
    fn a_named_task_that_stopped() {
        let mut facts = healthy_coder();
        name_the_task(&mut facts);
        task(&mut facts).last_status = "STOPPED".into();
        task(&mut facts).stopped_reason = Some("Essential container exited".into());
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Fail);
        assert!(finding.detail.contains("Essential container exited"));
    }

    #[test]
    fn a_running_task_that_lost_its_connection() {
        let mut facts = healthy_coder();
        task(&mut facts).connectivity = Some("CONNECTED".into());
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        task(&mut facts).connectivity = Some("DISCONNECTED".into());
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
    }

    #[test]
    fn a_service_s_task_on_its_way_is_no_failure() {
        let mut facts = healthy_coder();
        task(&mut facts).last_status = "PENDING".into();
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
    }

    #[test]
    fn tasks_that_cannot_be_described() {
        let mut facts = healthy_coder();
        for fact in facts.tasks.values_mut() {
            *fact = denied("ecs:DescribeTasks");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
