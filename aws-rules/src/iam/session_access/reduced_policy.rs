//! The statements of a policy that matter for one action.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::iam::statement::{applies_to_action, has_effect};
use crate::iam::{Ternary, statements, strings};

/// The statements of a policy that apply to an action, each as a policy of its own, so that its conditions can be named.
#[derive(Default)]
pub struct ReducedPolicy {
    pub allow: Vec<Value>,
    pub deny: Vec<Value>,
    /// Condition keys that the statements mention, also in variables.
    pub keys: BTreeSet<String>,
    /// Whether a statement tells tasks of the same cluster apart, by their IDs.
    pub names_tasks: bool,
}

impl ReducedPolicy {
    /// A document that is no JSON object stays as it is: what it allows and denies is unknown.
    pub fn new(document: &Value, action: &str) -> ReducedPolicy {
        let mut reduced = ReducedPolicy::default();
        if !document.is_object() {
            reduced.allow.push(document.clone());
            reduced.deny.push(document.clone());
            return reduced;
        }
        for statement in statements(document) {
            if applies_to_action(statement, action) == Ternary::No {
                continue;
            }
            reduced.add_keys(statement);
            let mut single = json!({"Version": document["Version"], "Statement": statement});
            // Trust policies have no Resource: they are about their own role.
            if statement.get("Resource").is_none() && names_principal(statement) {
                single["Statement"]["Resource"] = json!("*");
            }
            if has_effect(statement, "Allow") != Ternary::No {
                reduced.allow.push(single.clone());
            }
            if has_effect(statement, "Deny") != Ternary::No {
                reduced.deny.push(single);
            }
        }
        reduced
    }

    fn add_keys(&mut self, statement: &Value) {
        let operators = statement["Condition"].as_object().into_iter().flatten();
        for (_, keys) in operators {
            for (key, values) in keys.as_object().into_iter().flatten() {
                self.keys.insert(key.clone());
                self.add_variables(values);
            }
        }
        for name in ["Resource", "NotResource"] {
            let patterns = &statement[name];
            self.add_variables(patterns);
            self.names_tasks |= strings(patterns).iter().any(|pattern| names_task(pattern));
        }
    }

    fn add_variables(&mut self, values: &Value) {
        for text in strings(values) {
            let variables = text.split("${").skip(1);
            let keys = variables.filter_map(|rest| rest.split(['}', ',']).next());
            self.keys.extend(keys.map(str::to_owned));
        }
    }
}

fn names_principal(statement: &Value) -> bool {
    statement.get("Principal").is_some() || statement.get("NotPrincipal").is_some()
}

/// `task/CLUSTER/0a1b*`, unlike `task/CLUSTER/*`.
pub fn names_task(pattern: &str) -> bool {
    let Some((_, task)) = pattern.split_once(":task/") else {
        return false;
    };
    task.rsplit('/').next() != Some("*") && task != "*"
}
