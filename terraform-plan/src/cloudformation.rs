//! What a plan makes by other means than Terraform's own resources: it does not show what comes of it.

use serde_json::Value;

use crate::plan::TerraformPlan;
use crate::plan::configuration::references;
use crate::plan::resource::Resource;
use crate::resolve::Resolver;
use crate::resolve::resource_kind::ResourceKind;
use crate::resolve::trace::trace;

pub const STACKS: [&str; 3] = [
    "aws_cloudformation_stack",
    "aws_cloudformation_stack_instances",
    "awscc_cloudformation_stack",
];

/// Where a stack says what it is made of, and of what.
const CONTENTS: [&str; 4] = [
    "parameters",
    "parameter_overrides",
    "template_body",
    "template_url",
];

/// How surely a stack has to do with a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Naming {
    May,
    Does,
}

fn all(plan: &TerraformPlan) -> impl Iterator<Item = &Resource> {
    let all = plan.managed.iter();
    all.filter(|one| one.is(&STACKS) || one.resource_type.starts_with("awscc_ec2_"))
}

/// Whether a stack is made or changed, and roles with it.
pub fn changes_stacks(plan: &TerraformPlan) -> bool {
    let mut stacks = plan.of_type(&STACKS);
    stacks.any(|stack| !stack.is_unchanged)
}

/// What may put something into a VPC: it names the VPC, or something that is known only after apply.
pub fn added_to<'p>(plan: &'p TerraformPlan, vpc: &str) -> Option<&'p Resource> {
    let names = |instance: &Resource| {
        let is_known = instance.values.to_string().contains(vpc);
        let expressions = plan.resource(instance).map(|one| &one["expressions"]);
        let mut set = expressions.and_then(Value::as_object).into_iter().flatten();
        is_known
            || expressions.is_none()
            || set.any(|(attribute, expression)| {
                instance.unknown_within(attribute) && !references(expression).is_empty()
            })
    };
    all(plan).find(|other| !other.is_unchanged && names(other))
}

/// A stack that names a role, or may: it may give the role policies.
pub fn stack_of<'p>(resolver: &Resolver<'p>, role: &Resource) -> Option<(&'p Resource, Naming)> {
    let stacks = resolver.plan.of_type(&STACKS);
    let named = stacks.filter_map(|stack| Some((stack, naming(resolver, stack, role)?)));
    named.max_by_key(|(_, naming)| *naming)
}

fn naming(resolver: &Resolver, stack: &Resource, role: &Resource) -> Option<Naming> {
    let name = role.text(&["name"]).ok().flatten();
    let content = |attribute: &&str| -> Option<Naming> {
        let written = stack.values[*attribute].to_string();
        if name.is_some_and(|name| words(&written).any(|word| word == name)) {
            return Some(Naming::Does);
        }
        if !stack.unknown_within(attribute) {
            return None;
        }
        let traced = trace(resolver.plan, stack, &[attribute]);
        let mut roles = traced.sources.iter().map(|source| source.instance);
        if roles.any(|source| source.address == role.address) {
            return Some(Naming::Does);
        }
        let named = resolver.name_of(role, ResourceKind::Role);
        let possible = resolver.possible(stack, &[attribute], ResourceKind::Role);
        possible
            .is_none_or(|roles| roles.contains(&named))
            .then_some(Naming::May)
    };
    CONTENTS.iter().filter_map(content).max()
}

/// What may be names of roles.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html>
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric() && !"_+=,.@-".contains(letter))
}
