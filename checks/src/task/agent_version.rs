use crate::container::agent_running::lacks_host_files;
use crate::fact_index::{FactIndex, Group};
use crate::fixes;
use model::area::Area;
use model::arn;
use model::check::{Check, Inference, OnPlan};
use model::facts::{Container, ContainerInstance, Fact, Task};
use model::finding::{Finding, Severity, Subject};
use model::version;

pub const CHECK: Check = Check {
    id: "task.agent-version",
    area: Area::Task,
    title: "The task's instance has a new enough ECS agent, and the exec agent's files",
    why: "On EC2 and on machines of your own the ECS container agent puts the exec agent into containers; before 1.50.2 (1.56 on Windows) it cannot.",
    how: "The reason of the managed agent in ecs:DescribeTasks, which says whether the instance lacks the agent's files. versionInfo in ecs:DescribeContainerInstances, compared number by number with 1.50.2; on Windows, which the attribute ecs.os-type tells, with 1.56.0. On Fargate there is no such agent to look at.",
    actions: &["ecs:DescribeContainerInstances"],
    remedy: "Update the ECS agent of the instance, then replace the tasks.",
    docs: &["https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html"],
    explains: &["container.agent-running"],
    masks: &[],
    severity: Severity::High,
    on_plan: OnPlan::Judges,
    inference: Inference::Inferred,
};

const LEAST: [u32; 3] = [1, 50, 2];
const LEAST_ON_WINDOWS: [u32; 3] = [1, 56, 0];

pub fn run(index: &FactIndex) -> Vec<Finding> {
    index.each_running(&CHECK, |group, tasks| {
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
            let finding = match missing_files(&on_host) {
                Some(reason) => lacks_files(group, host, reason),
                None => judge(index, group, host),
            };
            findings.push(finding.on_tasks(on_host.iter().copied()));
        }
        if findings.is_empty() {
            let title = "The tasks do not run on container instances of this account";
            findings.push(CHECK.skip(group.subject(), title));
        }
        findings
    })
}

/// What ECS says of an agent for which the instance lacks the files.
fn missing_files<'t>(tasks: &[&'t Task]) -> Option<&'t str> {
    let containers = tasks.iter().flat_map(|task| &task.containers);
    let agents = containers.filter_map(Container::exec_agent);
    let mut reasons = agents
        .filter(|agent| !agent.is_running())
        .filter_map(|agent| agent.reason.as_deref());
    reasons.find(|reason| lacks_host_files(reason))
}

fn lacks_files(group: &Group, arn: &str, reason: &str) -> Finding {
    let subject = Subject::new("container-instance", arn).of_service(group.service_name());
    let id = arn::name(arn);
    CHECK
        .fail(
            subject,
            format!("Container instance {id} lacks the files of the exec agent"),
        )
        .detail(
            "The ECS agent mounts the exec agent's programs and certificates from the instance into the containers, \
             and does not find them. They come with the ECS-optimized AMIs and with Bottlerocket; an AMI of your own, \
             or an ECS agent that was started by hand, needs ecs-init and its folder /var/lib/ecs/deps.",
        )
        .group_title("Container instances lack the files of the exec agent")
        .evidence("reason", reason)
        .fix(fixes::task::host_files(arn))
}

fn judge(index: &FactIndex, group: &Group, arn: &str) -> Finding {
    let subject = Subject::new("container-instance", arn).of_service(group.service_name());
    match index.facts.container_instances.get(arn) {
        Some(Fact::Known(host)) => by_version(index, subject, host),
        Some(Fact::Unavailable(why)) => CHECK.unknown(subject, why),
        Some(Fact::Absent) | None => {
            CHECK.unknown_because(subject, "The container instance was not found")
        }
    }
}

fn by_version(index: &FactIndex, subject: Subject, host: &ContainerInstance) -> Finding {
    let Some(told) = host.agent_version.as_deref() else {
        return CHECK.unknown_because(subject, "The ECS agent does not tell its version");
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
            .group_title("The ECS agent is too old for ECS Exec")
            .fix_some((!host.windows).then(|| fixes::task::update_agent(index.facts, &host.arn))),
        Some(true) if !host.agent_connected => CHECK
            .warn(
                subject,
                format!("The ECS agent {told} has lost its connection to ECS"),
            )
            .detail("What ECS says of tasks on this instance may be out of date.")
            .group_title("The ECS agent has lost its connection"),
        Some(true) => CHECK.pass(subject, format!("The ECS agent {told} is new enough")),
        None => CHECK.unknown_because(subject, format!("{told} is no version")),
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
    use crate::testing::*;
    use model::finding::Status;

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
    fn an_instance_without_the_agents_files_is_told_from_an_old_one() {
        let mut facts = healthy_coder();
        on_ec2(&mut facts);
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
