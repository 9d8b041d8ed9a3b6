//! Whether a principal has a permissions boundary.

use serde_json::Value;

use crate::fact_index::FactIndex;
use aws_rules::iam::statements;
use model::facts::{Engine, Fact, Role};

/// Whether a user or role has a permissions boundary, according to its policies, the role itself or the policy
/// simulator. `None`: unknown, or irrelevant because the resource's `policy` has no `NotPrincipal`.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html>
pub fn has_boundary(index: &FactIndex, principal: &str, policy: &Value) -> Option<bool> {
    let mut statements = statements(policy).iter();
    if !statements.any(|statement| statement.get("NotPrincipal").is_some()) {
        return None;
    }
    // A boundary is set on users and roles, not on the account.
    if principal.ends_with(":root") {
        return Some(false);
    }
    if let Some(Fact::Known(identity)) = index.facts.identities.get(principal) {
        return Some(identity.boundary.is_some());
    }
    if let Some(Fact::Known(Role { boundary, .. })) = index.facts.roles.get(principal) {
        return Some(boundary.is_some());
    }
    // The simulator names the boundary in the decisions about each principal that has one.
    let simulations = index.simulations.iter();
    let mut decisions = simulations
        .filter(|asked| asked.principal == principal && asked.engine == Engine::Simulator)
        .filter_map(|asked| asked.decisions.known())
        .flatten()
        .peekable();
    decisions.peek()?;
    Some(decisions.any(|decision| decision.allowed_by_boundary.is_some()))
}
