use crate::fact_index::{FactIndex, Group};
use crate::fixes;
use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::facts::{Fact, Task};
use model::finding::{Finding, Severity};
use model::text;

pub const CHECK: Check = Check {
    id: "policy.exec-forbidden",
    area: Area::Policy,
    title: "ECS Exec is off where it must be",
    why: "A team may keep shells out of some tasks, like users' workspaces, which have doors of their own.",
    how: "exec_forbidden in the configuration, patterns of service names and task families, against the flags of services and running tasks.",
    actions: &["ecs:DescribeServices", "ecs:DescribeTasks"],
    remedy: "Disable ECS Exec on the service and replace its tasks.",
    docs: &["https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html"],
    explains: &[],
    masks: &[],
    severity: Severity::High,
    on_plan: OnPlan::Judges,
    inference: Inference::Direct,
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    if index.facts.expect.exec_forbidden.is_empty() {
        return Vec::new();
    }
    index
        .groups
        .iter()
        .flat_map(|group| judge(index, group))
        .collect()
}

fn judge(index: &FactIndex, group: &Group) -> Vec<Finding> {
    let tasks = match &group.tasks {
        Fact::Unavailable(why) if index.is_exec_forbidden_service(group) => {
            return vec![CHECK.unknown(group.subject(), why)];
        }
        Fact::Unavailable(_) => return Vec::new(),
        Fact::Known(_) | Fact::Absent => group.running(),
    };
    let forbidden: Vec<&Task> = tasks
        .iter()
        .copied()
        .filter(|task| index.is_exec_forbidden(group, task))
        .collect();
    if forbidden.is_empty() && !index.is_exec_forbidden_service(group) {
        return Vec::new();
    }
    let open: Vec<&Task> = forbidden
        .iter()
        .copied()
        .filter(|task| task.exec_enabled)
        .collect();
    let service = group.service_fact.and_then(Fact::known);
    let flag = service.is_some_and(|service| service.exec_enabled);
    if let Some(Fact::Unavailable(why)) = group.service_fact
        && open.is_empty()
    {
        return vec![CHECK.unknown(group.subject(), why)];
    }
    if !flag && open.is_empty() {
        return vec![CHECK.pass(
            group.subject(),
            format!("ECS Exec is off on {}, as declared", group.name()),
        )];
    }
    let what = match (flag, open.len()) {
        (true, 0) => "the service has ECS Exec enabled".to_owned(),
        (true, n) => format!(
            "the service has ECS Exec enabled, and {} can be entered",
            text::count(n, "task")
        ),
        (false, n) => format!("{} can be entered", text::count(n, "task")),
    };
    let finding = CHECK
        .fail(
            group.subject(),
            format!("{} must not be entered, but can be", group.name()),
        )
        .detail(format!(
            "exec_forbidden in the configuration covers it, and {what}."
        ))
        .group_title("ECS Exec is on where it must be off")
        .on_tasks(open.iter().copied());
    vec![match service {
        Some(service) => finding.fix(fixes::service::disable_exec(
            index.facts,
            service,
            !open.is_empty(),
        )),
        None => finding,
    }]
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::finding::Status;

    #[test]
    fn nothing_declared_nothing_broken() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), []);
    }

    #[test]
    fn on_off_and_others() {
        let mut facts = healthy_coder();
        facts.expect.exec_forbidden = vec!["coder-workspace-*".into()];
        assert_eq!(statuses(&CHECK, &facts), []);
        facts.expect.exec_forbidden = vec!["coder-production-c*".into()];
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Fail);
        assert!(finding.fixes[0].commands[0].contains("--disable-execute-command"));
        service(&mut facts).exec_enabled = false;
        assert_eq!(
            statuses(&CHECK, &facts),
            [Status::Fail],
            "a task can still be entered"
        );
        task(&mut facts).exec_enabled = false;
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
    }

    #[test]
    fn by_the_family_of_the_task() {
        let mut facts = healthy_coder();
        make_standalone(&mut facts);
        facts.expect.exec_forbidden = vec!["coder-production-coder".into()];
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    }

    #[test]
    fn unreadable() {
        let mut facts = healthy_coder();
        facts.expect.exec_forbidden = vec!["coder-*".into()];
        facts
            .service_tasks
            .insert(CODER.into(), denied("ecs:ListTasks"));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
