//! Generated worlds: what they are made of, and the facts about them.

use std::sync::LazyLock;

use proptest::prelude::*;

use crate::testing::*;
use model::facts::*;

/// What a generated network is made of.
#[derive(Debug, Clone)]
pub struct Made {
    pub endpoint: bool,
    pub available: bool,
    pub private_dns: bool,
    pub dns: bool,
    pub out: Out,
    /// Addresses of the tasks, all in one subnet.
    pub tasks: Vec<u32>,
    /// The endpoint's interfaces.
    pub enis: Vec<Eni>,
    pub egress: Vec<Rule>,
    pub ingress: Vec<Rule>,
    /// The ACLs of the tasks' subnet and of both others.
    pub acls: [Vec<Entry>; 3],
    /// A route in every table that may be closer than the VPC's own.
    pub closer: Option<Closer>,
}

#[derive(Debug, Clone, Copy)]
pub struct Eni {
    pub address: u32,
    /// Of which subnet, by number.
    pub subnet: usize,
}

#[derive(Debug, Clone, Copy)]
pub struct Closer {
    pub range: (u32, u8),
    pub by_list: bool,
    pub gone: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Out {
    Nat,
    /// Two routes, one for each half of the internet, the other to this.
    Split(Half),
    Gateway {
        public: bool,
    },
    None,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Half {
    SameNat,
    OtherNat,
    Gone,
    None,
}

/// A rule of a security group: protocol, ports, and whom it names.
#[derive(Debug, Clone)]
pub struct Rule {
    pub protocol: &'static str,
    pub ports: (u16, u16),
    pub peer: Named,
}

#[derive(Debug, Clone, Copy)]
pub enum Named {
    Range(u32, u8),
    /// By a prefix list.
    Listed(u32, u8),
    OtherSGroup,
    Nobody,
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
        4 => ranges().prop_map(|(base, length)| Named::Range(base, length)),
        1 => ranges().prop_map(|(base, length)| Named::Listed(base, length)),
        1 => Just(Named::OtherSGroup),
        1 => Just(Named::Nobody),
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

/// Entries whose numbers are all different, in front of the usual one that allows the rest, or not.
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

fn out() -> impl Strategy<Value = Out> {
    prop_oneof![
        Just(Out::Nat),
        Just(Out::Split(Half::SameNat)),
        Just(Out::Split(Half::OtherNat)),
        Just(Out::Split(Half::Gone)),
        Just(Out::Split(Half::None)),
        Just(Out::Gateway { public: true }),
        Just(Out::Gateway { public: false }),
        Just(Out::None),
    ]
}

fn closer() -> impl Strategy<Value = Option<Closer>> {
    let range = prop_oneof![
        Just((ip(10, 0, 0, 0), 8)),
        Just((ip(10, 0, 1, 0), 24)),
        Just((ip(10, 0, 2, 0), 24)),
        Just((ip(10, 0, 0, 128), 25)),
    ];
    let closer = (range, any::<bool>(), any::<bool>());
    let closer = closer.prop_map(|(range, by_list, gone)| Closer {
        range,
        by_list,
        gone,
    });
    proptest::option::weighted(0.2, closer)
}

pub fn made() -> impl Strategy<Value = Made> {
    let mostly = || prop_oneof![8 => Just(true), 1 => Just(false)];
    let rules = || proptest::collection::vec(rule(), 0..4);
    let tasks = [ip(10, 0, 0, 20), ip(10, 0, 0, 100), ip(10, 0, 0, 200)];
    let enis = [
        (ip(10, 0, 1, 9), 1),
        (ip(10, 0, 2, 9), 2),
        (ip(10, 0, 0, 9), 0),
    ];
    let enis = enis.map(|(address, subnet)| Eni { address, subnet });
    let switches = (mostly(), mostly(), mostly(), mostly());
    let places = (
        out(),
        closer(),
        proptest::sample::subsequence(tasks.to_vec(), 1..=3),
        proptest::sample::subsequence(enis.to_vec(), 1..=3),
    );
    (switches, places, (rules(), rules()), [acl(), acl(), acl()]).prop_map(
        |(switches, places, (egress, ingress), acls)| {
            let (endpoint, available, private_dns, dns) = switches;
            let (out, closer, tasks, enis) = places;
            Made {
                endpoint,
                available,
                private_dns,
                dns,
                out,
                tasks,
                enis,
                egress,
                ingress,
                acls,
                closer,
            }
        },
    )
}

fn text((base, length): (u32, u8)) -> String {
    format!("{}/{length}", address(base))
}

pub fn address(number: u32) -> String {
    std::net::Ipv4Addr::from(number).to_string()
}

fn group_rule(rule: &Rule, other: &str) -> GroupRule {
    let all = rule.protocol == "-1";
    let mut made = GroupRule {
        protocol: rule.protocol.into(),
        from_port: (!all).then_some(rule.ports.0),
        to_port: (!all).then_some(rule.ports.1),
        ..GroupRule::default()
    };
    match rule.peer {
        Named::Range(base, length) => made.cidrs = vec![text((base, length))],
        Named::Listed(base, length) => made.prefix_lists = vec![list_of((base, length))],
        Named::OtherSGroup => made.security_groups = vec![other.into()],
        Named::Nobody => made.security_groups = vec!["sg-nobody".into()],
    }
    made
}

fn list_of(range: (u32, u8)) -> String {
    format!("pl-{}", text(range))
}

fn listed(made: &Made) -> Vec<(u32, u8)> {
    let rules = made.egress.iter().chain(&made.ingress);
    let by_rules = rules.filter_map(|rule| match rule.peer {
        Named::Listed(base, length) => Some((base, length)),
        _ => None,
    });
    by_rules
        .chain(made.closer.map(|closer| closer.range))
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
                cidr: text(entry.range),
                from_port: entry.tcp.then_some(entry.ports.0),
                to_port: entry.tcp.then_some(entry.ports.1),
            })
            .collect(),
    }
}

fn routes_out(made: &Made) -> Vec<Route> {
    let route = |destination: &str, target: RouteTarget, blackhole: bool| Route {
        destination: destination.into(),
        target,
        blackhole,
    };
    let nat = |id: &str| RouteTarget::NatGateway(id.into());
    let half = |half: Half| match half {
        Half::SameNat => Some(route("128.0.0.0/1", nat("nat-1"), false)),
        Half::OtherNat => Some(route("128.0.0.0/1", nat("nat-2"), false)),
        Half::Gone => Some(route("128.0.0.0/1", nat("nat-2"), true)),
        Half::None => None,
    };
    match made.out {
        Out::Nat => vec![route("0.0.0.0/0", nat("nat-1"), false)],
        Out::Split(other) => [Some(route("0.0.0.0/1", nat("nat-1"), false)), half(other)]
            .into_iter()
            .flatten()
            .collect(),
        Out::Gateway { .. } => {
            let gateway = RouteTarget::InternetGateway("igw-1".into());
            vec![route("0.0.0.0/0", gateway, false)]
        }
        Out::None => Vec::new(),
    }
}

/// The network as facts, made from the healthy one about coder; with the ARNs of the tasks, in their order.
pub fn facts(made: &Made) -> (Facts, Vec<String>) {
    static HEALTHY: LazyLock<Facts> = LazyLock::new(healthy_coder);
    let mut facts = HEALTHY.clone();
    let own = subnet_of_task(&mut facts);
    let subnets = [own.as_str(), "subnet-1", "subnet-2"];
    for (id, range) in subnets.iter().zip(SUBNETS).skip(1) {
        add_subnet(&mut facts, id, &text(range));
    }
    interfaces(&mut facts, |interface| {
        interface.public_ip =
            (made.out == Out::Gateway { public: true }).then(|| "203.0.113.9".into());
    });
    let first = task(&mut facts).interface.clone().expect("interface").id;
    let first = facts.network.interfaces.get_mut(&*first.expect("ID"));
    known(first.expect("interface")).private_ips = vec![address(made.tasks[0])];
    let mut arns = vec![task(&mut facts).arn.to_string()];
    for number in &made.tasks[1..] {
        arns.push(add_task(&mut facts, &address(*number)));
    }
    let group = endpoint(&mut facts).security_groups[0].clone();
    let ids = made.enis.iter().map(|eni| subnets[eni.subnet].to_owned());
    endpoint(&mut facts).subnets = ids.collect();
    for eni in &made.enis {
        add_eni(&mut facts, subnets[eni.subnet], &address(eni.address));
    }
    let known_endpoint = endpoint(&mut facts);
    known_endpoint.private_dns = made.private_dns;
    known_endpoint.state = if made.available {
        "available"
    } else {
        "failed"
    }
    .into();
    if !made.endpoint {
        no_endpoint(&mut facts);
    }
    vpc(&mut facts).dns_hostnames = Fact::Known(made.dns);
    let closer = made.closer.map(|closer| Route {
        destination: match closer.by_list {
            true => list_of(closer.range),
            false => text(closer.range),
        },
        target: RouteTarget::Other("eni-firewall".into()),
        blackhole: closer.gone,
    });
    routes(&mut facts, |routes| {
        routes.retain(|route| route.target == RouteTarget::Local);
        routes.extend(routes_out(made).into_iter().chain(closer.clone()));
    });
    for range in listed(made) {
        let entries = Fact::Known(vec![text(range)]);
        facts.network.prefix_lists.insert(list_of(range), entries);
    }
    task_group(&mut facts).egress = made
        .egress
        .iter()
        .map(|rule| group_rule(rule, &group))
        .collect();
    let guard = known(facts.network.security_groups.get_mut(&group).unwrap());
    guard.ingress = made
        .ingress
        .iter()
        .map(|rule| group_rule(rule, TASK_GROUP))
        .collect();
    for acls in facts.network.network_acls.values_mut() {
        let own = subnets.iter().zip(&made.acls);
        let own =
            own.map(|(subnet, entries)| network_acl(&format!("acl-{subnet}"), subnet, entries));
        *acls = Fact::Known(own.collect());
    }
    (facts, arns)
}
