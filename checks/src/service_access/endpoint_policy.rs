//! The evaluation of endpoint policies for a task role.

use serde_json::Value;

use crate::iam_answers::{has_boundary, signed_request};
use crate::prelude::*;
use aws_rules::iam::{Principal, Ternary, evaluate_resource_policy, statements, strings};

/// Whether the endpoint's policy allows a role's session an action on a resource. An endpoint without a policy allows
/// everything.
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>
pub fn evaluate_endpoint_policy(
    index: &FactIndex,
    endpoint: &Endpoint,
    role: &str,
    action: &str,
    resource: &str,
) -> Ternary {
    let Some(policy) = &endpoint.policy else {
        return Ternary::Yes;
    };
    let others = [
        ("aws:SourceVpc", vec![endpoint.vpc.clone()]),
        ("aws:SourceVpce", vec![endpoint.id.clone()]),
    ];
    let principal = Principal {
        has_boundary: has_boundary(index, role, policy),
        ..Principal::in_facts(role, index.facts)
    };
    let request = signed_request(index, role, action, others);
    let evaluate =
        |policy: &Value| evaluate_resource_policy(policy, &principal, &request, resource);
    if !endpoint.is_gateway() {
        return evaluate(policy);
    }
    let [by_root_only, as_written] = gateway_readings(policy);
    match (evaluate(&by_root_only), evaluate(&as_written)) {
        (one, other) if one == other => one,
        _ => Ternary::depends(
            "a statement that names principals, which the policy of a gateway endpoint cannot",
        ),
    }
}

/// The two readings of a gateway endpoint's policy. There only `*` stands for roles and users: an account stands for its
/// root user, and a condition on `aws:PrincipalArn` names others. AWS does not document what a Deny or a `NotPrincipal` with
/// other principals does: nothing, or the same as in the policy of an interface endpoint.
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>
fn gateway_readings(policy: &Value) -> [Value; 2] {
    let names_others = |statement: &Value| {
        let principal = &statement["Principal"];
        let has_star = |value: &Value| strings(value).iter().any(|item| item == "*");
        !principal.is_null() && !has_star(principal) && !has_star(&principal["AWS"])
    };
    let with = |statements: Vec<Value>| match policy.is_object() {
        true => {
            let mut policy = policy.clone();
            policy["Statement"] = Value::Array(statements);
            policy
        }
        false => policy.clone(),
    };
    let all = || statements(policy).iter().cloned();
    let by_root_only = all().filter(|statement| !names_others(statement));
    let by_root_only = by_root_only.map(|mut statement| {
        if let Some(fields) = statement.as_object_mut()
            && fields.remove("NotPrincipal").is_some()
        {
            fields.insert("Principal".to_owned(), Value::from("*"));
        }
        statement
    });
    let as_written = all().filter(|one| one["Effect"] != "Allow" || !names_others(one));
    [with(by_root_only.collect()), with(as_written.collect())]
}
