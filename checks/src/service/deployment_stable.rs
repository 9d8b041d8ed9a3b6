use crate::fact_index::{FactIndex, Group};
use crate::fixes;
use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::facts::{Deployment, Service};
use model::finding::{Finding, Severity, Subject};
use model::text;

pub const CHECK: Check = Check {
    id: "service.deployment-stable",
    area: Area::Service,
    title: "No deployment of the service has failed or is stuck",
    why: "A deployment that fails leaves the old tasks running, with whatever they lack; one that rolls out needs patience, not another one.",
    how: "The deployments in ecs:DescribeServices: their rollout state, their failed tasks, and how long they have been at it; the last event is quoted.",
    actions: &["ecs:DescribeServices"],
    remedy: "Mend what the events say, then deploy again.",
    docs: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html",
    ],
    explains: &["task.exec-enabled", "service.running-tasks"],
    masks: &[],
    severity: Severity::Medium,
    on_plan: OnPlan::NothingRuns,
    inference: Inference::Inferred,
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    index.each_service(&CHECK, |group, subject, service| {
        judge(index, group, subject, service)
    })
}

fn judge(index: &FactIndex, group: &Group, subject: Subject, service: &Service) -> Finding {
    let name = &service.name;
    let Some(primary) = service.primary() else {
        return CHECK.skip(subject, format!("{name} is not rolled out by ECS itself"));
    };
    let failed = service.deployments.iter().any(has_failed) || is_rolling_back(primary);
    let complete = primary.rollout_state.as_deref() == Some("COMPLETED");
    if failed || (primary.failed_tasks > 0 && !complete) {
        let title = if failed {
            format!("The last deployment of {name} failed")
        } else {
            format!(
                "The deployment of {name} does not get on: {} failed",
                text::count(primary.failed_tasks as usize, "task")
            )
        };
        let finding = match keeps_stale_tasks(group, service) {
            true => CHECK.fail(subject, title),
            false => CHECK.warn(subject, title),
        };
        return finding
            .group_title("A deployment failed")
            .detail(quoted(primary, service))
            .fix(fixes::service::read_events(index.facts, name))
            .evidence(
                "rolloutState",
                primary.rollout_state.as_deref().unwrap_or("none"),
            )
            .evidence("failedTasks", primary.failed_tasks);
    }
    let is_at_it = primary.rollout_state.as_deref() == Some("IN_PROGRESS");
    if !is_at_it {
        return CHECK.pass(
            subject,
            format!("{name} has one deployment, and it is in place"),
        );
    }
    let age = primary.created_at.map(|created| index.age(created));
    match age {
        Some(age) if age > PATIENCE_SECONDS => CHECK
            .warn(
                subject,
                format!(
                    "The deployment of {name} has been rolling out for {}",
                    text::span(age)
                ),
            )
            .group_title("A deployment is stuck")
            .detail(quoted(primary, service)),
        Some(_) | None => CHECK
            .pass(subject, format!("A deployment of {name} is rolling out"))
            .evidence("rolloutState", "IN_PROGRESS"),
    }
}

fn has_failed(deployment: &Deployment) -> bool {
    deployment.rollout_state.as_deref() == Some("FAILED")
}

/// The circuit breaker brings the last deployment back that worked, and says so in its reason.
fn is_rolling_back(primary: &Deployment) -> bool {
    primary
        .rollout_reason
        .as_deref()
        .is_some_and(|reason| reason.contains("rolling back"))
}

/// How long a deployment may take before it counts as stuck.
const PATIENCE_SECONDS: i64 = 3600;

/// The failure is why tasks run that cannot be entered.
fn keeps_stale_tasks(group: &Group, service: &Service) -> bool {
    service.exec_enabled && group.running().iter().any(|task| !task.exec_enabled)
}

fn quoted(deployment: &Deployment, service: &Service) -> String {
    let reason = deployment
        .rollout_reason
        .as_ref()
        .map(|reason| format!("ECS says: {reason}"));
    let event = service
        .events
        .first()
        .map(|event| format!("Last event: {}", event.message));
    [reason, event]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{
        CODER, begin_rollout, denied, healthy_coder, run, service, statuses, task,
    };
    use model::facts::Fact;
    use model::finding::Status;

    #[test]
    fn in_place_and_rolling_out() {
        let mut facts = healthy_coder();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        begin_rollout(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
    }

    #[test]
    fn stuck_for_hours() {
        let mut facts = healthy_coder();
        begin_rollout(&mut facts);
        let long_ago = task(&mut facts).started_at;
        service(&mut facts).deployments[0].created_at = long_ago;
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
    }

    #[test]
    fn the_only_deployment_may_be_stuck_too() {
        let mut facts = healthy_coder();
        let long_ago = task(&mut facts).started_at;
        let only = &mut service(&mut facts).deployments[0];
        only.rollout_state = Some("IN_PROGRESS".into());
        only.created_at = long_ago;
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
    }

    #[test]
    fn failed() {
        let mut facts = healthy_coder();
        service(&mut facts).deployments[0].rollout_state = Some("FAILED".into());
        service(&mut facts).deployments[0].rollout_reason = Some("tasks failed to start".into());
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Warn);
        assert!(finding.detail.contains("tasks failed to start"));
        task(&mut facts).exec_enabled = false;
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    }

    #[test]
    fn rolled_back() {
        let mut facts = healthy_coder();
        service(&mut facts).deployments[0].rollout_reason =
            Some("ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1.".into());
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
        task(&mut facts).exec_enabled = false;
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Fail);
        assert!(finding.detail.contains("rolling back"));
    }

    #[test]
    fn tasks_that_failed_before_it_was_complete_are_history() {
        let mut facts = healthy_coder();
        service(&mut facts).deployments[0].failed_tasks = 2;
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        service(&mut facts).deployments[0].rollout_state = Some("IN_PROGRESS".into());
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
    }

    #[test]
    fn unreadable_and_not_by_ecs() {
        let mut facts = healthy_coder();
        service(&mut facts).deployments.clear();
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
        facts
            .services
            .insert(CODER.into(), denied("ecs:DescribeServices"));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        facts.services.insert(CODER.into(), Fact::Absent);
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
    }
}
