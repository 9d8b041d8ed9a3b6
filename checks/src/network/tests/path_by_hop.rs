//! The effect of each hop on the path.

use crate::network::path::CHECK;
use crate::testing::*;
use model::facts::{Fact, RouteTarget};
use model::finding::Status;

#[test]
fn the_evidence_lists_each_hop() {
    let finding = &run(&CHECK, &healthy_coder())[0];
    assert_eq!(finding.status, Status::Pass);
    let hops = finding.evidence.get("hops").unwrap().as_array().unwrap();
    assert_eq!(hops.len(), 5);
    assert!(hops.iter().all(|hop| hop["gate"] == "open"));
}

#[test]
fn the_path_ends_at_the_blocking_hop() {
    let mut facts = healthy_coder();
    endpoint_group(&mut facts).ingress.clear();
    let finding = &run(&CHECK, &facts)[0];
    assert_eq!(finding.status, Status::Fail);
    assert!(
        finding.detail.contains("security groups of the endpoint"),
        "{}",
        finding.detail
    );
    remove_endpoints(&mut facts);
    assert_eq!(statuses(&CHECK, &facts), [Status::Pass], "through the NAT");
    remove_default_routes(&mut facts);
    assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
}

#[test]
fn untraceable_paths_are_unknown() {
    let mut facts = healthy_coder();
    remove_endpoints(&mut facts);
    set_default_route(&mut facts, RouteTarget::Other("tgw-1".into()));
    assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    remove_default_routes(&mut facts);
    subnets(&mut facts, |subnet| {
        subnet.owner = Some("999999999999".into())
    });
    assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
}

#[test]
fn a_proxy_in_the_container_makes_the_path_unknown() {
    let mut facts = healthy_coder();
    endpoint_group(&mut facts).ingress.clear();
    proxy(&mut facts, true, true);
    assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    proxy(&mut facts, true, false);
    let finding = &run(&CHECK, &facts)[0];
    assert_eq!(finding.status, Status::Unknown);
    assert!(finding.title.contains("proxy (HTTPS_PROXY)"), "{finding:?}");
    remove_endpoints(&mut facts);
    remove_default_routes(&mut facts);
    for check in crate::registry::all() {
        let network = check.area.name() == "network";
        let found = statuses(check, &facts);
        assert!(!network || !found.contains(&Status::Fail), "{}", check.id);
    }
    let mut sidecar = definition(&mut facts).containers[0].clone();
    sidecar.name = "sidecar".into();
    proxy(&mut facts, true, true);
    definition(&mut facts).containers.push(sidecar);
    assert_eq!(
        statuses(&CHECK, &facts),
        [Status::Fail],
        "sessions enter another"
    );
    facts.target.services[0].container = None;
    assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
}

#[test]
fn a_shared_vpc_can_hide_its_endpoint_even_with_a_nat_gateway() {
    let mut facts = healthy_coder();
    remove_endpoints(&mut facts);
    restrict_egress_to(&mut facts, &["10.0.0.0/16"]);
    assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    subnets(&mut facts, |subnet| {
        subnet.owner = Some("999999999999".into())
    });
    assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    assert_eq!(
        statuses(&crate::network::task_egress::CHECK, &facts),
        [Status::Unknown]
    );
}

#[test]
fn a_private_hosted_zone_can_lead_through_a_transit_gateway() {
    let mut facts = healthy_coder();
    remove_endpoints(&mut facts);
    let hub = || RouteTarget::Other("tgw-1".into());
    route(&mut facts, "10.0.0.0/8", hub(), false);
    assert_eq!(statuses(&CHECK, &facts), [Status::Pass], "by the NAT");
    restrict_egress_to(&mut facts, &["10.0.0.0/8"]);
    assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    restrict_egress_to(&mut facts, &["192.168.0.0/16"]);
    assert_eq!(statuses(&CHECK, &facts), [Status::Fail], "not there either");
    acl(&mut facts).entries.clear();
    restrict_egress_to(&mut facts, &["0.0.0.0/0"]);
    assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
}

#[test]
fn a_private_hosted_zone_can_name_an_endpoint_without_private_dns() {
    let mut facts = healthy_coder();
    endpoint(&mut facts).private_dns = false;
    assert_eq!(statuses(&CHECK, &facts), [Status::Pass], "by the NAT");
    restrict_egress_to(&mut facts, &["10.0.0.0/16"]);
    assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    restrict_egress_to(&mut facts, &["192.168.0.0/16"]);
    assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
}

#[test]
fn a_rule_can_name_a_group_beyond_a_peering_connection() {
    let mut facts = healthy_coder();
    remove_endpoints(&mut facts);
    let hub = RouteTarget::Other("pcx-1".into());
    route(&mut facts, "10.1.0.0/16", hub, false);
    restrict_egress_to(&mut facts, &[]);
    assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    task_group(&mut facts).egress[0].security_groups = vec!["sg-of-hub".into()];
    assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
}

#[test]
fn a_more_specific_route_overrides_the_default_route() {
    let mut facts = healthy_coder();
    remove_endpoints(&mut facts);
    let nat = facts.clone();
    for (target, blackhole) in [("tgw-1", false), ("tgw-1", true)] {
        facts = nat.clone();
        let target = RouteTarget::Other(target.into());
        route(&mut facts, "52.0.0.0/8", target, blackhole);
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown], "{blackhole}");
    }
    facts = nat.clone();
    let peering = RouteTarget::Other("pcx-1".into());
    route(&mut facts, "172.16.0.0/12", peering, true);
    let gateway = RouteTarget::GatewayEndpoint("vpce-s3".into());
    route(&mut facts, "pl-68a54001", gateway, false);
    assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
}

#[test]
fn a_more_specific_route_overrides_the_local_route() {
    let mut facts = healthy_coder();
    let appliance = || RouteTarget::Other("eni-firewall".into());
    route(&mut facts, "10.0.0.0/8", appliance(), false);
    assert_eq!(statuses(&CHECK, &facts), [Status::Pass], "not closer");
    route(&mut facts, "10.0.0.0/17", appliance(), false);
    assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
}

#[test]
fn custom_dns_servers_of_containers_make_the_path_unknown() {
    let mut facts = healthy_coder();
    move_to_ec2(&mut facts);
    definition(&mut facts).containers[0].dns_servers = vec!["8.8.8.8".into()];
    assert_eq!(statuses(&CHECK, &facts), [Status::Pass], "any answer does");
    remove_default_routes(&mut facts);
    assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    assert!(run(&CHECK, &facts)[0].title.contains("8.8.8.8"));
    definition(&mut facts).containers[0].dns_servers.clear();
    assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
}

#[test]
fn a_route_can_replace_the_local_route() {
    let mut facts = healthy_coder();
    routes(&mut facts, |routes| {
        for route in routes.iter_mut() {
            if route.target == RouteTarget::Local {
                route.target = RouteTarget::Other("eni-firewall".into());
            }
        }
    });
    assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
}

#[test]
fn a_route_for_an_unread_prefix_list_makes_the_path_unknown() {
    let mut facts = healthy_coder();
    remove_endpoints(&mut facts);
    let hub = RouteTarget::Other("tgw-1".into());
    route(&mut facts, "pl-corporate", hub, false);
    assert_eq!(statuses(&CHECK, &facts), [Status::Unknown], "not read");
    for (entry, status) in [
        ("10.0.0.0/8", Status::Pass),
        ("52.0.0.0/8", Status::Unknown),
    ] {
        let entries = Fact::Known(vec![entry.to_owned()]);
        facts
            .network
            .prefix_lists
            .insert("pl-corporate".into(), entries);
        assert_eq!(statuses(&CHECK, &facts), [status], "{entry}");
    }
}

#[test]
fn ipv6_only_subnets_are_unknown() {
    for open in [true, false] {
        let mut facts = healthy_coder();
        remove_endpoints(&mut facts);
        if !open {
            remove_default_routes(&mut facts);
        }
        subnets(&mut facts, |subnet| {
            subnet.ipv6_cidrs = vec!["2600:1f14::/64".into()]
        });
        let dual = if open { Status::Pass } else { Status::Fail };
        assert_eq!(statuses(&CHECK, &facts), [dual]);
        subnets(&mut facts, |subnet| subnet.cidr = None);
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        let present = statuses(&crate::network::endpoint_present::CHECK, &facts);
        assert_eq!(present, [Status::Skip]);
    }
}

#[test]
fn without_dns_support_the_destination_is_unknown() {
    let mut facts = healthy_coder();
    vpc(&mut facts).dns_support = Fact::Known(false);
    assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    remove_endpoints(&mut facts);
    assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    let dns = &crate::network::vpc_dns::CHECK;
    assert_eq!(statuses(dns, &facts), [Status::Unknown]);
    vpc(&mut facts).dns_support = Fact::Known(true);
    vpc(&mut facts).dns_hostnames = Fact::Known(false);
    assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
    assert_eq!(statuses(dns, &facts), [Status::Skip]);
}

#[test]
fn a_task_without_an_interface_uses_that_of_its_instance() {
    let mut facts = healthy_coder();
    move_to_ec2(&mut facts);
    assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
    endpoint_group(&mut facts).ingress.clear();
    assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    definition(&mut facts).network_mode = Some("none".into());
    assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    definition(&mut facts).network_mode = Some("bridge".into());
    host(&mut facts).instance = Some("mi-0123".into());
    let finding = &run(&CHECK, &facts)[0];
    assert_eq!(finding.status, Status::Unknown);
    assert!(
        finding.title.contains("a machine outside AWS"),
        "{}",
        finding.title
    );
}

#[test]
fn unreadable_facts_are_unknown() {
    let mut facts = healthy_coder();
    for acls in facts.network.network_acls.values_mut() {
        *acls = denied("ec2:DescribeNetworkAcls");
    }
    let finding = &run(&CHECK, &facts)[0];
    assert_eq!(finding.status, Status::Unknown);
    assert_eq!(
        finding.missing_permission.as_deref(),
        Some("ec2:DescribeNetworkAcls")
    );
}
