//! Makes the report out of facts and diagnosis.

use std::collections::BTreeMap;

use super::{
    CallerLine, Report, SCHEMA_VERSION, Source, Target, Tool, fix_order, summary, verdict,
};
use crate::causes::Diagnosis;
use crate::sanitize;
use model::facts::{Caller, Facts};
use model::finding::Finding;
use model::fix::Fix;
use model::step::Step;
use model::text::sanitize_line;

/// Joins facts and diagnosis.
pub(crate) fn build(facts: &Facts, diagnosis: Diagnosis, partial: bool) -> Report {
    let Diagnosis {
        mut findings,
        mut root_causes,
    } = diagnosis;
    let mut fixes = distinct_fixes(&findings);
    fix_order::sort(&mut fixes, &mut root_causes, &mut findings, &facts.region);
    mention_other_edits(&mut fixes);
    fixes.iter_mut().for_each(sanitize::fix);
    let summary = summary(&findings);
    let caller_arn = |caller: &Caller| sanitize_line(&caller.arn);
    Report {
        schema_version: SCHEMA_VERSION,
        tool: Tool {
            name: "ecs-exec",
            version: env!("CARGO_PKG_VERSION"),
        },
        generated_at: facts.taken_at.to_string(),
        source: Source::Live,
        target: target(facts),
        caller: CallerLine {
            arn: facts.caller.known().map(caller_arn),
            asked_by: facts.asked_by.as_deref().map(sanitize_line),
        },
        verdict: verdict(&findings, &summary),
        partial,
        summary,
        fixes,
        root_causes,
        findings,
        since: None,
        api_calls: BTreeMap::new(),
        duration_ms: 0,
    }
}

fn target(facts: &Facts) -> Target {
    let target = &facts.target;
    let services = target.services.iter().map(|service| &service.name);
    Target {
        account: facts.account.as_deref().map(sanitize_line),
        partition: sanitize_line(&facts.partition),
        region: sanitize_line(&facts.region),
        cluster: sanitize_line(&facts.cluster_name),
        services: services.map(|name| sanitize_line(name)).collect(),
        tasks: target.tasks.iter().map(|arn| sanitize_line(arn)).collect(),
        container: target.container.as_deref().map(sanitize_line),
    }
}

/// The fixes of all findings, sorted by ID. Fixes with the same ID are joined.
fn distinct_fixes(findings: &[Finding]) -> Vec<Fix> {
    let mut fixes: BTreeMap<&str, Fix> = BTreeMap::new();
    for fix in findings.iter().flat_map(|finding| &finding.fixes) {
        fixes
            .entry(&fix.id)
            .and_modify(|same| same.join(fix))
            .or_insert_with(|| fix.clone());
    }
    fixes.into_values().collect()
}

/// The commands of fixes that edit the same revision undo each other if both are pasted.
fn mention_other_edits(fixes: &mut [Fix]) {
    let mut edits: BTreeMap<String, usize> = BTreeMap::new();
    for definition in fixes.iter().flat_map(edited_definitions) {
        *edits.entry(definition.to_owned()).or_default() += 1;
    }
    for fix in fixes {
        if edited_definitions(fix).any(|definition| edits[definition] > 1) {
            fix.explain.push_str(
                " Another fix edits the same task definition: after the commands of one fix, run the doctor again \
                 for the commands of the other.",
            );
        }
    }
}

fn edited_definitions(fix: &Fix) -> impl Iterator<Item = &str> {
    let steps = fix.steps.iter().flatten();
    steps.filter_map(|step| match step {
        Step::Revise(revision) => Some(revision.definition.as_str()),
        Step::Call(_) | Step::AddStatement(_) | Step::Shell(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Selection, examine};
    use checks::registry;
    use model::finding::Subject;
    use model::fix::Disposition;
    use test_facts::{definition, healthy_coder};

    fn mentions_the_other(facts: &Facts) -> Vec<bool> {
        let report = examine(facts, &Selection::default());
        let mentions = |fix: &Fix| fix.explain.contains("the same task definition");
        report.fixes.iter().map(mentions).collect()
    }

    #[test]
    fn two_fixes_of_one_task_definition_mention_each_other() {
        let mut facts = healthy_coder();
        definition(&mut facts).containers[0].read_only_root = true;
        assert_eq!(mentions_the_other(&facts), [false]);
        definition(&mut facts).containers[0]
            .environment
            .push("AWS_CONTAINER_CREDENTIALS_FULL_URI".into());
        assert_eq!(mentions_the_other(&facts), [true, true]);
    }

    #[test]
    fn fixes_with_one_id_are_joined() {
        let check = registry::find("role.present").unwrap();
        let findings = ["one", "two", "one"].map(|command| {
            let fix = Fix::new("a", Disposition::Safe, "", "").command(command);
            check.fail(Subject::new("role", "a"), "").fix(fix)
        });
        let fixes = distinct_fixes(&findings);
        assert_eq!(fixes.len(), 1);
        assert_eq!(fixes[0].commands, ["one", "two"]);
    }
}
