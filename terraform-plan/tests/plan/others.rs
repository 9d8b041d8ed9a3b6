//! Resources whose own resources a plan does not show: stacks of CloudFormation, and Cloud Control's provider.

use serde_json::{Value, json};

use crate::network::{open, own_group};
use crate::over::{live, platform};
use crate::small::{Small, from};
use crate::support::*;

fn stack(parameters: Value) -> Value {
    json!({"name": "more", "template_body": "{}", "parameters": parameters, "outputs": from(&[])})
}

fn assert_unseen_endpoint(small: Small) {
    let told = unknown_or_causes(&small.document());
    assert_eq!(told[0], "? network.endpoint-present");
    assert!(told.iter().all(|check| check.starts_with('?')), "{told:?}");
}

/// The VPC has no endpoint that the plan shows.
#[test]
fn what_a_stack_may_put_into_a_new_vpc() {
    let with = |values: Value| open().with("aws_cloudformation_stack.more", values);
    let of_vpc = stack(from(&["aws_vpc.v.id", "aws_vpc.v"]));
    assert_unseen_endpoint(with(of_vpc));
    let by_local = stack(from(&["local.parameters"]));
    assert_unseen_endpoint(with(by_local));
    let nothing = stack(json!({"Size": "small"}));
    let causes = ["network.endpoint-present"];
    assert_eq!(unknown_or_causes(&with(nothing).document()), causes);
    let mut earlier = with(stack(from(&["local.parameters"]))).document();
    change(&mut earlier, "aws_cloudformation_stack.more")["actions"] = json!(["no-op"]);
    assert_eq!(
        unknown_or_causes(&earlier),
        causes,
        "it was made before the VPC"
    );
}

#[test]
fn what_cloud_controls_provider_puts_into_a_new_vpc() {
    let endpoint = json!({
        "service_name": "com.amazonaws.us-west-2.ssmmessages",
        "vpc_id": from(&["aws_vpc.v.id", "aws_vpc.v"]),
    });
    assert_unseen_endpoint(open().with("awscc_ec2_vpc_endpoint.e", endpoint));
    let other = json!({"key_name": "k", "public_key_material": from(&[])});
    let small = open().with("awscc_ec2_key_pair.k", other);
    assert_eq!(
        unknown_or_causes(&small.document()),
        ["network.endpoint-present"]
    );
}

/// AWS told of all endpoints that are there now, and cannot know of those to come.
#[test]
fn what_a_stack_may_put_into_a_vpc_that_is_there() {
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

/// The role has no policy of Terraform's.
fn bare() -> Small {
    open()
        .endpoint(Some(own_group()))
        .with("aws_iam_role_policy_attachment.r", json!({"role": "o"}))
}

#[test]
fn a_policy_that_a_stack_may_give_the_role() {
    let causes = ["role.ssmmessages"];
    assert_eq!(unknown_or_causes(&bare().document()), causes);
    let given = |parameters: Value| {
        let small = bare().with("aws_cloudformation_stack.more", stack(parameters));
        unknown_or_causes(&small.document())
    };
    let unknown = ["? role.ssmmessages"];
    assert_eq!(given(json!({"Role": "r"})), unknown);
    let arn = from(&["aws_iam_role.r.arn", "aws_iam_role.r"]);
    assert_eq!(given(arn), unknown);
    assert_eq!(given(from(&["local.parameters"])), unknown);
    assert_eq!(given(json!({"Role": "reader"})), causes);
    let cluster = from(&["aws_ecs_cluster.c.arn", "aws_ecs_cluster.c"]);
    assert_eq!(given(cluster), causes);
}

/// One that may have to do with the role takes away nothing that is seen.
#[test]
fn a_role_whose_policies_are_there_beside_a_stack() {
    let small = open().endpoint(Some(own_group())).with(
        "aws_cloudformation_stack.more",
        stack(from(&["local.parameters"])),
    );
    assert_eq!(unknown_or_causes(&small.document()), [""; 0]);
}

#[test]
fn policies_of_cloud_controls_provider() {
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
    assert_eq!(inline(from(&["local.role"])), [""; 0], "there is no other");
    let untraced = from(&["var.nowhere"]);
    assert_eq!(inline(untraced), ["? role.ssmmessages"]);
    let managed = json!({
        "roles": ["r"], "managed_policy_name": "exec", "policy_document": allow.to_string(),
    });
    let small = bare().with("awscc_iam_managed_policy.exec", managed);
    assert_eq!(unknown_or_causes(&small.document()), [""; 0]);
}
