//! Resources that attach policies to roles, or limit which policies a role has.

use model::arn;
use model::facts::Unavailable;
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

/// The attachments and exclusive lists of a plan, with the roles that they are for.
pub struct PolicyAttachments<'p>(Vec<(&'p Resource, Roles)>);

enum Roles {
    Known(Vec<String>),
    Unknown {
        /// `None` if it may be any role.
        possible: Option<Vec<String>>,
        why: Unavailable,
    },
}

/// The attachments and exclusive lists of one role.
#[derive(Default)]
pub struct RoleAttachments<'a> {
    pub attachments: Vec<&'a Resource>,
    pub lists: Vec<&'a Resource>,
    /// Attachments that may be for another role, and why that is unknown.
    pub possible_attachments: Vec<(&'a Resource, &'a Unavailable)>,
    /// Why exclusive lists may be for another role.
    pub possible_lists: Vec<&'a Unavailable>,
}

impl<'p> PolicyAttachments<'p> {
    /// Reads the attachments once for all roles.
    pub fn new(resolver: &Resolver<'p>) -> PolicyAttachments<'p> {
        let plan = resolver.plan;
        let types = [ATTACHMENT_TYPES.as_slice(), &EXCLUSIVE_TYPES].concat();
        let attachments = plan.resources.of_types(&types).map(|attachment| {
            let roles = match roles_of(resolver, attachment) {
                Ok(roles) => Roles::Known(roles),
                Err(why) => {
                    let attribute = role_attribute(attachment);
                    let possible = resolver.possible(attachment, attribute, ResourceKind::Role);
                    Roles::Unknown { possible, why }
                }
            };
            (attachment, roles)
        });
        PolicyAttachments(attachments.collect())
    }

    /// The attachments of the role with this ARN, and those that may be its.
    pub fn of_role(&self, role: &str) -> RoleAttachments<'_> {
        let mut found = RoleAttachments::default();
        for (resource, roles) in &self.0 {
            let is_list = resource.is(&EXCLUSIVE_TYPES);
            match roles {
                Roles::Known(roles) if !contains(roles, role) => {}
                Roles::Known(_) if is_list => found.lists.push(resource),
                Roles::Known(_) => found.attachments.push(resource),
                Roles::Unknown { possible, .. }
                    if possible.as_ref().is_some_and(|all| !contains(all, role)) => {}
                Roles::Unknown { why, .. } if is_list => found.possible_lists.push(why),
                Roles::Unknown { why, .. } => found.possible_attachments.push((resource, why)),
            }
        }
        found
    }
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

/// The attachments that the plan removes from a role, by the role's name before apply.
pub fn removed_from<'p>(resolver: &Resolver<'p>, role: &Resource) -> Vec<&'p Resource> {
    let Some(name) = role.known_text("name") else {
        return Vec::new();
    };
    let plan = resolver.plan;
    let removed = plan.before.of_types(&ATTACHMENT_TYPES);
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
        .is_some_and(|role| !role.is_unchanged)
        || attachments.any(|one| !one.is_unchanged && may_be_for(resolver, one, role))
        || policies.any(|policy| may_have_policy(resolver, role, policy))
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
