//! Which policies a role will have.

use ecs_exec_checks::arn;
use ecs_exec_checks::facts::{Policy, Unavailable};

use super::policies::{Document, Unread, document, managed};
use super::roles;
use crate::instance::{Instance, Seen};
use crate::known::elsewhere;
use crate::resolve::Resolver;
use crate::things::Thing;

/// The policies of a role, as far as the plan tells.
#[derive(Debug, Clone, Default)]
pub struct Attached {
    pub policies: Vec<Policy>,
    pub unread: Vec<Unread>,
    pub boundary: Option<Policy>,
    /// Why the boundary is not known, where the role has one.
    pub boundary_unread: Option<Unread>,
    /// Why some statements of the policies are not known in full.
    pub open: Option<Unavailable>,
}

const JOINS: [&str; 3] = [
    "aws_iam_role_policy",
    "aws_iam_role_policy_attachment",
    "aws_iam_policy_attachment",
];

pub fn attached(resolver: &Resolver, role: &str) -> Attached {
    let mut attached = Attached::default();
    match roles::managed(resolver, role) {
        Some(instance) => attached.own(resolver, instance),
        None => attached.unread.push(Unread {
            why: elsewhere(format!("role {}, and so its policies,", arn::name(role))),
            may_deny: true,
        }),
    }
    for join in resolver.plan.of_kind(&JOINS) {
        match is_of(resolver, join, role) {
            Ok(false) => {}
            Ok(true) => attached.join(resolver, join),
            // It may be any role's.
            Err(unread) => attached.unread.push(unread),
        }
    }
    attached
}

/// The plan changes what the role may do.
pub fn is_touched(resolver: &Resolver, role: &str) -> bool {
    let joins = || {
        resolver
            .plan
            .of_kind(&JOINS)
            .chain(resolver.plan.before.iter())
    };
    let is_managed = roles::managed(resolver, role).is_some_and(|role| !role.is_unchanged);
    is_managed
        || joins().any(|join| {
            join.is(&JOINS) && !join.is_unchanged && is_of(resolver, join, role).unwrap_or(true)
        })
}

fn is_of(resolver: &Resolver, join: &Instance, role: &str) -> Result<bool, Unread> {
    let is_role = |named: &String| named == role || named == arn::name(role);
    let known = match join.kind.as_str() {
        "aws_iam_policy_attachment" => resolver.all(join, &["roles"], Thing::Role),
        _ => resolver
            .one(join, &["role"], Thing::Role)
            .map(|role| role.into_iter().collect()),
    };
    match known {
        Ok(roles) => Ok(roles.iter().any(is_role)),
        Err(why) => Err(Unread {
            why,
            may_deny: true,
        }),
    }
}

impl Attached {
    /// What the role's own resource says of its policies.
    fn own(&mut self, resolver: &Resolver, role: &Instance) {
        let is_set = |attribute: &str| resolver.plan.is_set(role, attribute);
        let gone: Vec<&Instance> = resolver
            .plan
            .before
            .iter()
            .filter(|join| join.is(&JOINS) && names_role(join, role))
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
                    // Without policies in the configuration, these are what AWS has now.
                    if is_set("inline_policy") || !is_gone("name", name) {
                        let document = document(resolver, role, &["inline_policy", &at, "policy"]);
                        self.inline(name, document);
                    }
                }
            }
            Err(why) if is_set("inline_policy") => self.unread(why),
            Err(_) => {}
        }
        let is_computed =
            role.at(&["managed_policy_arns"]) == Seen::Later && !is_set("managed_policy_arns");
        if !is_computed {
            match resolver.all(role, &["managed_policy_arns"], Thing::Policy) {
                Ok(arns) => arns
                    .iter()
                    .filter(|arn| is_set("managed_policy_arns") || !is_gone("policy_arn", arn))
                    .for_each(|arn| self.managed(resolver, arn)),
                Err(why) => self.unread(why),
            }
        }
        match resolver.one(role, &["permissions_boundary"], Thing::Policy) {
            Ok(None) => {}
            Ok(Some(arn)) => match managed(resolver, &arn) {
                Ok(document) => self.boundary = Some(self.read(&arn, Some(&arn), document)),
                Err(unread) => self.boundary_unread = Some(unread),
            },
            Err(why) => {
                self.boundary_unread = Some(Unread {
                    why,
                    may_deny: true,
                });
            }
        }
    }

    fn join(&mut self, resolver: &Resolver, join: &Instance) {
        if join.kind == "aws_iam_role_policy" {
            let name = join.text(&["name"]).ok().flatten();
            self.inline(
                name.unwrap_or(&join.address),
                document(resolver, join, &["policy"]),
            );
            return;
        }
        match resolver.one(join, &["policy_arn"], Thing::Policy) {
            Ok(Some(arn)) => self.managed(resolver, &arn),
            Ok(None) => {}
            Err(why) => self.unread(why),
        }
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
            Err(unread) => self.unread.push(unread),
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
        self.unread.push(Unread {
            why,
            may_deny: true,
        });
    }
}

/// By the values that a join has now.
fn names_role(join: &Instance, role: &Instance) -> bool {
    let name = role.text(&["name"]).ok().flatten();
    let listed = match join.at(&["roles"]) {
        Seen::Value(serde_json::Value::Array(roles)) => {
            roles.iter().any(|listed| listed.as_str() == name)
        }
        _ => false,
    };
    name.is_some() && (join.text(&["role"]) == Ok(name) || listed)
}
