mod reason;
mod rollout;

use crate::fact_index::{AGENT_PATIENCE_SECONDS, FactIndex};
use crate::fixes::service::force_deployment;
use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::facts::{Container, Fact, ManagedAgent, Task};
use model::finding::{AgentLink, Finding, Severity, Subject};
use model::text;

pub use reason::lacks_host_files;

pub const CHECK: Check = Check {
    id: "container.agent-running",
    area: Area::Container,
    title: "The exec agent in the container is RUNNING",
    why: "ECS hands a session to the ExecuteCommandAgent inside the container; without it the call is refused with InvalidParameterException or TargetNotConnectedException.",
    how: "managedAgents in ecs:DescribeTasks. This is a symptom: role, network, image or a stale task are behind it. RUNNING says that the process is up, not that it has reached Systems Manager.",
    actions: &["ecs:DescribeTasks"],
    remedy: "Fix the cause, then replace the task: on Fargate an agent that gave up does not come back.",
    docs: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec-troubleshooting.html",
    ],
    explains: &[],
    masks: &[],
    severity: Severity::Critical,
    on_plan: OnPlan::NothingRuns,
    inference: Inference::InferredDespiteRollout,
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    index.each_container(&CHECK, |group, subject, task, container| {
        if container.last_status != "RUNNING" {
            let title = format!("Container {} is not RUNNING", container.name);
            return CHECK.skip(subject, title);
        }
        if index.is_exec_forbidden(group, task) {
            return CHECK.skip(subject, "ECS Exec must be off here, as declared");
        }
        let agent = container.exec_agent();
        let finding = match agent {
            None => absent(subject, task, container),
            Some(agent) => judge(index, subject, task, container, agent),
        };
        let service = group.service_fact.and_then(Fact::known);
        if let Some(service) = service.filter(|service| service.rolling_out().is_some()) {
            return rollout::in_rollout(group, service, task, finding);
        }
        let needs_new_task = match agent {
            None => task.exec_enabled,
            Some(agent) => agent.last_status == "STOPPED" && !is_of_host(task, agent),
        };
        match needs_new_task && service.is_some_and(|service| service.exec_enabled) {
            true => finding.fix_some(group.service_fix(index.facts, force_deployment)),
            false => finding,
        }
    })
}

fn absent(subject: Subject, task: &Task, container: &Container) -> Finding {
    let detail = if task.exec_enabled {
        "The task was started with ECS Exec on, but ECS reports no ExecuteCommandAgent for this container."
    } else {
        "The task was started without ECS Exec, so there is no agent in it."
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

fn judge(
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
        "RUNNING" => CHECK.pass(subject, ["The exec agent in ", name, " is RUNNING"].concat()),
        "PENDING" => CHECK
            .fail(
                subject,
                format!("The exec agent in {name} is PENDING, it has not started yet{because}"),
            )
            .detail(pending_detail(index, task))
            .group_title("The exec agent has not started yet"),
        "STOPPED" if is_of_host(task, agent) => CHECK
            .fail(
                subject,
                format!("The exec agent in {name} could not be put into the container{because}"),
            )
            .detail(
                "A new deployment changes nothing while the task runs on an instance that lacks the agent's files.",
            )
            .group_title("The exec agent could not be put into the container")
            // Fixing the instance does not bring the agent into this task: both have to be done.
            .explained_only_by(&[]),
        "STOPPED" => CHECK
            .fail(subject, format!("The exec agent in {name} has STOPPED{because}"))
            .detail(stopped_detail(task))
            .group_title("The exec agent has stopped")
            .agent_link(AgentLink::Lost),
        other => CHECK.unknown_because(
            subject,
            format!("ECS reports the exec agent in {name} as {other}, which this version does not know"),
        ),
    };
    let finding = finding.evidence("agent", status.as_str());
    match reason {
        Some(reason) => finding.evidence("reason", reason),
        None => finding,
    }
}

/// The instance lacks what the agent is made of.
fn is_of_host(task: &Task, agent: &ManagedAgent) -> bool {
    task.container_instance.is_some() && agent.reason.as_deref().is_some_and(lacks_host_files)
}

fn stopped_detail(task: &Task) -> &'static str {
    match task.container_instance {
        Some(_) => {
            "The ECS agent tries to start it again every 15 minutes; after the cause is fixed, a new task is quicker."
        }
        None => "It does not start again by itself. Replace the task after the cause is fixed.",
    }
}

/// A young task's agent may still come; an old one's will not.
fn pending_detail(index: &FactIndex, task: &Task) -> String {
    match task.started_at.map(|started| index.age(started)) {
        Some(age) if age < AGENT_PATIENCE_SECONDS => format!(
            "The task started {} ago, and the agent needs up to a minute or two: ask again.",
            text::span(age)
        ),
        Some(age) => format!(
            "The task started {} ago, which is longer than the agent needs: it is stuck.",
            text::span(age)
        ),
        None => {
            "An agent starts within a minute or two of its task; after that it is stuck.".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{CODER, denied, healthy_coder, run, statuses, task};
    use model::finding::Status;

    #[test]
    fn running() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), [Status::Pass]);
    }

    #[test]
    fn stopped_pending_and_absent_all_refuse_sessions() {
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
    fn a_young_agent_may_still_come() {
        let mut facts = healthy_coder();
        let now = facts.taken_at;
        task(&mut facts).containers[0].managed_agents[0].last_status = "PENDING".into();
        task(&mut facts).started_at = Some(now);
        assert!(run(&CHECK, &facts)[0].detail.contains("ask again"));
    }

    #[test]
    fn the_reason_that_ecs_gives_is_in_the_title() {
        let mut facts = healthy_coder();
        let agent = &mut task(&mut facts).containers[0].managed_agents[0];
        agent.last_status = "STOPPED".into();
        agent.reason = Some("ExecuteCommandAgent process exited with exit code: 1".into());
        let finding = &run(&CHECK, &facts)[0];
        assert!(finding.title.contains("exit code: 1"), "{}", finding.title);
        assert_eq!(finding.fixes.len(), 1);
    }

    #[test]
    fn a_status_from_the_future_is_unknown() {
        let mut facts = healthy_coder();
        task(&mut facts).containers[0].managed_agents[0].last_status = "HIBERNATING".into();
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }

    #[test]
    fn a_container_that_ended_has_no_agent_to_miss() {
        let mut facts = healthy_coder();
        task(&mut facts).containers[0].last_status = "STOPPED".into();
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
    }

    #[test]
    fn tasks_that_cannot_be_listed() {
        let mut facts = healthy_coder();
        facts
            .service_tasks
            .insert(CODER.into(), denied("ecs:ListTasks"));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
