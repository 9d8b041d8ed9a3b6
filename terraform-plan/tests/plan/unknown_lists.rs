//! Lists of unknown length: all of a resource's instances, or some of them.

use serde_json::{Value, json};

use crate::network::{any, own_group};
use crate::plan_builder::{PlanBuilder, list_of_references, references};
use crate::support::*;

fn at(address: &str) -> Value {
    let plain = address.split('[').next().unwrap();
    references(&[&format!("{address}.id"), address, plain])
}

/// Two subnets of one resource with different egress, and a service in all of them or in some.
fn two_subnets(of_second: &str) -> PlanBuilder {
    let way = |name: &str, target: &str| {
        let attribute = match target.starts_with("aws_nat") {
            true => "nat_gateway_id",
            false => "gateway_id",
        };
        json!({"name": name, attribute: at(target)})
    };
    let mut small = PlanBuilder::new()
        .with("aws_nat_gateway.n", json!({}))
        .with("aws_internet_gateway.i", json!({}))
        .group("g", any("egress"));
    for (key, target) in [("a", "aws_nat_gateway.n"), ("b", of_second)] {
        let mut route = way(key, target);
        route["route_table_id"] = at(&format!("aws_route_table.{key}"));
        route["destination_cidr_block"] = "0.0.0.0/0".into();
        let join = json!({
            "subnet_id": at(&format!("aws_subnet.all[\"{key}\"]")),
            "route_table_id": at(&format!("aws_route_table.{key}")),
        });
        let subnet = json!({"vpc_id": at("aws_vpc.v"), "cidr_block": "10.0.1.0/24"});
        small = small
            .with(&format!("aws_subnet.all[\"{key}\"]"), subnet)
            .with(
                &format!("aws_route_table.{key}"),
                json!({"vpc_id": at("aws_vpc.v")}),
            )
            .with(&format!("aws_route.{key}"), route)
            .with(&format!("aws_route_table_association.{key}"), join);
    }
    small
}

#[test]
fn an_unknown_subnet_is_one_of_several_equivalent_subnets() {
    let small =
        two_subnets("aws_nat_gateway.n").service_in(references(&["aws_subnet.all"]), own_group());
    assert_eq!(unknown_or_causes(&small.document()), [""; 0]);
}

/// Tasks without a public IP address have egress in the first subnet only.
#[test]
fn subnets_with_different_routes_stay_unknown() {
    let some = || references(&["aws_subnet.all"]);
    let small = two_subnets("aws_internet_gateway.i").service_in(some(), own_group());
    let found = unknown_or_causes(&small.document());
    assert!(
        !found.is_empty() && found.iter().all(|check| check.starts_with('?')),
        "{found:?}"
    );
    let both = list_of_references(2, &["aws_subnet.all"]);
    let small = two_subnets("aws_internet_gateway.i").service_in(both, own_group());
    assert_eq!(
        unknown_or_causes(&small.document()),
        ["network.endpoint-present"]
    );
}

/// An endpoint serves the whole VPC from any subnet.
#[test]
fn the_routes_of_an_endpoints_subnets_do_not_matter() {
    let open =
        json!([{"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"]}]);
    let endpoint = json!({
        "service_name": "com.amazonaws.us-west-2.ssmmessages", "vpc_endpoint_type": "Interface",
        "private_dns_enabled": true, "vpc_id": at("aws_vpc.v"),
        "subnet_ids": references(&["aws_subnet.all"]), "security_group_ids": own_group(),
    });
    let small = two_subnets("aws_internet_gateway.i")
        .group("g", json!({"egress": open, "ingress": open}))
        .with("aws_vpc_endpoint.e", endpoint)
        .service_in(list_of_references(2, &["aws_subnet.all"]), own_group());
    assert_eq!(unknown_or_causes(&small.document()), [""; 0]);
}

#[test]
fn an_unknown_selection_of_security_groups_stays_unknown() {
    let small = || {
        two_subnets("aws_nat_gateway.n")
            .group("all[\"open\"]", any("egress"))
            .group("all[\"closed\"]", json!({}))
    };
    let in_groups = |groups: Value| {
        let small = small().service_in(list_of_references(2, &["aws_subnet.all"]), groups);
        unknown_or_causes(&small.document())
    };
    let found = in_groups(references(&["aws_security_group.all"]));
    assert!(
        !found.is_empty() && found.iter().all(|check| check.starts_with('?')),
        "{found:?}"
    );
    assert_eq!(
        in_groups(list_of_references(2, &["aws_security_group.all"])),
        [""; 0]
    );
    let one = in_groups(references(&[
        "aws_security_group.all[\"closed\"].id",
        "aws_security_group.all[\"closed\"]",
        "aws_security_group.all",
    ]));
    assert_eq!(one, ["network.task-egress"]);
}
