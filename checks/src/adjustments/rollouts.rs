//! Rollouts: failures of tasks that a deployment is replacing end with the deployment.

use std::collections::HashSet;

use crate::prelude::*;

/// Failures that concern only tasks which are being replaced become warnings, if other tasks or the rollout itself
/// already decide whether sessions into the service work.
pub fn apply(index: &FactIndex, findings: &mut [Finding]) {
    let groups = index.groups.iter();
    let replaced = groups.flat_map(|group| replaced_tasks(group).unwrap_or_default());
    let replaced: HashSet<&str> = replaced.map(|task| &*task.arn).collect();
    for finding in findings {
        let is_replaced = |arn: &String| replaced.contains(arn.as_str());
        let tasks = finding.tasks.arns().unwrap_or_default();
        if finding.status == Status::Fail
            && finding.check.inference.ends_with_rollout()
            && !tasks.is_empty()
            && tasks.iter().all(is_replaced)
        {
            finding.status = Status::Warn;
            finding.detail = format!(
                "A deployment is replacing these tasks: wait until it is complete. {}",
                finding.detail
            );
            finding.fixes.clear();
        }
    }
}

/// The running tasks that are being replaced, if something else decides about the group: a task of the new deployment,
/// or one without ECS Exec, which the rollout explains.
fn replaced_tasks<'a>(group: &Group<'a>) -> Option<Vec<&'a Task>> {
    let service = group.known_service()?;
    service.rolling_out()?;
    let running = group.running().iter().copied();
    let (old, new): (Vec<&Task>, Vec<&Task>) = running.partition(|task| service.is_replacing(task));
    let is_decided = !new.is_empty() || old.iter().any(|task| !task.exec_enabled);
    is_decided.then_some(old)
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use diagnosis::{Selection, examine};
    use model::facts::{Fact, Facts};

    /// A service whose old task definition has a read-only root file system, unlike the new one.
    fn fixed_by_the_rollout(with_new_task: bool) -> Facts {
        let mut facts = healthy_coder();
        begin_rollout(&mut facts);
        let fixed = definition(&mut facts).clone();
        let old_arn = fixed.arn.clone();
        let mut old = fixed.clone();
        old.containers[0].read_only_root = true;
        facts.task_definitions.insert(old_arn, Fact::Known(old));
        task(&mut facts).containers[0].managed_agents[0].last_status = "STOPPED".into();
        if with_new_task {
            let mut new = task(&mut facts).clone();
            new.arn = format!("{}9", new.arn);
            new.started_by = Some("ecs-svc/1".into());
            new.task_definition = format!("{}9", new.task_definition);
            new.containers[0].managed_agents[0].last_status = "RUNNING".into();
            let arn = new.arn.to_string();
            let definition = new.task_definition.to_string();
            facts
                .task_definitions
                .insert(definition, Fact::Known(fixed));
            facts.tasks.insert(arn.clone(), Fact::Known(new));
            known(facts.service_tasks.get_mut(CODER).unwrap()).push(arn);
        }
        facts
    }

    fn causes(facts: &Facts) -> Vec<&'static str> {
        let report = examine(facts, &Selection::default());
        report.root_causes.iter().map(|cause| cause.check).collect()
    }

    #[test]
    fn a_fault_of_replaced_tasks_is_no_cause() {
        assert_eq!(causes(&fixed_by_the_rollout(true)), [""; 0]);
    }

    #[test]
    fn a_fault_stands_while_only_old_tasks_run() {
        let causes = causes(&fixed_by_the_rollout(false));
        assert_eq!(causes, ["container.read-only-root"]);
    }
}
