use std::collections::{BTreeMap, HashMap};

use aws_sdk_iam::types::{
    ContextEntry, ContextKeyTypeEnum, EvaluationResult, PolicyEvaluationDecisionType, Statement,
};
use futures::future::join_all;
use model::arn;
use model::facts::{Decision, Engine, Fact, Outcome, Role, Simulation};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::aws::{Aws, Failure, fact};

/// How many ARNs are put into one simulation.
pub const RESOURCES_A_CALL: usize = 100;

pub async fn role(aws: &Aws, name: &str) -> Fact<Role> {
    let answer = aws
        .call("iam:GetRole", || aws.iam.get_role().role_name(name).send())
        .await;
    fact(answer, &["NoSuchEntity"]).and_then(|output| match output.role {
        Some(role) => Fact::Known(Role {
            arn: role.arn,
            name: role.role_name,
            trust: document(role.assume_role_policy_document.as_deref()),
            boundary: role
                .permissions_boundary
                .and_then(|boundary| boundary.permissions_boundary_arn),
        }),
        None => Fact::Absent,
    })
}

/// The role of an instance profile.
pub async fn instance_profile_role(aws: &Aws, arn: &str) -> Fact<String> {
    let name = arn::name(arn);
    let answer = aws
        .call("iam:GetInstanceProfile", || {
            aws.iam
                .get_instance_profile()
                .instance_profile_name(name)
                .send()
        })
        .await;
    fact(answer, &["NoSuchEntity"]).and_then(|output| {
        let profile = output.instance_profile;
        let role = profile.and_then(|profile| profile.roles.into_iter().next());
        role.map_or(Fact::Absent, |role| Fact::Known(role.arn))
    })
}

/// A policy document as IAM sends it: URL-encoded JSON.
pub fn document(encoded: Option<&str>) -> Value {
    let decoded = percent_decode_str(encoded.unwrap_or_default()).decode_utf8_lossy();
    serde_json::from_str(&decoded).unwrap_or(Value::Null)
}

/// Asks the policy simulator what a principal may do, for all actions on all resources at once.
pub async fn simulate(
    aws: &Aws,
    principal: &str,
    actions: &[&str],
    resources: &[String],
    context: BTreeMap<String, String>,
) -> Simulation {
    let answers = join_all(
        resources
            .chunks(RESOURCES_A_CALL)
            .map(|chunk| simulate_chunk(aws, principal, actions, chunk, &context)),
    )
    .await;
    let mut decisions = Fact::Known(Vec::new());
    for answer in answers {
        match (&mut decisions, fact(answer, &["NoSuchEntity"])) {
            (Fact::Known(all), Fact::Known(some)) => all.extend(some),
            (Fact::Known(_), other) => decisions = other,
            (Fact::Absent | Fact::Unavailable(_), _) => {}
        }
    }
    Simulation {
        principal: principal.to_owned(),
        actions: actions.iter().map(|action| (*action).to_owned()).collect(),
        resources: resources.to_vec(),
        context,
        decisions,
        engine: Engine::Simulator,
    }
}

async fn simulate_chunk(
    aws: &Aws,
    principal: &str,
    actions: &[&str],
    resources: &[String],
    context: &BTreeMap<String, String>,
) -> Result<Vec<Decision>, Failure> {
    let names: Vec<String> = resources.iter().map(|name| name.to_string()).collect();
    let asked: HashMap<&str, &String> = resources.iter().map(|name| (&**name, name)).collect();
    let mut decisions = Vec::new();
    let mut marker: Option<String> = None;
    loop {
        let page = aws
            .call("iam:SimulatePrincipalPolicy", || {
                aws.iam
                    .simulate_principal_policy()
                    .policy_source_arn(principal)
                    .set_action_names(Some(actions.iter().map(|a| (*a).to_owned()).collect()))
                    .set_resource_arns(Some(names.clone()))
                    .set_context_entries(Some(entries(context)))
                    .set_marker(marker.clone())
                    .send()
            })
            .await?;
        let results = page.evaluation_results().iter();
        decisions.extend(results.flat_map(|result| read_result(result, &asked)));
        marker = page.marker.filter(|_| page.is_truncated);
        if marker.is_none() {
            return Ok(decisions);
        }
    }
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

/// IAM answers either once a resource, or once an action with the resources listed below it. `asked`: those that it was
/// asked about, by name.
fn read_result(result: &EvaluationResult, asked: &HashMap<&str, &String>) -> Vec<Decision> {
    let policies = |statements: &[Statement]| -> Vec<String> {
        let named = statements.iter();
        named
            .filter_map(|statement| statement.source_policy_id.clone())
            .collect()
    };
    let decision = |resource: &str,
                    decided: &PolicyEvaluationDecisionType,
                    missing: &[String],
                    matched: &[Statement],
                    boundary| Decision {
        action: result.eval_action_name.as_str().into(),
        resource: match asked.get(resource) {
            Some(asked) => (*asked).clone(),
            None => resource.into(),
        },
        outcome: outcome(decided),
        missing_context: missing.to_vec(),
        deny_depends_on: None,
        allowed_by_boundary: boundary,
        allowed_by_organization: result
            .organizations_decision_detail()
            .map(|detail| detail.allowed_by_organizations),
        matched_policies: policies(matched),
    };
    let boundary = result
        .permissions_boundary_decision_detail()
        .map(|detail| detail.allowed_by_permissions_boundary);
    if result.resource_specific_results().is_empty() {
        let resource = result.eval_resource_name().unwrap_or("*");
        return vec![decision(
            resource,
            &result.eval_decision,
            result.missing_context_values(),
            result.matched_statements(),
            boundary,
        )];
    }
    result
        .resource_specific_results()
        .iter()
        .map(|specific| {
            let boundary = specific
                .permissions_boundary_decision_detail()
                .map(|detail| detail.allowed_by_permissions_boundary)
                .or(boundary);
            let missing = match specific.missing_context_values() {
                [] => result.missing_context_values(),
                missing => missing,
            };
            // Those of the whole result are of all its resources.
            let matched = match specific.matched_statements() {
                [] => result.matched_statements(),
                own => own,
            };
            decision(
                specific.eval_resource_name(),
                specific.eval_resource_decision(),
                missing,
                matched,
                boundary,
            )
        })
        .collect()
}

/// A decision that this version does not know is no permission.
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

    /// What stands above the resources is of all of them together.
    #[test]
    fn each_resource_has_its_own_policies() {
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
        let decisions = read_result(&result, &HashMap::new());
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
