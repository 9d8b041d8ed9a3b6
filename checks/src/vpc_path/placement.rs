//! Where the tasks of a group sit in the network.

use std::collections::{BTreeMap, BTreeSet};
use std::ptr;
use std::sync::OnceLock;

use super::connection::{Connections, connections};
use super::destination::Destination;
use crate::fact_index::{FactIndex, Group};
use aws_rules::vpc::{Egress, Ports, Ranges, single, subnet_ranges, way_out};
use model::facts::{
    ContainerDefinition, Endpoint, Fact, Interface, ProxyEnvironment, Subnet, Task, TaskDefinition,
    Unavailable,
};
use model::task_scope::TaskScope;
use model::text;

/// The running tasks of a group that share a subnet, security groups and a way out.
pub struct Placement<'a> {
    pub subnet: &'a Subnet,
    pub tasks: Vec<&'a Task>,
    pub arns: TaskScope,
    pub way: Egress,
    /// Why nobody can follow the packets from here, whatever gates are on their way.
    pub untraced: Option<Unavailable>,
    /// Security groups of the interfaces that the tasks use.
    pub groups: Fact<&'a [String]>,
    /// DNS servers that containers ask instead of their network's.
    pub dns_servers: Vec<&'a str>,
    /// The tasks, by what rules make of their addresses.
    pub classes: Vec<TaskClass<'a>>,
    /// How each class gets to ssmmessages; judged when first asked for.
    connections: OnceLock<Vec<Connections>>,
    /// The container that a session enters, as in [`Group`].
    container: Option<&'a str>,
    /// Whether the interface of the first task has a public address; `None` where it is not known.
    is_public: Option<bool>,
}

/// Tasks of a placement that no rule on their way tells apart: it is enough to judge one.
pub struct TaskClass<'a> {
    /// The class of their addresses in the VPC; `None` where the address is not known.
    pub id: Option<u32>,
    pub on_windows: bool,
    /// The address of one of them; all addresses of the subnet where it is not known.
    pub address: Ranges,
    /// Their addresses, as far as they are known.
    pub addresses: Vec<&'a str>,
    pub tasks: Vec<&'a Task>,
    pub arns: TaskScope,
}

impl TaskClass<'_> {
    /// The ports from which the agent calls, as its operating system chooses them.
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html#nacl-ephemeral-ports>
    pub fn ephemeral(&self) -> Ports {
        match self.on_windows {
            true => 49152..=65535,
            false => 32768..=60999,
        }
    }
}

impl<'a> Placement<'a> {
    fn add(&mut self, task: &'a Task, address: Option<&'a str>, class: Option<u32>) {
        self.tasks.push(task);
        let on_windows = task.is_windows();
        let is_same = |other: &&mut TaskClass| (other.id, other.on_windows) == (class, on_windows);
        match self.classes.iter_mut().find(is_same) {
            Some(same) => {
                same.tasks.push(task);
                same.addresses.extend(address);
            }
            None => self.classes.push(TaskClass {
                id: class,
                on_windows,
                address: match (class, address.and_then(single)) {
                    (Some(_), Some(known)) => known,
                    _ => subnet_ranges(self.subnet),
                },
                addresses: address.into_iter().collect(),
                tasks: vec![task],
                arns: TaskScope::from(task),
            }),
        }
    }

    /// How each class of tasks gets to the destination to which the name of ssmmessages resolves.
    pub fn connections(
        &self,
        index: &FactIndex,
        destination: &Destination,
    ) -> impl Iterator<Item = (&TaskClass<'a>, &Connections)> {
        let judge = || {
            let classes = self.classes.iter();
            classes
                .map(|class| connections(index, self, class, destination))
                .collect()
        };
        self.classes.iter().zip(self.connections.get_or_init(judge))
    }

    /// A proxy that calls to services other than ssmmessages may take, whose exceptions are not known.
    pub fn proxy(&self, index: &FactIndex) -> Option<Unavailable> {
        let definitions = self.tasks.iter().map(|task| &*task.task_definition);
        let definitions: BTreeSet<&str> = definitions.collect();
        definitions
            .into_iter()
            .find_map(|arn| proxied(index, self.container, arn, ProxyEnvironment::is_for_tls))
    }
}

/// Where the running tasks of a group sit.
#[derive(Default)]
pub struct Placements<'a> {
    pub placed: Vec<Placement<'a>>,
    /// Tasks whose place in the network is not known, and why.
    pub unplaced: Vec<(&'a Task, Unavailable)>,
}

impl<'a> Placements<'a> {
    pub fn of(index: &FactIndex<'a>, group: &Group<'a>) -> Placements<'a> {
        let mut all = Placements {
            placed: Vec::new(),
            unplaced: Vec::new(),
        };
        let proxied = behind_a_proxy(index, group);
        for &task in group.running() {
            let interface = index.interface(task);
            let proxied = proxied.get(&*task.task_definition);
            match subnet_of(index, task, &interface) {
                Ok(subnet) => all.add(index, group, task, subnet, interface, proxied),
                Err(why) => all.unplaced.push((task, why)),
            }
        }
        let dns_servers = dns_servers(index, group);
        for placement in &mut all.placed {
            placement.arns = TaskScope::of(placement.tasks.iter().copied());
            match placement.classes.as_mut_slice() {
                [all] => all.arns = placement.arns.clone(),
                classes => {
                    for class in classes {
                        class.arns = TaskScope::of(class.tasks.iter().copied());
                    }
                }
            }
            placement.dns_servers.clone_from(&dns_servers);
        }
        all
    }

    fn add(
        &mut self,
        index: &FactIndex<'a>,
        group: &Group<'a>,
        task: &'a Task,
        subnet: &'a Subnet,
        interface: Fact<&'a Interface>,
        proxied: Option<&Unavailable>,
    ) {
        let asked_public = group
            .service_fact
            .and_then(Fact::known)
            .and_then(|service| service.awsvpc.as_ref())
            .is_some_and(|awsvpc| awsvpc.assign_public_ip);
        let untraced = proxied.cloned().or_else(|| without_ipv4(subnet));
        let known = interface.known().copied();
        let is_public = known.map(|interface| interface.public_ip.is_some());
        let address = address(task, known);
        let class = address.and_then(single).and_then(|address| {
            let classes = index.rules.classes(&subnet.vpc);
            classes.class_of(&address)
        });
        let groups = interface.map(|interface| interface.security_groups.as_slice());
        let mut alike = self
            .placed
            .iter_mut()
            .filter(|placement| ptr::eq(placement.subnet, subnet) && placement.groups == groups);
        // What decides about the way is mostly as with a task before.
        let same = alike
            .find(|placement| placement.is_public == is_public && placement.untraced == untraced);
        if let Some(placement) = same {
            placement.add(task, address, class);
            return;
        }
        let way = match &untraced {
            Some(why) => Egress::Unclear(why.message.clone()),
            None => way_out(&index.rules, subnet, known, asked_public),
        };
        match self.placed.iter_mut().find(|placement| {
            ptr::eq(placement.subnet, subnet) && placement.way == way && placement.groups == groups
        }) {
            Some(placement) => placement.add(task, address, class),
            None => {
                let mut placement = Placement {
                    subnet,
                    tasks: Vec::new(),
                    arns: TaskScope::from(task),
                    way,
                    untraced,
                    groups,
                    dns_servers: Vec::new(),
                    classes: Vec::new(),
                    connections: OnceLock::new(),
                    container: group.container,
                    is_public,
                };
                placement.add(task, address, class);
                self.placed.push(placement);
            }
        }
    }

    /// The VPCs, each with its placements.
    pub fn by_vpc(&self) -> Vec<(&'a str, Vec<&Placement<'a>>)> {
        let mut vpcs: Vec<(&str, Vec<&Placement>)> = Vec::new();
        for placement in &self.placed {
            let vpc = placement.subnet.vpc.as_str();
            match vpcs.iter_mut().find(|(id, _)| *id == vpc) {
                Some((_, placements)) => placements.push(placement),
                None => vpcs.push((vpc, vec![placement])),
            }
        }
        vpcs
    }
}

/// The task definitions whose containers send the agent's calls to ssmmessages through a proxy of theirs, by ARN.
fn behind_a_proxy<'a>(index: &FactIndex<'a>, group: &Group<'a>) -> BTreeMap<&'a str, Unavailable> {
    let definitions = group.by_definition.keys().copied();
    definitions
        .filter_map(|arn| {
            let is_meant = |proxy: &ProxyEnvironment| !proxy.ssmmessages_bypass;
            Some((arn, proxied(index, group.container, arn, is_meant)?))
        })
        .collect()
}

/// DNS servers that containers of the group's definitions ask instead of their network's.
fn dns_servers<'a>(index: &FactIndex<'a>, group: &Group<'a>) -> Vec<&'a str> {
    let definitions = group.by_definition.keys();
    let known = definitions.filter_map(|arn| index.facts.task_definitions.get(*arn)?.known());
    let containers = known.flat_map(|definition| entered(definition, group.container));
    let servers = containers.flat_map(|container| container.dns_servers.iter());
    let servers: BTreeSet<&str> = servers.map(String::as_str).collect();
    servers.into_iter().collect()
}

/// Why nobody can follow the calls of an agent that its container sends through such a proxy. Only the containers
/// that a session may enter count.
fn proxied(
    index: &FactIndex,
    name: Option<&str>,
    definition: &str,
    is_meant: impl Fn(&ProxyEnvironment) -> bool,
) -> Option<Unavailable> {
    let definition = index.facts.task_definitions.get(definition)?.known()?;
    entered(definition, name).find_map(|container| {
        let proxy = container.proxy.as_ref().filter(|proxy| is_meant(proxy))?;
        Some(Unavailable::not_asked(
            "ecs:DescribeTaskDefinition",
            format!(
                "container {} sends the agent's calls through a proxy ({}), which cannot be followed",
                container.name,
                text::list(&proxy.variables)
            ),
        ))
    })
}

/// The containers that a session may enter.
fn entered<'d>(
    definition: &'d TaskDefinition,
    name: Option<&str>,
) -> impl Iterator<Item = &'d ContainerDefinition> {
    let containers = definition.containers.iter();
    containers.filter(move |container| name.is_none_or(|name| name == container.name))
}

fn without_ipv4(subnet: &Subnet) -> Option<Unavailable> {
    (subnet.cidr.is_none() && !subnet.ipv6_cidrs.is_empty()).then(|| {
        Unavailable::not_asked(
            "ec2:DescribeSubnets",
            format!("{} has IPv6 only, which is not followed", subnet.id),
        )
    })
}

fn address<'a>(task: &'a Task, interface: Option<&'a Interface>) -> Option<&'a str> {
    let known = interface.and_then(|interface| interface.private_ips.first());
    let attached = || task.interface.as_ref()?.private_ip.as_ref();
    known.or_else(attached).map(|address| address.as_str())
}

/// The ssmmessages interface endpoint of a VPC; of several the one that serves, if one does.
pub fn ssmmessages_endpoint<'a>(index: &FactIndex<'a>, vpc: &str) -> Fact<&'a Endpoint> {
    interface_endpoint(index, vpc, "ssmmessages")
}

/// The same for any service.
pub fn interface_endpoint<'a>(
    index: &FactIndex<'a>,
    vpc: &str,
    service: &str,
) -> Fact<&'a Endpoint> {
    index.endpoints_of(vpc, service).and_then(|some| {
        some.into_iter()
            .filter(|endpoint| !endpoint.is_gateway())
            .max_by_key(|endpoint| (endpoint.is_in_use(), endpoint.is_changing()))
            .map_or(Fact::Absent, Fact::Known)
    })
}

/// How tasks whose endpoint does not serve them get to ssmmessages.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Otherwise {
    /// Every subnet has another way.
    Open,
    /// Some subnet has none.
    Closed,
    /// It cannot be told: a way could not be followed, or the VPC is another account's.
    Unclear,
}

pub fn otherwise(index: &FactIndex, placements: &[&Placement]) -> Otherwise {
    if placements.iter().all(|placement| placement.way.leads_out()) {
        Otherwise::Open
    } else if placements
        .iter()
        .any(|placement| placement.way.is_closed() && !is_shared(index, placement.subnet))
    {
        Otherwise::Closed
    } else {
        Otherwise::Unclear
    }
}

/// The subnet belongs to another account, whose endpoints and routes may be invisible to the caller.
pub fn is_shared(index: &FactIndex, subnet: &Subnet) -> bool {
    match (&subnet.owner, &index.facts.account) {
        (Some(owner), Some(account)) => owner != account,
        _ => false,
    }
}

fn subnet_of<'a>(
    index: &FactIndex<'a>,
    task: &Task,
    interface: &Fact<&'a Interface>,
) -> Result<&'a Subnet, Unavailable> {
    let attached = task
        .interface
        .as_ref()
        .and_then(|attachment| attachment.subnet.as_ref());
    let id = match (attached, interface) {
        (Some(id), _) => id.as_str(),
        (None, Fact::Known(interface)) => interface.subnet.as_str(),
        (None, Fact::Unavailable(why)) => return Err(why.clone()),
        (None, Fact::Absent) => "",
    };
    match index.facts.network.subnets.get(id) {
        Some(Fact::Known(subnet)) => Ok(subnet),
        Some(Fact::Unavailable(why)) => Err(why.clone()),
        Some(Fact::Absent) | None => Err(Unavailable::not_asked(
            "ec2:DescribeSubnets",
            format!("the subnet of task {} was not found", task.id()),
        )),
    }
}
