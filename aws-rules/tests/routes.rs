//! Whether the routes of a subnet reach the internet, another network, or nothing.

use aws_rules::vpc::{
    AddressSet, Egress, NetworkRules, Reachability, find_diversion, non_internet_routes,
    trace_egress,
};
use model::facts::{
    Fact, Interface, NatGateway, Network, Reason, Route, RouteTable, RouteTarget, Subnet,
    Unavailable,
};

const LOCAL: (&str, &str) = ("10.0.0.0/16", "local");

fn target(id: &str) -> RouteTarget {
    match id.split('-').next() {
        Some("local") => RouteTarget::Local,
        Some("nat") => RouteTarget::NatGateway(id.into()),
        Some("igw") => RouteTarget::InternetGateway(id.into()),
        Some("vpce") => RouteTarget::GatewayEndpoint(id.into()),
        _ => RouteTarget::Other(id.into()),
    }
}

/// A destination with its target; `!` marks a blackhole.
fn routes(routes: &[(&str, &str)]) -> Vec<Route> {
    let route = |(destination, id): &(&str, &str)| Route {
        destination: (*destination).into(),
        target: target(id.trim_start_matches('!')),
        blackhole: id.starts_with('!'),
    };
    routes.iter().map(route).collect()
}

/// The subnet `a` with the first routes, and `nat-1` in the subnet `b` with the second.
fn network(subnet_routes: &[(&str, &str)], gateway_routes: &[(&str, &str)]) -> Network {
    let table = |subnet: &str, entries: &[(&str, &str)]| RouteTable {
        id: format!("rtb-{subnet}"),
        subnets: vec![subnet.into()],
        routes: routes(entries),
        ..RouteTable::default()
    };
    let tables = vec![table("a", subnet_routes), table("b", gateway_routes)];
    let gateway = NatGateway {
        id: "nat-1".into(),
        subnet: "b".into(),
        state: "available".into(),
        private: false,
    };
    let mut network = Network::default();
    network
        .route_tables
        .insert("vpc".into(), Fact::Known(tables));
    network
        .nat_gateways
        .insert("vpc".into(), Fact::Known(vec![gateway]));
    network
}

fn subnet() -> Subnet {
    Subnet {
        id: "a".into(),
        vpc: "vpc".into(),
        cidr: Some("10.0.1.0/24".into()),
        ..Subnet::default()
    }
}

fn interface(public_ip: Option<&str>) -> Interface {
    Interface {
        public_ip: public_ip.map(str::to_owned),
        ..Interface::default()
    }
}

fn trace(network: &Network) -> Egress {
    let interface = interface(None);
    trace_egress(
        &NetworkRules::new(network),
        &subnet(),
        Some(&interface),
        false,
    )
}

fn egress(subnet_routes: &[(&str, &str)]) -> Egress {
    trace(&network(subnet_routes, &[("0.0.0.0/0", "igw-1")]))
}

fn nat_egress(gateway_routes: &[(&str, &str)]) -> Egress {
    trace(&network(&[("0.0.0.0/0", "nat-1")], gateway_routes))
}

fn change_gateway(change: impl Fn(&mut NatGateway)) -> Egress {
    let mut network = network(&[("0.0.0.0/0", "nat-1")], &[("0.0.0.0/0", "igw-1")]);
    if let Some(Fact::Known(gateways)) = network.nat_gateways.get_mut("vpc") {
        change(&mut gateways[0]);
    }
    trace(&network)
}

fn nat(id: &str) -> Egress {
    Egress::Nat(id.into())
}

fn unclear_reason(egress: &Egress) -> &str {
    match egress {
        Egress::Unclear(reason) => reason,
        other => panic!("{other:?}"),
    }
}

fn denied() -> Unavailable {
    Unavailable::new("ec2:DescribeRouteTables", Reason::Denied, "no")
}

#[test]
fn a_default_route_decides() {
    assert_eq!(egress(&[LOCAL]), Egress::None);
    assert_eq!(egress(&[LOCAL, ("0.0.0.0/0", "nat-1")]), nat("nat-1"));
    assert_eq!(
        egress(&[("0.0.0.0/0", "!nat-1")]),
        Egress::Blackhole("nat-1".into())
    );
    assert_eq!(
        egress(&[("0.0.0.0/0", "igw-1")]),
        Egress::NoPublicAddress("igw-1".into())
    );
    let appliance = egress(&[("0.0.0.0/0", "eni-1")]);
    assert_eq!(
        unclear_reason(&appliance),
        "the route for 0.0.0.0/0 leads to eni-1"
    );
    assert!(!appliance.reaches_internet() && !appliance.is_blocked());
}

#[test]
fn an_internet_gateway_requires_a_public_address() {
    let network = network(&[("0.0.0.0/0", "igw-1")], &[]);
    let rules = NetworkRules::new(&network);
    let trace = |interface: Option<&Interface>, may_have_public_ip| {
        trace_egress(&rules, &subnet(), interface, may_have_public_ip)
    };
    let (public, private) = (interface(Some("52.1.1.1")), interface(None));
    let open = Egress::InternetGateway("igw-1".into());
    assert_eq!(trace(Some(&public), false), open);
    assert!(open.reaches_internet() && !open.is_blocked());
    assert_eq!(open.gateways(), ["igw-1"]);
    let closed = trace(Some(&private), false);
    assert!(closed.is_blocked() && !closed.reaches_internet());
    assert!(closed.gateways().is_empty());
    assert!(unclear_reason(&trace(Some(&private), true)).contains("is unknown"));
    assert!(unclear_reason(&trace(None, false)).contains("could not be read"));
}

#[test]
fn halves_of_the_internet_can_have_gateways_of_their_own() {
    let halves = |low, high| egress(&[("0.0.0.0/1", low), ("128.0.0.0/1", high)]);
    assert_eq!(halves("nat-1", "nat-1"), nat("nat-1"));
    let both = halves("nat-1", "nat-2");
    assert_eq!(both, Egress::Several(vec![nat("nat-1"), nat("nat-2")]));
    assert_eq!(both.gateways(), ["nat-1", "nat-2"]);
    assert!(
        unclear_reason(&halves("nat-1", "eni-1"))
            .ends_with("the address of ssmmessages is unknown")
    );
    assert!(unclear_reason(&halves("nat-1", "!nat-2")).contains("which is gone"));
    assert_eq!(
        halves("!nat-1", "!nat-2"),
        Egress::Blackhole("nat-1".into())
    );
    let half = egress(&[("0.0.0.0/1", "nat-1")]);
    assert!(unclear_reason(&half).contains("no route leads to other public addresses"));
}

#[test]
fn without_an_internet_route_another_network_makes_it_unknown() {
    let hub = egress(&[LOCAL, ("10.8.0.0/16", "tgw-1")]);
    assert_eq!(
        unclear_reason(&hub),
        "the route for 10.8.0.0/16 leads to tgw-1"
    );
    assert_eq!(egress(&[LOCAL, ("10.8.0.0/16", "!tgw-1")]), Egress::None);
    assert_eq!(egress(&[LOCAL, ("pl-1", "vpce-1")]), Egress::None);
    for (default, obstacle) in [
        ("!nat-1", "the route for 10.8.0.0/16 leads to tgw-1"),
        (
            "igw-1",
            "the tasks have no public address, which igw-1 requires, but the route",
        ),
    ] {
        let unclear = egress(&[("0.0.0.0/0", default), ("10.8.0.0/16", "tgw-1")]);
        assert!(
            unclear_reason(&unclear).starts_with(obstacle),
            "{unclear:?}"
        );
    }
    let network = network(
        &[("0.0.0.0/0", "nat-1"), ("10.8.0.0/16", "tgw-1")],
        &[LOCAL],
    );
    let stranded = trace(&network);
    let obstacle = "nat-1 leads to no internet gateway, but the route for 10.8.0.0/16";
    assert!(
        unclear_reason(&stranded).starts_with(obstacle),
        "{stranded:?}"
    );
}

#[test]
fn routes_to_prefix_lists_that_were_not_read_can_include_aws() {
    let default = ("0.0.0.0/0", "nat-1");
    let unread = egress(&[default, ("pl-1", "tgw-1")]);
    assert!(unclear_reason(&unread).ends_with("which may include the address of ssmmessages"));
    assert_eq!(
        egress(&[default, ("pl-1", "nat-1")]),
        nat("nat-1"),
        "the same target"
    );
    let gone = egress(&[default, ("pl-1", "!nat-1")]);
    assert!(unclear_reason(&gone).contains("which is gone"));
    assert_eq!(
        egress(&[default, ("pl-1", "vpce-1")]),
        nat("nat-1"),
        "of one service"
    );
    let only = egress(&[LOCAL, ("pl-1", "tgw-1")]);
    assert_eq!(unclear_reason(&only), "the route for pl-1 leads to tgw-1");
    let blackhole = egress(&[("0.0.0.0/0", "!nat-1"), ("pl-1", "nat-1")]);
    assert!(unclear_reason(&blackhole).ends_with("which may include the address of ssmmessages"));
}

#[test]
fn unread_tables_leave_the_path_open() {
    let mut network = network(&[], &[]);
    network
        .route_tables
        .insert("vpc".into(), Fact::Unavailable(denied()));
    assert_eq!(trace(&network), Egress::Unavailable(denied()));
    network.route_tables.clear();
    assert!(unclear_reason(&trace(&network)).contains("were not read"));
}

#[test]
fn a_nat_gateway_needs_an_internet_gateway_of_its_own() {
    let stranded = Egress::NatWithoutInternet {
        gateway: "nat-1".into(),
        subnet: "b".into(),
    };
    assert_eq!(nat_egress(&[("0.0.0.0/0", "igw-1")]), nat("nat-1"));
    assert_eq!(nat_egress(&[LOCAL]), stranded);
    assert!(stranded.is_blocked() && !stranded.reaches_internet());
    assert_eq!(nat_egress(&[("0.0.0.0/0", "!igw-1")]), stranded);
    assert_eq!(nat_egress(&[("0.0.0.0/0", "nat-1")]), stranded, "a circle");
    for (routes, reason) in [
        (
            &[("0.0.0.0/0", "eni-1")][..],
            "nat-1 is in b, and the route for 0.0.0.0/0 leads to eni-1",
        ),
        (
            &[("0.0.0.0/0", "nat-2")],
            "nat-1 is in b, and the route for 0.0.0.0/0 leads to nat-2",
        ),
        (
            &[LOCAL, ("10.8.0.0/16", "tgw-1")],
            "nat-1 is in b, and the route for 10.8.0.0/16",
        ),
        (
            &[("0.0.0.0/1", "igw-1")],
            "nat-1 is in b, and the route for 0.0.0.0/1",
        ),
        (
            &[("0.0.0.0/1", "igw-1"), ("128.0.0.0/1", "eni-1")],
            "nat-1 is in b, and the route for 128.0.0.0/1",
        ),
        (
            &[("0.0.0.0/1", "igw-1"), ("128.0.0.0/1", "!igw-1")],
            "nat-1 is in b, and the route for 128.0.0.0/1",
        ),
    ] {
        let unclear = nat_egress(routes);
        assert!(unclear_reason(&unclear).starts_with(reason), "{unclear:?}");
    }
}

#[test]
fn the_state_and_kind_of_a_nat_gateway_count() {
    let by_state = |state: &str| change_gateway(|gateway| gateway.state = state.into());
    assert_eq!(by_state("available"), nat("nat-1"));
    for state in ["failed", "deleting", "deleted"] {
        assert_eq!(
            by_state(state),
            Egress::Blackhole("nat-1".into()),
            "{state}"
        );
    }
    assert_eq!(unclear_reason(&by_state("pending")), "nat-1 is pending");
    let routes = [("0.0.0.0/0", "nat-1"), ("10.8.0.0/16", "tgw-1")];
    let mut beside_hub = network(&routes, &[]);
    if let Some(Fact::Known(gateways)) = beside_hub.nat_gateways.get_mut("vpc") {
        gateways[0].state = "deleted".into();
    }
    let obstacle = "the default route leads to nat-1, which is gone, but the route for 10.8.0.0/16";
    assert!(unclear_reason(&trace(&beside_hub)).starts_with(obstacle));
    let private = change_gateway(|gateway| gateway.private = true);
    assert!(unclear_reason(&private).contains("private NAT gateway"));
    for subnet in ["", "elsewhere"] {
        let unknown = change_gateway(|gateway| gateway.subnet = subnet.into());
        assert_eq!(unknown, nat("nat-1"), "{subnet}");
    }
    let mut network = network(&[("0.0.0.0/0", "nat-1")], &[]);
    network
        .nat_gateways
        .insert("vpc".into(), Fact::Unavailable(denied()));
    assert_eq!(trace(&network), Egress::Unavailable(denied()));
    let halves = [("0.0.0.0/1", "nat-1"), ("128.0.0.0/1", "eni-1")];
    network.route_tables = self::network(&halves, &[]).route_tables;
    assert_eq!(trace(&network), Egress::Unavailable(denied()));
    network.nat_gateways.clear();
    network.route_tables = self::network(&[("0.0.0.0/0", "nat-1")], &[]).route_tables;
    assert_eq!(trace(&network), nat("nat-1"));
}

#[test]
fn block_public_access_overrides_routes() {
    let trace = |subnet_routes: &[(&str, &str)], mode: Fact<String>| {
        let mut network = network(subnet_routes, &[("0.0.0.0/0", "igw-1")]);
        network.block_public_access = Some(mode);
        let interface = interface(Some("52.1.1.1"));
        trace_egress(
            &NetworkRules::new(&network),
            &subnet(),
            Some(&interface),
            false,
        )
    };
    let mode = |mode: &str| Fact::Known(mode.to_owned());
    let by_nat = [("0.0.0.0/0", "nat-1")];
    let by_nats = [("0.0.0.0/1", "nat-1"), ("128.0.0.0/1", "nat-2")];
    let by_both = [("0.0.0.0/1", "nat-1"), ("128.0.0.0/1", "igw-1")];
    let direct = [("0.0.0.0/0", "igw-1")];
    assert_eq!(trace(&by_nat, mode("off")), nat("nat-1"));
    assert_eq!(trace(&by_nat, mode("block-ingress")), nat("nat-1"));
    assert_eq!(trace(&by_nat, Fact::Absent), nat("nat-1"));
    assert!(trace(&by_nats, mode("block-ingress")).reaches_internet());
    for (subnet_routes, mode, gateways) in [
        (&by_nat[..], mode("block-bidirectional"), "nat-1"),
        (&direct, mode("block-ingress"), "igw-1"),
        (&by_both, mode("block-ingress"), "nat-1 and igw-1"),
    ] {
        let blocked = trace(subnet_routes, mode);
        assert!(unclear_reason(&blocked).contains(&format!("leads to {gateways}, and VPC Block")));
    }
    assert_eq!(
        trace(&by_nat, Fact::Unavailable(denied())),
        Egress::Unavailable(denied())
    );
    assert_eq!(trace(&[], Fact::Unavailable(denied())), Egress::None);
}

#[test]
fn only_routes_to_other_networks_are_listed() {
    let mut network = network(
        &[
            LOCAL,
            ("0.0.0.0/0", "tgw-0"),
            ("10.1.0.0/16", "tgw-1"),
            ("10.2.0.0/16", "!tgw-2"),
            ("10.3.0.0/16", "nat-1"),
            ("52.0.0.0/8", "tgw-4"),
            ("52.0.0.0/9", "nat-1"),
            ("pl-5", "tgw-5"),
            ("pl-6", "tgw-6"),
            ("pl-7", "vpce-7"),
            ("2001:db8::/64", "tgw-8"),
        ],
        &[],
    );
    let list = Fact::Known(vec!["10.5.0.0/16".to_owned()]);
    network.prefix_lists.insert("pl-5".into(), list);
    let found = non_internet_routes(&NetworkRules::new(&network), &subnet());
    let clause = |destination: &str, id: &str| format!("the route for {destination} leads to {id}");
    assert_eq!(
        found,
        [
            (
                clause("10.1.0.0/16", "tgw-1"),
                AddressSet::parse(["10.1.0.0/16"])
            ),
            (
                clause("10.3.0.0/16", "nat-1"),
                AddressSet::parse(["10.3.0.0/16"])
            ),
            (
                clause("52.0.0.0/8", "tgw-4"),
                AddressSet::parse(["52.0.0.0/8"])
            ),
            (clause("pl-5", "tgw-5"), AddressSet::parse(["10.5.0.0/16"])),
        ]
    );
}

#[test]
fn the_more_specific_route_takes_packets_out_of_the_vpc() {
    let divert = |subnet_routes: &[(&str, &str)], addresses: &str| {
        let network = network(subnet_routes, &[]);
        let addresses = AddressSet::parse([addresses]);
        let rules = NetworkRules::new(&network);
        let found = find_diversion(&rules, "vpc", "a", &addresses)?;
        Some((found.description, found.reachability))
    };
    let is_unknown = |found: Option<(String, Reachability)>| {
        found.is_some_and(|(_, reachability)| matches!(reachability, Reachability::Unknown(_)))
    };
    let specific = ("10.0.1.0/24", "eni-1");
    assert_eq!(divert(&[LOCAL], "10.0.1.5"), None);
    assert!(is_unknown(divert(&[LOCAL, specific], "10.0.1.5")));
    assert_eq!(divert(&[LOCAL, specific], "10.0.2.5"), None);
    let (description, reachability) =
        divert(&[LOCAL, ("10.0.1.0/24", "!eni-1")], "10.0.1.5").unwrap();
    assert_eq!(
        description,
        "the route for 10.0.1.0/24 leads to eni-1, which is gone"
    );
    assert_eq!(reachability, Reachability::Blocked);
    let partly = divert(&[LOCAL, ("10.0.1.0/25", "!eni-1")], "10.0.1.0/24");
    assert!(is_unknown(partly));
    // Outside of the VPC's ranges, any route counts. If they are unknown, only a route that fits into a VPC counts.
    let wide = ("10.0.0.0/8", "tgw-1");
    assert!(is_unknown(divert(&[LOCAL, wide], "10.1.0.5")));
    assert_eq!(divert(&[wide], "10.1.0.5"), None);
    assert_eq!(divert(&[("unknown", "local"), wide], "10.1.0.5"), None);
    assert!(is_unknown(divert(&[("10.1.0.0/16", "tgw-1")], "10.1.0.5")));
    // A prefix list that was not read: only some targets can be more specific than the VPC.
    for (id, expected) in [
        ("nat-1", true),
        ("eni-1", true),
        ("i-1", true),
        ("tgw-1", false),
        ("igw-1", false),
    ] {
        assert_eq!(
            is_unknown(divert(&[LOCAL, ("pl-1", id)], "10.0.1.5")),
            expected,
            "{id}"
        );
    }
}

#[test]
fn an_active_route_overrides_a_blackhole_for_the_same_range() {
    let range = "10.8.0.0/16";
    let network = network(
        &[(range, "!vgw-1"), (range, "tgw-1"), (range, "tgw-2")],
        &[],
    );
    let addresses = AddressSet::parse(["10.8.0.5"]);
    let rules = NetworkRules::new(&network);
    let found = find_diversion(&rules, "vpc", "a", &addresses).unwrap();
    assert!(
        found.description.ends_with("leads to tgw-1"),
        "{}",
        found.description
    );
}
