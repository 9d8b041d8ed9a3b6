//! The effect of routes on the path to the internet.

use crate::network::internet_route::CHECK;
use crate::network::{endpoint_present, nacl, path};
use crate::testing::*;
use diagnosis::{Selection, examine};
use model::facts::*;
use model::finding::Status;

/// Facts without an endpoint and with these routes, in this order.
fn facts_with_routes(routes: &[(&str, RouteTarget)]) -> Facts {
    let mut facts = healthy_coder();
    remove_endpoints(&mut facts);
    remove_default_routes(&mut facts);
    for (destination, target) in routes {
        route(&mut facts, destination, target.clone(), false);
    }
    facts
}

fn nat(id: &str) -> RouteTarget {
    RouteTarget::NatGateway(id.into())
}

fn status(routes: &[(&str, RouteTarget)]) -> Status {
    let facts = facts_with_routes(routes);
    let path = statuses(&path::CHECK, &facts)[0];
    assert_eq!(statuses(&CHECK, &facts), [path], "{routes:?}");
    path
}

const HALVES: [&str; 2] = ["0.0.0.0/1", "128.0.0.0/1"];
const QUARTERS: [&str; 4] = ["0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/2", "192.0.0.0/2"];

#[test]
fn partial_routes_that_cover_everything_are_a_default_route() {
    assert_eq!(
        status(&HALVES.map(|half| (half, nat("nat-1")))),
        Status::Pass
    );
    let quarters = QUARTERS.map(|quarter| (quarter, nat("nat-1")));
    assert_eq!(status(&quarters), Status::Pass);
    // Private addresses need no route to the internet.
    let public = ["0.0.0.0/1", "128.0.0.0/2", "192.0.0.0/3"];
    assert_eq!(
        status(&public.map(|part| (part, nat("nat-1")))),
        Status::Pass
    );
    let healthy = facts_with_routes(&HALVES.map(|half| (half, nat("nat-1"))));
    let report = examine(&healthy, &Selection::default());
    assert_eq!(report.root_causes.len(), 0);
    let finding = &run(&endpoint_present::CHECK, &healthy)[0];
    assert!(finding.title.contains("nat-1"), "{}", finding.title);
}

#[test]
fn prefix_list_routes_can_cover_the_internet() {
    let list = |entries: &[&str]| {
        let mut facts = facts_with_routes(&[("pl-out", nat("nat-1"))]);
        let entries = entries.iter().map(|entry| (*entry).to_owned()).collect();
        facts
            .network
            .prefix_lists
            .insert("pl-out".into(), Fact::Known(entries));
        statuses(&path::CHECK, &facts)[0]
    };
    assert_eq!(list(&["0.0.0.0/0"]), Status::Pass);
    assert_eq!(list(&HALVES), Status::Pass);
    assert_eq!(list(&HALVES[..1]), Status::Unknown);
    let mut mixed = facts_with_routes(&[("0.0.0.0/1", nat("nat-1")), ("pl-out", nat("nat-1"))]);
    assert_eq!(
        statuses(&path::CHECK, &mixed),
        [Status::Unknown],
        "not read"
    );
    let half = Fact::Known(vec!["128.0.0.0/1".to_owned()]);
    mixed.network.prefix_lists.insert("pl-out".into(), half);
    assert_eq!(statuses(&path::CHECK, &mixed), [Status::Pass]);
}

#[test]
fn every_partial_route_is_judged() {
    let [low, high] = HALVES;
    assert_eq!(
        status(&[(low, nat("nat-1")), (high, nat("nat-2"))]),
        Status::Pass
    );
    assert_eq!(status(&[(low, nat("nat-1"))]), Status::Unknown);
    let igw = || RouteTarget::InternetGateway("igw-1".into());
    assert_eq!(
        status(&[(low, nat("nat-1")), (high, igw())]),
        Status::Unknown
    );
    assert_eq!(status(&[(low, igw()), (high, igw())]), Status::Fail);
    let hub = || RouteTarget::Other("tgw-1".into());
    assert_eq!(
        status(&[(low, nat("nat-1")), (high, hub())]),
        Status::Unknown
    );
    assert_eq!(status(&[(low, hub()), (high, hub())]), Status::Unknown);
    // A default route and more specific routes with the same target.
    let both = [("0.0.0.0/0", nat("nat-1")), (low, nat("nat-1"))];
    assert_eq!(status(&both), Status::Pass);
    let covered = [
        ("0.0.0.0/0", hub()),
        (low, nat("nat-1")),
        (high, nat("nat-1")),
    ];
    assert_eq!(status(&covered), Status::Pass, "the hub gets nothing");
}

#[test]
fn a_blackhole_for_half_the_internet_makes_it_unknown() {
    let [low, high] = HALVES;
    let mut facts = facts_with_routes(&[(low, nat("nat-1"))]);
    route(&mut facts, high, nat("nat-2"), true);
    assert_eq!(statuses(&path::CHECK, &facts), [Status::Unknown]);
    let mut facts = facts_with_routes(&[]);
    route(&mut facts, low, nat("nat-1"), true);
    route(&mut facts, high, nat("nat-2"), true);
    assert_eq!(statuses(&path::CHECK, &facts), [Status::Fail]);
}

/// Partial routes can form the default route of the NAT gateway's subnet, too.
#[test]
fn the_routes_of_the_nat_gateway_subnet_count() {
    let own = |parts: &[&str]| {
        let mut facts = healthy_coder();
        remove_endpoints(&mut facts);
        let vpc = add_public_gateway(&mut facts);
        let tables = known(facts.network.route_tables.get_mut(&vpc).unwrap());
        let routes = &mut tables.last_mut().unwrap().routes;
        let template = routes[0].clone();
        *routes = parts
            .iter()
            .map(|part| Route {
                destination: (*part).to_owned(),
                ..template.clone()
            })
            .collect();
        statuses(&path::CHECK, &facts)[0]
    };
    assert_eq!(own(&["0.0.0.0/0"]), Status::Pass);
    assert_eq!(own(&HALVES), Status::Pass);
    assert_eq!(own(&HALVES[..1]), Status::Unknown);
    assert_eq!(own(&[]), Status::Fail);
}

/// The address of ssmmessages decides which of two NAT gateways forwards the packets.
#[test]
fn different_acls_of_two_nat_gateways_make_it_unknown() {
    let mut facts =
        facts_with_routes(&[("0.0.0.0/1", nat("nat-1")), ("128.0.0.0/1", nat("nat-2"))]);
    let vpc_id = vpc(&mut facts).id.clone();
    let gateway = |number: u8| NatGateway {
        id: format!("nat-{number}"),
        subnet: format!("subnet-nat-{number}"),
        state: "available".into(),
        private: false,
    };
    let gateways = Fact::Known(vec![gateway(1), gateway(2)]);
    facts.network.nat_gateways.insert(vpc_id.clone(), gateways);
    let tables = known(facts.network.route_tables.get_mut(&vpc_id).unwrap());
    tables.push(RouteTable {
        id: "rtb-public".into(),
        subnets: vec!["subnet-nat-1".into(), "subnet-nat-2".into()],
        routes: vec![Route {
            destination: "0.0.0.0/0".into(),
            target: RouteTarget::InternetGateway("igw-1".into()),
            blackhole: false,
        }],
        ..RouteTable::default()
    });
    assert_eq!(statuses(&nacl::CHECK, &facts), [Status::Pass]);
    add_acl(&mut facts, "subnet-nat-1", Vec::new());
    assert_eq!(statuses(&nacl::CHECK, &facts), [Status::Unknown]);
    add_acl(&mut facts, "subnet-nat-2", Vec::new());
    assert_eq!(statuses(&nacl::CHECK, &facts), [Status::Fail]);
}

/// The route back from the gateway can lead through an appliance.
#[test]
fn a_more_specific_route_in_the_nat_gateway_subnet_diverts_answers() {
    let mut facts = healthy_coder();
    remove_endpoints(&mut facts);
    let vpc = add_public_gateway(&mut facts);
    let tables = known(facts.network.route_tables.get_mut(&vpc).unwrap());
    tables.last_mut().unwrap().routes.push(Route {
        destination: "10.0.0.0/24".into(),
        target: RouteTarget::Other("eni-firewall".into()),
        blackhole: false,
    });
    assert_eq!(statuses(&path::CHECK, &facts), [Status::Unknown]);
}
