//! How findings on a Terraform plan differ: its tasks do not run yet, it says nothing about whoever opens sessions, and
//! fixes change the configuration.

mod change_block;
mod planned_fix;
mod planned_resources;
mod program_edit;
mod template_edit;

use crate::prelude::*;
use crate::registry::Registered;
use planned_resources::PlannedResources;

/// The check's findings; on a plan that cannot answer it, one that says why.
pub fn run_check(registered: &Registered, index: &FactIndex) -> Vec<Finding> {
    let Registered { check, run } = registered;
    if !index.facts.planned {
        return run(index);
    }
    let reason = match check.on_plan {
        OnPlan::Judges => {
            let mut findings = run(index);
            let resources = PlannedResources(index.facts);
            for fix in findings.iter_mut().flat_map(|finding| &mut finding.fixes) {
                planned_fix::adapt(fix, &resources);
            }
            return findings;
        }
        OnPlan::NothingRuns => "Nothing runs yet: this is a plan",
        OnPlan::NotInPlan => "A plan does not contain this",
    };
    vec![check.skip(index.cluster_subject(), reason)]
}

#[cfg(test)]
mod tests {
    use crate::testing::{healthy, service, task};
    use diagnosis::{Selection, examine};
    use model::Status;

    #[test]
    fn a_plan_has_one_cause_and_fixes_in_terraform_only() {
        let mut facts = healthy();
        facts.planned = true;
        service(&mut facts).exec_enabled = false;
        task(&mut facts).exec_enabled = false;
        task(&mut facts)
            .containers
            .iter_mut()
            .for_each(|container| container.managed_agents.clear());
        let report = examine(&facts, &Selection::default());
        let causes: Vec<&str> = report.root_causes.iter().map(|cause| cause.check).collect();
        assert_eq!(causes, ["service.exec-enabled"]);
        assert!(report.fixes.iter().all(|fix| fix.commands.is_empty()));
        assert!(report.fixes.iter().any(|fix| fix.terraform.is_some()));
        let skipped = report
            .findings
            .iter()
            .filter(|finding| finding.status == Status::Skip);
        assert!(
            skipped
                .filter(|finding| finding.check.area == model::Area::Local)
                .count()
                > 3
        );
    }
}
