//! Roles, with the trust that they give.

use model::arn;
use model::facts::{Fact, Role};
use serde_json::Value;

use crate::instance::Instance;
use crate::known::elsewhere;
use crate::resolve::Resolver;
use crate::things::Thing;

pub fn role(resolver: &Resolver, arn: &str) -> Fact<Role> {
    if let Some(instance) = managed(resolver, arn) {
        return Fact::Known(read_role(resolver, instance, arn));
    }
    let mut data = resolver.plan.data_of_kind("aws_iam_role");
    match data.find(|role| role.text(&["arn"]) == Ok(Some(arn))) {
        Some(instance) => Fact::Known(read_role(resolver, instance, arn)),
        None => Fact::Unavailable(elsewhere(format!("role {arn}"))),
    }
}

/// The resource that makes a role.
pub fn managed<'p>(resolver: &Resolver<'p>, arn: &str) -> Option<&'p Instance> {
    resolver.instance_named(arn, Thing::Role)
}

fn read_role(resolver: &Resolver, instance: &Instance, arn: &str) -> Role {
    let text = |name: &str| instance.text(&[name]).ok().flatten();
    Role {
        arn: arn.to_owned(),
        name: text("name").unwrap_or(arn::name(arn)).to_owned(),
        // The role is there even where its trust is not known yet; nothing is what checks cannot read.
        trust: text("assume_role_policy")
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or(Value::Null),
        boundary: resolver
            .one(instance, &["permissions_boundary"], Thing::Policy)
            .ok()
            .flatten(),
    }
}
