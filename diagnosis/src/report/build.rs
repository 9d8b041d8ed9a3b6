use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::*;
use crate::causes::Diagnosis;
use crate::sanitize;
use model::facts::{Caller, Facts};
use model::finding::Finding;
use model::step::Step;
use model::text::sanitize_line;

/// Joins facts and diagnosis.
pub(crate) fn build(facts: &Facts, diagnosis: Diagnosis, partial: bool) -> Report {
    let Diagnosis {
        mut findings,
        mut root_causes,
    } = diagnosis;
    let mut fixes = distinct_fixes(&findings);
    order::order(&mut fixes, &mut root_causes, &mut findings, &facts.region);
    say_of_one_revision(&mut fixes);
    fixes.iter_mut().for_each(sanitize::fix);
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
            arn: facts
                .caller
                .known()
                .map(|caller: &Caller| sanitize_line(&caller.arn)),
        },
        verdict: verdict(&findings),
        partial,
        summary: summary(&findings),
        by_id: by_id(&fixes),
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
    let lines =
        |items: &mut dyn Iterator<Item = &String>| items.map(|s| sanitize_line(s)).collect();
    Target {
        account: facts.account.as_deref().map(sanitize_line),
        partition: sanitize_line(&facts.partition),
        region: sanitize_line(&facts.region),
        cluster: sanitize_line(&facts.cluster_name),
        services: lines(&mut target.services.iter().map(|wanted| &wanted.name)),
        tasks: lines(&mut target.tasks.iter()),
        container: target.container.as_deref().map(sanitize_line),
    }
}

fn distinct_fixes(findings: &[Finding]) -> Vec<Fix> {
    let mut fixes: BTreeMap<&str, Fix> = BTreeMap::new();
    for fix in findings.iter().flat_map(|finding| &finding.fixes) {
        match fixes.entry(&fix.id) {
            Entry::Vacant(place) => {
                place.insert(fix.clone());
            }
            Entry::Occupied(place) if place.get() == fix => {}
            Entry::Occupied(mut place) => place.get_mut().join(fix),
        }
    }
    fixes.into_values().collect()
}

/// The places of fixes in the order of their IDs.
pub(super) fn by_id(fixes: &[Fix]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..fixes.len()).collect();
    places.sort_by(|one, other| fixes[*one].id.cmp(&fixes[*other].id));
    places
}

/// Commands that edit the same revision undo each other where one is pasted after the other.
fn say_of_one_revision(fixes: &mut [Fix]) {
    let edited = |fix: &Fix| -> Vec<String> {
        let revisions = fix.steps.iter().flatten().filter_map(|step| match step {
            Step::Revise(revision) => Some(revision.definition.clone()),
            Step::Call(_) | Step::AddStatement(_) | Step::Shell(_) => None,
        });
        revisions.collect()
    };
    let all: Vec<String> = fixes.iter().flat_map(edited).collect();
    let is_shared =
        |definition: &String| all.iter().filter(|other| *other == definition).count() > 1;
    for fix in fixes {
        if edited(fix).iter().any(is_shared) {
            fix.explain.push_str(
                " Another fix may edit the same revision: after the commands of one, ask the doctor again \
                 for those of the other.",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Selection, examine};
    use model::facts::Facts;
    use test_facts::{definition, healthy_coder};

    fn warned(facts: &Facts) -> Vec<bool> {
        let report = examine(facts, &Selection::default());
        let said = |fix: &model::Fix| fix.explain.contains("the same revision");
        report.fixes.iter().map(said).collect()
    }

    #[test]
    fn two_edits_of_one_revision_say_so() {
        let mut facts = healthy_coder();
        definition(&mut facts).containers[0].read_only_root = true;
        assert_eq!(warned(&facts), [false]);
        definition(&mut facts).containers[0]
            .environment
            .push("AWS_CONTAINER_CREDENTIALS_FULL_URI".into());
        assert_eq!(warned(&facts), [true, true]);
    }
}
