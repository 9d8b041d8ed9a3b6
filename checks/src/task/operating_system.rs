use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "task.operating-system",
    title: "ECS Exec works on the task's operating system",
    why: "ECS Exec works on Linux and on Windows Server 2019 or later. Older Windows has no exec agent.",
    how: "runtimePlatform.operatingSystemFamily in ecs:DescribeTaskDefinition; without it the tasks run Linux.",
    actions: &["ecs:DescribeTaskDefinition"],
    remedy: "Move to Windows Server 2019 or later, or to Linux.",
    docs: &[aws_pages::ECS_EXEC],
    symptoms: &["container.agent-running"],
    severity: Severity::Medium,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    index.each_definition(&CHECK, |group, definition, _| {
        let subject = group.definition_subject(&definition.arn);
        let family = definition.operating_system.as_deref().unwrap_or("LINUX");
        let finding = match family {
            "LINUX" => CHECK.pass(subject, "The tasks run Linux"),
            old if old.starts_with("WINDOWS_SERVER_2016") => CHECK
                .fail(subject, "ECS Exec does not work on Windows Server 2016")
                .detail("It needs Windows Server 2019 or later.")
                .group_title("The operating system is too old for ECS Exec"),
            windows if windows.starts_with("WINDOWS_SERVER_") => CHECK
                .pass(subject, "The tasks run Windows Server")
                .detail("The shell is powershell.exe or cmd.exe; there is no /bin/sh."),
            other => CHECK.unknown_because(
                subject,
                format!("The operating system is {other}, which this version does not know"),
            ),
        };
        vec![finding.evidence("operatingSystemFamily", family)]
    })
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::finding::Status;

    #[test]
    fn old_windows_fails_and_other_systems_are_unknown() {
        let mut facts = healthy_coder();
        for (family, status) in [
            (None, Status::Pass),
            (Some("LINUX"), Status::Pass),
            (Some("WINDOWS_SERVER_2022_CORE"), Status::Pass),
            (Some("WINDOWS_SERVER_2016_FULL"), Status::Fail),
            (Some("PLAN9"), Status::Unknown),
        ] {
            definition(&mut facts).operating_system = family.map(str::to_owned);
            assert_eq!(statuses(&CHECK, &facts), [status], "{family:?}");
        }
        for fact in facts.task_definitions.values_mut() {
            *fact = denied("ecs:DescribeTaskDefinition");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
