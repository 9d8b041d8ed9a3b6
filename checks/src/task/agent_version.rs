use crate::agent_reason::lacks_host_files;
use crate::grouped::grouped;
use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "task.agent-version",
    title: "The task's instance has a new enough ECS agent and the files of the exec agent",
    why: "On EC2 and on external instances the ECS container agent installs the exec agent in containers. Versions before 1.50.2 (1.56 on Windows) cannot.",
    how: "The reason of the managed agent in ecs:DescribeTasks, which says whether the instance lacks the agent's files. versionInfo in ecs:DescribeContainerInstances, compared number by number with 1.50.2, or with 1.56.0 if the attribute ecs.os-type is windows. Fargate has no such agent.",
    actions: &["ecs:DescribeContainerInstances"],
    remedy: "Update the ECS agent of the instance, then replace the tasks.",
    docs: &[aws_pages::ECS_EXEC],
    symptoms: &["container.agent-running"],
    severity: Severity::High,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    index.each_running(&CHECK, |group, tasks| {
        let tasks = tasks.iter();
        let by_instance =
            grouped(tasks.filter_map(|&task| Some((task.container_instance.as_deref()?, task))));
        if by_instance.is_empty() {
            let title = "The tasks do not run on container instances of this account";
            return vec![CHECK.skip(group.subject(), title)];
        }
        let findings = by_instance.into_iter().map(|(instance, tasks)| {
            let subject = group.subject_of("container-instance", instance);
            let finding = match missing_files(&tasks) {
                Some(reason) => lacks_files(subject, instance, reason),
                None => match index.facts.container_instances.get(instance) {
                    Some(Fact::Known(host)) => by_version(index, subject, host),
                    Some(Fact::Unavailable(why)) => CHECK.unknown(subject, why),
                    Some(Fact::Absent) | None => {
                        CHECK.unknown_because(subject, "The container instance was not found")
                    }
                },
            };
            finding.on_tasks(tasks)
        });
        findings.collect()
    })
}

/// The reason of ECS, if the instance lacks the files of the agent.
fn missing_files<'t>(tasks: &[&'t Task]) -> Option<&'t str> {
    let containers = tasks.iter().flat_map(|task| &task.containers);
    let agents = containers.filter_map(Container::exec_agent);
    let mut reasons = agents
        .filter(|agent| !agent.is_running())
        .filter_map(|agent| agent.reason.as_deref());
    reasons.find(|reason| lacks_host_files(reason))
}

fn lacks_files(subject: Subject, instance: &str, reason: &str) -> Finding {
    let id = arn::name(instance);
    CHECK
        .fail(
            subject,
            format!("Container instance {id} lacks the files of the exec agent"),
        )
        .detail(
            "The ECS agent mounts the exec agent's programs and certificates from the instance into the containers, \
             and does not find them. ECS-optimized AMIs and Bottlerocket have them; a custom AMI, or an ECS agent that \
             was started by hand, needs ecs-init and its folder /var/lib/ecs/deps.",
        )
        .group_title("Container instances lack the files of the exec agent")
        .evidence("reason", reason)
        .fix(fixes::task::host_files(instance))
}

fn by_version(index: &FactIndex, subject: Subject, host: &ContainerInstance) -> Finding {
    let Some(version) = host.agent_version.as_deref() else {
        return CHECK.unknown_because(subject, "The ECS agent does not report its version");
    };
    let (min, too_old) = match host.windows {
        true => (
            [1, 56, 0],
            "On Windows ECS Exec needs the container agent 1.56 or later, and ECS does not update agents on Windows: \
             start instances of a newer AMI.",
        ),
        false => (
            [1, 50, 2],
            "ECS Exec needs the container agent 1.50.2 or later. Update the agent, or the instance's AMI, then \
             replace the tasks.",
        ),
    };
    let finding = match version::is_at_least(version, &min) {
        Some(false) => CHECK
            .fail(
                subject,
                format!("The ECS agent {version} is too old for ECS Exec"),
            )
            .detail(too_old)
            .group_title("The ECS agent is too old for ECS Exec")
            .fix_some((!host.windows).then(|| fixes::task::update_agent(index.facts, &host.arn))),
        Some(true) if !host.agent_connected => CHECK
            .warn(
                subject,
                format!("The ECS agent {version} has lost its connection to ECS"),
            )
            .detail("What ECS reports about tasks on this instance may be out of date.")
            .group_title("The ECS agent has lost its connection"),
        Some(true) => CHECK.pass(subject, format!("The ECS agent {version} is new enough")),
        None => CHECK.unknown_because(subject, format!("{version} is not a version")),
    };
    finding.evidence("agentVersion", version)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::finding::Status;

    fn statuses_of(version: &str) -> Vec<Status> {
        let mut facts = healthy_coder();
        move_to_ec2(&mut facts);
        host(&mut facts).agent_version = Some(version.into());
        statuses(&CHECK, &facts)
    }

    #[test]
    fn versions_compare_as_numbers() {
        assert_eq!(statuses_of("1.50.2"), [Status::Pass]);
        assert_eq!(statuses_of("1.100.0"), [Status::Pass]);
        assert_eq!(statuses_of("1.50.1"), [Status::Fail]);
        assert_eq!(statuses_of("1.9.9"), [Status::Fail]);
        assert_eq!(statuses_of("new"), [Status::Unknown]);
    }

    #[test]
    fn windows_needs_a_newer_version() {
        let on_windows = |version: &str| {
            let mut facts = healthy_coder();
            move_to_ec2(&mut facts);
            host(&mut facts).windows = true;
            host(&mut facts).agent_version = Some(version.into());
            facts
        };
        assert_eq!(statuses(&CHECK, &on_windows("1.56.0")), [Status::Pass]);
        let old = on_windows("1.55.3");
        assert_eq!(statuses(&CHECK, &old), [Status::Fail]);
        let findings = run(&CHECK, &old);
        assert!(
            findings[0].fixes.is_empty(),
            "ECS updates no agents on Windows"
        );
    }

    #[test]
    fn an_instance_without_the_agents_files_fails_regardless_of_version() {
        let mut facts = healthy_coder();
        move_to_ec2(&mut facts);
        let agent = &mut task(&mut facts).containers[0].managed_agents[0];
        agent.last_status = "STOPPED".into();
        agent.reason = Some("could not find certs".into());
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Fail);
        assert!(
            finding.title.contains("lacks the files"),
            "{}",
            finding.title
        );
        let report = diagnosis::examine(&facts, &diagnosis::Selection::default());
        assert!(
            report
                .fixes
                .iter()
                .all(|fix| !fix.id.starts_with("force-deployment"))
        );
        task(&mut facts).containers[0].managed_agents[0].reason = Some("exit code: 1".into());
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
    }

    #[test]
    fn fargate_is_skipped_and_a_disconnected_agent_warns() {
        let mut facts = healthy_coder();
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
        move_to_ec2(&mut facts);
        host(&mut facts).agent_connected = false;
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
        for fact in facts.container_instances.values_mut() {
            *fact = denied("ecs:DescribeContainerInstances");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
