//! What AWS or a user wrote of findings and fixes is made harmless here, once, for every format.

use std::mem::take;

use serde_json::Value;

use model::finding::Finding;
use model::fix::Fix;
use model::text::{sanitize_block, sanitize_line};

/// But for its subject, which is clean from the start.
pub fn finding(finding: &mut Finding) {
    finding.missing_permission.iter_mut().for_each(line);
    line(&mut finding.title);
    block(&mut finding.detail);
    finding.evidence.values_mut().for_each(value);
}

/// But for its ID, which is clean from the start.
pub fn fix(fix: &mut Fix) {
    line(&mut fix.title);
    fix.commands.iter_mut().for_each(line);
    fix.terraform.iter_mut().for_each(block);
    fix.policy.iter_mut().for_each(value);
    block(&mut fix.explain);
}

fn line(text: &mut String) {
    *text = sanitize_line(text);
}

fn block(text: &mut String) {
    *text = sanitize_block(text);
}

fn value(json: &mut Value) {
    match json {
        Value::String(text) => line(text),
        Value::Array(items) => items.iter_mut().for_each(value),
        Value::Object(fields) => {
            let dirty = take(fields).into_iter();
            let clean = |(mut name, mut field)| {
                line(&mut name);
                value(&mut field);
                (name, field)
            };
            *fields = dirty.map(clean).collect();
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::{Selection, examine};
    use test_facts::{denied, healthy_coder};

    #[test]
    fn the_name_of_a_missing_permission_is_clean_too() {
        let mut facts = healthy_coder();
        for role in facts.roles.values_mut() {
            *role = denied("iam:GetRole\u{1b}]0;x\u{7}");
        }
        let report = examine(&facts, &Selection::default());
        let findings = report.findings.iter();
        let missing: Vec<&str> = findings
            .filter_map(|finding| finding.missing_permission.as_deref())
            .collect();
        assert!(!missing.is_empty());
        assert!(missing.iter().all(|action| *action == "iam:GetRole]0;x"));
    }
}
