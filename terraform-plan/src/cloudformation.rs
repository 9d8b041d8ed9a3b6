//! What a plan creates through CloudFormation or Cloud Control: it does not show which resources result.

use model::facts::Unavailable;

use crate::plan::TerraformPlan;
use crate::plan::configuration::references;
use crate::plan::resource::Resource;
use crate::resolve::{OPAQUE_TYPES, Resolver, ResourceKind, trace};
use crate::unavailable::not_shown;

/// The attributes of a stack, or of what is like one, that say what is in it.
const STACK_CONTENTS: [&str; 6] = [
    "desired_state",
    "provisioning_parameters",
    "parameters",
    "parameter_overrides",
    "template_body",
    "template_url",
];

/// How sure it is that a stack refers to a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    Possible,
    Certain,
}

/// Whether the plan creates or changes a stack, which may create roles.
pub fn changes_stacks(plan: &TerraformPlan) -> bool {
    let mut stacks = plan.resources.of_types(&OPAQUE_TYPES);
    stacks.any(|stack| !stack.is_unchanged)
}

/// Fails if something that the plan creates may add resources to a VPC that the plan does not show.
pub fn check_vpc(plan: &TerraformPlan, vpc: &str) -> Result<(), Unavailable> {
    let mut resources = plan.resources.iter().filter(|one| {
        let is_opaque = one.is(&OPAQUE_TYPES) || one.resource_type.starts_with("awscc_ec2_");
        is_opaque && !one.is_unchanged && may_refer_to(plan, one, vpc)
    });
    match resources.next() {
        Some(resource) => Err(not_shown(format!(
            "the plan does not show what {} creates, so VPC {vpc} may contain more",
            resource.address
        ))),
        None => Ok(()),
    }
}

/// Whether a resource contains a name, or something that is known only after apply.
fn may_refer_to(plan: &TerraformPlan, resource: &Resource, name: &str) -> bool {
    let mut arguments = plan.configuration.arguments(resource);
    resource.values.to_string().contains(name)
        || plan.configuration.resource(resource).is_none()
        || arguments.any(|(attribute, expression)| {
            resource.has_unknown_in(attribute) && !references(expression).is_empty()
        })
}

/// The stack that refers to a role most surely: it may give the role policies.
pub fn stack_with_role<'p>(
    resolver: &Resolver<'p>,
    role: &Resource,
) -> Option<(&'p Resource, Certainty)> {
    let plan = resolver.plan;
    let stacks = plan.resources.of_types(&OPAQUE_TYPES);
    let stacks = stacks.filter_map(|stack| {
        let contents = STACK_CONTENTS.iter();
        let certainty =
            contents.filter_map(|attribute| reference(resolver, stack, attribute, role));
        Some((stack, certainty.max()?))
    });
    stacks.max_by_key(|(_, certainty)| *certainty)
}

fn reference(
    resolver: &Resolver,
    stack: &Resource,
    attribute: &str,
    role: &Resource,
) -> Option<Certainty> {
    let content = stack.values[attribute].to_string();
    if role
        .known_text("name")
        .is_some_and(|name| role_names(&content).any(|one| one == name))
    {
        return Some(Certainty::Certain);
    }
    if !stack.has_unknown_in(attribute) {
        return None;
    }
    let trace = trace(resolver.plan, stack, attribute);
    if trace
        .sources
        .iter()
        .any(|source| source.resource.address == role.address)
    {
        return Some(Certainty::Certain);
    }
    let name = resolver.name_of(role, ResourceKind::Role);
    let possible = resolver.possible(stack, attribute, ResourceKind::Role);
    let may_be_role = possible.is_none_or(|roles| roles.contains(&name));
    may_be_role.then_some(Certainty::Possible)
}

/// The words that could be names of roles.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html>
fn role_names(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric() && !"_+=,.@-".contains(letter))
}
