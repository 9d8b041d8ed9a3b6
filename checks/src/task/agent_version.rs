use crate::check::Check;
use crate::facts::{ContainerInstance, Fact, Task};
use crate::finding::{Finding, Severity, Subject};
use crate::fixes;
use crate::version;
use crate::world::{Group, World};

pub const CHECK: Check = Check {
    id: "task.agent-version",
    title: "The ECS agent of the task's instance is new enough",
    why: "On EC2 and on machines of your own the ECS container agent puts the exec agent into containers; before 1.50.2 (1.56 on Windows) it cannot.",
    how: "versionInfo in ecs:DescribeContainerInstances, compared number by number with 1.50.2; on Windows, which the attribute ecs.os-type tells, with 1.56.0. On Fargate there is no such agent to look at.",
    actions: &["ecs:DescribeContainerInstances"],
    remedy: "Update the ECS agent of the instance, then replace the tasks.",
    docs: &["https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html"],
    explains: &["container.agent-running"],
    masks: &[],
    severity: Severity::High,
    run,
};

const LEAST: [u32; 3] = [1, 50, 2];
const LEAST_ON_WINDOWS: [u32; 3] = [1, 56, 0];

fn run(world: &World) -> Vec<Finding> {
    world.each_running(&CHECK, |group, tasks| {
        let mut findings: Vec<Finding> = Vec::new();
        let mut seen: Vec<&str> = Vec::new();
        for task in tasks {
            let Some(host) = task.container_instance.as_deref() else {
                continue;
            };
            if seen.contains(&host) {
                continue;
            }
            seen.push(host);
            let on_host: Vec<&Task> = tasks
                .iter()
                .copied()
                .filter(|task| task.container_instance.as_deref() == Some(host))
                .collect();
            findings.push(judge(world, group, host).on_tasks(on_host.iter().copied()));
        }
        if findings.is_empty() {
            let title = "The tasks do not run on container instances of this account";
            findings.push(CHECK.skip(group.subject(), title));
        }
        findings
    })
}

fn judge(world: &World, group: &Group, arn: &str) -> Finding {
    let subject = Subject::new("container-instance", arn).of_group(group);
    match world.facts.container_instances.get(arn) {
        Some(Fact::Known(host)) => by_version(world, subject, host),
        Some(Fact::Unavailable(why)) => CHECK.unknown(subject, why),
        Some(Fact::Absent) | None => CHECK.unsure(subject, "The container instance was not found"),
    }
}

fn by_version(world: &World, subject: Subject, host: &ContainerInstance) -> Finding {
    let Some(told) = host.agent_version.as_deref() else {
        return CHECK.unsure(subject, "The ECS agent does not tell its version");
    };
    let least = match host.windows {
        true => LEAST_ON_WINDOWS,
        false => LEAST,
    };
    let finding = match version::is_at_least(told, &least) {
        Some(false) => CHECK
            .fail(
                subject,
                format!("The ECS agent {told} is too old for ECS Exec"),
            )
            .detail(too_old(host))
            .cause("The ECS agent is too old for ECS Exec")
            .fix_some((!host.windows).then(|| fixes::task::update_agent(world.facts, &host.arn))),
        Some(true) if !host.agent_connected => CHECK
            .warn(
                subject,
                format!("The ECS agent {told} has lost its connection to ECS"),
            )
            .detail("What ECS says of tasks on this instance may be out of date.")
            .cause("The ECS agent has lost its connection"),
        Some(true) => CHECK.pass(subject, format!("The ECS agent {told} is new enough")),
        None => CHECK.unsure(subject, format!("{told} is no version")),
    };
    finding.evidence("agentVersion", told)
}

fn too_old(host: &ContainerInstance) -> &'static str {
    match host.windows {
        true => {
            "On Windows ECS Exec needs the container agent 1.56 or later, and ECS does not update agents there: start \
             instances of a newer AMI."
        }
        false => {
            "ECS Exec needs the container agent 1.50.2 or later. Update the agent, or the instance's AMI, then \
             replace the tasks."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::finding::Status;
    use crate::testing::*;

    fn of(version: &str) -> Vec<Status> {
        let mut facts = healthy_coder();
        on_ec2(&mut facts);
        host(&mut facts).agent_version = Some(version.into());
        statuses(&CHECK, &facts)
    }

    #[test]
    fn versions_compare_as_numbers() {
        assert_eq!(of("1.50.2"), [Status::Pass]);
        assert_eq!(of("1.100.0"), [Status::Pass]);
        assert_eq!(of("1.50.1"), [Status::Fail]);
        assert_eq!(of("1.9.9"), [Status::Fail]);
        assert_eq!(of("new"), [Status::Unknown]);
    }

    #[test]
    fn windows_needs_a_newer_one() {
        let on_windows = |version: &str| {
            let mut facts = healthy_coder();
            on_ec2(&mut facts);
            host(&mut facts).windows = true;
            host(&mut facts).agent_version = Some(version.into());
            facts
        };
        assert_eq!(statuses(&CHECK, &on_windows("1.56.0")), [Status::Pass]);
        let old = on_windows("1.55.3");
        assert_eq!(statuses(&CHECK, &old), [Status::Fail]);
        let findings = run(&CHECK, &old);
        assert!(findings[0].fixes.is_empty(), "ECS updates no agents there");
    }

    #[test]
    fn not_connected_not_told_and_not_there() {
        let mut facts = healthy_coder();
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
        on_ec2(&mut facts);
        host(&mut facts).agent_connected = false;
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
        for fact in facts.container_instances.values_mut() {
            *fact = denied("ecs:DescribeContainerInstances");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
