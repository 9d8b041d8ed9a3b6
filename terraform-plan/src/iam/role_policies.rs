//! Which policies a role will have.

use std::collections::{BTreeMap, BTreeSet};

use checks::arn;
use checks::facts::{Policy, Unavailable};
use serde_json::Value;

use super::managed_policies::{Document, Named, Unread, document, document_by, managed};
use super::{policy_document_data, roles};
use crate::cloudformation::{self, Naming};
use crate::network::texts;
use crate::plan::resource::{Attribute, Resource};
use crate::resolve::Resolver;
use crate::resolve::resource_kind::ResourceKind;
use crate::unavailable::{PlanValue, not_in_plan, not_shown};

/// The policies of a role, as far as the plan tells.
#[derive(Debug, Clone, Default)]
pub struct Attached {
    pub policies: Vec<Policy>,
    pub unread: Vec<Unread>,
    /// Policies that are this role's or another's, whose statements are left open, and why.
    pub possible: Vec<(Policy, Unavailable)>,
    pub boundary: Option<Policy>,
    /// Why the boundary is not known, where the role has one.
    pub boundary_unread: Option<Unread>,
    /// Why some statements of the policies are not known in full.
    pub open: Option<Unavailable>,
}

const JOINS: [&str; 5] = [
    "aws_iam_role_policy",
    "aws_iam_role_policy_attachment",
    "aws_iam_policy_attachment",
    "awscc_iam_role_policy",
    "awscc_iam_managed_policy",
];

/// What takes away every policy of a role that it does not list.
const EXCLUSIVE: [&str; 2] = [
    "aws_iam_role_policies_exclusive",
    "aws_iam_role_policy_attachments_exclusive",
];

/// Which roles the plan's joins and lists are of, by the role's name.
#[derive(Debug, Default)]
pub struct Joins {
    of: BTreeMap<String, Vec<usize>>,
    /// May be of these, or of any where nobody can tell.
    maybe: Vec<(usize, Option<Vec<String>>, Unavailable)>,
}

impl Joins {
    fn of(resolver: &Resolver) -> Joins {
        let mut joins = Joins::default();
        for (at, join) in resolver.plan.managed.iter().enumerate() {
            if !join.is(&JOINS) && !join.is(&EXCLUSIVE) {
                continue;
            }
            match roles_of(resolver, join) {
                Ok(roles) => {
                    for role in roles {
                        joins.of.entry(role).or_default().push(at);
                    }
                }
                Err(why) => {
                    let possible = resolver.possible(join, &[naming(join)], ResourceKind::Role);
                    joins.maybe.push((at, possible, why));
                }
            }
        }
        joins
    }
}

pub fn attached(resolver: &Resolver, role: &str) -> Attached {
    let mut attached = Attached::default();
    match roles::managed(resolver, role) {
        Some(instance) => {
            attached.own(resolver, instance);
            attached.unread.extend(by_stack(resolver, instance));
        }
        None => attached.unread.push(Unread::any(not_in_plan(format!(
            "role {}, and so its policies,",
            arn::name(role)
        )))),
    }
    let joins = resolver.joins.get_or_init(|| Joins::of(resolver));
    let names = [role, arn::name(role)];
    let of = names.iter().filter_map(|name| joins.of.get(*name));
    let of: BTreeSet<usize> = of.flatten().copied().collect();
    let instance = |at: &usize| resolver.plan.managed.get(*at);
    let (lists, given): (Vec<_>, Vec<_>) = of
        .iter()
        .filter_map(instance)
        .partition(|join| join.is(&EXCLUSIVE));
    for join in given {
        attached.join(resolver, join);
    }
    let maybe = joins.maybe.iter().filter(|(_, possible, _)| {
        let is_role = |name: &String| names.contains(&name.as_str());
        possible.as_ref().is_none_or(|all| all.iter().any(is_role))
    });
    for (at, _, why) in maybe.clone() {
        if let Some(join) = instance(at).filter(|join| !join.is(&EXCLUSIVE)) {
            attached.join_maybe(resolver, join, why);
        }
    }
    for list in lists {
        attached.keep_listed(resolver, list);
    }
    for (at, _, why) in maybe {
        if instance(at).is_some_and(|list| list.is(&EXCLUSIVE)) {
            attached.forget(why.clone());
        }
    }
    attached
}

/// The plan changes what the role may do.
pub fn is_touched(resolver: &Resolver, role: &str) -> bool {
    let plan = resolver.plan;
    let managed = roles::managed(resolver, role);
    let all = |kinds| plan.of_type(kinds).chain(plan.before_of_type(kinds));
    let mut joins = all(&JOINS).chain(all(&EXCLUSIVE));
    managed.is_some_and(|role| !role.is_unchanged)
        || joins.any(|join| !join.is_unchanged && is_of(resolver, join, role).unwrap_or(true))
        || plan
            .before_of_type(ResourceKind::Policy.resource_types())
            .any(|policy| may_have(resolver, role, managed, policy))
}

/// Whether the role may have a managed policy: the plan says so, or does not say who has it.
fn may_have(
    resolver: &Resolver,
    role: &str,
    managed: Option<&Resource>,
    policy: &Resource,
) -> bool {
    let name = resolver.name_of(policy, ResourceKind::Policy);
    let names = |of: &Resource, attribute: &str| match of.at(&[attribute]) {
        Attribute::Known(Value::Array(_)) => resolver
            .all(of, &[attribute], ResourceKind::Policy)
            .map_or(true, |all| all.contains(&name)),
        _ => resolver
            .one(of, &[attribute], ResourceKind::Policy)
            .map_or(true, |one| one.as_ref() == Some(&name)),
    };
    let by_role = managed.is_some_and(|role| {
        names(role, "managed_policy_arns") || names(role, "permissions_boundary")
    });
    let mut joins = resolver
        .plan
        .of_type(&JOINS)
        .filter(|join| names(join, "policy_arn"))
        .peekable();
    let is_nobodys = joins.peek().is_none();
    by_role || is_nobodys || joins.any(|join| is_of(resolver, join, role).unwrap_or(true))
}

/// The attribute that names a role, or roles.
fn naming(join: &Resource) -> &'static str {
    match join.resource_type.as_str() {
        "aws_iam_policy_attachment" | "awscc_iam_managed_policy" => "roles",
        "awscc_iam_role_policy" => "role_name",
        kind if EXCLUSIVE.contains(&kind) => "role_name",
        _ => "role",
    }
}

/// A stack may give the role policies, which the plan does not show.
fn by_stack(resolver: &Resolver, role: &Resource) -> Option<Unread> {
    let (stack, naming) = cloudformation::stack_of(resolver, role)?;
    Some(Unread {
        why: not_shown(format!(
            "the plan does not show what {} makes, which {} role {}",
            stack.address,
            match naming {
                Naming::Does => "names",
                Naming::May => "may name",
            },
            arn::name(&resolver.name_of(role, ResourceKind::Role)),
        )),
        may_deny: naming == Naming::Does,
        policy: None,
    })
}

fn is_of(resolver: &Resolver, join: &Resource, role: &str) -> PlanValue<bool> {
    let roles = roles_of(resolver, join)?;
    let is_role = |named: &String| named == role || named == arn::name(role);
    Ok(roles.iter().any(is_role))
}

fn roles_of(resolver: &Resolver, join: &Resource) -> PlanValue<Vec<String>> {
    let attribute = naming(join);
    match attribute {
        "roles" => resolver.all(join, &[attribute], ResourceKind::Role),
        _ => {
            let one = resolver.one(join, &[attribute], ResourceKind::Role)?;
            Ok(one.into_iter().collect())
        }
    }
}

impl Attached {
    /// What the role's own resource says of its policies.
    fn own(&mut self, resolver: &Resolver, role: &Resource) {
        let is_set = |attribute: &str| resolver.plan.is_set(role, attribute);
        let gone: Vec<&Resource> = resolver
            .plan
            .before_of_type(&JOINS)
            .filter(|join| names_role(join, role))
            .collect();
        let is_gone = |attribute: &str, value: &str| {
            gone.iter()
                .any(|join| join.text(&[attribute]) == Ok(Some(value)))
        };
        match role.count(&["inline_policy"]) {
            Ok(count) => {
                for at in 0..count {
                    let at = at.to_string();
                    let name = role.text(&["inline_policy", &at, "name"]).ok().flatten();
                    let name = name.unwrap_or("inline");
                    // What the plan takes away under this name is gone from the role, whoever else names it.
                    if !is_gone("name", name) {
                        let path = ["inline_policy", &at, "policy"];
                        let block = block_named(resolver, role, name);
                        let expression = block.as_deref().map(|at| ["inline_policy", at, "policy"]);
                        let told = expression.as_ref().map(<[&str; 3]>::as_slice);
                        self.inline(name, document_by(resolver, role, &path, told));
                    }
                }
            }
            Err(why) if is_set("inline_policy") => self.unread(why),
            Err(_) => {}
        }
        let is_computed = role.at(&["managed_policy_arns"]) == Attribute::Unknown
            && !is_set("managed_policy_arns");
        if !is_computed {
            match resolver.all(role, &["managed_policy_arns"], ResourceKind::Policy) {
                Ok(arns) => arns
                    .iter()
                    .filter(|arn| !is_gone("policy_arn", arn))
                    .for_each(|arn| self.managed(resolver, arn)),
                Err(why) => self.unread(why),
            }
        }
        match resolver.one(role, &["permissions_boundary"], ResourceKind::Policy) {
            Ok(None) => {}
            Ok(Some(arn)) => match managed(resolver, &arn) {
                Ok(document) => self.boundary = Some(self.read(&arn, Some(&arn), document)),
                Err(unread) => self.boundary_unread = Some(unread),
            },
            Err(why) => self.boundary_unread = Some(Unread::any(why)),
        }
    }

    fn join(&mut self, resolver: &Resolver, join: &Resource) {
        let inline = match join.resource_type.as_str() {
            "aws_iam_role_policy" => Some(("name", "policy")),
            "awscc_iam_role_policy" => Some(("policy_name", "policy_document")),
            "awscc_iam_managed_policy" => Some(("managed_policy_name", "policy_document")),
            _ => None,
        };
        if let Some((name, policy)) = inline {
            let name = join.text(&[name]).ok().flatten();
            let document = document(resolver, join, &[policy]);
            self.inline(name.unwrap_or(&join.address), document);
            return;
        }
        match resolver.one(join, &["policy_arn"], ResourceKind::Policy) {
            Ok(Some(arn)) => self.managed(resolver, &arn),
            Ok(None) => {}
            Err(why) => self.unread.push(Unread {
                policy: Some(Named::Managed),
                ..Unread::any(why)
            }),
        }
    }

    /// One that is the role's or another's: what it allows is sure only where the role has it anyway.
    fn join_maybe(&mut self, resolver: &Resolver, join: &Resource, why: &Unavailable) {
        let mut alone = Attached::default();
        alone.join(resolver, join);
        for unread in alone.unread {
            self.unread.push(Unread {
                why: why.clone(),
                ..unread
            });
        }
        for mut policy in alone.policies {
            policy_document_data::leave_open(&mut policy.document);
            self.possible.push((policy, why.clone()));
        }
    }

    /// Leaves what a list has, and nothing else. Managed policies that a role lacks are attached to it.
    /// <https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/iam_role_policy_attachments_exclusive>
    fn keep_listed(&mut self, resolver: &Resolver, list: &Resource) {
        let is_inline = list.resource_type == "aws_iam_role_policies_exclusive";
        let listed = match is_inline {
            true => match texts(list, &["policy_names"]) {
                (names, false) => Ok(names),
                (_, true) => Err(list.known_after_apply(&["policy_names"])),
            },
            false => resolver.all(list, &["policy_arns"], ResourceKind::Policy),
        };
        let listed = match listed {
            Ok(listed) => listed,
            Err(why) => return self.forget(why),
        };
        let is_kept = |policy: &Policy| match &policy.arn {
            Some(arn) => is_inline || listed.contains(arn),
            None => !is_inline || listed.contains(&policy.name),
        };
        self.policies.retain(is_kept);
        self.possible.retain(|(policy, _)| is_kept(policy));
        self.unread.retain(|unread| match &unread.policy {
            Some(Named::Inline(name)) => !is_inline || listed.contains(name),
            Some(Named::Managed) => is_inline,
            None => true,
        });
        // An inline policy that is listed and not there is not made: the list does not hold its text.
        let attached = listed.iter().filter(|_| !is_inline);
        attached.for_each(|arn| self.managed(resolver, arn));
    }

    /// Any of the policies may be taken away.
    fn forget(&mut self, why: Unavailable) {
        self.policies.clear();
        self.unread(why);
    }

    fn read(&mut self, name: &str, arn: Option<&str>, document: Document) -> Policy {
        self.open = self.open.take().or(document.open);
        Policy {
            name: arn::name(name).to_owned(),
            arn: arn.map(str::to_owned),
            document: document.json,
        }
    }

    fn inline(&mut self, name: &str, document: Result<Document, Unread>) {
        // The plan's own resource is what a role will have; its old text may still stand in the role.
        self.policies
            .retain(|policy| policy.arn.is_some() || policy.name != name);
        match document {
            Ok(document) => {
                let policy = self.read(name, None, document);
                self.policies.push(policy);
            }
            Err(unread) => self.unread.push(Unread {
                policy: Some(Named::Inline(name.to_owned())),
                ..unread
            }),
        }
    }

    fn managed(&mut self, resolver: &Resolver, arn: &str) {
        if self
            .policies
            .iter()
            .any(|policy| policy.arn.as_deref() == Some(arn))
        {
            return;
        }
        match managed(resolver, arn) {
            Ok(document) => {
                let policy = self.read(arn, Some(arn), document);
                self.policies.push(policy);
            }
            Err(unread) => self.unread.push(unread),
        }
    }

    fn unread(&mut self, why: Unavailable) {
        self.unread.push(Unread::any(why));
    }
}

/// Which block of the configuration makes the inline policy of this name: Terraform sorts the policies, and leaves the
/// blocks as they are written.
fn block_named(resolver: &Resolver, role: &Resource, name: &str) -> Option<String> {
    let blocks = resolver.plan.expression(role, &["inline_policy"])?;
    let blocks = blocks.as_array()?;
    let is_named = |block: &Value| block["name"]["constant_value"] == name;
    let at = match blocks.as_slice() {
        [_] => 0,
        several => several.iter().position(is_named)?,
    };
    Some(at.to_string())
}

/// By the values that a join has now.
fn names_role(join: &Resource, role: &Resource) -> bool {
    let name = role.text(&["name"]).ok().flatten();
    name.is_some()
        && match join.at(&[naming(join)]) {
            Attribute::Known(Value::Array(roles)) => {
                roles.iter().any(|listed| listed.as_str() == name)
            }
            Attribute::Known(role) => role.as_str() == name,
            _ => false,
        }
}
