//! Tasks that a deployment is replacing: what is wrong with them is gone when it is done.

use std::collections::HashSet;
use std::mem::take;

use crate::fact_index::{FactIndex, Group};
use model::facts::{Fact, Task};
use model::finding::{Finding, Status};

/// Failures that only concern tasks which are being replaced become warnings where other tasks, or the roll-out itself,
/// already decide whether the service can be entered.
pub fn settle(index: &FactIndex, findings: &mut [Finding]) {
    let replaced: HashSet<&str> = index
        .groups
        .iter()
        .flat_map(|group| replaced(group).unwrap_or_default())
        .map(|task| &*task.arn)
        .collect();
    if replaced.is_empty() {
        return;
    }
    for finding in findings {
        let is_gone_soon = finding.tasks.arns().is_some_and(|tasks| {
            !tasks.is_empty() && tasks.iter().all(|task| replaced.contains(task.as_str()))
        });
        if finding.status == Status::Fail
            && is_gone_soon
            && finding.check.inference.ends_with_rollout()
        {
            finding.status = Status::Warn;
            let detail = take(&mut finding.detail);
            finding.detail = format!(
                "A deployment is rolling out that replaces the tasks concerned: wait until it is done. {detail}"
            )
            .into();
            finding.fixes.clear();
        }
    }
}

/// The running tasks that are being replaced, where something else decides about the group: a task of the new
/// deployment, or one without ECS Exec, which the roll-out explains.
fn replaced<'a>(group: &Group<'a>) -> Option<Vec<&'a Task>> {
    let service = group.service_fact.and_then(Fact::known)?;
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

    /// A service whose old definition closes the root file system, and whose new one does not.
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
            new.arn = format!("{}9", new.arn).into();
            new.started_by = Some("ecs-svc/1".into());
            new.task_definition = format!("{}9", new.task_definition).into();
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
    fn what_is_wrong_with_old_tasks_is_no_second_cause() {
        assert_eq!(causes(&fixed_by_the_rollout(true)), [""; 0]);
    }

    #[test]
    fn while_only_old_tasks_run_their_fault_stands() {
        let causes = causes(&fixed_by_the_rollout(false));
        assert_eq!(causes, ["container.read-only-root"]);
    }
}
