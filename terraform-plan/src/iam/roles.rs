//! Roles, with the trust that they give.

use checks::arn;
use checks::facts::{Fact, Role};
use serde_json::Value;

use crate::plan::resource::Resource;
use crate::resolve::Resolver;
use crate::resolve::resource_kind::ResourceKind;
use crate::unavailable::not_in_plan;

pub fn role(resolver: &Resolver, arn: &str) -> Fact<Role> {
    if let Some(instance) = managed(resolver, arn) {
        return Fact::Known(read_role(resolver, instance, arn));
    }
    let mut data = resolver.plan.data_of_type("aws_iam_role");
    match data.find(|role| role.text(&["arn"]) == Ok(Some(arn))) {
        Some(instance) => Fact::Known(read_role(resolver, instance, arn)),
        None => Fact::Unavailable(not_in_plan(format!("role {arn}"))),
    }
}

/// The resource that makes a role.
pub fn managed<'p>(resolver: &Resolver<'p>, arn: &str) -> Option<&'p Resource> {
    resolver.instance_named(arn, ResourceKind::Role)
}

fn read_role(resolver: &Resolver, instance: &Resource, arn: &str) -> Role {
    let text = |name: &str| instance.text(&[name]).ok().flatten();
    Role {
        arn: arn.to_owned(),
        name: text("name").unwrap_or(arn::name(arn)).to_owned(),
        // The role is there even where its trust is not known yet; nothing is what checks cannot read.
        trust: text("assume_role_policy")
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or(Value::Null),
        boundary: resolver
            .one(instance, &["permissions_boundary"], ResourceKind::Policy)
            .ok()
            .flatten(),
    }
}
