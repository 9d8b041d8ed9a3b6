//! EC2's responses → the model.

use aws_sdk_ec2::types as sdk;
use model::facts::*;

/// A VPC endpoint. A policy that is not JSON stays a string.
pub fn endpoint(endpoint: &sdk::VpcEndpoint) -> Endpoint {
    Endpoint {
        id: text(endpoint.vpc_endpoint_id()),
        service: text(endpoint.service_name()),
        kind: text(endpoint.vpc_endpoint_type().map(|kind| kind.as_str())),
        vpc: text(endpoint.vpc_id()),
        state: text(endpoint.state().map(|state| state.as_str())),
        private_dns: endpoint.private_dns_enabled().unwrap_or(false),
        inbound_only: endpoint
            .dns_options()
            .and_then(|options| options.private_dns_only_for_inbound_resolver_endpoint())
            .unwrap_or(false),
        subnets: endpoint.subnet_ids().to_vec(),
        security_groups: strings(endpoint.groups(), |group| group.group_id()),
        route_tables: endpoint.route_table_ids().to_vec(),
        interfaces: endpoint.network_interface_ids().to_vec(),
        policy: endpoint
            .policy_document()
            .filter(|document| !document.is_empty())
            .map(|document| {
                serde_json::from_str(document)
                    .unwrap_or_else(|_| serde_json::Value::String(document.to_owned()))
            }),
    }
}

/// A NAT gateway.
pub fn nat_gateway(gateway: &sdk::NatGateway) -> NatGateway {
    NatGateway {
        id: text(gateway.nat_gateway_id()),
        subnet: text(gateway.subnet_id()),
        state: text(gateway.state().map(|state| state.as_str())),
        private: gateway.connectivity_type() == Some(&sdk::ConnectivityType::Private),
    }
}

/// A network interface.
pub fn interface(interface: &sdk::NetworkInterface) -> Interface {
    Interface {
        id: text(interface.network_interface_id()),
        vpc: text(interface.vpc_id()),
        subnet: text(interface.subnet_id()),
        security_groups: strings(interface.groups(), |group| group.group_id()),
        private_ips: interface
            .private_ip_addresses()
            .iter()
            .filter_map(|address| address.private_ip_address().map(Into::into))
            .collect(),
        ipv6: strings(interface.ipv6_addresses(), |address| address.ipv6_address()),
        public_ip: interface
            .association()
            .and_then(|association| association.public_ip())
            .map(str::to_owned),
    }
}

/// A subnet.
pub fn subnet(subnet: &sdk::Subnet) -> Subnet {
    Subnet {
        id: text(subnet.subnet_id()),
        vpc: text(subnet.vpc_id()),
        cidr: subnet.cidr_block().map(str::to_owned),
        ipv6_cidrs: strings(subnet.ipv6_cidr_block_association_set(), |association| {
            association.ipv6_cidr_block()
        }),
        availability_zone: subnet.availability_zone().map(str::to_owned),
        owner: subnet.owner_id().map(str::to_owned),
    }
}

/// A route table. Routes without a destination are dropped.
pub fn route_table(table: &sdk::RouteTable) -> RouteTable {
    RouteTable {
        id: text(table.route_table_id()),
        main: table
            .associations()
            .iter()
            .any(|association| association.main().unwrap_or(false)),
        subnets: strings(table.associations(), |association| association.subnet_id()),
        routes: table.routes().iter().filter_map(route).collect(),
    }
}

fn route(route: &sdk::Route) -> Option<Route> {
    let destination = route
        .destination_cidr_block()
        .or(route.destination_ipv6_cidr_block())
        .or(route.destination_prefix_list_id())?;
    Some(Route {
        destination: destination.to_owned(),
        target: target(route),
        blackhole: route.state() == Some(&sdk::RouteState::Blackhole),
    })
}

fn target(route: &sdk::Route) -> RouteTarget {
    if let Some(id) = route.nat_gateway_id() {
        return RouteTarget::NatGateway(id.to_owned());
    }
    if let Some(id) = route.egress_only_internet_gateway_id() {
        return RouteTarget::EgressOnlyInternetGateway(id.to_owned());
    }
    match route.gateway_id() {
        Some("local") => return RouteTarget::Local,
        Some(id) if id.starts_with("igw-") => return RouteTarget::InternetGateway(id.to_owned()),
        // With a range instead of a service's prefix list, it is a firewall's or a gateway load balancer's endpoint.
        Some(id) if id.starts_with("vpce-") && route.destination_prefix_list_id().is_some() => {
            return RouteTarget::GatewayEndpoint(id.to_owned());
        }
        Some(_) | None => {}
    }
    let other = route
        .transit_gateway_id()
        .or(route.vpc_peering_connection_id())
        .or(route.network_interface_id())
        .or(route.instance_id())
        .or(route.local_gateway_id())
        .or(route.carrier_gateway_id())
        .or(route.core_network_arn())
        .or(route.gateway_id())
        .unwrap_or("a target that is not named");
    RouteTarget::Other(other.to_owned())
}

/// One field of each item, if the item has it.
fn strings<T>(items: &[T], field: impl Fn(&T) -> Option<&str>) -> Vec<String> {
    let fields = items.iter().filter_map(field);
    fields.map(str::to_owned).collect()
}

fn text<'t, T: From<&'t str>>(value: Option<&'t str>) -> T {
    value.unwrap_or_default().into()
}

/// A security group with its rules.
pub fn security_group(group: &sdk::SecurityGroup) -> SecurityGroup {
    SecurityGroup {
        id: text(group.group_id()),
        name: text(group.group_name()),
        vpc: text(group.vpc_id()),
        ingress: group.ip_permissions().iter().map(rule).collect(),
        egress: group.ip_permissions_egress().iter().map(rule).collect(),
    }
}

fn rule(permission: &sdk::IpPermission) -> GroupRule {
    let v4 = strings(permission.ip_ranges(), |range| range.cidr_ip());
    let v6 = strings(permission.ipv6_ranges(), |range| range.cidr_ipv6());
    GroupRule {
        protocol: text(permission.ip_protocol()),
        from_port: permission.from_port().and_then(port),
        to_port: permission.to_port().and_then(port),
        cidrs: [v4, v6].concat(),
        prefix_lists: strings(permission.prefix_list_ids(), |list| list.prefix_list_id()),
        security_groups: strings(permission.user_id_group_pairs(), |pair| pair.group_id()),
    }
}

/// A network ACL with its rules.
pub fn network_acl(acl: &sdk::NetworkAcl) -> NetworkAcl {
    NetworkAcl {
        id: text(acl.network_acl_id()),
        default: acl.is_default().unwrap_or(false),
        subnets: strings(acl.associations(), |association| association.subnet_id()),
        entries: acl.entries().iter().map(acl_entry).collect(),
    }
}

fn acl_entry(entry: &sdk::NetworkAclEntry) -> AclEntry {
    let ports = entry.port_range();
    AclEntry {
        number: entry
            .rule_number()
            .and_then(|number| u32::try_from(number).ok())
            .unwrap_or(u32::MAX),
        egress: entry.egress().unwrap_or(false),
        allow: entry.rule_action() == Some(&sdk::RuleAction::Allow),
        protocol: text(entry.protocol()),
        cidr: text(entry.cidr_block().or(entry.ipv6_cidr_block())),
        from_port: ports.and_then(|ports| ports.from()).and_then(port),
        to_port: ports.and_then(|ports| ports.to()).and_then(port),
    }
}

/// `None` for -1, which means every port.
fn port(number: i32) -> Option<u16> {
    u16::try_from(number).ok()
}

/// An EC2 instance with its primary network interface.
pub fn instance(instance: &sdk::Instance) -> Instance {
    let primary = instance
        .network_interfaces()
        .iter()
        .find(|interface| {
            let attachment = interface.attachment();
            attachment.and_then(|attachment| attachment.device_index()) == Some(0)
        })
        .or_else(|| instance.network_interfaces().first());
    Instance {
        id: text(instance.instance_id()),
        interface: Interface {
            id: text(primary.and_then(|interface| interface.network_interface_id())),
            vpc: text(instance.vpc_id()),
            subnet: text(instance.subnet_id()),
            security_groups: strings(instance.security_groups(), |group| group.group_id()),
            private_ips: instance
                .private_ip_address()
                .map(Into::into)
                .into_iter()
                .collect(),
            ipv6: Vec::new(),
            public_ip: instance
                .public_ip_address()
                .filter(|address| !address.is_empty())
                .map(str::to_owned),
        },
        profile: instance
            .iam_instance_profile()
            .and_then(|profile| profile.arn().map(str::to_owned)),
    }
}
