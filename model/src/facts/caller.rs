//! The caller of AWS, and how IAM knows it.

use serde::{Deserialize, Serialize};

use super::Fact;
use crate::arn;

/// Who asks, from `sts:GetCallerIdentity`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Caller {
    /// As `sts:GetCallerIdentity` gives it: of a role, the ARN of the session (`assumed-role`).
    pub arn: String,
    /// The 12-digit ID of the account that the credentials belong to.
    pub account: String,
    /// What the ARN says of the kind of principal.
    pub principal: Principal,
}

/// What kind of principal the caller is; decides whether and how IAM can be asked about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Principal {
    /// The account's root user: identity policies do not bind it.
    Root,
    /// An IAM user.
    User {
        /// Name without the path.
        name: String,
    },
    /// A session of a role.
    AssumedRole {
        /// The role's name without the path.
        name: String,
        /// The role's own ARN with its path, which the session's ARN lacks.
        arn: Fact<String>,
    },
    /// `sts:GetFederationToken`: the policy simulator cannot evaluate it.
    FederatedUser {
        /// The name that was given to `sts:GetFederationToken`.
        name: String,
    },
    /// An ARN of another kind: nothing can be asked about it.
    Other,
}

impl Principal {
    /// Reads the principal out of the ARN that `sts:GetCallerIdentity` gives.
    /// The ARN of an assumed role stays unavailable until `iam:GetRole` has told its path.
    pub fn from_arn(arn: &str) -> Principal {
        let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
        let (kind, rest) = resource.split_once('/').unwrap_or((resource, ""));
        match kind {
            "root" => Principal::Root,
            "user" => Principal::User {
                name: arn::name(rest).to_owned(),
            },
            "assumed-role" => Principal::AssumedRole {
                name: rest.split('/').next().unwrap_or_default().to_owned(),
                arn: Fact::Unavailable(super::Unavailable::not_asked(
                    "iam:GetRole",
                    "the role's path was not looked up",
                )),
            },
            "federated-user" => Principal::FederatedUser {
                name: rest.to_owned(),
            },
            _ => Principal::Other,
        }
    }
}

impl Caller {
    /// The ARN under which IAM knows the caller: the one that policies are attached to.
    pub fn policy_arn(&self) -> Fact<String> {
        match &self.principal {
            Principal::User { .. } => Fact::Known(self.arn.clone()),
            Principal::AssumedRole { arn, .. } => arn.clone(),
            Principal::Root | Principal::FederatedUser { .. } | Principal::Other => Fact::Absent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principals_are_recognized_by_their_arn() {
        let of = Principal::from_arn;
        assert_eq!(of("arn:aws:iam::123456789012:root"), Principal::Root);
        assert_eq!(
            of("arn:aws:iam::123456789012:user/team/ops/jane"),
            Principal::User {
                name: "jane".into()
            }
        );
        assert!(matches!(
            of("arn:aws-us-gov:sts::123456789012:assumed-role/ops/jane@example.com"),
            Principal::AssumedRole { name, .. } if name == "ops"
        ));
        assert_eq!(
            of("arn:aws:sts::123456789012:federated-user/bob"),
            Principal::FederatedUser { name: "bob".into() }
        );
        assert_eq!(of("nonsense"), Principal::Other);
    }
}
