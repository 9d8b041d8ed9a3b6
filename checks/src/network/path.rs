use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::crossing::acls;
use super::goal::goal;
use super::link::{Goal, endpoint_ingress, routing, task_egress};
use super::name_servers;
use super::placement::Placement;
use crate::check::Check;
use crate::facts::Unavailable;
use crate::finding::{Finding, Severity, Subject};
use crate::reachability::{Gate, Way};
use crate::world::{Group, World};

pub const CHECK: Check = Check {
    id: "network.path",
    title: "The tasks reach ssmmessages",
    why: "The agent holds a channel open to ssmmessages on port 443; where it cannot be reached, sessions end with TargetNotConnectedException.",
    how: "The whole way, hop by hop: the task's security groups, network ACLs, then the endpoint and its security groups, or the route to the internet. This is a symptom: the hop that is shut has a check of its own.",
    actions: &[
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcEndpoints",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeNetworkAcls",
        "ec2:DescribeRouteTables",
    ],
    remedy: "Mend the hop at which the way ends.",
    docs: &["https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html"],
    explains: &[],
    masks: &[],
    severity: Severity::High,
    run,
};

/// One thing on the way, with what it does to a session's packets.
struct Hop {
    what: &'static str,
    id: String,
    gate: Gate,
}

fn run(world: &World) -> Vec<Finding> {
    let told = Told::default();
    world.each_running(&CHECK, |group, _| {
        let places = &group.placements;
        let mut findings: Vec<Finding> = places
            .placed
            .iter()
            .map(|placement| judge(world, group, placement, &told).on(placement.arns.clone()))
            .collect();
        for (task, why) in &places.unplaced {
            let subject = group.task_subject(task);
            let finding = match world.has_no_network(task) {
                true => CHECK
                    .fail(
                        subject,
                        format!("The containers of task {} have no network", task.id()),
                    )
                    .detail(
                        "The task definition's networkMode is none, so the agent reaches nothing.",
                    )
                    .cause("Tasks have no network"),
                false => CHECK.unknown(subject, why),
            };
            findings.push(finding.on(*task));
        }
        findings
    })
}

fn judge(world: &World, group: &Group, placement: &Placement, told: &Told) -> Finding {
    let subnet = &placement.subnet.id;
    let subject = Subject::new("subnet", subnet.as_str()).of_group(group);
    let goal = match goal(world, placement) {
        Ok(goal) => goal,
        Err(why) => return CHECK.unknown(subject, &why),
    };
    let hops = hops(world, placement, &goal);
    let gate = hops
        .iter()
        .fold(Gate::Open, |gate, hop| gate.and(hop.gate.clone()));
    let target = match &goal {
        Goal::Endpoint(endpoint) => format!("through {}", endpoint.id),
        Goal::Internet => "over the internet".to_owned(),
    };
    let shut = hops.iter().find(|hop| hop.gate == Gate::Shut);
    let finding = match (&gate, shut) {
        (Gate::Shut, Some(hop)) => CHECK
            .fail(subject, format!("{subnet} cannot reach ssmmessages"))
            .detail(format!(
                "The way {target} ends at: {} {}.",
                hop.what, hop.id
            ))
            .cause("Tasks cannot reach ssmmessages"),
        (Gate::Open, _) => CHECK.pass(subject, format!("{subnet} reaches ssmmessages {target}")),
        (Gate::Partly, _) => CHECK
            .warn(
                subject,
                format!(
                    "{subnet} reaches ssmmessages {target}, but not from every address or port"
                ),
            )
            .cause("Tasks reach ssmmessages in part only"),
        (Gate::Unseen(why), _) => CHECK.unknown(subject, why),
        (Gate::Shut, None) => CHECK.unsure(subject, "The way could not be followed"),
    };
    finding.seen("hops", told.hops(hops))
}

fn hops(world: &World, placement: &Placement, goal: &Goal) -> Vec<Hop> {
    let groups = placement
        .groups
        .known()
        .map_or("unknown".to_owned(), |groups| groups.join(","));
    let egress = Hop {
        what: "security groups of the task",
        id: groups,
        gate: task_egress(world, placement, goal),
    };
    let acl = Hop {
        what: "network ACLs of",
        id: placement.subnet.id.clone(),
        gate: acls(world, placement, goal),
    };
    match goal {
        Goal::Endpoint(endpoint) => vec![
            egress,
            acl,
            Hop {
                what: "routes of",
                id: placement.subnet.id.clone(),
                gate: routing(world, placement, endpoint),
            },
            Hop {
                what: "security groups of the endpoint",
                id: endpoint.security_groups.join(","),
                gate: endpoint_ingress(world, placement, endpoint),
            },
            Hop {
                what: "interface endpoint",
                id: endpoint.id.clone(),
                gate: match name_servers::doubt(world, placement, endpoint) {
                    Some(why) => Gate::Unseen(why),
                    None => Gate::Open,
                },
            },
        ],
        Goal::Internet => {
            let route = route(placement);
            match route.gate {
                // Without a way out nobody can say what its rules would do.
                Gate::Open => vec![egress, acl, route],
                _ => vec![route],
            }
        }
    }
}

fn route(placement: &Placement) -> Hop {
    let unseen =
        |message: String| Gate::Unseen(Unavailable::not_asked("ec2:DescribeRouteTables", message));
    let (id, gate) = match &placement.way {
        Way::Nat(id) | Way::InternetGateway(id) => (id.clone(), Gate::Open),
        Way::NoPublicAddress(id) | Way::Blackhole(id) | Way::StrandedNat { gateway: id, .. } => {
            (id.clone(), Gate::Shut)
        }
        Way::None => (placement.subnet.id.clone(), Gate::Shut),
        Way::Unclear(what) => (placement.subnet.id.clone(), unseen(what.clone())),
        Way::Unavailable(why) => (placement.subnet.id.clone(), Gate::Unseen(why.clone())),
    };
    Hop {
        what: "route out of",
        id,
        gate,
    }
}

/// What was said of hops: services whose tasks sit in the same place share it.
#[derive(Default)]
struct Told(RefCell<BTreeMap<Vec<(&'static str, String, &'static str)>, Arc<Value>>>);

impl Told {
    fn hops(&self, hops: Vec<Hop>) -> Arc<Value> {
        let mut told = self.0.borrow_mut();
        let hops = hops.into_iter();
        let words = hops.map(|hop| (hop.what, hop.id, hop.gate.word()));
        let json = |(what, id, gate): &(_, _, _)| json!({"hop": what, "id": id, "gate": gate});
        told.entry(words.collect())
            .or_insert_with_key(|words| Arc::new(words.iter().map(json).collect()))
            .clone()
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::facts::{Fact, RouteTarget};
    use crate::finding::Status;
    use crate::testing::*;

    #[test]
    fn hop_by_hop() {
        let finding = &run(&CHECK, &healthy_coder())[0];
        assert_eq!(finding.status, Status::Pass);
        let hops = finding.evidence.get("hops").unwrap().items();
        assert_eq!(hops.len(), 5);
        assert!(hops.iter().all(|hop| hop["gate"] == "open"));
    }

    #[test]
    fn it_ends_at_the_hop_that_is_shut() {
        let mut facts = healthy_coder();
        endpoint_group(&mut facts).ingress.clear();
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Fail);
        assert!(
            finding.detail.contains("security groups of the endpoint"),
            "{}",
            finding.detail
        );
        no_endpoint(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass], "through the NAT");
        no_way_out(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    }

    #[test]
    fn what_cannot_be_followed() {
        let mut facts = healthy_coder();
        no_endpoint(&mut facts);
        route_out(&mut facts, RouteTarget::Other("tgw-1".into()));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        no_way_out(&mut facts);
        subnets(&mut facts, |subnet| {
            subnet.owner = Some("999999999999".into())
        });
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }

    #[test]
    fn a_proxy_in_the_container_leads_elsewhere() {
        let mut facts = healthy_coder();
        endpoint_group(&mut facts).ingress.clear();
        proxy(&mut facts, true, true);
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
        proxy(&mut facts, true, false);
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Unknown);
        assert!(finding.title.contains("proxy (HTTPS_PROXY)"), "{finding:?}");
        no_endpoint(&mut facts);
        no_way_out(&mut facts);
        for &check in crate::registry::CHECKS {
            let network = check.area() == "network";
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
    fn a_shared_vpc_may_hide_its_endpoint_from_a_nat_too() {
        let mut facts = healthy_coder();
        no_endpoint(&mut facts);
        let_out_to(&mut facts, &["10.0.0.0/16"]);
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
    fn a_private_hosted_zone_may_lead_through_a_transit_gateway() {
        let mut facts = healthy_coder();
        no_endpoint(&mut facts);
        let hub = || RouteTarget::Other("tgw-1".into());
        route(&mut facts, "10.0.0.0/8", hub(), false);
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass], "by the NAT");
        let_out_to(&mut facts, &["10.0.0.0/8"]);
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        let_out_to(&mut facts, &["192.168.0.0/16"]);
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail], "not there either");
        acl(&mut facts).entries.clear();
        let_out_to(&mut facts, &["0.0.0.0/0"]);
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    }

    #[test]
    fn a_private_hosted_zone_may_name_an_endpoint_without_private_dns() {
        let mut facts = healthy_coder();
        endpoint(&mut facts).private_dns = false;
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass], "by the NAT");
        let_out_to(&mut facts, &["10.0.0.0/16"]);
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        let_out_to(&mut facts, &["192.168.0.0/16"]);
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    }

    #[test]
    fn a_rule_that_names_a_group_beyond_a_peering() {
        let mut facts = healthy_coder();
        no_endpoint(&mut facts);
        let hub = RouteTarget::Other("pcx-1".into());
        route(&mut facts, "10.1.0.0/16", hub, false);
        let_out_to(&mut facts, &[]);
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
        task_group(&mut facts).egress[0].security_groups = vec!["sg-of-hub".into()];
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }

    #[test]
    fn a_route_that_is_closer_than_the_way_out() {
        let mut facts = healthy_coder();
        no_endpoint(&mut facts);
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
    fn a_route_that_is_closer_than_the_vpc_s_own() {
        let mut facts = healthy_coder();
        let appliance = || RouteTarget::Other("eni-firewall".into());
        route(&mut facts, "10.0.0.0/8", appliance(), false);
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass], "not closer");
        route(&mut facts, "10.0.0.0/17", appliance(), false);
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }

    #[test]
    fn containers_that_ask_dns_servers_of_their_own() {
        let mut facts = healthy_coder();
        on_ec2(&mut facts);
        definition(&mut facts).containers[0].dns_servers = vec!["8.8.8.8".into()];
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass], "any answer does");
        no_way_out(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        assert!(run(&CHECK, &facts)[0].title.contains("8.8.8.8"));
        definition(&mut facts).containers[0].dns_servers.clear();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
    }

    #[test]
    fn a_route_in_the_place_of_the_vpc_s_own() {
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
    fn a_route_for_a_list_that_may_hold_the_address() {
        let mut facts = healthy_coder();
        no_endpoint(&mut facts);
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
    fn ipv6_alone_is_not_followed() {
        for open in [true, false] {
            let mut facts = healthy_coder();
            no_endpoint(&mut facts);
            if !open {
                no_way_out(&mut facts);
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
    fn without_dns_support_only_servers_of_its_own_find_the_name() {
        let mut facts = healthy_coder();
        vpc(&mut facts).dns_support = Fact::Known(false);
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        no_endpoint(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        let dns = &crate::network::vpc_dns::CHECK;
        assert_eq!(statuses(dns, &facts), [Status::Unknown]);
        vpc(&mut facts).dns_support = Fact::Known(true);
        vpc(&mut facts).dns_hostnames = Fact::Known(false);
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        assert_eq!(statuses(dns, &facts), [Status::Skip]);
    }

    #[test]
    fn without_an_interface_of_its_own_a_task_uses_its_instance_s() {
        let mut facts = healthy_coder();
        on_ec2(&mut facts);
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
    fn unreadable() {
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
}
