//! Facts of a Terraform plan: its tasks are those that would be started, so that what only running ones show, and
//! who opens sessions from where, is not judged.

mod planned_resources;

use crate::fact_index::FactIndex;
use crate::registry::Registered;
use model::check::OnPlan;
use model::finding::{Finding, Subject};
use planned_resources::PlannedResources;

/// The check's findings; one that says why where a plan cannot tell.
pub fn run(registered: &Registered, index: &FactIndex) -> Vec<Finding> {
    let Registered { check, run } = registered;
    if !index.facts.planned {
        return run(index);
    }
    let subject = || Subject::new("cluster", index.facts.cluster_name.as_str());
    match check.on_plan {
        OnPlan::Judges => {}
        OnPlan::NothingRuns => {
            return vec![check.skip(subject(), "Nothing runs yet: this is a plan")];
        }
        OnPlan::NotInPlan => return vec![check.skip(subject(), "A plan says nothing of this")],
    }
    let mut findings = run(index);
    if findings.iter().any(|finding| !finding.fixes.is_empty()) {
        let resources = PlannedResources::of(index.facts);
        for fix in findings.iter_mut().flat_map(|finding| &mut finding.fixes) {
            resources.adapt(fix);
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use crate::testing::{healthy, service, task};
    use diagnosis::{Selection, examine};
    use model::Status;

    #[test]
    fn a_plan_is_judged_by_what_it_says() {
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
