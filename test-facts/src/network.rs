//! Changes of the network.

use super::{definition, known, task};
use model::facts::*;

/// The ssmmessages endpoint.
pub fn endpoint(facts: &mut Facts) -> &mut Endpoint {
    let endpoints = facts.network.endpoints.as_mut().expect("endpoints");
    &mut known(endpoints)[0]
}

/// Removes all VPC endpoints.
pub fn remove_endpoints(facts: &mut Facts) {
    facts.network.endpoints = Some(Fact::Known(Vec::new()));
}

/// Removes the default route of every table.
pub fn remove_default_routes(facts: &mut Facts) {
    routes(facts, |routes| {
        routes.retain(|route| route.destination != "0.0.0.0/0");
    });
}

/// Replaces the target of every default route.
pub fn set_default_route(facts: &mut Facts, target: RouteTarget) {
    routes(facts, |routes| {
        for route in routes {
            if route.destination == "0.0.0.0/0" {
                route.target = target.clone();
            }
        }
    });
}

/// The public NAT gateway that the routes point to, in its own subnet with a route to an internet gateway. It is not
/// yet among the facts.
pub fn public_gateway(facts: &mut Facts) -> NatGateway {
    let tables = known(facts.network.route_tables.values_mut().next().expect("VPC"));
    let used = tables.iter().flat_map(|table| &table.routes);
    let mut ids = used.filter_map(|route| match &route.target {
        RouteTarget::NatGateway(id) => Some(id.clone()),
        _ => None,
    });
    let id = ids.next().expect("NAT gateway");
    tables.push(RouteTable {
        id: "rtb-own".into(),
        subnets: vec!["subnet-own".into()],
        routes: vec![Route {
            destination: "0.0.0.0/0".into(),
            target: RouteTarget::InternetGateway("igw-1".into()),
            blackhole: false,
        }],
        ..RouteTable::default()
    });
    NatGateway {
        id,
        subnet: "subnet-own".into(),
        state: "available".into(),
        private: false,
    }
}

/// Adds that gateway to the facts and returns the ID of its VPC.
pub fn add_public_gateway(facts: &mut Facts) -> String {
    let gateways = Fact::Known(vec![public_gateway(facts)]);
    let vpc = vpc(facts).id.clone();
    facts.network.nat_gateways.insert(vpc.clone(), gateways);
    vpc
}

/// Adds a route to every table.
pub fn route(facts: &mut Facts, destination: &str, target: RouteTarget, blackhole: bool) {
    routes(facts, |routes| {
        routes.push(Route {
            destination: destination.into(),
            target: target.clone(),
            blackhole,
        });
    });
}

/// Restricts the egress of the tasks to these addresses.
pub fn restrict_egress_to(facts: &mut Facts, cidrs: &[&str]) {
    task_group(facts).egress = vec![GroupRule {
        protocol: "tcp".into(),
        from_port: Some(443),
        to_port: Some(443),
        cidrs: cidrs.iter().map(|cidr| (*cidr).to_owned()).collect(),
        ..GroupRule::default()
    }];
}

/// Gives the tasks' containers proxy variables.
pub fn proxy(facts: &mut Facts, credentials_bypass: bool, ssmmessages_bypass: bool) {
    for container in &mut definition(facts).containers {
        container.proxy = Some(ProxyEnvironment {
            variables: vec!["HTTPS_PROXY".into()],
            credentials_bypass,
            ssmmessages_bypass,
        });
    }
}

/// Changes every subnet.
pub fn subnets(facts: &mut Facts, change: impl Fn(&mut Subnet)) {
    facts
        .network
        .subnets
        .values_mut()
        .for_each(|subnet| change(known(subnet)));
}

/// Changes every interface.
pub fn interfaces(facts: &mut Facts, change: impl Fn(&mut Interface)) {
    facts
        .network
        .interfaces
        .values_mut()
        .for_each(|interface| change(known(interface)));
}

/// Changes the routes of every table.
pub fn routes(facts: &mut Facts, change: impl Fn(&mut Vec<Route>)) {
    for tables in facts.network.route_tables.values_mut() {
        for table in known(tables) {
            change(&mut table.routes);
        }
    }
}

/// The security group of the tasks.
pub fn task_group(facts: &mut Facts) -> &mut SecurityGroup {
    group(facts, "sg-07a5c500000000001")
}

/// The security group of the ssmmessages endpoint.
pub fn endpoint_group(facts: &mut Facts) -> &mut SecurityGroup {
    let id = endpoint(facts).security_groups[0].clone();
    group(facts, &id)
}

fn group<'f>(facts: &'f mut Facts, id: &str) -> &'f mut SecurityGroup {
    known(facts.network.security_groups.get_mut(id).expect("group"))
}

/// The one network ACL, the VPC's default.
pub fn acl(facts: &mut Facts) -> &mut NetworkAcl {
    let acls = facts.network.network_acls.values_mut().next();
    &mut known(acls.expect("ACLs"))[0]
}

/// The one VPC.
pub fn vpc(facts: &mut Facts) -> &mut Vpc {
    known(facts.network.vpcs.values_mut().next().expect("VPC"))
}

/// The primary IPv4 address of the coder task.
pub fn task_address(facts: &mut Facts) -> String {
    let id = task(facts).interface.clone().expect("interface").id;
    let interface = facts.network.interfaces.get_mut(id.expect("ID").as_str());
    known(interface.expect("interface")).private_ips[0].to_string()
}

/// ID of the subnet of the coder task.
pub fn task_subnet(facts: &mut Facts) -> String {
    let attachment = task(facts).interface.clone().expect("interface");
    attachment.subnet.expect("subnet")
}

/// Adds a task to the coder service that differs only in its address.
pub fn add_task(facts: &mut Facts, address: &str) -> String {
    let mut new = task(facts).clone();
    let old = new.interface.clone().expect("interface").id.expect("ID");
    let mut interface = known(facts.network.interfaces.get_mut(&*old).expect("interface")).clone();
    let id = format!("eni-{address}");
    interface.id = id.as_str().into();
    interface.private_ips = vec![address.into()];
    let attachment = new.interface.as_mut().expect("interface");
    attachment.id = Some(id.as_str().into());
    attachment.private_ip = Some(address.into());
    let arn = format!("{}{}", new.arn, address.replace('.', ""));
    new.arn = arn.as_str().into();
    facts.network.interfaces.insert(id, Fact::Known(interface));
    facts.tasks.insert(arn.clone(), Fact::Known(new));
    let tasks = facts.service_tasks.get_mut(super::CODER).expect("tasks");
    known(tasks).push(arn.clone());
    arn
}

/// Adds an interface with a known address to the endpoint.
pub fn add_eni(facts: &mut Facts, subnet: &str, address: &str) {
    let id = format!("eni-{address}");
    let interface = Interface {
        id: id.as_str().into(),
        subnet: subnet.into(),
        private_ips: vec![address.into()],
        ..Interface::default()
    };
    facts
        .network
        .interfaces
        .insert(id.clone(), Fact::Known(interface));
    endpoint(facts).interfaces.push(id);
}

/// Adds a subnet to the VPC, like the first subnet of the endpoint.
pub fn add_subnet(facts: &mut Facts, id: &str, cidr: &str) {
    let like = endpoint(facts).subnets[0].clone();
    let mut subnet = known(facts.network.subnets.get_mut(&like).expect("subnet")).clone();
    subnet.id = id.into();
    subnet.cidr = Some(cidr.into());
    facts.network.subnets.insert(id.into(), Fact::Known(subnet));
}

/// Gives a subnet a network ACL of its own.
pub fn add_acl(facts: &mut Facts, subnet: &str, entries: Vec<AclEntry>) {
    let acls = facts.network.network_acls.values_mut().next();
    known(acls.expect("ACLs")).insert(
        0,
        NetworkAcl {
            id: format!("acl-{subnet}"),
            default: false,
            subnets: vec![subnet.into()],
            entries,
        },
    );
}

/// A rule of a network ACL for a range of addresses and TCP ports.
pub fn acl_rule(number: u32, egress: bool, allow: bool, cidr: &str, ports: (u16, u16)) -> AclEntry {
    AclEntry {
        number,
        egress,
        allow,
        protocol: "6".into(),
        cidr: cidr.into(),
        from_port: Some(ports.0),
        to_port: Some(ports.1),
    }
}
