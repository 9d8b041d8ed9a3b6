//! Changes to route tables and network ACLs that exist already, or that AWS creates with a VPC.

use model::facts::{AclEntry, Fact, Facts, NetworkAcl, Route, RouteTable, RouteTarget};
use serde_json::{Value, json};

use crate::egress::{default_route, joined, plan_with_route};
use crate::network::{open, own_group};
use crate::plan_builder::{PlanBuilder, references};
use crate::plan_over_live::{live, platform};
use crate::support::*;

const VPC: &str = "vpc-22b376478fcd62323";
const SUBNETS: [&str; 2] = ["subnet-bfb7fa321b5001430", "subnet-b17f6e86de49f3037"];

/// A virtual private gateway is set by the same argument as an internet gateway.
#[test]
fn a_vpn_gateway_is_no_internet_gateway() {
    let way = |gateway: &str| {
        let mut route = default_route();
        route["gateway_id"] = references(&[&format!("{gateway}.id"), gateway]);
        joined(plan_with_route(route)).with("aws_vpn_gateway.w", json!({}))
    };
    let internet = way("aws_internet_gateway.i").document();
    assert_eq!(unknown_or_causes(&internet), ["network.endpoint-present"]);
    let others = way("aws_vpn_gateway.w").document();
    let unknown = ["? network.internet-route", "? network.path"];
    assert_eq!(unknown_or_causes(&others), unknown);
}

#[test]
fn an_adopted_main_table_has_its_separate_routes() {
    let adopted = json!({
        "default_route_table_id": references(&["aws_vpc.v.default_route_table_id", "aws_vpc.v"]),
    });
    let mut route = default_route();
    route["route_table_id"] =
        references(&["aws_default_route_table.t.id", "aws_default_route_table.t"]);
    route["nat_gateway_id"] = references(&["aws_nat_gateway.n.id", "aws_nat_gateway.n"]);
    let small = open()
        .with("aws_nat_gateway.n", json!({}))
        .with("aws_default_route_table.t", adopted);
    assert_eq!(
        unknown_or_causes(&small.document()),
        ["network.endpoint-present"]
    );
    let small = open()
        .with("aws_nat_gateway.n", json!({}))
        .with(
            "aws_default_route_table.t",
            json!({
                "default_route_table_id": references(&["aws_vpc.v.default_route_table_id", "aws_vpc.v"]),
            }),
        )
        .with("aws_route.r", route);
    assert_eq!(unknown_or_causes(&small.document()), [""; 0]);
}

/// The endpoint is in another subnet than the tasks, so the ACL filters their traffic.
fn apart() -> PlanBuilder {
    let other =
        json!({"vpc_id": references(&["aws_vpc.v.id", "aws_vpc.v"]), "cidr_block": "10.0.1.0/24"});
    let endpoint = json!({
        "service_name": "com.amazonaws.us-west-2.ssmmessages", "vpc_endpoint_type": "Interface",
        "private_dns_enabled": true, "vpc_id": references(&["aws_vpc.v.id", "aws_vpc.v"]),
        "subnet_ids": crate::plan_builder::list_of_references(1, &["aws_subnet.o.id", "aws_subnet.o"]),
        "security_group_ids": own_group(),
    });
    open()
        .with("aws_subnet.o", other)
        .with("aws_vpc_endpoint.e", endpoint)
}

fn rule(acl: &[&str], action: &str, egress: bool) -> Value {
    json!({
        "network_acl_id": references(acl), "rule_number": 50, "egress": egress, "protocol": "-1",
        "rule_action": action, "cidr_block": "0.0.0.0/0",
    })
}

#[test]
fn a_separate_rule_changes_the_default_acl() {
    let of_vpc = ["aws_vpc.v.default_network_acl_id", "aws_vpc.v"];
    assert_eq!(unknown_or_causes(&apart().document()), [""; 0]);
    let closed = apart().with("aws_network_acl_rule.d", rule(&of_vpc, "deny", false));
    assert_eq!(unknown_or_causes(&closed.document()), ["network.nacl"]);
}

#[test]
fn an_adopted_acl_has_its_separate_rules() {
    let adopted = || {
        let of_vpc = references(&["aws_vpc.v.default_network_acl_id", "aws_vpc.v"]);
        let adopted = json!({"default_network_acl_id": of_vpc});
        apart().with("aws_default_network_acl.d", adopted)
    };
    assert_eq!(unknown_or_causes(&adopted().document()), ["network.nacl"]);
    let id = ["aws_default_network_acl.d.id", "aws_default_network_acl.d"];
    let opened = adopted()
        .with("aws_network_acl_rule.i", rule(&id, "allow", false))
        .with("aws_network_acl_rule.o", rule(&id, "allow", true));
    assert_eq!(unknown_or_causes(&opened.document()), [""; 0]);
}

fn tables(facts: &mut Facts) -> &mut Vec<RouteTable> {
    let tables = facts.network.route_tables.get_mut(VPC);
    tables.and_then(Fact::known_mut).unwrap()
}

#[test]
fn subnets_can_join_an_existing_route_table() {
    let mut before = live();
    tables(&mut before).push(RouteTable {
        id: "rtb-0ther".to_owned(),
        main: false,
        subnets: Vec::new(),
        routes: vec![Route {
            destination: "0.0.0.0/0".to_owned(),
            target: RouteTarget::NatGateway("nat-0ther".to_owned()),
            blackhole: false,
        }],
    });
    let without_endpoint = |document: &mut Value| delete(document, ENDPOINT);
    let causes_of = |facts: Facts| causes(&report(&facts));
    assert_eq!(
        causes_of(platform(before.clone(), without_endpoint)),
        ["network.endpoint-present"]
    );
    let joined = platform(before, |document| {
        without_endpoint(document);
        for at in [0, 1] {
            let join = format!("module.vpc.aws_route_table_association.private[{at}]");
            set(document, &join, "route_table_id", "rtb-0ther".into());
        }
    });
    assert_healthy(&joined);
}

#[test]
fn a_rule_changes_an_existing_acl() {
    let mut before = live();
    let entry = |egress| AclEntry {
        number: 100,
        egress,
        allow: true,
        protocol: "-1".to_owned(),
        cidr: "0.0.0.0/0".to_owned(),
        from_port: None,
        to_port: None,
    };
    let acl = NetworkAcl {
        id: "acl-0ther".to_owned(),
        default: false,
        subnets: SUBNETS.map(str::to_owned).to_vec(),
        entries: vec![entry(false), entry(true)],
    };
    before
        .network
        .network_acls
        .insert(VPC.to_owned(), Fact::Known(vec![acl]));
    // The ACL filters traffic from the tasks in one subnet to the endpoint in the other.
    let apart = |document: &mut Value| set(document, ENDPOINT, "subnet_ids", json!([SUBNETS[0]]));
    assert_eq!(causes(&report(&platform(before.clone(), apart))), [""; 0]);
    let closed = platform(before, |document| {
        apart(document);
        let deny = json!({
            "network_acl_id": "acl-0ther", "rule_number": 50, "egress": false, "protocol": "-1",
            "rule_action": "deny", "cidr_block": "0.0.0.0/0",
        });
        add(document, "aws_network_acl_rule.deny", deny);
    });
    assert_eq!(causes(&report(&closed)), ["network.nacl"]);
}
