//! What AWS or a user wrote of findings and fixes is made harmless here, once, for every format.

use std::borrow::Cow;
use std::mem::take;
use std::sync::Arc;

use serde_json::Value;

use model::evidence::Seen;
use model::finding::Finding;
use model::fix::Fix;
use model::text::{clean_block, clean_line, is_plain};

/// But for its subject, which is clean from the start.
pub fn finding(finding: &mut Finding) {
    if let Some(action) = &mut finding.missing_permission
        && !is_plain(action)
    {
        *action = clean_line(action).into();
    }
    // What is borrowed is of our own making.
    if let Cow::Owned(title) = &mut finding.title {
        line(title);
    }
    if let Cow::Owned(detail) = &mut finding.detail {
        block(detail);
    }
    for seen in finding.evidence.iter_mut() {
        match seen {
            Seen::Text(text) if is_plain(text) => {}
            Seen::Text(text) => *text = clean_line(text).into(),
            Seen::Json(json) if is_clean(json) => {}
            Seen::Json(json) => value(Arc::make_mut(json)),
        }
    }
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
    if !is_plain(text) {
        *text = clean_line(text);
    }
}

fn block(text: &mut String) {
    if !is_plain(text) {
        *text = clean_block(text);
    }
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
