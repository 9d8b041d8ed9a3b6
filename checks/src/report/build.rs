//! What AWS or a user wrote is made harmless here, once, for every format.

use std::collections::{BTreeMap, HashSet};
use std::mem::take;
use std::sync::Arc;

use serde_json::Value;

use super::*;
use crate::diagnosis::{Cause, Diagnosis};
use crate::evidence::{Evidence, Seen};
use crate::facts::{Caller, Facts};
use crate::finding::Finding;
use crate::step::Step;
use crate::text::{
    clean_line, cleaned_block, cleaned_line, cleaned_shared, cleaned_title, is_plain,
};

/// Joins facts and diagnosis.
pub(crate) fn build(facts: &Facts, diagnosis: Diagnosis, partial: bool) -> Report {
    let Diagnosis {
        findings,
        root_causes,
    } = diagnosis;
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
                .map(|caller: &Caller| clean_line(&caller.arn)),
        },
        verdict: verdict(
            findings
                .iter()
                .map(|finding| (finding.status, finding.severity)),
        ),
        partial,
        summary: summary(findings.iter().map(|finding| finding.status)),
        fixes: distinct_fixes(&findings),
        root_causes: root_causes.into_iter().map(root_cause).collect(),
        findings: findings.into_iter().map(finding).collect(),
        since: None,
        api_calls: BTreeMap::new(),
        duration_ms: 0,
    }
}

fn target(facts: &Facts) -> Target {
    let target = &facts.target;
    let lines = |items: &mut dyn Iterator<Item = &String>| items.map(|s| clean_line(s)).collect();
    Target {
        account: facts.account.as_deref().map(clean_line),
        partition: clean_line(&facts.partition),
        region: clean_line(&facts.region),
        cluster: clean_line(&facts.cluster_name),
        services: lines(&mut target.services.iter().map(|wanted| &wanted.name)),
        tasks: lines(&mut target.tasks.iter()),
        container: target.container.as_deref().map(clean_line),
    }
}

fn root_cause(cause: Cause) -> RootCause {
    RootCause {
        check: cause.check,
        title: cleaned_line(cause.title),
        detail: cleaned_block(cause.detail),
        subjects: cause.subjects.into_iter().map(clean_subject).collect(),
        symptoms: cause.symptoms,
        fixes: cause.fixes.iter().map(|fix| clean_line(&fix.id)).collect(),
    }
}

fn finding(finding: Finding) -> ReportFinding {
    ReportFinding {
        check: finding.check.id,
        area: finding.check.area(),
        status: finding.status,
        severity: finding.severity,
        title: cleaned_title(finding.title),
        detail: cleaned_block(finding.detail),
        subject: clean_subject(finding.subject),
        evidence: clean_evidence(finding.evidence),
        missing_permission: finding.missing_permission,
        caused_by: finding.caused_by,
        fixes: finding
            .fixes
            .iter()
            .map(|fix| clean_line(&fix.id))
            .collect(),
    }
}

fn distinct_fixes(findings: &[Finding]) -> Vec<Fix> {
    let mut fixes: BTreeMap<&str, Fix> = BTreeMap::new();
    let mut seen = HashSet::new();
    let all = findings.iter().flat_map(|finding| &finding.fixes);
    for fix in all.filter(|fix| seen.insert(Arc::as_ptr(fix))) {
        fixes
            .entry(&fix.id)
            .and_modify(|known| known.join(fix))
            .or_insert_with(|| Fix::clone(fix));
    }
    let mut fixes: Vec<Fix> = fixes.into_values().collect();
    say_of_one_revision(&mut fixes);
    fixes.into_iter().map(clean_fix).collect()
}

/// Commands that edit the same revision undo each other where one is pasted after the other.
fn say_of_one_revision(fixes: &mut [Fix]) {
    let edited = |fix: &Fix| -> Vec<String> {
        let revisions = fix.steps.iter().flatten().filter_map(|step| match step {
            Step::Revise(revision) => Some(revision.definition.clone()),
            Step::Call(_) | Step::Shell(_) => None,
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

fn clean_fix(fix: Fix) -> Fix {
    Fix {
        id: cleaned_line(fix.id),
        title: cleaned_line(fix.title),
        disposition: fix.disposition,
        commands: fix.commands.into_iter().map(cleaned_line).collect(),
        steps: fix.steps,
        terraform: fix.terraform.map(cleaned_block),
        policy: fix.policy.map(cleaned_value),
        explain: cleaned_block(fix.explain),
    }
}

fn clean_subject(subject: Subject) -> Subject {
    Subject {
        kind: subject.kind,
        id: cleaned_shared(subject.id),
        service: subject.service.map(cleaned_shared),
    }
}

fn clean_evidence(mut evidence: Evidence) -> Evidence {
    for seen in evidence.iter_mut() {
        match seen {
            Seen::Text(text) if is_plain(text) => {}
            Seen::Text(text) => *text = clean_line(text).into(),
            Seen::Json(value) if is_clean(value) => {}
            Seen::Json(value) => clean_value(Arc::make_mut(value)),
        }
    }
    evidence
}

fn is_clean(value: &Value) -> bool {
    match value {
        Value::String(text) => is_plain(text),
        Value::Array(items) => items.iter().all(is_clean),
        Value::Object(fields) => {
            let mut fields = fields.iter();
            fields.all(|(name, value)| is_plain(name) && is_clean(value))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}

fn cleaned_value(mut value: Value) -> Value {
    clean_value(&mut value);
    value
}

fn clean_value(value: &mut Value) {
    match value {
        Value::String(text) => *text = clean_line(text),
        Value::Array(items) => items.iter_mut().for_each(clean_value),
        Value::Object(fields) => {
            let dirty = take(fields).into_iter();
            let clean = |(name, value)| (cleaned_line(name), cleaned_value(value));
            *fields = dirty.map(clean).collect();
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::facts::Facts;
    use crate::testing::{definition, healthy_coder};
    use crate::{Selection, examine};

    fn warned(facts: &Facts) -> Vec<bool> {
        let report = examine(facts, &Selection::default());
        let said = |fix: &crate::Fix| fix.explain.contains("the same revision");
        report.fixes.iter().map(said).collect()
    }

    #[test]
    fn two_edits_of_one_revision_say_so() {
        let mut facts = healthy_coder();
        definition(&mut facts).containers[0].read_only_root = true;
        assert_eq!(warned(&facts), [false]);
        definition(&mut facts).containers[0]
            .environment
            .push("AWS_ACCESS_KEY_ID".into());
        assert_eq!(warned(&facts), [true, true]);
    }
}
