//! Inline policies. IAM replaces one of the same name when it is put, so that a name here tells what is in it: the
//! same name is the same policy, and nobody else's.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html>

use serde_json::Value;

use super::role::jsonencode;
use super::{Aws, label, quoted};
use aws_rules::iam::document as policy_document;

/// IAM takes names of up to 128 characters.
const MOST: usize = 128;

/// A policy for a role or a user.
pub struct Inline<'a> {
    pub owner: Owner,
    /// The role's or the user's name; of a plan perhaps its address there.
    pub of: &'a str,
    /// What it is about, besides ECS Exec; may be empty.
    pub what: &'a str,
    pub document: &'a Value,
}

#[derive(Clone, Copy)]
pub enum Owner {
    Role,
    User,
}

impl Inline<'_> {
    pub fn put(&self) -> Aws {
        let (operation, option) = match self.owner {
            Owner::Role => ("iam put-role-policy", "--role-name"),
            Owner::User => ("iam put-user-policy", "--user-name"),
        };
        Aws::new(operation)
            .option(option, self.of)
            .option("--policy-name", &self.name())
            .option("--policy-document", &self.document.to_string())
    }

    pub fn terraform(&self) -> String {
        self.terraform_of(&reference(self.of))
    }

    /// The same, where an expression of Terraform's names the owner.
    pub fn terraform_of(&self, owner: &str) -> String {
        let (resource, argument) = match self.owner {
            Owner::Role => ("aws_iam_role_policy", "role"),
            Owner::User => ("aws_iam_user_policy", "user"),
        };
        let name = self.name();
        let label = label(&format!("{}_{name}", self.of));
        format!(
            "resource \"{resource}\" \"{label}\" {{\n  name   = {}\n  {argument}   = {owner}\n  policy = {}\n}}",
            quoted(&name),
            jsonencode(self.document),
        )
    }

    fn name(&self) -> String {
        let end = format!("-{:08x}", policy_document::fingerprint(self.document));
        let mut name = "ecs-exec".to_owned();
        if !self.what.is_empty() {
            name = format!("{name}-{}", label(self.what).replace('_', "-"));
        }
        name.truncate(MOST - end.len());
        name + &end
    }
}

/// A name in quotes, and an address of a plan as it is used in the module that it stands in.
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
    use model::step::Command;

    fn inline<'a>(of: &'a str, what: &'a str, document: &'a Value) -> Inline<'a> {
        Inline {
            owner: Owner::Role,
            of,
            what,
            document,
        }
    }

    #[test]
    fn a_name_is_that_of_one_policy() {
        let (one, other) = (json!({"a": 1}), json!({"a": 2}));
        let name = inline("web", "kms", &one).name();
        assert!(name.starts_with("ecs-exec-kms-"), "{name}");
        assert_eq!(name, inline("api", "kms", &one).name());
        assert_ne!(name, inline("web", "kms", &other).name());
        let long = "c".repeat(255);
        assert_eq!(inline("web", &long, &one).name().len(), MOST);
    }

    #[test]
    fn command_and_terraform_name_it_alike() {
        let document = json!({"a": 1});
        let inline = inline("web", "", &document);
        let text = Command::from(inline.put().0).text;
        assert!(text.contains(&inline.name()), "{text}");
        assert!(
            inline
                .terraform()
                .contains(&format!("name   = \"{}\"", inline.name()))
        );
    }

    #[test]
    fn owners_in_terraform() {
        assert_eq!(reference("web"), "\"web\"");
        assert_eq!(reference("aws_iam_role.web"), "aws_iam_role.web.name");
        assert_eq!(
            reference("module.app[\"a\"].aws_iam_role.web[0]"),
            "aws_iam_role.web[0].name"
        );
    }
}
