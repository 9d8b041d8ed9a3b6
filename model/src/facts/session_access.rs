use serde::{Deserialize, Serialize};

/// How far IAM lets a principal do something; the best comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Whatever the request is.
    Allowed,
    /// Only if the request meets conditions, such as MFA.
    Conditional,
    /// It depends on what nobody can know from the policies.
    Undecided,
}

/// A user or role of the account whose own policies let it open sessions into the targets' tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionPrincipal {
    /// ARN of the user or role.
    pub arn: String,
    /// The best access that any of the actions gives.
    pub access: Access,
    /// `ecs:ExecuteCommand`, and `ssm:StartSession`, which bypasses ECS.
    pub actions: Vec<String>,
}
