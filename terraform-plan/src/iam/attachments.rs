//! Resources that attach policies to roles, or limit which policies a role has.

use model::arn;
use model::facts::{Policy, Unavailable};
use serde_json::Value;

use crate::plan::resource::{Attribute, Resource};
use crate::resolve::{Resolver, ResourceKind};
use crate::unavailable::PlanValue;

const ATTACHMENT_TYPES: [&str; 5] = [
    "aws_iam_role_policy",
    "aws_iam_role_policy_attachment",
    "aws_iam_policy_attachment",
    "awscc_iam_role_policy",
    "awscc_iam_managed_policy",
];

/// These remove every policy of a role that they do not list.
const EXCLUSIVE_TYPES: [&str; 2] = [
    "aws_iam_role_policies_exclusive",
    "aws_iam_role_policy_attachments_exclusive",
];

/// The attribute with the managed policies in a role's own resource.
const MANAGED: &str = "managed_policy_arns";

/// An attachment or exclusive list.
pub struct PolicyAttachment<'p> {
    pub resource: &'p Resource,
    /// The roles that it may be for; `None` if these are any.
    roles: Option<Vec<String>>,
    /// Why it may be for another role.
    pub unknown: Option<Unavailable>,
}

impl PolicyAttachment<'_> {
    /// Whether it removes the policies that it does not list.
    pub fn is_exclusive(&self) -> bool {
        self.resource.is(&EXCLUSIVE_TYPES)
    }

    /// Whether it is, or may be, for the role with this ARN.
    pub fn may_be_for(&self, role: &str) -> bool {
        let roles = self.roles.as_ref();
        roles.is_none_or(|roles| contains(roles, role))
    }
}

/// The attachments of the plan, and then the exclusive lists, which remove some of them.
pub fn policy_attachments<'p>(resolver: &Resolver<'p>) -> Vec<PolicyAttachment<'p>> {
    let types = [ATTACHMENT_TYPES.as_slice(), &EXCLUSIVE_TYPES].concat();
    let attachments = resolver.plan.resources.of_types(&types).map(|resource| {
        let roles = roles_of(resolver, resource);
        let unknown = roles.as_ref().err().cloned();
        let possible =
            |_| resolver.possible(resource, role_attribute(resource), ResourceKind::Role);
        PolicyAttachment {
            resource,
            roles: roles.map_or_else(possible, Some),
            unknown,
        }
    });
    let mut attachments: Vec<PolicyAttachment> = attachments.collect();
    attachments.sort_by_key(|one| (one.is_exclusive(), one.unknown.is_some()));
    attachments
}

/// Whether a list has the role, by its ARN or name.
fn contains(roles: &[String], role: &str) -> bool {
    roles
        .iter()
        .any(|one| one == role || one == arn::name(role))
}

/// The attribute that identifies the role, or a list of roles.
fn role_attribute(attachment: &Resource) -> &'static str {
    match attachment.resource_type.as_str() {
        "aws_iam_role_policy" | "aws_iam_role_policy_attachment" => "role",
        "aws_iam_policy_attachment" | "awscc_iam_managed_policy" => "roles",
        _ => "role_name",
    }
}

fn roles_of(resolver: &Resolver, attachment: &Resource) -> PlanValue<Vec<String>> {
    match role_attribute(attachment) {
        "roles" => resolver.resolve_all(attachment, "roles", ResourceKind::Role),
        attribute => {
            let role = resolver.resolve(attachment, attribute, ResourceKind::Role)?;
            Ok(role.into_iter().collect())
        }
    }
}

/// The attachments that the plan changes or removes, of the role with this name before apply.
pub fn removed_from<'p>(resolver: &Resolver<'p>, name: &str) -> Vec<&'p Resource> {
    let removed = resolver.plan.before.of_types(&ATTACHMENT_TYPES);
    let removed = removed.filter(|one| match one.attribute(role_attribute(one)) {
        Attribute::Known(Value::Array(roles)) => roles.iter().any(|role| role == name),
        Attribute::Known(role) => role == name,
        _ => false,
    });
    removed.collect()
}

/// Whether the plan may change what a role allows.
pub fn is_changed(resolver: &Resolver, role: &str) -> bool {
    let plan = resolver.plan;
    let types = [ATTACHMENT_TYPES.as_slice(), &EXCLUSIVE_TYPES].concat();
    let mut attachments = plan
        .resources
        .of_types(&types)
        .chain(plan.before.of_types(&types));
    let mut policies = resolver.before("aws_iam_policy");
    resolver
        .find(role, ResourceKind::Role)
        .is_some_and(|role| changes_own_policies(resolver, role))
        || attachments.any(|one| !one.is_unchanged && may_be_for(resolver, one, role))
        || policies.any(|policy| may_have_policy(resolver, role, policy))
}

/// Whether the plan changes the policies in a role's own resource.
fn changes_own_policies(resolver: &Resolver, role: &Resource) -> bool {
    let before = resolver.plan.before.at_address(&role.address);
    let changes = |before: &Resource| {
        ["inline_policy", MANAGED, "permissions_boundary"]
            .into_iter()
            .any(|name| {
                role.has_unknown_in(name) || before.values.get(name) != role.values.get(name)
            })
    };
    !role.is_unchanged && (role.is_created || before.is_none_or(changes))
}

/// Whether the plan takes a policy that AWS reports from the role with this ARN, or gives it the policy anew.
pub fn takes_from(resolver: &Resolver, role: &str, policy: &Policy) -> bool {
    let plan = resolver.plan;
    let resource = resolver.find(role, ResourceKind::Role);
    let before = resource.and_then(|role| plan.before.at_address(&role.address));
    let removed = removed_from(resolver, arn::name(role));
    let Some(arn) = policy.arn.as_deref() else {
        let count = before.map_or(0, |before| before.count("inline_policy").unwrap_or(0));
        let mut own = before.into_iter().flat_map(|before| {
            (0..count).map(move |at| before.known_text(&format!("inline_policy.{at}.name")))
        });
        let mut attached = removed.iter().map(|one| one.known_text("name"));
        return own.any(|name| name == Some(&*policy.name))
            || attached.any(|name| name == Some(&*policy.name));
    };
    let lists = |role: &Resource| role.texts(MANAGED).0.iter().any(|one| one == arn);
    let attaches = |one: &Resource| one.has_text("policy_arn", arn);
    let mut attachments = plan.resources.of_types(&ATTACHMENT_TYPES);
    let is_kept = resource.is_some_and(lists)
        || attachments.any(|one| attaches(one) && may_be_for(resolver, one, role));
    !is_kept && (before.is_some_and(lists) || removed.into_iter().any(attaches))
}

fn may_be_for(resolver: &Resolver, attachment: &Resource, role: &str) -> bool {
    roles_of(resolver, attachment).map_or(true, |roles| contains(&roles, role))
}

/// Whether a role may have a managed policy; true if nothing in the plan attaches the policy.
fn may_have_policy(resolver: &Resolver, role: &str, policy: &Resource) -> bool {
    let kind = ResourceKind::Policy;
    let name = resolver.name_of(policy, kind);
    let may_refer = |of: &Resource, attribute: &str| match of.attribute(attribute) {
        Attribute::Known(Value::Array(_)) => {
            let policies = resolver.resolve_all(of, attribute, kind);
            policies.map_or(true, |policies| policies.contains(&name))
        }
        _ => resolver
            .refers_to(of, attribute, kind, &name)
            .unwrap_or(true),
    };
    let by_role = resolver.find(role, ResourceKind::Role).is_some_and(|role| {
        may_refer(role, "managed_policy_arns") || may_refer(role, "permissions_boundary")
    });
    let attachments = resolver.plan.resources.of_types(&ATTACHMENT_TYPES);
    let attachments: Vec<&Resource> = attachments
        .filter(|one| may_refer(one, "policy_arn"))
        .collect();
    by_role
        || attachments.is_empty()
        || attachments
            .iter()
            .any(|one| may_be_for(resolver, one, role))
}
