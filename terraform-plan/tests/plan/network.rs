//! What Terraform's resources mean for the network.

use model::Status;
use serde_json::{Value, json};

use crate::plan_builder::{PlanBuilder, list_of_references, references};
use crate::support::*;

pub fn own_group() -> Value {
    list_of_references(1, &["aws_security_group.g.id", "aws_security_group.g"])
}

pub fn any(side: &str) -> Value {
    json!({side: [{"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"]}]})
}

fn any_traffic() -> Value {
    let (mut both, out) = (any("ingress"), any("egress"));
    both["egress"] = out["egress"].clone();
    both
}

pub fn open() -> PlanBuilder {
    PlanBuilder::new()
        .group("g", any_traffic())
        .service(own_group())
}

#[test]
fn an_endpoint_whose_group_allows_everything_works() {
    assert_eq!(open().endpoint(Some(own_group())).causes(), [""; 0]);
}

#[test]
fn an_empty_vpc_has_no_endpoint() {
    assert_eq!(open().causes(), ["network.endpoint-present"]);
}

/// Terraform removes the egress rule that AWS gives a new group.
#[test]
fn a_group_without_rules_blocks_egress() {
    let small = PlanBuilder::new()
        .group("g", json!({}))
        .group("o", any_traffic());
    let other = list_of_references(1, &["aws_security_group.o.id", "aws_security_group.o"]);
    let small = small.service(own_group()).endpoint(Some(other));
    assert_eq!(small.causes(), ["network.task-egress"]);
}

#[test]
fn tasks_and_endpoints_without_groups_get_the_default_group() {
    let small = PlanBuilder::new().service(json!([])).endpoint(None);
    assert_eq!(
        small.causes(),
        [""; 0],
        "it lets its own in, and everything out"
    );
    let small = open().endpoint(None);
    assert_eq!(small.causes(), ["network.endpoint-security-group"]);
    let closed = json!({"vpc_id": references(&["aws_vpc.v.id", "aws_vpc.v"])});
    let small = PlanBuilder::new().with("aws_default_security_group.d", closed);
    let small = small.service(json!([])).endpoint(None);
    let causes = small.causes();
    assert!(
        causes.contains(&"network.task-egress".to_owned()),
        "{causes:?}"
    );
}

#[test]
fn a_rule_can_have_a_security_group_as_peer() {
    let tasks = ["aws_security_group.g.id", "aws_security_group.g"];
    let endpoint = list_of_references(1, &["aws_security_group.e.id", "aws_security_group.e"]);
    let rule = json!({"protocol": "tcp", "from_port": 443, "to_port": 443});
    let mut inline = rule.clone();
    inline["security_groups"] = list_of_references(1, &tasks);
    let small = open().group("e", json!({"ingress": [inline]}));
    assert_eq!(small.endpoint(Some(endpoint.clone())).causes(), [""; 0]);

    let mut separate = rule.clone();
    separate["type"] = "ingress".into();
    separate["security_group_id"] =
        references(&["aws_security_group.e.id", "aws_security_group.e"]);
    separate["source_security_group_id"] = references(&tasks);
    let small = open()
        .group("e", json!({}))
        .with("aws_security_group_rule.r", separate.clone());
    assert_eq!(small.endpoint(Some(endpoint.clone())).causes(), [""; 0]);

    separate["source_security_group_id"] =
        references(&["aws_security_group.e.id", "aws_security_group.e"]);
    let small = open()
        .group("e", json!({}))
        .with("aws_security_group_rule.r", separate);
    let causes = small.endpoint(Some(endpoint)).causes();
    assert_eq!(causes, ["network.endpoint-security-group"], "only its own");
}

#[test]
fn associations_add_groups_and_subnets_to_an_endpoint() {
    let group = json!({
        "vpc_endpoint_id": references(&["aws_vpc_endpoint.e.id", "aws_vpc_endpoint.e"]),
        "security_group_id": references(&["aws_security_group.g.id", "aws_security_group.g"]),
    });
    let small = open()
        .endpoint(None)
        .with("aws_vpc_endpoint_security_group_association.j", group);
    assert_eq!(small.causes(), [""; 0]);
    let bare = json!({
        "service_name": "com.amazonaws.us-west-2.ssmmessages", "vpc_endpoint_type": "Interface",
        "private_dns_enabled": true, "vpc_id": references(&["aws_vpc.v.id", "aws_vpc.v"]),
        "security_group_ids": own_group(),
    });
    let small = open().with("aws_vpc_endpoint.e", bare.clone());
    assert_eq!(
        small.causes(),
        ["network.endpoint-available"],
        "in no subnet"
    );
    let subnet = json!({
        "vpc_endpoint_id": references(&["aws_vpc_endpoint.e.id", "aws_vpc_endpoint.e"]),
        "subnet_id": references(&["aws_subnet.s.id", "aws_subnet.s"]),
    });
    let small = open().with("aws_vpc_endpoint.e", bare);
    let small = small.with("aws_vpc_endpoint_subnet_association.j", subnet);
    assert_eq!(small.causes(), [""; 0]);
}

#[test]
fn an_endpoint_policy_can_block_sessions() {
    let policy = json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}]});
    let separate = json!({
        "vpc_endpoint_id": references(&["aws_vpc_endpoint.e.id", "aws_vpc_endpoint.e"]),
        "policy": policy.to_string(),
    });
    let small = open()
        .endpoint(Some(own_group()))
        .with("aws_vpc_endpoint_policy.p", separate);
    assert_eq!(small.causes(), ["network.endpoint-policy"]);
}

#[test]
fn a_vpc_without_dns_hostnames_is_the_cause() {
    let small = open().endpoint(Some(own_group()));
    let facts = small.with("aws_vpc.other", json!({})).facts();
    assert_eq!(failures(&report(&facts)), [""; 0]);
    let mut document = json!({"enable_dns_hostnames": false});
    document["cidr_block"] = "10.0.0.0/16".into();
    let small = open()
        .endpoint(Some(own_group()))
        .with("aws_vpc.v", document);
    assert_eq!(small.causes(), ["network.vpc-dns"]);
}

/// An endpoint, and DHCP options for its VPC.
fn plan_with_dns_servers(servers: Value) -> PlanBuilder {
    let join = json!({
        "vpc_id": references(&["aws_vpc.v.id", "aws_vpc.v"]),
        "dhcp_options_id": references(&["aws_vpc_dhcp_options.o.id", "aws_vpc_dhcp_options.o"]),
    });
    open()
        .endpoint(Some(own_group()))
        .with(
            "aws_vpc_dhcp_options.o",
            json!({"domain_name_servers": servers, "id": references(&[])}),
        )
        .with("aws_vpc_dhcp_options_association.j", join)
}

#[test]
fn own_dns_servers_leave_the_name_unknown() {
    let unknown = |small: PlanBuilder| {
        let facts = small.facts();
        let report = report(&facts);
        assert_eq!(causes(&report), [""; 0]);
        let unknown = report.findings.into_iter();
        let unknown = unknown.filter(|finding| finding.status == Status::Unknown);
        let mut checks: Vec<&str> = unknown.map(|finding| finding.check.id).collect();
        checks.dedup();
        checks.retain(|check| check.starts_with("network."));
        checks.join(" ")
    };
    assert_eq!(unknown(open().endpoint(Some(own_group()))), "");
    for amazon in ["AmazonProvidedDNS", "10.0.0.2"] {
        assert_eq!(
            unknown(plan_with_dns_servers(json!([amazon]))),
            "",
            "{amazon}"
        );
    }
    for other in [json!(["10.0.0.53"]), references(&[])] {
        let unknown = unknown(plan_with_dns_servers(other));
        assert!(unknown.contains("network.vpc-dns"), "{unknown}");
    }
}

fn acl(entries: Value) -> PlanBuilder {
    let mut values = json!({
        "vpc_id": references(&["aws_vpc.v.id", "aws_vpc.v"]),
        "subnet_ids": list_of_references(1, &["aws_subnet.o.id", "aws_subnet.o"]),
    });
    for (name, value) in entries.as_object().unwrap() {
        values[name] = value.clone();
    }
    let other =
        json!({"vpc_id": references(&["aws_vpc.v.id", "aws_vpc.v"]), "cidr_block": "10.0.1.0/24"});
    let endpoint = json!({
        "service_name": "com.amazonaws.us-west-2.ssmmessages", "vpc_endpoint_type": "Interface",
        "private_dns_enabled": true, "vpc_id": references(&["aws_vpc.v.id", "aws_vpc.v"]),
        "subnet_ids": list_of_references(1, &["aws_subnet.o.id", "aws_subnet.o"]), "security_group_ids": own_group(),
    });
    open()
        .with("aws_subnet.o", other)
        .with("aws_vpc_endpoint.e", endpoint)
        .with("aws_network_acl.a", values)
}

#[test]
fn network_acls() {
    let all = |action: &str| json!([{"rule_no": 100, "action": action, "protocol": "-1", "cidr_block": "0.0.0.0/0", "from_port": 0, "to_port": 0}]);
    assert_eq!(
        acl(json!({"ingress": all("allow"), "egress": all("allow")})).causes(),
        [""; 0]
    );
    assert_eq!(
        acl(json!({"ingress": all("deny"), "egress": all("allow")})).causes(),
        ["network.nacl"]
    );
    assert_eq!(
        acl(json!({})).causes(),
        ["network.nacl"],
        "what it does not allow it denies"
    );
    let rule = |egress: bool| {
        json!({
            "network_acl_id": references(&["aws_network_acl.a.id", "aws_network_acl.a"]), "rule_number": 100,
            "egress": egress, "protocol": "all", "rule_action": "allow", "cidr_block": "0.0.0.0/0",
        })
    };
    let small = acl(json!({})).with("aws_network_acl_rule.i", rule(false));
    assert_eq!(
        small.with("aws_network_acl_rule.o", rule(true)).causes(),
        [""; 0]
    );
}

#[test]
fn a_default_acl_is_open_until_it_is_adopted() {
    let adopted = json!({
        "default_network_acl_id": references(&["aws_vpc.v.default_network_acl_id", "aws_vpc.v"]),
    });
    let endpoint_elsewhere = || acl(json!({"subnet_ids": []}));
    assert_eq!(endpoint_elsewhere().causes(), [""; 0]);
    let small = endpoint_elsewhere().with("aws_default_network_acl.d", adopted);
    assert_eq!(small.causes(), ["network.nacl"]);
}
