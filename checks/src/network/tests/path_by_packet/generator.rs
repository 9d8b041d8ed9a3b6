//! Generates random networks and converts them to facts.

use std::sync::LazyLock;

use proptest::prelude::*;

use crate::testing::*;
use model::facts::*;

/// A generated network.
#[derive(Debug, Clone)]
pub struct GeneratedNetwork {
    pub endpoint: bool,
    pub available: bool,
    pub private_dns: bool,
    pub dns: bool,
    pub internet_route: InternetRoute,
    /// Addresses of the tasks, all in one subnet.
    pub tasks: Vec<u32>,
    /// The interfaces of the endpoint.
    pub enis: Vec<Eni>,
    pub egress: Vec<Rule>,
    pub ingress: Vec<Rule>,
    /// The ACLs of the tasks' subnet and of the other two.
    pub acls: [Vec<Entry>; 3],
    /// A route in every table that can be more specific than the local route.
    pub specific_route: Option<SpecificRoute>,
}

#[derive(Debug, Clone, Copy)]
pub struct Eni {
    pub address: u32,
    /// Index of the subnet.
    pub subnet: usize,
}

#[derive(Debug, Clone, Copy)]
pub struct SpecificRoute {
    pub range: (u32, u8),
    pub is_prefix_list: bool,
    pub is_blackhole: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum InternetRoute {
    Nat,
    /// Two routes, one for each half of the internet: the first to a NAT gateway, the second to this target.
    Split(SecondHalf),
    Gateway {
        public: bool,
    },
    None,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SecondHalf {
    SameNat,
    OtherNat,
    Blackhole,
    None,
}

/// A security group rule: protocol, ports and peer.
#[derive(Debug, Clone)]
pub struct Rule {
    pub protocol: &'static str,
    pub ports: (u16, u16),
    pub peer: Peer,
}

#[derive(Debug, Clone, Copy)]
pub enum Peer {
    Range(u32, u8),
    /// The range in a prefix list.
    PrefixList(u32, u8),
    OtherGroup,
    UnusedGroup,
}

/// A rule of a network ACL.
#[derive(Debug, Clone)]
pub struct Entry {
    pub number: u32,
    pub egress: bool,
    pub allow: bool,
    pub tcp: bool,
    pub ports: (u16, u16),
    pub range: (u32, u8),
}

pub const SUBNETS: [(u32, u8); 3] = [
    (ip(10, 0, 0, 0), 24),
    (ip(10, 0, 1, 0), 24),
    (ip(10, 0, 2, 0), 24),
];
const TASK_GROUP: &str = "sg-07a5c500000000001";

pub const fn ip(a: u32, b: u32, c: u32, d: u32) -> u32 {
    a << 24 | b << 16 | c << 8 | d
}

fn ranges() -> impl Strategy<Value = (u32, u8)> {
    prop_oneof![
        3 => Just((0, 0)),
        1 => Just((ip(10, 0, 0, 0), 8)),
        2 => Just((ip(10, 0, 0, 0), 24)),
        2 => Just((ip(10, 0, 1, 0), 24)),
        2 => Just((ip(10, 0, 2, 0), 24)),
        1 => Just((ip(10, 0, 1, 8), 31)),
        1 => Just((ip(10, 0, 0, 128), 25)),
        2 => Just((ip(10, 0, 0, 0), 25)),
        1 => Just((ip(192, 168, 0, 0), 16)),
        1 => Just((ip(52, 0, 0, 0), 8)),
    ]
}

fn ports() -> impl Strategy<Value = (u16, u16)> {
    prop_oneof![
        Just((0, 65535)),
        Just((443, 443)),
        Just((400, 500)),
        Just((80, 80)),
        Just((1024, 65535)),
        Just((40000, 65535)),
        Just((50000, 50010)),
    ]
}

fn rule() -> impl Strategy<Value = Rule> {
    let protocol = prop_oneof![Just("-1"), Just("tcp"), Just("6"), Just("udp")];
    let peer = prop_oneof![
        4 => ranges().prop_map(|(base, length)| Peer::Range(base, length)),
        1 => ranges().prop_map(|(base, length)| Peer::PrefixList(base, length)),
        1 => Just(Peer::OtherGroup),
        1 => Just(Peer::UnusedGroup),
    ];
    (protocol, ports(), peer).prop_map(|(protocol, ports, peer)| Rule {
        protocol,
        ports,
        peer,
    })
}

fn entry() -> impl Strategy<Value = Entry> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    (1u32..6, flags, ports(), ranges()).prop_map(|(number, (egress, allow, tcp), ports, range)| {
        Entry {
            number,
            egress,
            allow,
            tcp,
            ports,
            range,
        }
    })
}

/// Entries with unique numbers, optionally followed by one that allows everything else.
fn acl() -> impl Strategy<Value = Vec<Entry>> {
    let open = prop_oneof![3 => Just(true), 1 => Just(false)];
    (proptest::collection::vec(entry(), 0..4), open).prop_map(|(mut entries, open)| {
        entries.sort_by_key(|entry| (entry.egress, entry.number));
        entries.dedup_by_key(|entry| (entry.egress, entry.number));
        if open {
            entries.extend([true, false].map(|egress| Entry {
                number: 100,
                egress,
                allow: true,
                tcp: false,
                ports: (0, 65535),
                range: (0, 0),
            }));
        }
        entries
    })
}

fn internet_route() -> impl Strategy<Value = InternetRoute> {
    prop_oneof![
        Just(InternetRoute::Nat),
        Just(InternetRoute::Split(SecondHalf::SameNat)),
        Just(InternetRoute::Split(SecondHalf::OtherNat)),
        Just(InternetRoute::Split(SecondHalf::Blackhole)),
        Just(InternetRoute::Split(SecondHalf::None)),
        Just(InternetRoute::Gateway { public: true }),
        Just(InternetRoute::Gateway { public: false }),
        Just(InternetRoute::None),
    ]
}

fn specific_route() -> impl Strategy<Value = Option<SpecificRoute>> {
    let range = prop_oneof![
        Just((ip(10, 0, 0, 0), 8)),
        Just((ip(10, 0, 1, 0), 24)),
        Just((ip(10, 0, 2, 0), 24)),
        Just((ip(10, 0, 0, 128), 25)),
    ];
    let specific_route = (range, any::<bool>(), any::<bool>());
    let specific_route =
        specific_route.prop_map(|(range, is_prefix_list, is_blackhole)| SpecificRoute {
            range,
            is_prefix_list,
            is_blackhole,
        });
    proptest::option::weighted(0.2, specific_route)
}

pub fn generated_network() -> impl Strategy<Value = GeneratedNetwork> {
    let usually = || prop_oneof![8 => Just(true), 1 => Just(false)];
    let rules = || proptest::collection::vec(rule(), 0..4);
    let tasks = [ip(10, 0, 0, 20), ip(10, 0, 0, 100), ip(10, 0, 0, 200)];
    let enis = [
        (ip(10, 0, 1, 9), 1),
        (ip(10, 0, 2, 9), 2),
        (ip(10, 0, 0, 9), 0),
    ];
    let enis = enis.map(|(address, subnet)| Eni { address, subnet });
    let switches = (usually(), usually(), usually(), usually());
    let resources = (
        internet_route(),
        specific_route(),
        proptest::sample::subsequence(tasks.to_vec(), 1..=3),
        proptest::sample::subsequence(enis.to_vec(), 1..=3),
    );
    (
        switches,
        resources,
        (rules(), rules()),
        [acl(), acl(), acl()],
    )
        .prop_map(|(switches, resources, (egress, ingress), acls)| {
            let (endpoint, available, private_dns, dns) = switches;
            let (internet_route, specific_route, tasks, enis) = resources;
            GeneratedNetwork {
                endpoint,
                available,
                private_dns,
                dns,
                internet_route,
                tasks,
                enis,
                egress,
                ingress,
                acls,
                specific_route,
            }
        })
}

fn cidr((base, length): (u32, u8)) -> String {
    format!("{}/{length}", address(base))
}

pub fn address(number: u32) -> String {
    std::net::Ipv4Addr::from(number).to_string()
}

fn group_rule(rule: &Rule, other: &str) -> GroupRule {
    let all = rule.protocol == "-1";
    let mut group_rule = GroupRule {
        protocol: rule.protocol.into(),
        from_port: (!all).then_some(rule.ports.0),
        to_port: (!all).then_some(rule.ports.1),
        ..GroupRule::default()
    };
    match rule.peer {
        Peer::Range(base, length) => group_rule.cidrs = vec![cidr((base, length))],
        Peer::PrefixList(base, length) => {
            group_rule.prefix_lists = vec![prefix_list_id((base, length))]
        }
        Peer::OtherGroup => group_rule.security_groups = vec![other.into()],
        Peer::UnusedGroup => group_rule.security_groups = vec!["sg-nobody".into()],
    }
    group_rule
}

fn prefix_list_id(range: (u32, u8)) -> String {
    format!("pl-{}", cidr(range))
}

fn prefix_list_ranges(network: &GeneratedNetwork) -> Vec<(u32, u8)> {
    let rules = network.egress.iter().chain(&network.ingress);
    let by_rules = rules.filter_map(|rule| match rule.peer {
        Peer::PrefixList(base, length) => Some((base, length)),
        _ => None,
    });
    by_rules
        .chain(
            network
                .specific_route
                .map(|specific_route| specific_route.range),
        )
        .collect()
}

fn network_acl(id: &str, subnet: &str, entries: &[Entry]) -> NetworkAcl {
    NetworkAcl {
        id: id.into(),
        default: false,
        subnets: vec![subnet.into()],
        entries: entries
            .iter()
            .map(|entry| AclEntry {
                number: entry.number,
                egress: entry.egress,
                allow: entry.allow,
                protocol: if entry.tcp { "6" } else { "-1" }.into(),
                cidr: cidr(entry.range),
                from_port: entry.tcp.then_some(entry.ports.0),
                to_port: entry.tcp.then_some(entry.ports.1),
            })
            .collect(),
    }
}

fn internet_routes(network: &GeneratedNetwork) -> Vec<Route> {
    let route = |destination: &str, target: RouteTarget, blackhole: bool| Route {
        destination: destination.into(),
        target,
        blackhole,
    };
    let nat = |id: &str| RouteTarget::NatGateway(id.into());
    let half = |half: SecondHalf| match half {
        SecondHalf::SameNat => Some(route("128.0.0.0/1", nat("nat-1"), false)),
        SecondHalf::OtherNat => Some(route("128.0.0.0/1", nat("nat-2"), false)),
        SecondHalf::Blackhole => Some(route("128.0.0.0/1", nat("nat-2"), true)),
        SecondHalf::None => None,
    };
    match network.internet_route {
        InternetRoute::Nat => vec![route("0.0.0.0/0", nat("nat-1"), false)],
        InternetRoute::Split(other) => [Some(route("0.0.0.0/1", nat("nat-1"), false)), half(other)]
            .into_iter()
            .flatten()
            .collect(),
        InternetRoute::Gateway { .. } => {
            let gateway = RouteTarget::InternetGateway("igw-1".into());
            vec![route("0.0.0.0/0", gateway, false)]
        }
        InternetRoute::None => Vec::new(),
    }
}

/// The facts of a generated network, based on the healthy coder service, and the ARNs of its tasks in order.
pub fn facts(network: &GeneratedNetwork) -> (Facts, Vec<String>) {
    static HEALTHY: LazyLock<Facts> = LazyLock::new(healthy_coder);
    let mut facts = HEALTHY.clone();
    let task_subnet = task_subnet(&mut facts);
    let subnets = [task_subnet.as_str(), "subnet-1", "subnet-2"];
    for (id, range) in subnets.iter().zip(SUBNETS).skip(1) {
        add_subnet(&mut facts, id, &cidr(range));
    }
    interfaces(&mut facts, |interface| {
        interface.public_ip = (network.internet_route == InternetRoute::Gateway { public: true })
            .then(|| "203.0.113.9".into());
    });
    let first = task(&mut facts).interface.clone().expect("interface").id;
    let first = facts.network.interfaces.get_mut(&*first.expect("ID"));
    known(first.expect("interface")).private_ips = vec![address(network.tasks[0])];
    let mut arns = vec![task(&mut facts).arn.to_string()];
    for number in &network.tasks[1..] {
        arns.push(add_task(&mut facts, &address(*number)));
    }
    let group = endpoint(&mut facts).security_groups[0].clone();
    let ids = network
        .enis
        .iter()
        .map(|eni| subnets[eni.subnet].to_owned());
    endpoint(&mut facts).subnets = ids.collect();
    for eni in &network.enis {
        add_eni(&mut facts, subnets[eni.subnet], &address(eni.address));
    }
    let known_endpoint = endpoint(&mut facts);
    known_endpoint.private_dns = network.private_dns;
    known_endpoint.state = if network.available {
        "available"
    } else {
        "failed"
    }
    .into();
    if !network.endpoint {
        remove_endpoints(&mut facts);
    }
    vpc(&mut facts).dns_hostnames = Fact::Known(network.dns);
    let specific_route = network.specific_route.map(|specific_route| Route {
        destination: match specific_route.is_prefix_list {
            true => prefix_list_id(specific_route.range),
            false => cidr(specific_route.range),
        },
        target: RouteTarget::Other("eni-firewall".into()),
        blackhole: specific_route.is_blackhole,
    });
    routes(&mut facts, |routes| {
        routes.retain(|route| route.target == RouteTarget::Local);
        routes.extend(
            internet_routes(network)
                .into_iter()
                .chain(specific_route.clone()),
        );
    });
    for range in prefix_list_ranges(network) {
        let entries = Fact::Known(vec![cidr(range)]);
        facts
            .network
            .prefix_lists
            .insert(prefix_list_id(range), entries);
    }
    task_group(&mut facts).egress = network
        .egress
        .iter()
        .map(|rule| group_rule(rule, &group))
        .collect();
    let endpoint_group = known(facts.network.security_groups.get_mut(&group).unwrap());
    endpoint_group.ingress = network
        .ingress
        .iter()
        .map(|rule| group_rule(rule, TASK_GROUP))
        .collect();
    for acls in facts.network.network_acls.values_mut() {
        let subnet_acls = subnets.iter().zip(&network.acls);
        let subnet_acls = subnet_acls
            .map(|(subnet, entries)| network_acl(&format!("acl-{subnet}"), subnet, entries));
        *acls = Fact::Known(subnet_acls.collect());
    }
    (facts, arns)
}
