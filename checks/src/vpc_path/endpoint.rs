//! What the checks of endpoints have in common.

use serde_json::Value;

use super::placement::{Otherwise, otherwise, ssmmessages_endpoint};
use crate::fact_index::{FactIndex, Group};
use crate::iam_answers::has_boundary;
use aws_rules::iam::{Credentials, Principal, Request, Tri, list, resource_policy, statements};
use model::check::Check;
use model::facts::{Endpoint, Fact};
use model::finding::{Finding, Status, Subject};

/// A finding for the endpoint of each VPC, told how tasks get on without it.
pub fn judge_endpoints(
    index: &FactIndex,
    check: &'static Check,
    judge: impl Fn(&Endpoint, Subject, Otherwise) -> Finding,
) -> Vec<Finding> {
    index.each_running(check, |group, _| {
        group
            .placements
            .by_vpc()
            .into_iter()
            .map(|(vpc, placements)| match ssmmessages_endpoint(index, vpc) {
                Fact::Unavailable(why) => check.unknown(vpc_subject(group, vpc), &why),
                Fact::Absent => {
                    let title = format!("{vpc} has no ssmmessages endpoint");
                    check.skip(vpc_subject(group, vpc), title)
                }
                Fact::Known(endpoint) => {
                    let subject = Subject::new("endpoint", endpoint.id.as_str())
                        .of_service(group.service_name());
                    let finding = judge(endpoint, subject, otherwise(index, &placements));
                    let closed = placements.iter().filter(|p| p.way.is_closed());
                    match finding.status {
                        Status::Fail => {
                            finding.on_tasks(closed.flat_map(|p| p.tasks.iter().copied()))
                        }
                        _ => finding,
                    }
                }
            })
            .collect()
    })
}

/// An endpoint does not serve the tasks: what that means hangs on how they get on without it.
pub fn not_serving(
    check: &'static Check,
    subject: Subject,
    fault: String,
    otherwise: Otherwise,
) -> Finding {
    match otherwise {
        Otherwise::Closed => check.fail(subject, fault).detail(
            "Tasks in its VPC have no other way to ssmmessages, or some of them have none.",
        ),
        Otherwise::Open => check
            .warn(subject, fault)
            .detail("Sessions leave the VPC another way."),
        Otherwise::Unclear => check
            .unknown_because(subject, fault)
            .detail("Whether tasks in its VPC have another way to ssmmessages could not be told."),
    }
}

/// Whether the endpoint's own policy lets a role's session call an action on a resource; without one everybody may.
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>
pub fn policy_lets(
    index: &FactIndex,
    endpoint: &Endpoint,
    role: &str,
    action: &str,
    resource: &str,
) -> Tri {
    let Some(policy) = &endpoint.policy else {
        return Tri::Yes;
    };
    let known = |key: &str, value: &str| (key.to_owned(), vec![value.to_owned()]);
    let credentials = Credentials::of(index.facts, role);
    let mut context = credentials.context(role);
    context.extend([
        known("aws:RequestedRegion", &index.facts.region),
        known("aws:SourceVpc", &endpoint.vpc),
        known("aws:SourceVpce", &endpoint.id),
        known("aws:SecureTransport", "true"),
    ]);
    let principal = Principal {
        has_boundary: has_boundary(index, role, policy),
        ..Principal::of(role)
    };
    let request = Request::new(action, context).signed_with(credentials);
    let lets = |policy: &Value| resource_policy(policy, &principal, &request, resource);
    if !endpoint.is_gateway() {
        return lets(policy);
    }
    let [by_root_only, as_written] = gateway_readings(policy);
    match (lets(&by_root_only), lets(&as_written)) {
        (one, other) if one == other => one,
        _ => Tri::on(
            "a statement that names principals, which the policy of a gateway endpoint cannot",
        ),
    }
}

/// In the policy of a gateway endpoint only `*` stands for roles and users: an account stands for its root user, and
/// others are named by a condition on `aws:PrincipalArn`. What a Deny or a `NotPrincipal` that names others does, AWS does
/// not say: nothing, or the same as in the policy of an interface endpoint.
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>
fn gateway_readings(policy: &Value) -> [Value; 2] {
    let names_others = |statement: &Value| {
        let principal = &statement["Principal"];
        !principal.is_null() && !is_everybody(principal)
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

/// Whether a `Principal` stands for everybody.
fn is_everybody(principal: &Value) -> bool {
    let is_any = |value: &Value| list(value).iter().any(|item| item == "*");
    is_any(principal) || is_any(&principal["AWS"])
}

/// Whether the endpoint's policy lets everybody do everything through it, as the one that AWS puts there does.
pub fn lets_everybody(endpoint: &Endpoint) -> bool {
    let Some(policy) = &endpoint.policy else {
        return true;
    };
    let is = |value: &Value, wanted: &str| list(value).iter().any(|item| item == wanted);
    let lets_all = |statement: &Value| {
        is_everybody(&statement["Principal"])
            && is(&statement["Action"], "*")
            && is(&statement["Resource"], "*")
            && statement["Condition"].is_null()
    };
    let denies = |statement: &Value| statement["Effect"] != "Allow";
    let statements = statements(policy);
    statements.iter().any(lets_all) && !statements.iter().any(denies)
}

fn vpc_subject(group: &Group, vpc: &str) -> Subject {
    Subject::new("vpc", vpc).of_service(group.service_name())
}
