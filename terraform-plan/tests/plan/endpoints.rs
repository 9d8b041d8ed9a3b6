//! Endpoints for the services that the exec configuration makes the agent call.

use serde_json::{Value, json};

use crate::plan_builder::{PlanBuilder, list_of_references, references};
use crate::support::*;

/// The VPC has no egress, so only the endpoints decide.
fn small(exec: Value) -> PlanBuilder {
    let all = json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    let groups = || list_of_references(1, &["aws_security_group.g.id", "aws_security_group.g"]);
    PlanBuilder::new()
        .with(
            "aws_iam_role_policy.all",
            json!({"role": "r", "name": "all", "policy": all.to_string()}),
        )
        .group("g", json!({"egress": anywhere(), "ingress": anywhere()}))
        .service(groups())
        .endpoint(Some(groups()))
        .with(
            "aws_ecs_cluster.c",
            json!({
                "name": "c", "configuration": [{"execute_command_configuration": [exec]}],
            }),
        )
        .with(
            "aws_kms_key.k",
            json!({"arn": references(&[]), "is_enabled": true}),
        )
        .with("aws_s3_bucket.b", json!({"bucket": "b"}))
        .with(
            "aws_route_table.t",
            json!({"vpc_id": references(&["aws_vpc.v.id", "aws_vpc.v"])}),
        )
        .with(
            "aws_route_table_association.t",
            json!({
                "subnet_id": references(&["aws_subnet.s.id", "aws_subnet.s"]),
                "route_table_id": references(&["aws_route_table.t.id", "aws_route_table.t"]),
            }),
        )
}

fn anywhere() -> Value {
    json!([{"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"]}])
}

fn encrypted() -> PlanBuilder {
    small(
        json!({"kms_key_id": references(&["aws_kms_key.k.arn", "aws_kms_key.k"]), "logging": "DEFAULT"}),
    )
}

fn recorded() -> PlanBuilder {
    small(json!({
        "logging": "OVERRIDE",
        "log_configuration": [{"s3_bucket_name": "b", "s3_bucket_encryption_enabled": true}],
    }))
}

fn gateway(small: PlanBuilder, mut more: Value) -> PlanBuilder {
    more["service_name"] = "com.amazonaws.us-west-2.s3".into();
    more["vpc_endpoint_type"] = "Gateway".into();
    more["vpc_id"] = references(&["aws_vpc.v.id", "aws_vpc.v"]);
    small.with("aws_vpc_endpoint.s3", more)
}

#[test]
fn an_existing_vpc_can_have_a_kms_endpoint() {
    assert_eq!(
        encrypted().causes(),
        ["network.logging-endpoints"],
        "the VPC is new"
    );
    let kms = encrypted().with(
        "aws_vpc_endpoint.kms",
        json!({
            "service_name": "com.amazonaws.us-west-2.kms", "vpc_endpoint_type": "Interface",
            "private_dns_enabled": true, "vpc_id": references(&["aws_vpc.v.id", "aws_vpc.v"]),
            "subnet_ids": list_of_references(1, &["aws_subnet.s.id", "aws_subnet.s"]),
            "security_group_ids": list_of_references(1, &["aws_security_group.g.id", "aws_security_group.g"]),
        }),
    );
    assert_eq!(kms.causes(), [""; 0]);
    let mut existing = encrypted().document();
    change(&mut existing, "aws_vpc.v")["actions"] = json!(["no-op"]);
    assert_eq!(
        unknown_or_causes(&existing),
        ["? network.logging-endpoints"]
    );
}

#[test]
fn a_gateway_endpoint_serves_its_route_tables() {
    assert_eq!(
        unknown_or_causes(&recorded().document()),
        ["network.logging-endpoints"]
    );
    let listed = |tables: Value| gateway(recorded(), json!({"route_table_ids": tables}));
    let own = || list_of_references(1, &["aws_route_table.t.id", "aws_route_table.t"]);
    assert_eq!(unknown_or_causes(&listed(own()).document()), [""; 0]);
    let by_local = listed(references(&["local.tables"])).document();
    assert_eq!(unknown_or_causes(&by_local), [""; 0], "there is no other");
    let untraced = references(&["var.nowhere"]);
    let unknown = listed(untraced).document();
    assert_eq!(unknown_or_causes(&unknown), ["? network.logging-endpoints"]);
    assert_eq!(
        unknown_or_causes(&listed(json!([])).document()),
        ["network.logging-endpoints"]
    );
    let joined = |table: Value| {
        gateway(recorded(), json!({})).with(
            "aws_vpc_endpoint_route_table_association.t",
            json!({
                "vpc_endpoint_id": references(&["aws_vpc_endpoint.s3.id", "aws_vpc_endpoint.s3"]),
                "route_table_id": table,
            }),
        )
    };
    let table = references(&["aws_route_table.t.id", "aws_route_table.t"]);
    assert_eq!(unknown_or_causes(&joined(table).document()), [""; 0]);
    let other = joined("rtb-0123456789abcdef0".into());
    assert_eq!(
        unknown_or_causes(&other.document()),
        ["network.logging-endpoints"]
    );
}

/// A gateway endpoint serves the subnets of its route tables: another stack can have one for other subnets.
#[test]
fn an_existing_vpc_can_have_other_gateway_endpoints() {
    let mut existing = gateway(recorded(), json!({"route_table_ids": []})).document();
    change(&mut existing, "aws_vpc.v")["actions"] = json!(["no-op"]);
    assert_eq!(
        unknown_or_causes(&existing),
        ["? network.logging-endpoints"]
    );
}
