//! The principal that `doctor --as` judges.

use model::arn;

/// A role or user of IAM, by any ARN that people have at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrincipalArn {
    /// As it was written.
    pub arn: String,
    pub account: String,
    /// Without its path.
    pub name: String,
    pub kind: PrincipalKind,
}

/// What the ARN names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrincipalKind {
    Role,
    /// A session of a role, whose ARN lacks the role's path.
    AssumedRole,
    User,
}

const EXAMPLE: &str = "expected the ARN of a role, a user or an assumed role, like arn:aws:iam::123456789012:role/ops";

/// Parses an ARN; the error says which one to name instead.
pub fn principal_arn(text: &str) -> Result<PrincipalArn, String> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", _, service, "", account, resource] = parts.as_slice() else {
        return Err(EXAMPLE.to_owned());
    };
    if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("the account ID in the ARN has to have 12 digits".to_owned());
    }
    let (kind, rest) = resource.split_once('/').unwrap_or((resource, ""));
    let (kind, name) = match (*service, kind) {
        ("iam", "root") => {
            return Err("no policy of the account restricts its root user".to_owned());
        }
        ("iam", "group") => {
            return Err("a group cannot call AWS: name one of its users".to_owned());
        }
        ("iam", "instance-profile") => {
            return Err("name the role of the instance profile".to_owned());
        }
        ("sts", "federated-user") => {
            return Err("IAM cannot evaluate federated users: name the user behind it".to_owned());
        }
        ("iam", "role") => (PrincipalKind::Role, arn::name(rest)),
        ("iam", "user") => (PrincipalKind::User, arn::name(rest)),
        ("sts", "assumed-role") => match rest.split_once('/') {
            Some((role, session)) if !session.is_empty() => (PrincipalKind::AssumedRole, role),
            _ => {
                return Err("the ARN of an assumed role ends with /ROLE/SESSION".to_owned());
            }
        },
        _ => return Err(EXAMPLE.to_owned()),
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c);
    match !name.is_empty() && name.chars().all(is_name) {
        true => Ok(PrincipalArn {
            arn: text.to_owned(),
            account: (*account).to_owned(),
            name: name.to_owned(),
            kind,
        }),
        false => Err(EXAMPLE.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_users_and_assumed_roles_are_accepted() {
        let parse = |text: &str| principal_arn(text).map(|arn| (arn.kind, arn.name));
        let role = "arn:aws:iam::123456789012:role/team/ops";
        assert_eq!(parse(role), Ok((PrincipalKind::Role, "ops".to_owned())));
        let user = "arn:aws-cn:iam::123456789012:user/jane@example.com";
        let jane = "jane@example.com".to_owned();
        assert_eq!(parse(user), Ok((PrincipalKind::User, jane)));
        let session = "arn:aws:sts::123456789012:assumed-role/ops/jane@example.com";
        assert_eq!(
            parse(session),
            Ok((PrincipalKind::AssumedRole, "ops".to_owned()))
        );
    }

    #[test]
    fn others_are_refused_with_what_to_name_instead() {
        for (text, help) in [
            ("", "expected the ARN"),
            ("ops", "expected the ARN"),
            ("role/ops", "expected the ARN"),
            ("arn:aws:iam::123456789012:role/", "expected the ARN"),
            ("arn:aws:iam::123456789012:role/o ps", "expected the ARN"),
            ("arn:aws:iam::123456789012:policy/ops", "expected the ARN"),
            ("arn:aws:s3:::bucket", "12 digits"),
            ("arn:aws:iam::12345:role/ops", "12 digits"),
            ("arn:aws:iam::123456789012:root", "root user"),
            ("arn:aws:iam::123456789012:group/ops", "its users"),
            ("arn:aws:iam::123456789012:instance-profile/x", "the role"),
            ("arn:aws:sts::123456789012:federated-user/bob", "federated"),
            (
                "arn:aws:sts::123456789012:assumed-role/ops",
                "/ROLE/SESSION",
            ),
        ] {
            let error = principal_arn(text).unwrap_err();
            assert!(error.contains(help), "{text}: {error}");
        }
    }
}
