use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "service.deployment-stable",
    title: "No deployment of the service has failed or is stuck",
    why: "A failed deployment leaves the old tasks running, with the faults that they have. A deployment in progress needs time, not another deployment.",
    how: "The deployments in ecs:DescribeServices: their rollout state, failed tasks and age. The last event is quoted.",
    actions: &["ecs:DescribeServices"],
    remedy: "Fix what the events report, then deploy again.",
    docs: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html",
    ],
    symptoms: &["task.exec-enabled", "service.running-tasks"],
    severity: Severity::Medium,
    on_plan: OnPlan::NothingRuns,
    ..super::DEFAULTS
};

/// A deployment that takes longer counts as stuck.
const STUCK_AFTER_SECONDS: i64 = 3600;

pub fn run(index: &FactIndex) -> Vec<Finding> {
    index.each_service(&CHECK, |group, subject, service| {
        judge(index, group, subject, service)
    })
}

fn judge(index: &FactIndex, group: &Group, subject: Subject, service: &Service) -> Finding {
    let name = &service.name;
    let Some(primary) = service.primary() else {
        return CHECK.skip(subject, format!("ECS itself does not roll out {name}"));
    };
    let state = primary.rollout_state.as_deref();
    let failed = service.deployments.iter().any(Deployment::has_failed) || is_rolling_back(primary);
    if failed || (primary.failed_tasks > 0 && !primary.is_completed()) {
        let title = match failed {
            true => format!("The last deployment of {name} failed"),
            false => format!(
                "The deployment of {name} makes no progress: {} failed",
                text::count(primary.failed_tasks as usize, "task")
            ),
        };
        let keeps_stale_tasks =
            service.exec_enabled && group.running().iter().any(|task| !task.exec_enabled);
        let finding = match keeps_stale_tasks {
            true => CHECK.fail(subject, title),
            false => CHECK.warn(subject, title),
        };
        return finding
            .group_title("A deployment failed")
            .detail(reasons(primary, service))
            .fix(fixes::service::read_events(index.facts, name))
            .evidence("rolloutState", state.unwrap_or("none"))
            .evidence("failedTasks", primary.failed_tasks);
    }
    if !primary.is_in_progress() {
        let title = format!("{name} has one deployment, and it is complete");
        return CHECK.pass(subject, title);
    }
    match primary.created_at.map(|created| index.age(created)) {
        Some(age) if age > STUCK_AFTER_SECONDS => {
            let age = text::span(age);
            let title = format!("The deployment of {name} has been in progress for {age}");
            CHECK
                .warn(subject, title)
                .group_title("A deployment is stuck")
                .detail(reasons(primary, service))
        }
        Some(_) | None => CHECK
            .pass(subject, format!("A deployment of {name} is in progress"))
            .evidence("rolloutState", "IN_PROGRESS"),
    }
}

/// The circuit breaker goes back to the last deployment that worked, and says so in its reason.
fn is_rolling_back(primary: &Deployment) -> bool {
    let reason = primary.rollout_reason.as_deref();
    reason.is_some_and(|reason| reason.contains("rolling back"))
}

/// What ECS reports about a deployment.
fn reasons(deployment: &Deployment, service: &Service) -> String {
    let reason = deployment.rollout_reason.as_ref();
    let reason = reason.map(|reason| format!("ECS says: {reason}"));
    let event = service.events.first();
    let event = event.map(|event| format!("Last event: {}", event.message));
    Vec::from_iter(reason.into_iter().chain(event)).join(" ")
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
    fn complete_and_in_progress_pass() {
        let mut facts = healthy_coder();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        begin_rollout(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
    }

    #[test]
    fn stuck_for_hours_warns() {
        let mut facts = healthy_coder();
        begin_rollout(&mut facts);
        let long_ago = task(&mut facts).started_at;
        service(&mut facts).deployments[0].created_at = long_ago;
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
    }

    #[test]
    fn the_only_deployment_can_be_stuck_too() {
        let mut facts = healthy_coder();
        let long_ago = task(&mut facts).started_at;
        let only = &mut service(&mut facts).deployments[0];
        only.rollout_state = Some("IN_PROGRESS".into());
        only.created_at = long_ago;
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
    }

    #[test]
    fn a_failed_deployment_fails_if_it_keeps_old_tasks() {
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
    fn a_rolled_back_deployment_fails_if_it_keeps_old_tasks() {
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
    fn tasks_that_failed_in_a_complete_deployment_pass() {
        let mut facts = healthy_coder();
        service(&mut facts).deployments[0].failed_tasks = 2;
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        service(&mut facts).deployments[0].rollout_state = Some("IN_PROGRESS".into());
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
    }

    #[test]
    fn services_without_ecs_deployments_are_skipped_and_unreadable_ones_unknown() {
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
