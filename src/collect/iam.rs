//! IAM: roles, instance profiles, and the policy simulator.

use std::collections::BTreeMap;

use aws_sdk_iam::types::{
    ContextEntry, ContextKeyTypeEnum, EvaluationResult, PolicyEvaluationDecisionType, Statement,
};
use futures::future::join_all;
use model::arn;
use model::facts::{Decision, Engine, Fact, Outcome, Role, Simulation};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::pages;
use crate::aws::{AwsClients, Failure, fact};

/// How many resources one simulation gets.
pub const RESOURCES_PER_CALL: usize = 100;

/// A role by name.
pub async fn role(aws: &AwsClients, name: &str) -> Fact<Role> {
    let answer = aws.call("iam:GetRole", || aws.iam.get_role().role_name(name).send());
    fact(answer.await, &["NoSuchEntity"]).and_then(|output| match output.role {
        Some(role) => Fact::Known(Role {
            arn: role.arn,
            name: role.role_name,
            trust: document(role.assume_role_policy_document.as_deref()),
            trust_unread: None,
            boundary: role
                .permissions_boundary
                .and_then(|boundary| boundary.permissions_boundary_arn),
        }),
        None => Fact::Absent,
    })
}

/// The ARN of a user, with its path.
pub async fn user_arn(aws: &AwsClients, name: &str) -> Fact<String> {
    let answer = aws
        .call("iam:GetUser", || aws.iam.get_user().user_name(name).send())
        .await;
    fact(answer, &["NoSuchEntity"]).and_then(|output| {
        let user = output.user;
        user.map_or(Fact::Absent, |user| Fact::Known(user.arn))
    })
}

/// The role of an instance profile.
pub async fn instance_profile_role(aws: &AwsClients, arn: &str) -> Fact<String> {
    let name = arn::name(arn);
    let request = aws.iam.get_instance_profile().instance_profile_name(name);
    let answer = aws.call("iam:GetInstanceProfile", || request.clone().send());
    fact(answer.await, &["NoSuchEntity"]).and_then(|output| {
        let profile = output.instance_profile;
        let role = profile.and_then(|profile| profile.roles.into_iter().next());
        role.map_or(Fact::Absent, |role| Fact::Known(role.arn))
    })
}

/// A policy document as IAM returns it: percent-encoded JSON.
pub fn document(encoded: Option<&str>) -> Value {
    let decoded = percent_decode_str(encoded.unwrap_or_default()).decode_utf8_lossy();
    serde_json::from_str(&decoded).unwrap_or(Value::Null)
}

/// Asks the policy simulator whether a principal is allowed each of the actions on each of the resources.
pub async fn simulate(
    aws: &AwsClients,
    principal: &str,
    actions: &[&str],
    resources: &[String],
    context: BTreeMap<String, String>,
) -> Simulation {
    let actions: Vec<String> = actions.iter().map(|action| (*action).to_owned()).collect();
    let chunks = resources.chunks(RESOURCES_PER_CALL);
    let answers = chunks.map(|chunk| simulate_chunk(aws, principal, &actions, chunk, &context));
    let mut decisions = Fact::Known(Vec::new());
    for answer in join_all(answers).await {
        match (&mut decisions, fact(answer, &["NoSuchEntity"])) {
            (Fact::Known(all), Fact::Known(some)) => all.extend(some),
            (Fact::Known(_), other) => decisions = other,
            (Fact::Absent | Fact::Unavailable(_), _) => {}
        }
    }
    Simulation {
        principal: principal.to_owned(),
        actions,
        resources: resources.to_vec(),
        context,
        decisions,
        engine: Engine::Simulator,
    }
}

async fn simulate_chunk(
    aws: &AwsClients,
    principal: &str,
    actions: &[String],
    resources: &[String],
    context: &BTreeMap<String, String>,
) -> Result<Vec<Decision>, Failure> {
    let request = aws.iam.simulate_principal_policy();
    let request = request
        .policy_source_arn(principal)
        .set_action_names(Some(actions.to_vec()))
        .set_resource_arns(Some(resources.to_vec()))
        .set_context_entries(Some(entries(context)));
    pages(
        aws,
        "iam:SimulatePrincipalPolicy",
        |marker| request.clone().set_marker(marker).send(),
        |page| {
            let decisions = page.evaluation_results().iter().flat_map(decisions);
            let decisions = Some(decisions.collect());
            (decisions, page.marker.filter(|_| page.is_truncated))
        },
    )
    .await
}

fn entries(context: &BTreeMap<String, String>) -> Vec<ContextEntry> {
    context
        .iter()
        .map(|(key, value)| {
            ContextEntry::builder()
                .context_key_name(key)
                .context_key_values(value)
                .context_key_type(ContextKeyTypeEnum::String)
                .build()
        })
        .collect()
}

/// IAM returns either one result for each resource, or one for each action with a list of resources.
fn decisions(result: &EvaluationResult) -> Vec<Decision> {
    let names = |statements: &[Statement]| -> Vec<String> {
        let statements = statements.iter();
        statements
            .filter_map(|statement| statement.source_policy_id.clone())
            .collect()
    };
    let boundary = result
        .permissions_boundary_decision_detail()
        .map(|detail| detail.allowed_by_permissions_boundary);
    let whole = Decision {
        action: result.eval_action_name.as_str().into(),
        resource: result.eval_resource_name().unwrap_or("*").into(),
        outcome: outcome(&result.eval_decision),
        missing_context: result.missing_context_values().to_vec(),
        deny_depends_on: None,
        allowed_by_boundary: boundary,
        allowed_by_organization: result
            .organizations_decision_detail()
            .map(|detail| detail.allowed_by_organizations),
        matched_policies: names(result.matched_statements()),
    };
    if result.resource_specific_results().is_empty() {
        return vec![whole];
    }
    // What is missing for one resource is in the result for all of them.
    let specific = result.resource_specific_results().iter().map(|specific| {
        let mut decision = Decision {
            resource: specific.eval_resource_name().into(),
            outcome: outcome(specific.eval_resource_decision()),
            ..whole.clone()
        };
        if let Some(detail) = specific.permissions_boundary_decision_detail() {
            decision.allowed_by_boundary = Some(detail.allowed_by_permissions_boundary);
        }
        if !specific.missing_context_values().is_empty() {
            decision.missing_context = specific.missing_context_values().to_vec();
        }
        if !specific.matched_statements().is_empty() {
            decision.matched_policies = names(specific.matched_statements());
        }
        decision
    });
    specific.collect()
}

/// An unknown decision does not allow anything.
fn outcome(decided: &PolicyEvaluationDecisionType) -> Outcome {
    match decided {
        PolicyEvaluationDecisionType::Allowed => Outcome::Allowed,
        PolicyEvaluationDecisionType::ExplicitDeny => Outcome::ExplicitDeny,
        _ => Outcome::ImplicitDeny,
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_iam::types::ResourceSpecificResult;

    use super::*;

    #[test]
    fn each_resource_has_its_own_matched_policies() {
        let denied = PolicyEvaluationDecisionType::ExplicitDeny;
        let by = |policy: &str| Statement::builder().source_policy_id(policy).build();
        let on = |resource: &str, policy: &str| {
            let result = ResourceSpecificResult::builder()
                .eval_resource_name(resource)
                .eval_resource_decision(denied.clone())
                .matched_statements(by(policy));
            result.build().unwrap()
        };
        let result = EvaluationResult::builder()
            .eval_action_name("ecs:ExecuteCommand")
            .eval_decision(denied.clone())
            .matched_statements(by("no-a"))
            .matched_statements(by("no-b"))
            .resource_specific_results(on("a", "no-a"))
            .resource_specific_results(on("b", "no-b"))
            .build()
            .unwrap();
        let decisions = super::decisions(&result);
        let policies: Vec<(&str, &[String])> = decisions
            .iter()
            .map(|decision| (&*decision.resource, decision.matched_policies.as_slice()))
            .collect();
        assert_eq!(
            policies,
            [
                ("a", &["no-a".to_owned()][..]),
                ("b", &["no-b".to_owned()][..])
            ]
        );
    }
}
