use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "policy.exec-forbidden",
    title: "ECS Exec is disabled where it is forbidden",
    why: "A team can forbid shells in some tasks, for example in users' workspaces with an access path of their own.",
    how: "exec_forbidden in the configuration (patterns of service names and task families), compared with enableExecuteCommand of services and running tasks.",
    actions: &["ecs:DescribeServices", "ecs:DescribeTasks"],
    remedy: "Disable ECS Exec on the service and replace its tasks.",
    docs: &[aws_pages::ECS_EXEC],
    severity: Severity::High,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    if index.facts.expect.exec_forbidden.is_empty() {
        return Vec::new();
    }
    let groups = index.groups.iter();
    groups.filter_map(|group| judge(index, group)).collect()
}

/// `None` if nothing of the group is forbidden.
fn judge(index: &FactIndex, group: &Group) -> Option<Finding> {
    let subject = group.subject();
    let is_service_forbidden = index.is_exec_forbidden_service(group);
    if let Fact::Unavailable(why) = &group.tasks {
        return is_service_forbidden.then(|| CHECK.unknown(subject, why));
    }
    let forbidden = group.running().iter().copied();
    let forbidden = forbidden.filter(|task| index.is_exec_forbidden(group, task));
    let forbidden: Vec<&Task> = forbidden.collect();
    if forbidden.is_empty() && !is_service_forbidden {
        return None;
    }
    let open: Vec<&Task> = forbidden
        .into_iter()
        .filter(|task| task.exec_enabled)
        .collect();
    let service = match group.service_fact {
        Some(Fact::Unavailable(why)) if open.is_empty() => {
            return Some(CHECK.unknown(subject, why));
        }
        fact => fact.and_then(Fact::known),
    };
    let is_enabled = service.is_some_and(|service| service.exec_enabled);
    let tasks = text::count(open.len(), "running task");
    let reason = match (is_enabled, open.is_empty()) {
        (false, true) => {
            let title = format!(
                "ECS Exec is disabled on {}, as the configuration requires",
                group.name()
            );
            return Some(CHECK.pass(subject, title));
        }
        (true, true) => "ECS Exec is enabled on the service".to_owned(),
        (true, false) => format!("ECS Exec is enabled on the service and on {tasks}"),
        (false, false) => format!("ECS Exec is enabled on {tasks}"),
    };
    let finding = CHECK
        .fail(
            subject,
            format!("ECS Exec is forbidden on {}, but enabled", group.name()),
        )
        .detail(format!(
            "exec_forbidden in the configuration matches it, but {reason}."
        ))
        .group_title("ECS Exec is enabled where it is forbidden")
        .on_tasks(open.iter().copied());
    let disable = |service| fixes::service::disable_exec(index.facts, service, !open.is_empty());
    Some(finding.fix_some(service.map(disable)))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::finding::Status;

    #[test]
    fn without_patterns_there_are_no_findings() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), []);
    }

    #[test]
    fn enabled_services_and_tasks_fail() {
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
            "a task still has it enabled"
        );
        task(&mut facts).exec_enabled = false;
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
    }

    #[test]
    fn a_pattern_matches_the_family_of_the_task() {
        let mut facts = healthy_coder();
        make_standalone(&mut facts);
        facts.expect.exec_forbidden = vec!["coder-production-coder".into()];
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    }

    #[test]
    fn a_denied_read_is_unknown() {
        let mut facts = healthy_coder();
        facts.expect.exec_forbidden = vec!["coder-*".into()];
        facts
            .service_tasks
            .insert(CODER.into(), denied("ecs:ListTasks"));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
