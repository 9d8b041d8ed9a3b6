//! Generated plans in the format of `terraform show -json`.

use serde_json::{Value, json};

/// One resource of a plan. Without `before`, the plan creates it.
pub struct Resource {
    pub kind: &'static str,
    pub name: &'static str,
    pub before: Value,
    pub after: Value,
    /// Values that are known only after apply.
    pub unknown: Value,
    /// Expressions of the configuration other than constants.
    pub expressions: Value,
}

impl Resource {
    /// Adds the fields that identify the resource in every part of a plan.
    fn with_identity(&self, more: Value) -> Value {
        let mut all = json!({
            "address": format!("{}.{}", self.kind, self.name), "mode": "managed", "type": self.kind, "name": self.name,
            "provider_name": "registry.terraform.io/hashicorp/aws",
        });
        let fields = more.as_object().unwrap().clone();
        all.as_object_mut().unwrap().extend(fields);
        all
    }

    fn change(&self) -> Value {
        let action = if self.before.is_null() {
            "create"
        } else {
            "update"
        };
        self.with_identity(json!({"change": {
            "actions": [action], "before": self.before, "after": self.after, "after_unknown": self.unknown,
        }}))
    }
}

pub fn plan(resources: &[Resource]) -> Value {
    let all =
        |part: &dyn Fn(&Resource) -> Value| -> Vec<Value> { resources.iter().map(part).collect() };
    let planned = all(&|one| one.with_identity(json!({"values": one.after})));
    let configured = all(&|one| one.with_identity(json!({"expressions": one.expressions})));
    json!({
        "format_version": "1.2", "terraform_version": "1.11.4",
        "planned_values": {"root_module": {"resources": planned}},
        "resource_changes": all(&Resource::change),
        "configuration": {"root_module": {"resources": configured}},
    })
}
