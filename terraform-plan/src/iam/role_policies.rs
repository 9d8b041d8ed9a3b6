//! The policies that a role will have.

use model::arn;
use model::facts::{Fact, Policy, Unavailable};

use super::attachments::{PolicyAttachment, is_changed, removed_from, takes_from};
use super::managed_policies::{Document, PolicyName, UnreadPolicy, managed_policy, read_document};
use super::policy_document_data::leave_open;
use crate::cloudformation::{self, Certainty};
use crate::plan::resource::Resource;
use crate::resolve::{Resolver, ResourceKind};
use crate::unavailable::{not_in_plan, not_shown};

/// The policies of a role, as far as the plan shows them.
#[derive(Debug, Clone, Default)]
pub struct RolePolicies {
    pub policies: Vec<Policy>,
    pub unread: Vec<UnreadPolicy>,
    /// Policies that are this role's or another's, with open statements, and why.
    pub possible: Vec<(Policy, Unavailable)>,
    pub boundary: Option<Policy>,
    /// Why the permissions boundary is unknown.
    pub unread_boundary: Option<Unavailable>,
    /// Why some statements of the policies are open.
    pub open: Option<Unavailable>,
}

impl RolePolicies {
    /// Reads the policies of the role with this ARN.
    pub fn read(resolver: &Resolver, attachments: &[PolicyAttachment], role: &str) -> RolePolicies {
        let mut policies = RolePolicies::default();
        let resource = resolver.find(role, ResourceKind::Role);
        let shown = match resource {
            Some(resource) => resolver.plan.check_shows_parts(resource),
            None => Err(not_in_plan(format!(
                "role {} with its policies",
                arn::name(role)
            ))),
        };
        if let Err(why) = shown {
            policies.add_unshown(resolver, role, why);
        }
        if let Some(resource) = resource {
            policies.add_own(resolver, resource);
            policies.unread.extend(stack_policies(resolver, resource));
        }
        for attachment in attachments.iter().filter(|one| one.may_be_for(role)) {
            let resource = attachment.resource;
            match (attachment.is_exclusive(), &attachment.unknown) {
                (false, None) => policies.add_attached(resolver, resource),
                (false, Some(why)) => policies.add_possible(resolver, resource, why),
                (true, None) => policies.keep_listed(resolver, resource),
                (true, Some(why)) => policies.forget(why.clone()),
            }
        }
        policies
    }

    /// Adds the policies that the role has besides those in the plan: those that AWS has, without those that the plan
    /// changes or removes. What AWS says of a role that the plan leaves alone needs no such reckoning.
    fn add_unshown(&mut self, resolver: &Resolver, role: &str, why: Unavailable) {
        let live = resolver.live.and_then(|live| live.identities.get(role));
        let live = live.filter(|_| is_changed(resolver, role));
        let live = match live {
            Some(Fact::Known(live)) => live,
            Some(Fact::Unavailable(why)) => return self.add_unread(why.clone()),
            Some(Fact::Absent) | None => return self.add_unread(why),
        };
        for policy in &live.policies {
            match &policy.arn {
                _ if takes_from(resolver, role, policy) => {}
                // The plan may change its document.
                Some(arn) if resolver.find(arn, ResourceKind::Policy).is_some() => {
                    self.add_managed(resolver, arn);
                }
                _ => self.policies.push(policy.clone()),
            }
        }
        self.boundary.clone_from(&live.boundary);
    }

    /// Adds the policies in the role's own resource.
    fn add_own(&mut self, resolver: &Resolver, role: &Resource) {
        let kind = ResourceKind::Policy;
        let name = role.known_text("name");
        let removed = name.map_or_else(Vec::new, |name| removed_from(resolver, name));
        let is_removed =
            |attribute, value: &str| removed.iter().any(|one| one.has_text(attribute, value));
        match resolver.count(role, "inline_policy") {
            Ok(count) => {
                for at in 0..count {
                    let name = role.known_text(&format!("inline_policy.{at}.name"));
                    let name = name.unwrap_or("inline");
                    // What the plan removes under this name is gone from the role, whatever else lists it.
                    if !is_removed("name", name) {
                        let path = format!("inline_policy.{at}.policy");
                        let block = inline_policy_block(resolver, role, name);
                        let expression = block.map(|at| format!("inline_policy.{at}.policy"));
                        let document = read_document(resolver, role, &path, expression.as_deref());
                        self.add_inline(name, document);
                    }
                }
            }
            Err(why) => self.add_unread(why),
        }
        match resolver.resolve_all(role, "managed_policy_arns", kind) {
            Ok(arns) => arns
                .iter()
                .filter(|arn| !is_removed("policy_arn", arn))
                .for_each(|arn| self.add_managed(resolver, arn)),
            Err(why) => self.add_unread(why),
        }
        match resolver.resolve(role, "permissions_boundary", kind) {
            Ok(None) => self.boundary = None,
            Ok(Some(arn)) => match managed_policy(resolver, &arn) {
                Ok(document) => self.boundary = Some(self.policy(&arn, Some(&arn), document)),
                // AWS has it.
                Err(_) if has_arn(self.boundary.as_ref(), &arn) => {}
                Err(unread) => self.unread_boundary = Some(unread.why),
            },
            Err(why) => self.unread_boundary = Some(why),
        }
    }

    fn add_attached(&mut self, resolver: &Resolver, attachment: &Resource) {
        let inline = match attachment.resource_type.as_str() {
            "aws_iam_role_policy" => Some(("name", "policy")),
            "awscc_iam_role_policy" => Some(("policy_name", "policy_document")),
            "awscc_iam_managed_policy" => Some(("managed_policy_name", "policy_document")),
            _ => None,
        };
        if let Some((name, document)) = inline {
            let name = attachment.known_text(name).unwrap_or(&attachment.address);
            let document = read_document(resolver, attachment, document, Some(document));
            return self.add_inline(name, document);
        }
        match resolver.resolve(attachment, "policy_arn", ResourceKind::Policy) {
            Ok(Some(arn)) => self.add_managed(resolver, &arn),
            Ok(None) => {}
            Err(why) => self.unread.push(UnreadPolicy {
                name: Some(PolicyName::Managed),
                ..UnreadPolicy::unknown(why)
            }),
        }
    }

    /// Adds a policy that is this role's or another's: what it allows is sure only if the role has it anyway.
    fn add_possible(&mut self, resolver: &Resolver, attachment: &Resource, why: &Unavailable) {
        let mut alone = RolePolicies::default();
        alone.add_attached(resolver, attachment);
        self.unread
            .extend(alone.unread.into_iter().map(|unread| UnreadPolicy {
                why: why.clone(),
                ..unread
            }));
        self.possible
            .extend(alone.policies.into_iter().map(|mut policy| {
                leave_open(&mut policy.document);
                (policy, why.clone())
            }));
    }

    /// Removes the policies that an exclusive list does not have, and attaches the managed policies that it has.
    /// <https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/iam_role_policy_attachments_exclusive>
    fn keep_listed(&mut self, resolver: &Resolver, list: &Resource) {
        let is_inline = list.resource_type == "aws_iam_role_policies_exclusive";
        let listed = match is_inline {
            true => match list.texts("policy_names") {
                (names, false) => Ok(names),
                (_, true) => Err(list.known_after_apply("policy_names")),
            },
            false => resolver.resolve_all(list, "policy_arns", ResourceKind::Policy),
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
        self.unread.retain(|unread| match &unread.name {
            Some(PolicyName::Inline(name)) => !is_inline || listed.contains(name),
            Some(PolicyName::Managed) => is_inline,
            None => true,
        });
        // A list does not hold the documents of inline policies, and creates none.
        if !is_inline {
            listed
                .iter()
                .for_each(|arn| self.add_managed(resolver, arn));
        }
    }

    /// Any of the policies may be removed.
    fn forget(&mut self, why: Unavailable) {
        self.policies.clear();
        self.add_unread(why);
    }

    fn policy(&mut self, name: &str, arn: Option<&str>, document: Document) -> Policy {
        self.open = self.open.take().or(document.open);
        Policy {
            name: arn::name(name).to_owned(),
            arn: arn.map(str::to_owned),
            document: document.json,
        }
    }

    fn add_inline(&mut self, name: &str, document: Result<Document, UnreadPolicy>) {
        // The attachment's document replaces that in the role, which may be the one before apply.
        self.policies
            .retain(|policy| policy.arn.is_some() || policy.name != name);
        match document {
            Ok(document) => {
                let policy = self.policy(name, None, document);
                self.policies.push(policy);
            }
            Err(unread) => self.unread.push(UnreadPolicy {
                name: Some(PolicyName::Inline(name.to_owned())),
                ..unread
            }),
        }
    }

    fn add_managed(&mut self, resolver: &Resolver, arn: &str) {
        let mut known = self.policies.iter();
        if known.any(|policy| policy.arn.as_deref() == Some(arn)) {
            return;
        }
        match managed_policy(resolver, arn) {
            Ok(document) => {
                let policy = self.policy(arn, Some(arn), document);
                self.policies.push(policy);
            }
            Err(unread) => self.unread.push(unread),
        }
    }

    fn add_unread(&mut self, why: Unavailable) {
        self.unread.push(UnreadPolicy::unknown(why));
    }
}

fn has_arn(policy: Option<&Policy>, arn: &str) -> bool {
    policy.is_some_and(|policy| policy.arn.as_deref() == Some(arn))
}

/// The policies that a CloudFormation stack may give the role.
fn stack_policies(resolver: &Resolver, role: &Resource) -> Option<UnreadPolicy> {
    let (stack, certainty) = cloudformation::stack_with_role(resolver, role)?;
    let names = match certainty {
        Certainty::Certain => "refers to",
        Certainty::Possible => "may refer to",
    };
    let role = resolver.name_of(role, ResourceKind::Role);
    Some(UnreadPolicy {
        why: not_shown(format!(
            "the plan does not show what {} creates, and it {names} role {}",
            stack.address,
            arn::name(&role),
        )),
        may_deny: certainty == Certainty::Certain,
        name: None,
    })
}

/// The position of the block that sets an inline policy: Terraform sorts the policies of the role, and not the blocks.
fn inline_policy_block(resolver: &Resolver, role: &Resource, name: &str) -> Option<usize> {
    let blocks = resolver
        .plan
        .configuration
        .expression(role, "inline_policy")?;
    match blocks.as_array()?.as_slice() {
        [_] => Some(0),
        several => several
            .iter()
            .position(|block| block["name"]["constant_value"] == name),
    }
}
