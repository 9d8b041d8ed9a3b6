//! Resources that a plan does not show: those of CloudFormation stacks and of the Cloud Control provider.

use serde_json::{Value, json};

use crate::network::{open, own_group};
use crate::plan_builder::{PlanBuilder, references};
use crate::plan_over_live::{live, platform};
use crate::support::*;

fn stack(parameters: Value) -> Value {
    json!({"name": "more", "template_body": "{}", "parameters": parameters, "outputs": references(&[])})
}

fn assert_unseen_endpoint(small: PlanBuilder) {
    let found = unknown_or_causes(&small.document());
    assert_eq!(found[0], "? network.endpoint-present");
    assert!(
        found.iter().all(|check| check.starts_with('?')),
        "{found:?}"
    );
}

/// The plan shows no endpoint in the VPC.
#[test]
fn a_stack_can_add_an_endpoint_to_a_new_vpc() {
    let with = |values: Value| open().with("aws_cloudformation_stack.more", values);
    let of_vpc = stack(references(&["aws_vpc.v.id", "aws_vpc.v"]));
    assert_unseen_endpoint(with(of_vpc));
    let by_local = stack(references(&["local.parameters"]));
    assert_unseen_endpoint(with(by_local));
    let nothing = stack(json!({"Size": "small"}));
    let causes = ["network.endpoint-present"];
    assert_eq!(unknown_or_causes(&with(nothing).document()), causes);
    let mut earlier = with(stack(references(&["local.parameters"]))).document();
    change(&mut earlier, "aws_cloudformation_stack.more")["actions"] = json!(["no-op"]);
    assert_eq!(
        unknown_or_causes(&earlier),
        causes,
        "it was made before the VPC"
    );
}

#[test]
fn cloud_control_can_add_an_endpoint_to_a_new_vpc() {
    let endpoint = json!({
        "service_name": "com.amazonaws.us-west-2.ssmmessages",
        "vpc_id": references(&["aws_vpc.v.id", "aws_vpc.v"]),
    });
    assert_unseen_endpoint(open().with("awscc_ec2_vpc_endpoint.e", endpoint));
    let other = json!({"key_name": "k", "public_key_material": references(&[])});
    let small = open().with("awscc_ec2_key_pair.k", other);
    assert_eq!(
        unknown_or_causes(&small.document()),
        ["network.endpoint-present"]
    );
}

/// AWS reports all endpoints that exist now, and cannot know of new ones.
#[test]
fn a_stack_can_add_an_endpoint_to_an_existing_vpc() {
    let planned = |parameters: Value| {
        platform(live(), |document| {
            delete(document, ENDPOINT);
            let values =
                json!({"name": "more", "template_body": "{}", "parameters": parameters.clone()});
            add(document, "aws_cloudformation_stack.more", values);
        })
    };
    let report_of_vpc = report(&planned(json!({"Vpc": "vpc-22b376478fcd62323"})));
    assert_eq!(failures(&report_of_vpc), [""; 0]);
    let other = report(&planned(json!({"Vpc": "vpc-0ther"})));
    assert_eq!(causes(&other), ["network.endpoint-present"]);
}

/// No Terraform resource gives the role a policy.
fn bare() -> PlanBuilder {
    open()
        .endpoint(Some(own_group()))
        .with("aws_iam_role_policy_attachment.r", json!({"role": "o"}))
}

#[test]
fn a_stack_can_add_a_policy_to_the_role() {
    let causes = ["role.ssmmessages"];
    assert_eq!(unknown_or_causes(&bare().document()), causes);
    let given = |parameters: Value| {
        let small = bare().with("aws_cloudformation_stack.more", stack(parameters));
        unknown_or_causes(&small.document())
    };
    let unknown = ["? role.ssmmessages"];
    assert_eq!(given(json!({"Role": "r"})), unknown);
    let arn = references(&["aws_iam_role.r.arn", "aws_iam_role.r"]);
    assert_eq!(given(arn), unknown);
    assert_eq!(given(references(&["local.parameters"])), unknown);
    assert_eq!(given(json!({"Role": "reader"})), causes);
    let cluster = references(&["aws_ecs_cluster.c.arn", "aws_ecs_cluster.c"]);
    assert_eq!(given(cluster), causes);
}

/// A stack that can refer to the role does not remove policies.
#[test]
fn a_stack_does_not_hide_the_policies_of_a_role() {
    let small = open().endpoint(Some(own_group())).with(
        "aws_cloudformation_stack.more",
        stack(references(&["local.parameters"])),
    );
    assert_eq!(unknown_or_causes(&small.document()), [""; 0]);
}

#[test]
fn policies_of_the_cloud_control_provider_count() {
    let allow =
        json!({"Statement": [{"Effect": "Allow", "Action": "ssmmessages:*", "Resource": "*"}]});
    let inline = |role: Value| {
        let policy = json!({
            "role_name": role, "policy_name": "exec", "policy_document": allow.to_string(),
        });
        let small = bare().with("awscc_iam_role_policy.exec", policy);
        unknown_or_causes(&small.document())
    };
    assert_eq!(inline("r".into()), [""; 0]);
    assert_eq!(inline("another".into()), ["role.ssmmessages"]);
    assert_eq!(
        inline(references(&["local.role"])),
        [""; 0],
        "there is no other"
    );
    let untraced = references(&["var.nowhere"]);
    assert_eq!(inline(untraced), ["? role.ssmmessages"]);
    let managed = json!({
        "roles": ["r"], "managed_policy_name": "exec", "policy_document": allow.to_string(),
    });
    let small = bare().with("awscc_iam_managed_policy.exec", managed);
    assert_eq!(unknown_or_causes(&small.document()), [""; 0]);
}
