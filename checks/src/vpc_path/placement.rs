//! Where the tasks of a group sit in the network.

use std::collections::BTreeSet;

use super::network_index::NetworkIndex;
use crate::grouped::grouped;
use aws_rules::vpc::{
    AddressSet, Egress, Ports, known, single_address, subnet_addresses, trace_egress,
};
use model::facts::{
    ContainerDefinition, Fact, Facts, Interface, ProxyEnvironment, Subnet, Task, Unavailable,
};
use model::task_scope::TaskScope;
use model::text;

/// The running tasks of a group that share a subnet, security groups and a path to the internet.
pub struct Placement<'a> {
    pub subnet: &'a Subnet,
    pub tasks: Vec<&'a Task>,
    /// How the tasks reach the internet.
    pub egress: Egress,
    /// Why the packets of the tasks cannot be traced at all.
    pub untraceable: Option<Unavailable>,
    /// Security groups of the tasks' interfaces.
    pub security_groups: Fact<&'a [String]>,
    /// DNS servers that the containers use instead of the VPC's.
    pub dns_servers: Vec<&'a str>,
    /// The tasks, by what rules make of their addresses.
    pub classes: Vec<TaskClass<'a>>,
    /// The only container that sessions enter, if one is named.
    container: Option<&'a str>,
}

/// Tasks of a placement that all rules treat alike, so that it is enough to judge one.
pub struct TaskClass<'a> {
    /// The class of the tasks' addresses in the VPC; `None`: the address is unknown.
    pub id: Option<u32>,
    pub on_windows: bool,
    /// The address of one task; all addresses of the subnet if it is unknown.
    pub address: AddressSet,
    /// The known addresses of the tasks.
    pub addresses: Vec<&'a str>,
    pub tasks: Vec<&'a Task>,
}

impl TaskClass<'_> {
    /// The ports from which the agent calls, by operating system.
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html#nacl-ephemeral-ports>
    pub fn ephemeral_ports(&self) -> Ports {
        match self.on_windows {
            true => 49152..=65535,
            false => 32768..=60999,
        }
    }
}

impl<'a> Placement<'a> {
    fn add(&mut self, network: &NetworkIndex, task: &'a Task, interface: Option<&'a Interface>) {
        self.tasks.push(task);
        let on_windows = task.is_windows();
        let address = address(task, interface);
        let parsed = address.and_then(single_address);
        let classes = network.classes.get(self.subnet.vpc.as_str());
        let id = classes.and_then(|classes| classes.class_of(parsed.as_ref()?));
        let is_same = |other: &&mut TaskClass| (other.id, other.on_windows) == (id, on_windows);
        match self.classes.iter_mut().find(is_same) {
            Some(same) => {
                same.tasks.push(task);
                same.addresses.extend(address);
            }
            None => self.classes.push(TaskClass {
                id,
                on_windows,
                address: match (id, parsed) {
                    (Some(_), Some(known)) => known,
                    _ => subnet_addresses(self.subnet),
                },
                addresses: address.into_iter().collect(),
                tasks: vec![task],
            }),
        }
    }

    /// The scope of a finding about all tasks of the placement.
    pub fn scope(&self) -> TaskScope {
        TaskScope::of(self.tasks.iter().copied())
    }

    /// Security groups of the tasks' interfaces; none if they could not be read.
    pub fn known_groups(&self) -> &'a [String] {
        self.security_groups.known().copied().unwrap_or_default()
    }

    /// Why calls to services other than ssmmessages cannot be traced: a proxy may take them, and its exceptions for
    /// those services are unknown.
    pub fn proxy(&self, facts: &Facts) -> Option<Unavailable> {
        let definitions = self.tasks.iter().map(|task| &*task.task_definition);
        let definitions: BTreeSet<&str> = definitions.collect();
        definitions
            .into_iter()
            .find_map(|arn| proxied(facts, arn, self.container, ProxyEnvironment::is_for_tls))
    }
}

/// The placements of the running tasks of a group.
#[derive(Default)]
pub struct Placements<'a> {
    pub placed: Vec<Placement<'a>>,
    /// Tasks without a known subnet, and why.
    pub unplaced: Vec<(&'a Task, Unavailable)>,
}

impl<'a> Placements<'a> {
    /// `tasks`: the running tasks with their interfaces. `container`: the only one that sessions enter. `assigns_public_ip`:
    /// the service requests public addresses for its tasks.
    pub fn new(
        network: &NetworkIndex<'a>,
        tasks: impl Iterator<Item = (&'a Task, Fact<&'a Interface>)>,
        container: Option<&'a str>,
        assigns_public_ip: bool,
    ) -> Placements<'a> {
        let mut placements = Placements::default();
        let mut definitions: BTreeSet<&str> = BTreeSet::new();
        for (task, interface) in tasks {
            definitions.insert(&*task.task_definition);
            let subnet = match subnet_of(network.facts, task, &interface) {
                Ok(subnet) => subnet,
                Err(why) => {
                    placements.unplaced.push((task, why));
                    continue;
                }
            };
            let known = interface.known().copied();
            let is_direct = |proxy: &ProxyEnvironment| !proxy.ssmmessages_bypass;
            let untraceable = proxied(network.facts, &task.task_definition, container, is_direct)
                .or_else(|| ipv6_only(subnet));
            let placement = placements.find_or_add(Placement {
                subnet,
                tasks: Vec::new(),
                egress: match &untraceable {
                    Some(why) => Egress::Unclear(why.message.clone()),
                    None => trace_egress(&network.rules, subnet, known, assigns_public_ip),
                },
                untraceable,
                security_groups: interface.map(|interface| interface.security_groups.as_slice()),
                dns_servers: Vec::new(),
                classes: Vec::new(),
                container,
            });
            placement.add(network, task, known);
        }
        let dns_servers: BTreeSet<&str> = definitions
            .into_iter()
            .flat_map(|arn| entered_containers(network.facts, arn, container))
            .flat_map(|container| container.dns_servers.iter())
            .map(String::as_str)
            .collect();
        for placement in &mut placements.placed {
            placement.dns_servers = dns_servers.iter().copied().collect();
        }
        placements
    }

    /// The placement that is like a new one, or the new one.
    fn find_or_add(&mut self, new: Placement<'a>) -> &mut Placement<'a> {
        let is_same = |other: &Placement| {
            other.subnet.id == new.subnet.id
                && other.security_groups == new.security_groups
                && other.egress == new.egress
        };
        let index = match self.placed.iter().position(is_same) {
            Some(index) => index,
            None => {
                self.placed.push(new);
                self.placed.len() - 1
            }
        };
        &mut self.placed[index]
    }

    /// The VPCs with their placements.
    pub fn by_vpc(&self) -> Vec<(&'a str, Vec<&Placement<'a>>)> {
        let placed = self.placed.iter();
        grouped(placed.map(|placement| (placement.subnet.vpc.as_str(), placement)))
    }
}

/// Why the agent's calls cannot be traced: a container that sessions enter sends them through a proxy.
fn proxied(
    facts: &Facts,
    definition: &str,
    container: Option<&str>,
    applies: impl Fn(&ProxyEnvironment) -> bool,
) -> Option<Unavailable> {
    entered_containers(facts, definition, container).find_map(|container| {
        let proxy = container.proxy.as_ref().filter(|proxy| applies(proxy))?;
        Some(Unavailable::not_asked(
            "ecs:DescribeTaskDefinition",
            format!(
                "container {} sends the agent's calls through a proxy ({}), and the path behind it is unknown",
                container.name,
                text::list(&proxy.variables)
            ),
        ))
    })
}

/// The containers of a task definition that sessions enter.
fn entered_containers<'d>(
    facts: &'d Facts,
    definition: &str,
    container: Option<&str>,
) -> impl Iterator<Item = &'d ContainerDefinition> {
    let definition = facts.task_definitions.get(definition).and_then(Fact::known);
    let containers = definition
        .into_iter()
        .flat_map(|definition| &definition.containers);
    containers.filter(move |one| container.is_none_or(|name| name == one.name))
}

fn ipv6_only(subnet: &Subnet) -> Option<Unavailable> {
    (subnet.cidr.is_none() && !subnet.ipv6_cidrs.is_empty()).then(|| {
        Unavailable::not_asked(
            "ec2:DescribeSubnets",
            format!("{} has IPv6 only, which is not evaluated", subnet.id),
        )
    })
}

fn address<'a>(task: &'a Task, interface: Option<&'a Interface>) -> Option<&'a str> {
    let known = interface.and_then(|interface| interface.private_ips.first());
    let attached = || task.interface.as_ref()?.private_ip.as_ref();
    known.or_else(attached).map(|address| address.as_str())
}

fn subnet_of<'a>(
    facts: &'a Facts,
    task: &Task,
    interface: &Fact<&'a Interface>,
) -> Result<&'a Subnet, Unavailable> {
    let attachment = task.interface.as_ref();
    let id = match (attachment.and_then(|one| one.subnet.as_ref()), interface) {
        (Some(id), _) => id.as_str(),
        (None, Fact::Known(interface)) => interface.subnet.as_str(),
        (None, Fact::Unavailable(why)) => return Err(why.clone()),
        (None, Fact::Absent) => "",
    };
    let unseen = || format!("the subnet of task {} was not found", task.id());
    known(facts.network.subnets.get(id), "ec2:DescribeSubnets", unseen)
}

/// How the tasks of a VPC reach ssmmessages if the VPC's endpoint does not serve them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum FallbackEgress {
    /// All of them through the internet.
    Available,
    /// Some of them not at all.
    Missing,
    /// A path cannot be traced, or the VPC belongs to another account.
    Unknown,
}

/// The fallback of tasks in one VPC.
pub fn fallback_egress(network: &NetworkIndex, placements: &[&Placement]) -> FallbackEgress {
    let is_missing = |placement: &&Placement| {
        placement.egress.is_blocked() && !network.is_shared(placement.subnet)
    };
    if placements
        .iter()
        .all(|placement| placement.egress.reaches_internet())
    {
        FallbackEgress::Available
    } else if placements.iter().any(is_missing) {
        FallbackEgress::Missing
    } else {
        FallbackEgress::Unknown
    }
}
