//! Inline policies. `iam:PutRolePolicy` and `iam:PutUserPolicy` replace a policy of the same name, so the name contains
//! a hash of the document: the same name is the same policy, and no one else's.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html>

use serde_json::Value;

use super::terraform::{self, jsonencode, label, quoted};
use aws_rules::iam::document as policy_document;
use model::aws_call::{AwsCall, InlinePolicy};
use model::fix::Fix;

/// IAM accepts names of up to 128 characters.
const MAX_NAME: usize = 128;

/// A policy for a role or a user.
pub struct Inline<'a> {
    pub owner: Owner,
    /// Name of the role or the user, or its address in a Terraform plan.
    pub principal: &'a str,
    /// What the policy is for besides ECS Exec; may be empty.
    pub purpose: &'a str,
    pub document: &'a Value,
}

#[derive(Clone, Copy)]
pub enum Owner {
    Role,
    User,
}

impl Inline<'_> {
    /// Puts the policy, in a call and in Terraform.
    pub fn add_to(&self, fix: Fix, region: &str) -> Fix {
        fix.call(self.put(), region)
            .terraform(self.terraform(&reference(self.principal)))
            .policy(self.document.clone())
    }

    pub fn put(&self) -> AwsCall {
        let policy = InlinePolicy {
            principal: self.principal.to_owned(),
            name: self.name(),
            document: self.document.clone(),
        };
        match self.owner {
            Owner::Role => AwsCall::PutRolePolicy(policy),
            Owner::User => AwsCall::PutUserPolicy(policy),
        }
    }

    /// `owner`: a Terraform expression for the name of the role or user.
    pub fn terraform(&self, owner: &str) -> String {
        let (kind, argument) = match self.owner {
            Owner::Role => ("aws_iam_role_policy", "role"),
            Owner::User => ("aws_iam_user_policy", "user"),
        };
        let name = self.name();
        terraform::resource(
            kind,
            &format!("{}_{name}", self.principal),
            &[
                ("name", quoted(&name)),
                (argument, owner.to_owned()),
                ("policy", jsonencode(self.document)),
            ],
        )
    }

    fn name(&self) -> String {
        let end = format!("-{:08x}", policy_document::fingerprint(self.document));
        let mut name = "ecs-exec".to_owned();
        if !self.purpose.is_empty() {
            name = format!("{name}-{}", label(self.purpose).replace('_', "-"));
        }
        name.truncate(MAX_NAME - end.len());
        name + &end
    }
}

/// A Terraform expression for a name: a string, or for an address in a plan the resource's `name` as its module refers
/// to it.
fn reference(name: &str) -> String {
    match ["aws_iam_role.", "aws_iam_user."]
        .iter()
        .find_map(|kind| name.rfind(kind))
    {
        Some(at) if at == 0 || name.starts_with("module.") => format!("{}.name", &name[at..]),
        _ => quoted(name),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn inline<'a>(principal: &'a str, purpose: &'a str, document: &'a Value) -> Inline<'a> {
        Inline {
            owner: Owner::Role,
            principal,
            purpose,
            document,
        }
    }

    #[test]
    fn a_name_belongs_to_one_document() {
        let (one, other) = (json!({"a": 1}), json!({"a": 2}));
        let name = inline("web", "kms", &one).name();
        assert!(name.starts_with("ecs-exec-kms-"), "{name}");
        assert_eq!(name, inline("api", "kms", &one).name());
        assert_ne!(name, inline("web", "kms", &other).name());
        let long = "c".repeat(255);
        assert_eq!(inline("web", &long, &one).name().len(), MAX_NAME);
    }

    #[test]
    fn the_command_and_terraform_use_the_same_name() {
        let document = json!({"a": 1});
        let inline = inline("web", "", &document);
        let text = inline.put().cli().to_string();
        assert!(text.contains(&inline.name()), "{text}");
        let terraform = inline.terraform("\"web\"");
        assert!(terraform.contains(&format!("name   = \"{}\"", inline.name())));
    }

    #[test]
    fn an_address_in_a_plan_becomes_a_reference() {
        assert_eq!(reference("web"), "\"web\"");
        assert_eq!(reference("aws_iam_role.web"), "aws_iam_role.web.name");
        assert_eq!(
            reference("module.app[\"a\"].aws_iam_role.web[0]"),
            "aws_iam_role.web[0].name"
        );
    }
}
