//! Egress from the subnets.

use model::Status;
use serde_json::{Value, json};

use crate::network::open;
use crate::plan_builder::{PlanBuilder, references};
use crate::support::*;

pub fn plan_with_route(route: Value) -> PlanBuilder {
    open()
        .with("aws_internet_gateway.i", json!({}))
        .with("aws_nat_gateway.n", json!({}))
        .with(
            "aws_route_table.t",
            json!({"vpc_id": references(&["aws_vpc.v.id", "aws_vpc.v"])}),
        )
        .with("aws_route.r", route)
}

pub fn joined(small: PlanBuilder) -> PlanBuilder {
    small.with(
        "aws_route_table_association.a",
        json!({
            "subnet_id": references(&["aws_subnet.s.id", "aws_subnet.s"]),
            "route_table_id": references(&["aws_route_table.t.id", "aws_route_table.t"]),
        }),
    )
}

pub fn default_route() -> Value {
    json!({
        "route_table_id": references(&["aws_route_table.t.id", "aws_route_table.t"]),
        "destination_cidr_block": "0.0.0.0/0",
    })
}

#[test]
fn each_kind_of_egress_works() {
    let mut nat = default_route();
    nat["nat_gateway_id"] = references(&["aws_nat_gateway.n.id", "aws_nat_gateway.n"]);
    assert_eq!(joined(plan_with_route(nat.clone())).causes(), [""; 0]);
    let causes = plan_with_route(nat.clone()).causes();
    assert_eq!(
        causes,
        ["network.endpoint-present"],
        "a table that is no subnet's"
    );
    let main = json!({
        "vpc_id": references(&["aws_vpc.v.id", "aws_vpc.v"]),
        "route_table_id": references(&["aws_route_table.t.id", "aws_route_table.t"]),
    });
    let small = plan_with_route(nat).with("aws_main_route_table_association.m", main);
    assert_eq!(small.causes(), [""; 0]);
    let mut internet = default_route();
    internet["gateway_id"] = references(&["aws_internet_gateway.i.id", "aws_internet_gateway.i"]);
    let causes = joined(plan_with_route(internet)).causes();
    assert_eq!(causes, ["network.endpoint-present"], "no public address");
}

#[test]
fn a_route_in_the_default_main_table_counts() {
    let mut nat = default_route();
    nat["route_table_id"] = references(&["aws_vpc.v.main_route_table_id", "aws_vpc.v"]);
    nat["nat_gateway_id"] = references(&["aws_nat_gateway.n.id", "aws_nat_gateway.n"]);
    assert_eq!(plan_with_route(nat).causes(), [""; 0]);
    let adopted = json!({
        "default_route_table_id": references(&["aws_vpc.v.default_route_table_id", "aws_vpc.v"]),
        "route": [{"cidr_block": "0.0.0.0/0", "nat_gateway_id": references(&["aws_nat_gateway.n.id", "aws_nat_gateway.n"])}],
    });
    let small = open().with("aws_nat_gateway.n", json!({}));
    assert_eq!(
        small.with("aws_default_route_table.t", adopted).causes(),
        [""; 0]
    );
}

#[test]
fn a_route_to_an_unknown_target_is_unknown() {
    let mut transit = default_route();
    transit["transit_gateway_id"] = "tgw-1".into();
    let report = report(&joined(plan_with_route(transit)).facts());
    assert_eq!(failures(&report), [""; 0]);
    assert!(!titles(&report, Status::Unknown).is_empty());
}

#[test]
fn a_private_nat_gateway_is_no_egress() {
    let mut nat = default_route();
    nat["nat_gateway_id"] = references(&["aws_nat_gateway.n.id", "aws_nat_gateway.n"]);
    let way = |kind: Value| {
        let gateway = json!({"connectivity_type": kind});
        report(&joined(plan_with_route(nat.clone()).with("aws_nat_gateway.n", gateway)).facts())
    };
    for unclear in [json!("private"), references(&["local.kind"])] {
        let report = way(unclear);
        assert_eq!(failures(&report), [""; 0]);
        assert!(!titles(&report, Status::Unknown).is_empty());
    }
    assert_eq!(titles(&way(json!("public")), Status::Unknown), [""; 0]);
}

#[test]
fn propagated_routes_are_unknown() {
    let table = |gateways: Option<Value>| {
        let mut table = json!({"vpc_id": references(&["aws_vpc.v.id", "aws_vpc.v"])});
        if let Some(gateways) = gateways {
            table["propagating_vgws"] = gateways;
        }
        joined(open().with("aws_route_table.t", table))
    };
    let join = json!({
        "vpn_gateway_id": references(&["aws_vpn_gateway.g.id", "aws_vpn_gateway.g"]),
        "route_table_id": references(&["aws_route_table.t.id", "aws_route_table.t"]),
    });
    let gateways = references(&["aws_vpn_gateway.g.id", "aws_vpn_gateway.g"]);
    for small in [
        table(Some(gateways)),
        table(None).with("aws_vpn_gateway_route_propagation.p", join),
    ] {
        let report = report(&small.facts());
        assert_eq!(failures(&report), [""; 0]);
        assert!(!titles(&report, Status::Unknown).is_empty());
    }
    assert_eq!(table(None).causes(), ["network.endpoint-present"]);
}
