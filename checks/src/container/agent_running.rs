mod rollout;

use crate::agent_reason::lacks_host_files;
use crate::fact_index::AGENT_START_SECONDS;
use crate::fixes::service::force_deployment;
use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "container.agent-running",
    title: "The exec agent in the container is RUNNING",
    why: "ECS hands a session to the ExecuteCommandAgent inside the container. Without it ECS rejects the call with InvalidParameterException or TargetNotConnectedException.",
    how: "managedAgents in ecs:DescribeTasks. A failure is a symptom: the role, the network, the image or an old task causes it. RUNNING means that the process is up, not that it has reached Systems Manager.",
    actions: &["ecs:DescribeTasks"],
    remedy: "Fix the cause, then replace the task: on Fargate an agent that gave up does not start again.",
    docs: &[aws_pages::TROUBLESHOOTING],
    severity: Severity::Critical,
    on_plan: OnPlan::NothingRuns,
    inference: Inference::InferredDespiteRollout,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    index.each_container(&CHECK, |group, subject, task, container| {
        if !container.is_running() {
            let title = format!("Container {} is not RUNNING", container.name);
            return CHECK.skip(subject, title);
        }
        if index.is_exec_forbidden(group, task) {
            return CHECK.skip(subject, "ECS Exec must be off here, as declared");
        }
        let agent = container.exec_agent();
        let finding = match agent {
            None => missing_agent(subject, task, container),
            Some(agent) => reported_agent(index, subject, task, container, agent),
        };
        let service = group.known_service();
        if let Some(service) = service.filter(|service| service.rolling_out().is_some()) {
            return rollout::adjust(group, service, task, finding);
        }
        let needs_new_task = match agent {
            None => task.exec_enabled,
            Some(agent) => agent.is_stopped() && !is_caused_by_host(task, agent),
        };
        match needs_new_task && service.is_some_and(|service| service.exec_enabled) {
            true => finding.fix_some(group.service_fix(index.facts, force_deployment)),
            false => finding,
        }
    })
}

fn missing_agent(subject: Subject, task: &Task, container: &Container) -> Finding {
    let detail = if task.exec_enabled {
        "The task was started with ECS Exec on, but ECS reports no ExecuteCommandAgent for this container."
    } else {
        "The task was started without ECS Exec, so it has no agent."
    };
    let finding = CHECK
        .fail(
            subject,
            format!("There is no exec agent in container {}", container.name),
        )
        .detail(detail)
        .group_title("There is no exec agent in the container")
        .evidence("agent", "absent");
    match task.exec_enabled {
        true => finding.agent_link(AgentLink::Lost),
        false => finding.explained_only_by(&["service.exec-enabled", "task.exec-enabled"]),
    }
}

fn reported_agent(
    index: &FactIndex,
    subject: Subject,
    task: &Task,
    container: &Container,
    agent: &ManagedAgent,
) -> Finding {
    let name = &container.name;
    let status = &agent.last_status;
    let reason = agent.reason.as_deref();
    let because = reason.map_or(String::new(), |reason| format!(": {reason}"));
    let finding = match status.as_str() {
        _ if agent.is_running() => CHECK.pass(subject, format!("The exec agent in {name} is RUNNING")),
        _ if agent.is_pending() => CHECK
            .fail(
                subject,
                format!("The exec agent in {name} is PENDING: it has not started yet{because}"),
            )
            .detail(pending_detail(index, task))
            .group_title("The exec agent has not started yet"),
        _ if agent.is_stopped() && is_caused_by_host(task, agent) => CHECK
            .fail(
                subject,
                format!("ECS could not install the exec agent in {name}{because}"),
            )
            .detail(
                "A new deployment does not help while the task runs on an instance that lacks the agent's files.",
            )
            .group_title("ECS could not install the exec agent in the container")
            // Fixing the instance does not install the agent in this task: both need a fix.
            .explained_only_by(&[]),
        _ if agent.is_stopped() => CHECK
            .fail(subject, format!("The exec agent in {name} has STOPPED{because}"))
            .detail(stopped_detail(task))
            .group_title("The exec agent has stopped")
            .agent_link(AgentLink::Lost),
        other => CHECK.unknown_because(
            subject,
            format!("ECS reports the exec agent in {name} as {other}, a status that this version does not know"),
        ),
    };
    let finding = finding.evidence("agent", status.as_str());
    match reason {
        Some(reason) => finding.evidence("reason", reason),
        None => finding,
    }
}

/// Whether the agent stopped because its instance lacks the files that it needs.
fn is_caused_by_host(task: &Task, agent: &ManagedAgent) -> bool {
    task.container_instance.is_some() && agent.reason.as_deref().is_some_and(lacks_host_files)
}

fn stopped_detail(task: &Task) -> &'static str {
    match task.container_instance {
        Some(_) => {
            "The ECS agent tries to start it again every 15 minutes. After the cause is fixed, a new task is quicker."
        }
        None => "It does not start again by itself. Replace the task after the cause is fixed.",
    }
}

/// The agent of a young task may still start; that of an old one is stuck.
fn pending_detail(index: &FactIndex, task: &Task) -> String {
    match task.started_at.map(|started| index.age(started)) {
        Some(age) if age < AGENT_START_SECONDS => format!(
            "The task started {} ago. The agent needs up to two minutes: run the doctor again.",
            text::span(age)
        ),
        Some(age) => format!(
            "The task started {} ago, which is longer than the agent needs: the agent is stuck.",
            text::span(age)
        ),
        None => {
            "An agent starts within two minutes of its task. After that it is stuck.".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{CODER, denied, healthy_coder, run, statuses, task};
    use model::finding::Status;

    #[test]
    fn a_running_agent_passes() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), [Status::Pass]);
    }

    #[test]
    fn stopped_pending_and_absent_agents_fail() {
        for status in ["STOPPED", "PENDING"] {
            let mut facts = healthy_coder();
            task(&mut facts).containers[0].managed_agents[0].last_status = status.into();
            assert_eq!(statuses(&CHECK, &facts), [Status::Fail], "{status}");
        }
        let mut facts = healthy_coder();
        task(&mut facts).containers[0].managed_agents.clear();
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    }

    #[test]
    fn a_starting_agent_suggests_another_run() {
        let mut facts = healthy_coder();
        let now = facts.taken_at;
        task(&mut facts).containers[0].managed_agents[0].last_status = "PENDING".into();
        task(&mut facts).started_at = Some(now);
        assert!(
            run(&CHECK, &facts)[0]
                .detail
                .contains("run the doctor again")
        );
    }

    #[test]
    fn the_title_contains_the_reason_from_ecs() {
        let mut facts = healthy_coder();
        let agent = &mut task(&mut facts).containers[0].managed_agents[0];
        agent.last_status = "STOPPED".into();
        agent.reason = Some("ExecuteCommandAgent process exited with exit code: 1".into());
        let finding = &run(&CHECK, &facts)[0];
        assert!(finding.title.contains("exit code: 1"), "{}", finding.title);
        assert_eq!(finding.fixes.len(), 1);
    }

    #[test]
    fn an_unknown_status_is_unknown() {
        let mut facts = healthy_coder();
        task(&mut facts).containers[0].managed_agents[0].last_status = "HIBERNATING".into();
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }

    #[test]
    fn a_stopped_container_is_skipped() {
        let mut facts = healthy_coder();
        task(&mut facts).containers[0].last_status = "STOPPED".into();
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
    }

    #[test]
    fn tasks_that_cannot_be_listed_are_unknown() {
        let mut facts = healthy_coder();
        facts
            .service_tasks
            .insert(CODER.into(), denied("ecs:ListTasks"));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
