use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "task.launch-type",
    title: "The task runs where ECS Exec works",
    why: "The launch type decides what ECS Exec needs: the Fargate platform, or the ECS agent of an EC2 or external instance.",
    how: "launchType and capacityProviderName in ecs:DescribeTasks.",
    actions: &["ecs:DescribeTasks"],
    remedy: "Nothing to fix. A newer version of this program may know the launch type.",
    docs: &[aws_pages::ECS_EXEC],
    severity: Severity::Low,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    index.each_task(&CHECK, |_, subject, task| judge(subject, task))
}

fn judge(subject: Subject, task: &Task) -> Finding {
    let launch_type = task
        .launch_type
        .as_deref()
        .or(task.capacity_provider.as_deref())
        .unwrap_or_default();
    let finding = match launch_type {
        _ if task.is_fargate() => CHECK.pass(subject, "The task runs on Fargate"),
        "EC2" => CHECK.pass(subject, "The task runs on an EC2 instance"),
        "MANAGED_INSTANCES" => CHECK.pass(subject, "The task runs on an instance that ECS manages"),
        "EXTERNAL" => CHECK
            .pass(subject, "The task runs on a machine outside AWS")
            .detail("The network of the machine is not visible from here."),
        _ if task.container_instance.is_some() => {
            CHECK.pass(subject, "The task runs on a container instance")
        }
        "" => CHECK.unknown_because(subject, "ECS reports no launch type"),
        other => CHECK.unknown_because(
            subject,
            format!("ECS reports the launch type {other}, which this version does not know"),
        ),
    };
    finding.evidence("launchType", launch_type)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::finding::Status;

    #[test]
    fn known_launch_types_pass_and_others_are_unknown() {
        let mut facts = healthy_coder();
        for (launch_type, status) in [
            ("FARGATE", Status::Pass),
            ("EC2", Status::Pass),
            ("EXTERNAL", Status::Pass),
            ("MANAGED_INSTANCES", Status::Pass),
            ("CLOUD", Status::Unknown),
        ] {
            task(&mut facts).launch_type = Some(launch_type.into());
            task(&mut facts).capacity_provider = None;
            assert_eq!(statuses(&CHECK, &facts), [status], "{launch_type}");
        }
        task(&mut facts).launch_type = None;
        task(&mut facts).capacity_provider = Some("FARGATE_SPOT".into());
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        for fact in facts.tasks.values_mut() {
            *fact = denied("ecs:DescribeTasks");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
