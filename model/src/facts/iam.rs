//! Roles, policies, and what IAM decides.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Fact, Unavailable};

/// A role of a task.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html>
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Role {
    /// ARN with the path.
    pub arn: String,
    /// Name without the path.
    pub name: String,
    /// The trust policy, decoded.
    pub trust: serde_json::Value,
    /// Why the trust policy is not known, where the rest of the role is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_unread: Option<Unavailable>,
    /// ARN of the permissions boundary. `None`: it has none.
    pub boundary: Option<String>,
}

/// The policies of a role or user, read where the policy simulator could not be asked or could not decide.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// The attached and inline policies; of a user, its groups' policies too.
    pub policies: Vec<Policy>,
    /// The permissions boundary, which allows nothing by itself. `None`: there is none.
    pub boundary: Option<Policy>,
}

/// An identity policy, or a boundary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// The name under which it is attached.
    pub name: String,
    /// `None` for an inline policy.
    pub arn: Option<String>,
    /// The policy's JSON.
    pub document: serde_json::Value,
}

/// One question put to the policy simulator: a principal, and what it would meet in a real request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Simulation {
    /// ARN of the user or role.
    pub principal: String,
    /// As IAM policies write them: `kms:Decrypt`.
    pub actions: Vec<String>,
    /// ARNs, or `*` for actions without resources.
    pub resources: Vec<String>,
    /// The condition keys whose values were known and given.
    pub context: BTreeMap<String, String>,
    /// `Absent`: IAM knows no such principal.
    pub decisions: Fact<Vec<Decision>>,
    /// Who decided.
    #[serde(default)]
    pub engine: Engine,
}

/// Who decided.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// IAM's policy simulator.
    #[default]
    Simulator,
    /// The policies as they were read, evaluated here: no organization's policies, no session policies.
    Offline,
}

impl Engine {
    /// As the evidence of findings words it.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Simulator => "policy simulator",
            Engine::Offline => "policies, evaluated offline",
        }
    }
}

/// What IAM decides for one action on one resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The action that was asked about.
    pub action: String,
    /// The resource that was asked about, an ARN or `*`.
    pub resource: String,
    /// What the policies say, without the values that `missing_context` names.
    pub outcome: Outcome,
    /// Condition keys that the policies ask for and that nobody could tell.
    #[serde(default)]
    pub missing_context: Vec<String>,
    /// The keys on which a Deny depends. `None`: nobody read the policies, so that it may be any missing key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deny_depends_on: Option<Vec<String>>,
    /// `Some(false)`: the permissions boundary does not allow it.
    #[serde(default)]
    pub allowed_by_boundary: Option<bool>,
    /// `Some(false)`: a service control policy does not allow it.
    #[serde(default)]
    pub allowed_by_organization: Option<bool>,
    /// The policies whose statements decided.
    #[serde(default)]
    pub matched_policies: Vec<String>,
}

/// How IAM evaluates a request.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Something allows it and nothing denies it.
    Allowed,
    /// A statement denies it, whatever others allow.
    ExplicitDeny,
    /// Nothing allows it.
    ImplicitDeny,
}

impl Simulation {
    /// Whether the simulator left something open that the principal's policies may settle.
    pub fn is_open(&self) -> bool {
        match &self.decisions {
            Fact::Unavailable(_) => true,
            Fact::Known(decisions) => decisions.iter().any(Decision::is_undecided),
            Fact::Absent => false,
        }
    }
}

impl Decision {
    /// Allowed, whatever the values of keys that nobody could tell.
    pub fn is_allowed(&self) -> bool {
        self.outcome == Outcome::Allowed && !self.is_undecided()
    }

    /// The keys on which an explicit Deny may depend, which outweighs what any other policy allows.
    pub fn may_be_denied_by(&self) -> &[String] {
        self.deny_depends_on
            .as_deref()
            .unwrap_or(&self.missing_context)
    }

    /// Allowed, unless a Deny depends on a key that nobody could tell.
    pub fn may_be_allowed(&self) -> bool {
        self.outcome == Outcome::Allowed
    }

    /// Decided without the value of a condition key: with it, the outcome may be another.
    pub fn is_undecided(&self) -> bool {
        !self.missing_context.is_empty()
    }
}
