//! Less obvious resources that override the usual ones: never ignored, and never blamed without reason.

use serde_json::{Value, json};

use crate::egress::{default_route, joined, plan_with_route};
use crate::network::{open, own_group};
use crate::plan_builder::{PlanBuilder, list_of_references, references};
use crate::support::*;

fn id(address: &str) -> Value {
    let plain = address.split('[').next().unwrap();
    references(&[&format!("{address}.id"), address, plain])
}

fn findings(small: PlanBuilder) -> Vec<String> {
    unknown_or_causes(&small.document())
}

fn is_unknown(small: PlanBuilder) {
    let found = findings(small);
    let are_open = found.iter().all(|check| check.starts_with('?'));
    assert!(!found.is_empty() && are_open, "{found:?}");
}

const FINE: [&str; 0] = [];

/// Tasks behind a NAT gateway in its own subnet `p`, whose route leads to the internet gateway.
fn behind_nat() -> PlanBuilder {
    let mut out = default_route();
    out["nat_gateway_id"] = id("aws_nat_gateway.n");
    joined(plan_with_route(out))
        .with(
            "aws_subnet.p",
            json!({"vpc_id": id("aws_vpc.v"), "cidr_block": "10.0.1.0/24"}),
        )
        .with(
            "aws_nat_gateway.n",
            json!({"subnet_id": id("aws_subnet.p")}),
        )
        .with("aws_route_table.p", json!({"vpc_id": id("aws_vpc.v")}))
        .with(
            "aws_route_table_association.p",
            json!({
                "subnet_id": id("aws_subnet.p"), "route_table_id": id("aws_route_table.p"),
            }),
        )
        .with(
            "aws_route.p",
            json!({
                "route_table_id": id("aws_route_table.p"), "destination_cidr_block": "0.0.0.0/0",
                "gateway_id": id("aws_internet_gateway.i"),
            }),
        )
}

#[test]
fn the_acl_of_the_nat_gateways_subnet_counts() {
    assert_eq!(findings(behind_nat()), FINE);
    let inside = behind_nat().with(
        "aws_nat_gateway.n",
        json!({"subnet_id": id("aws_subnet.s")}),
    );
    assert_eq!(
        findings(inside),
        ["network.endpoint-present"],
        "its route leads to itself"
    );
    let shut = json!({"vpc_id": id("aws_vpc.v"), "subnet_ids": list_of_references(1, &["aws_subnet.p.id", "aws_subnet.p"])});
    let shut = behind_nat().with("aws_network_acl.shut", shut);
    assert_eq!(findings(shut), ["network.nacl"]);
    let nowhere = behind_nat().with(
        "aws_nat_gateway.n",
        json!({"subnet_id": references(&["var.nowhere"])}),
    );
    is_unknown(nowhere);
    let mut other = default_route();
    other["nat_gateway_id"] = "nat-0123456789abcdef0".into();
    is_unknown(behind_nat().with("aws_route.r", other));
}

#[test]
fn gateway_id_can_be_a_nat_gateway() {
    let by = |value: Value| {
        let mut route = default_route();
        route["gateway_id"] = value;
        behind_nat().with("aws_route.r", route)
    };
    assert_eq!(findings(by(id("aws_nat_gateway.n"))), FINE);
    assert_eq!(
        findings(by(id("aws_internet_gateway.i"))),
        ["network.endpoint-present"]
    );
    // It can be either of two gateways, and only one leads to the internet.
    is_unknown(by(references(&["local.gateway"])));
}

#[test]
fn block_public_access_overrides_routes() {
    let with = |mode: Value| {
        let options = json!({"internet_gateway_block_mode": mode});
        behind_nat().with("aws_vpc_block_public_access_options.o", options)
    };
    assert_eq!(findings(with("off".into())), FINE);
    assert_eq!(findings(with("block-ingress".into())), FINE);
    is_unknown(with("block-bidirectional".into()));
    is_unknown(with(references(&["var.nowhere"])));
    let leaving_out = |vpc: Value| {
        let exclusion = json!({"vpc_id": vpc, "internet_gateway_exclusion_mode": "allow-egress"});
        with("block-bidirectional".into())
            .with("aws_vpc_block_public_access_exclusion.e", exclusion)
    };
    assert_eq!(findings(leaving_out(id("aws_vpc.v"))), FINE);
    is_unknown(leaving_out("vpc-0ther".into()));
}

fn zone(name: &str, vpc: Value) -> Value {
    json!({"name": name, "vpc": [{"vpc_id": vpc}]})
}

#[test]
fn a_private_zone_can_answer_for_the_service() {
    let with = |name: &str, vpc: Value| behind_nat().with("aws_route53_zone.z", zone(name, vpc));
    let vpc_id = || id("aws_vpc.v");
    is_unknown(with("ssmmessages.us-west-2.amazonaws.com", vpc_id()));
    is_unknown(with("amazonaws.com.", vpc_id()));
    is_unknown(with("amazonaws.com", references(&["var.nowhere"])));
    assert_eq!(findings(with("corp.internal", vpc_id())), FINE);
    assert_eq!(findings(with("amazonaws.com", "vpc-0ther".into())), FINE);
    let public = behind_nat().with("aws_route53_zone.z", json!({"name": "amazonaws.com"}));
    assert_eq!(findings(public), FINE);
    let joined = behind_nat()
        .with("aws_route53_zone.z", json!({"name": "amazonaws.com", "zone_id": references(&[])}))
        .with("aws_route53_zone_association.a", json!({
            "zone_id": references(&["aws_route53_zone.z.zone_id", "aws_route53_zone.z"]), "vpc_id": vpc_id(),
        }));
    is_unknown(joined);
}

#[test]
fn private_dns_can_be_a_separate_resource() {
    let with = |own: Option<Value>, dns: bool| {
        let mut small = open().endpoint(Some(own_group()));
        let mut endpoint = json!({
            "service_name": "com.amazonaws.us-west-2.ssmmessages", "vpc_endpoint_type": "Interface",
            "vpc_id": id("aws_vpc.v"), "subnet_ids": list_of_references(1, &["aws_subnet.s.id", "aws_subnet.s"]),
            "security_group_ids": own_group(),
        });
        if dns {
            endpoint["private_dns_enabled"] = true.into();
        }
        small = small.with("aws_vpc_endpoint.e", endpoint);
        match own {
            Some(own) => small.with(
                "aws_vpc_endpoint_private_dns.d",
                json!({
                    "vpc_endpoint_id": id("aws_vpc_endpoint.e"), "private_dns_enabled": own,
                }),
            ),
            None => small,
        }
    };
    assert_eq!(findings(with(Some(true.into()), false)), FINE);
    assert_eq!(
        findings(with(Some(false.into()), true)),
        ["network.endpoint-private-dns"]
    );
    assert_eq!(
        findings(with(None, false)),
        ["network.endpoint-private-dns"]
    );
    is_unknown(with(Some(references(&["var.nowhere"])), false));
    // A zone of the plan can resolve the name.
    let host = "ssmmessages.us-west-2.amazonaws.com";
    is_unknown(with(None, false).with("aws_route53_zone.z", zone(host, id("aws_vpc.v"))));
}

#[test]
fn an_exclusive_list_removes_unlisted_rules() {
    let rule = json!({
        "security_group_id": id("aws_security_group.g"), "cidr_ipv4": "0.0.0.0/0", "ip_protocol": "-1",
    });
    let with = |listed: Value| {
        behind_nat()
            .group("g", json!({}))
            .with("aws_vpc_security_group_egress_rule.out", rule.clone())
            .with(
                "aws_vpc_security_group_rules_exclusive.all",
                json!({
                    "security_group_id": id("aws_security_group.g"),
                    "egress_rule_ids": listed, "ingress_rule_ids": [],
                }),
            )
    };
    let own = list_of_references(
        1,
        &[
            "aws_vpc_security_group_egress_rule.out.id",
            "aws_vpc_security_group_egress_rule.out",
        ],
    );
    assert_eq!(findings(with(own)), FINE);
    assert_eq!(findings(with(json!([]))), ["network.task-egress"]);
    is_unknown(with(references(&["var.nowhere"])));
}

/// The list attaches the only policy of the role.
#[test]
fn an_exclusive_list_attaches_its_policies() {
    let allow =
        json!({"Statement": [{"Effect": "Allow", "Action": "ssmmessages:*", "Resource": "*"}]});
    let with = |listed: Value| {
        behind_nat()
            .with("aws_iam_role_policy_attachment.r", json!({"role": "o"}))
            .with(
                "aws_iam_policy.exec",
                json!({"name": "exec", "arn": references(&[]), "policy": allow.to_string()}),
            )
            .with(
                "aws_iam_role_policy_attachments_exclusive.all",
                json!({"role_name": "r", "policy_arns": listed}),
            )
    };
    let own = list_of_references(1, &["aws_iam_policy.exec.arn", "aws_iam_policy.exec"]);
    assert_eq!(findings(with(own)), FINE);
    assert_eq!(findings(with(json!([]))), ["role.ssmmessages"]);
    is_unknown(with(references(&["var.nowhere"])));
}

/// An attachment to an unknown role matters only if its policy can deny.
#[test]
fn a_policy_of_an_unknown_role_removes_nothing() {
    let with = |policy: &str| {
        let join = json!({"role": references(&["var.nowhere"]), "policy_arn": policy});
        behind_nat().with("aws_iam_role_policy_attachment.job", join)
    };
    assert_eq!(
        findings(with(
            "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
        )),
        FINE
    );
    is_unknown(with("arn:aws:iam::123456789012:policy/guard"));
}

#[test]
fn a_null_argument_counts_as_unset() {
    let endpoint = |groups: Option<Value>| {
        let mut document = open().endpoint(None).document();
        if let Some(groups) = groups {
            *expression(&mut document, "aws_vpc_endpoint.e", "security_group_ids") = groups;
        }
        unknown_or_causes(&document)
    };
    let default = ["network.endpoint-security-group"];
    assert_eq!(endpoint(None), default, "the VPC's default group");
    assert_eq!(endpoint(Some(json!({"constant_value": null}))), default);
    let unknown = endpoint(Some(json!({"references": ["var.nowhere"]})));
    assert!(
        unknown.iter().all(|check| check.starts_with('?')),
        "{unknown:?}"
    );
}

/// An address in quotes is a text, which AWS rejects.
#[test]
fn a_quoted_reference_is_refused() {
    let read_with = |vpc: &str| {
        let small = behind_nat().with(
            "aws_subnet.s",
            json!({"vpc_id": vpc, "cidr_block": "10.0.0.0/24"}),
        );
        terraform_plan::read(&serde_json::to_vec(&small.document()).unwrap())
    };
    for quoted in ["aws_vpc.v", "aws_vpc.v.id"] {
        let why = read_with(quoted).unwrap_err().to_string();
        assert!(
            why.contains("aws_subnet.s") && why.contains("write aws_vpc.v.id without quotes"),
            "{why}"
        );
    }
    for text in ["vpc-0123", "aws_vpc.other", "v"] {
        assert!(read_with(text).is_ok(), "{text}");
    }
}
