//! How findings on a Terraform plan differ: its tasks do not run yet, it says nothing about whoever opens sessions, and
//! fixes change the configuration.

mod change_block;
mod planned_fix;
mod planned_resources;

use crate::fact_index::FactIndex;
use crate::registry::Registered;
use model::check::OnPlan;
use model::finding::{Finding, Subject};
use planned_resources::PlannedResources;

/// The check's findings; on a plan that cannot answer it, one that says why.
pub fn run(registered: &Registered, index: &FactIndex) -> Vec<Finding> {
    let Registered { check, run } = registered;
    if !index.facts.planned {
        return run(index);
    }
    let reason = match check.on_plan {
        OnPlan::Judges => {
            let mut findings = run(index);
            let resources = PlannedResources::of(index.facts);
            for fix in findings.iter_mut().flat_map(|finding| &mut finding.fixes) {
                planned_fix::adapt(fix, &resources);
            }
            return findings;
        }
        OnPlan::NothingRuns => "Nothing runs yet: this is a plan",
        OnPlan::NotInPlan => "A plan does not contain this",
    };
    let subject = Subject::new("cluster", index.facts.cluster_name.as_str());
    vec![check.skip(subject, reason)]
}
