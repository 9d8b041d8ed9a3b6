//! Removes control characters from the texts of findings and fixes that AWS or a user wrote, once for all formats.

use std::mem::take;

use serde_json::Value;

use model::finding::Finding;
use model::fix::Fix;
use model::text::{sanitize_block, sanitize_line};

/// All texts but those of the subject, which is sanitized by its type.
pub fn finding(finding: &mut Finding) {
    finding.missing_permission.iter_mut().for_each(line);
    line(&mut finding.title);
    block(&mut finding.detail);
    finding.evidence.values_mut().for_each(value);
}

/// All texts but the ID, which is sanitized when it is made.
pub fn fix(fix: &mut Fix) {
    line(&mut fix.title);
    fix.commands.iter_mut().for_each(line);
    fix.terraform.iter_mut().for_each(block);
    fix.cloudformation.iter_mut().for_each(block);
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
            let entries = take(fields).into_iter();
            let sanitized = |(mut name, mut field)| {
                line(&mut name);
                value(&mut field);
                (name, field)
            };
            *fields = entries.map(sanitized).collect();
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use model::finding::Subject;
    use model::fix::{Disposition, Fix};

    use crate::{Selection, examine};
    use test_facts::{denied, healthy_coder};

    #[test]
    fn a_missing_permission_is_sanitized() {
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

    #[test]
    fn every_text_of_a_finding_is_sanitized() {
        let check = checks::registry::find("role.present").unwrap();
        let mut finding = check
            .fail(Subject::new("role", "a"), "t\u{7}i\nt")
            .detail("d\u{7}\ne")
            .evidence("k", json!({"n\u{7}": ["v\u{7}", 1, null]}));
        super::finding(&mut finding);
        assert_eq!(finding.title, "ti t");
        assert_eq!(finding.detail, "d\ne");
        let evidence = serde_json::to_value(&finding.evidence).unwrap();
        assert_eq!(evidence, json!({"k": {"n": ["v", 1, null]}}));
    }

    #[test]
    fn every_text_of_a_fix_is_sanitized() {
        let mut fix = Fix::new("a", Disposition::Manual, "t\u{7}", "e\u{7}\ne");
        fix.commands.push("c\u{7}\nc".to_owned());
        fix.terraform = Some("h\u{7}\nh".to_owned());
        fix.policy = Some(json!({"Sid": "s\u{7}"}));
        super::fix(&mut fix);
        assert_eq!((fix.title.as_str(), fix.explain.as_str()), ("t", "e\ne"));
        assert_eq!(fix.commands, ["c c"]);
        assert_eq!(fix.terraform.as_deref(), Some("h\nh"));
        assert_eq!(fix.policy, Some(json!({"Sid": "s"})));
    }
}
