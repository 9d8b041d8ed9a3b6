//! Agents of tasks that a deployment stops or starts.

use crate::prelude::*;

/// Adjusts a finding on an agent while the service's tasks are being replaced. The rollout explains an agent that has
/// stopped already or not started yet; another deployment would only prolong the wait.
pub fn adjust(group: &Group, service: &Service, task: &Task, mut finding: Finding) -> Finding {
    if finding.status != Status::Fail {
        return finding;
    }
    let is_old = service.is_replacing(task);
    let is_explained = match is_old {
        true => has_other_agent(group, task) || replaces_tasks_without_exec(group, service),
        // The findings on old tasks say whether sessions into those work.
        false => {
            task.has_pending_agent()
                && group
                    .running()
                    .iter()
                    .any(|other| service.is_replacing(other))
        }
    };
    if is_explained {
        finding.status = Status::Warn;
    }
    if is_old || is_explained {
        finding.agent_link = None;
        finding.group_title = "Tasks are being replaced by a deployment";
        finding.detail = match is_old {
            true => "A deployment is replacing this task: wait until it is complete, and do not force another one.",
            false => "A deployment has started this task, and its agent is starting: wait until the deployment is complete.",
        }
        .into();
    }
    finding
}

/// Whether an agent runs in another task of the group.
fn has_other_agent(group: &Group, task: &Task) -> bool {
    let mut others = group.running().iter().filter(|other| other.arn != task.arn);
    others.any(|other| other.has_running_agent())
}

/// Whether the rollout replaces tasks without ECS Exec, which task.exec-enabled reports already.
fn replaces_tasks_without_exec(group: &Group, service: &Service) -> bool {
    let mut tasks = group.running().iter();
    service.exec_enabled && tasks.any(|other| !other.exec_enabled && service.is_replacing(other))
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use diagnosis::{Selection, examine};
    use model::facts::{Fact, Facts, Task};

    /// The old task, and a task of the new deployment.
    fn rolling(change_old: fn(&mut Task), change_new: fn(&mut Task)) -> Facts {
        let mut facts = healthy_coder();
        begin_rollout(&mut facts);
        let mut new = task(&mut facts).clone();
        change_old(task(&mut facts));
        new.arn = format!("{}9", new.arn);
        new.started_by = Some("ecs-svc/1".into());
        new.started_at = Some(facts.taken_at);
        change_new(&mut new);
        let arn = new.arn.to_string();
        known(facts.service_tasks.get_mut(CODER).unwrap()).push(arn.clone());
        facts.tasks.insert(arn, Fact::Known(new));
        facts
    }

    fn agent(task: &mut Task, status: &str) {
        task.containers[0].managed_agents[0].last_status = status.into();
    }

    fn without_exec(task: &mut Task) {
        task.exec_enabled = false;
        task.containers[0].managed_agents.clear();
    }

    fn causes(facts: &Facts) -> Vec<&'static str> {
        let report = examine(facts, &Selection::default());
        report.root_causes.iter().map(|cause| cause.check).collect()
    }

    #[test]
    fn the_rollout_is_the_one_explanation() {
        let pending = |task: &mut Task| agent(task, "PENDING");
        let facts = rolling(without_exec, pending);
        assert_eq!(causes(&facts), ["task.exec-enabled"]);
        let facts = rolling(|task| agent(task, "STOPPED"), pending);
        assert_eq!(causes(&facts), ["container.agent-running"]);
        let report = examine(&facts, &Selection::default());
        assert!(
            report.fixes.is_empty(),
            "another deployment would prolong the wait"
        );
    }

    #[test]
    fn a_starting_agent_beside_a_running_one_is_no_cause() {
        let facts = rolling(|_| {}, |task| agent(task, "PENDING"));
        assert_eq!(causes(&facts), [""; 0]);
        let facts = rolling(|task| agent(task, "STOPPED"), |_| {});
        assert_eq!(causes(&facts), [""; 0]);
    }

    #[test]
    fn a_stopped_agent_in_a_new_task_is_a_cause() {
        let facts = rolling(|_| {}, |task| agent(task, "STOPPED"));
        assert_eq!(causes(&facts), ["container.agent-running"]);
    }

    #[test]
    fn tasks_of_a_deployment_that_is_itself_replaced() {
        let mut facts = rolling(without_exec, |task| agent(task, "PENDING"));
        let service = service(&mut facts);
        let mut newest = service.deployments[0].clone();
        service.deployments[0].status = "ACTIVE".into();
        newest.id = "ecs-svc/2".into();
        service.deployments.insert(0, newest);
        assert_eq!(causes(&facts), ["task.exec-enabled"]);
    }
}
