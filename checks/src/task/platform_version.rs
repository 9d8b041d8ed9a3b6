use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "task.platform-version",
    title: "The Fargate platform version is new enough",
    why: "Older Fargate platform versions do not install the exec agent in tasks.",
    how: "platformVersion in ecs:DescribeTasks: 1.4.0 or later on Linux, 1.0.0 or later on Windows.",
    actions: &["ecs:DescribeTasks"],
    remedy: "Set the platform version to LATEST and deploy.",
    docs: &["https://docs.aws.amazon.com/AmazonECS/latest/developerguide/platform-fargate.html"],
    symptoms: &["container.agent-running"],
    severity: Severity::High,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    index.each_task(&CHECK, |group, subject, task| {
        judge(index, group, subject, task)
    })
}

fn judge<'a>(index: &FactIndex<'a>, group: &Group<'a>, subject: Subject, task: &Task) -> Finding {
    if !task.is_fargate() {
        return CHECK.skip(subject, "The task does not run on Fargate");
    }
    let min = match task.is_windows() {
        true => [1, 0, 0],
        false => [1, 4, 0],
    };
    let Some(version) = task.platform_version.as_deref() else {
        return CHECK.unknown_because(subject, "The task's Fargate platform version is unknown");
    };
    let finding = match version::is_at_least(version, &min) {
        Some(true) => {
            CHECK.pass(subject, format!("Fargate platform {version} is new enough"))
        }
        Some(false) => CHECK
            .fail(
                subject,
                format!("Fargate platform {version} is too old for ECS Exec"),
            )
            .detail(format!(
                "ECS Exec needs {} or later. Set the service's platform version to LATEST and deploy the service.",
                min.map(|number| number.to_string()).join(".")
            ))
            .group_title("The Fargate platform is too old for ECS Exec")
            .fix_some(group.service_fix(index.facts, fixes::service::latest_platform)),
        None => CHECK.unknown_because(
            subject,
            format!("ECS reports {version} as the Fargate platform, which is not a version"),
        ),
    };
    finding.evidence("platformVersion", version)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{CODER, denied, healthy_coder, statuses, task};
    use model::finding::Status;

    fn statuses_of(version: &str, family: &str) -> Vec<Status> {
        let mut facts = healthy_coder();
        task(&mut facts).platform_version = Some(version.into());
        task(&mut facts).platform_family = Some(family.into());
        statuses(&CHECK, &facts)
    }

    #[test]
    fn versions_compare_as_numbers() {
        assert_eq!(statuses_of("1.4.0", "Linux"), [Status::Pass]);
        assert_eq!(statuses_of("1.10.0", "Linux"), [Status::Pass]);
        assert_eq!(statuses_of("1.3.0", "Linux"), [Status::Fail]);
        assert_eq!(
            statuses_of("1.0.0", "Windows_Server_2022_Core"),
            [Status::Pass]
        );
    }

    #[test]
    fn only_numeric_fargate_versions_are_compared() {
        assert_eq!(statuses_of("LATEST", "Linux"), [Status::Unknown]);
        let mut facts = healthy_coder();
        task(&mut facts).launch_type = Some("EC2".into());
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
        facts
            .service_tasks
            .insert(CODER.into(), denied("ecs:ListTasks"));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
