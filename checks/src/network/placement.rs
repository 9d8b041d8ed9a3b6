//! Where the tasks of a group sit in the network.

use crate::facts::{Endpoint, Fact, Interface, Subnet, Task, Unavailable};
use crate::reachability::{Way, way_out};
use crate::world::{Group, World};

/// The running tasks of a group that share a subnet.
pub struct Placement<'a> {
    pub subnet: &'a Subnet,
    pub tasks: Vec<&'a Task>,
    pub way: Way,
}

pub struct Placements<'a> {
    pub placed: Vec<Placement<'a>>,
    /// Tasks whose place in the network is not known, and why.
    pub unplaced: Vec<(&'a Task, Unavailable)>,
}

pub fn placements<'a>(world: &World<'a>, group: &Group<'a>, tasks: &[&'a Task]) -> Placements<'a> {
    let mut all = Placements {
        placed: Vec::new(),
        unplaced: Vec::new(),
    };
    for &task in tasks {
        match subnet_of(world, task) {
            Ok(subnet) => all.add(world, group, task, subnet),
            Err(why) => all.unplaced.push((task, why)),
        }
    }
    all
}

impl<'a> Placements<'a> {
    fn add(&mut self, world: &World<'a>, group: &Group<'a>, task: &'a Task, subnet: &'a Subnet) {
        let interface = interface_of(world, task);
        let asked_public = group
            .service_fact
            .and_then(Fact::known)
            .and_then(|service| service.awsvpc.as_ref())
            .is_some_and(|awsvpc| awsvpc.assign_public_ip);
        let way = way_out(world, subnet, interface, asked_public);
        match self
            .placed
            .iter_mut()
            .find(|placement| placement.subnet.id == subnet.id && placement.way == way)
        {
            Some(placement) => placement.tasks.push(task),
            None => self.placed.push(Placement {
                subnet,
                tasks: vec![task],
                way,
            }),
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

/// The ssmmessages interface endpoint of a VPC; of several the one that serves, if one does.
pub fn ssmmessages_endpoint<'a>(world: &World<'a>, vpc: &str) -> Fact<&'a Endpoint> {
    let service = world.facts.endpoint_service("ssmmessages");
    match &world.facts.network.endpoints {
        Some(Fact::Known(endpoints)) => endpoints
            .iter()
            .filter(|endpoint| {
                endpoint.vpc == vpc && endpoint.service == service && endpoint.is_live()
            })
            .max_by_key(|endpoint| endpoint.is_in_use())
            .map_or(Fact::Absent, Fact::Known),
        Some(Fact::Unavailable(why)) => Fact::Unavailable(why.clone()),
        Some(Fact::Absent) => Fact::Absent,
        None => Fact::Unavailable(Unavailable::not_asked(
            "ec2:DescribeVpcEndpoints",
            "the VPC's endpoints were not read",
        )),
    }
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

pub fn otherwise(world: &World, placements: &[&Placement]) -> Otherwise {
    if placements.iter().all(|placement| placement.way.leads_out()) {
        Otherwise::Open
    } else if placements
        .iter()
        .any(|placement| placement.way.is_closed() && !is_shared(world, placement.subnet))
    {
        Otherwise::Closed
    } else {
        Otherwise::Unclear
    }
}

/// The subnet belongs to another account, whose endpoints and routes may be invisible to the caller.
pub fn is_shared(world: &World, subnet: &Subnet) -> bool {
    match (&subnet.owner, &world.facts.account) {
        (Some(owner), Some(account)) => owner != account,
        _ => false,
    }
}

fn interface_of<'a>(world: &World<'a>, task: &Task) -> Option<&'a Interface> {
    let id = task.interface.as_ref()?.id.as_ref()?;
    world.facts.network.interfaces.get(id)?.known()
}

fn subnet_of<'a>(world: &World<'a>, task: &Task) -> Result<&'a Subnet, Unavailable> {
    let Some(attachment) = &task.interface else {
        return Err(Unavailable::not_asked(
            "ecs:DescribeTasks",
            format!(
                "task {} has no network interface of its own and uses its instance's, which is not looked at",
                task.id()
            ),
        ));
    };
    let fact = attachment
        .subnet
        .as_ref()
        .and_then(|id| world.facts.network.subnets.get(id));
    match fact {
        Some(Fact::Known(subnet)) => Ok(subnet),
        Some(Fact::Unavailable(why)) => Err(why.clone()),
        Some(Fact::Absent) | None => Err(Unavailable::not_asked(
            "ec2:DescribeSubnets",
            format!("the subnet of task {} was not found", task.id()),
        )),
    }
}
