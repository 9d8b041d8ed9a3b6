//! Roles, with their trust policies.

use model::arn;
use model::facts::Role;
use serde_json::Value;

use crate::resolve::{Resolver, ResourceKind};
use crate::unavailable::{PlanValue, not_in_plan};

/// A role of the plan, or one that a data source has read.
pub fn role(resolver: &Resolver, arn: &str) -> PlanValue<Role> {
    let role = resolver.find_or_data(arn, ResourceKind::Role);
    let role = role.ok_or_else(|| not_in_plan(format!("role {arn}")))?;
    let trust = role.text("assume_role_policy");
    let boundary = resolver.resolve(role, "permissions_boundary", ResourceKind::Policy);
    Ok(Role {
        arn: arn.to_owned(),
        name: role.known_text("name").unwrap_or(arn::name(arn)).to_owned(),
        // The role exists even if its trust policy is unknown. The checks report null without a reason as unreadable.
        trust_unread: trust.as_ref().err().cloned(),
        trust: trust
            .ok()
            .flatten()
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or(Value::Null),
        boundary: boundary.ok().flatten(),
    })
}
