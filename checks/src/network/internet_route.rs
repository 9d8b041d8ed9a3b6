use crate::prelude::*;
use crate::vpc_path::{Destination, Placement, hosted_zone, resolve_ssmmessages};
use aws_rules::vpc::Egress;

pub const CHECK: Check = Check {
    id: "network.internet-route",
    title: "Tasks without an endpoint have a path to the internet",
    why: "Without an ssmmessages endpoint in the VPC the agent calls the public one, through a NAT gateway, or through an internet gateway if the task has a public address.",
    how: "The route table of each task's subnet, and of the NAT gateway's subnet. Paths behind a transit gateway, a peering connection or an appliance, and exclusions of VPC Block Public Access, are unknown.",
    actions: &[
        "ec2:DescribeRouteTables",
        "ec2:DescribeNatGateways",
        "ec2:DescribeVpcBlockPublicAccessOptions",
        "ec2:DescribeSubnets",
        "ec2:DescribeNetworkInterfaces",
    ],
    remedy: "Add a route through a public NAT gateway whose own subnet routes to an internet gateway, give the tasks public addresses, or create an endpoint in the VPC.",
    docs: &["https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html"],
    symptoms: &["network.path", "container.agent-running"],
    severity: Severity::High,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    index.each_placement(&CHECK, |group, placement| {
        vec![judge(index, group, placement).on(placement.scope())]
    })
}

fn judge<'a>(index: &FactIndex<'a>, group: &Group<'a>, placement: &Placement<'a>) -> Finding {
    let id = &placement.subnet.id;
    let subject = group.subnet_subject(placement);
    let destination = resolve_ssmmessages(&index.network, placement);
    if let Ok(Destination::Endpoint(endpoint)) = destination {
        let title = format!("Not needed: {} serves the VPC", endpoint.id);
        return match &placement.egress {
            Egress::Unavailable(why) => CHECK
                .unknown(subject, why)
                .detail(format!("{title}."))
                .severity(Severity::Low),
            _ => CHECK.skip(subject, title),
        };
    }
    let finding = match &placement.egress {
        egress if egress.reaches_internet() => {
            let gateways = egress.gateways();
            CHECK
                .pass(
                    subject,
                    format!(
                        "{id} reaches the internet through {}",
                        text::list(&gateways)
                    ),
                )
                .evidence("through", gateways.join(","))
        }
        Egress::Unclear(what) => CHECK.unknown_because(
            subject,
            format!("Unknown whether {id} reaches ssmmessages: {what}"),
        ),
        Egress::Unavailable(why) => CHECK.unknown(subject, why),
        Egress::Blackhole(target) => no_path(
            subject,
            format!("The default route of {id} leads to {target}, which is gone"),
        ),
        Egress::NatWithoutInternet { gateway, subnet } => no_path(
            subject,
            format!(
                "{id} leads to {gateway}, whose own subnet {subnet} has no route to an internet gateway"
            ),
        ),
        Egress::None | Egress::Nat(_) | Egress::InternetGateway(_) | Egress::Several(_) => {
            no_path(subject, format!("{id} has no route out of its VPC"))
        }
        Egress::NoPublicAddress(gateway) => no_path(
            subject,
            format!("{id} leads to {gateway}, but its tasks have no public address"),
        ),
    };
    let has_zone = hosted_zone::internet_ambiguity(&index.network, &placement.subnet.vpc).is_some();
    match destination {
        Err(why) if finding.status == model::Status::Fail => {
            let detail = format!("{}; only an endpoint can carry sessions.", finding.title);
            CHECK.unknown(finding.subject, &why).detail(detail)
        }
        // The route exists, but the name may resolve elsewhere.
        Err(why) if finding.status == model::Status::Pass && has_zone => {
            CHECK.unknown(finding.subject, &why)
        }
        _ => finding,
    }
}

fn no_path(subject: Subject, title: String) -> Finding {
    CHECK
        .fail(subject, title)
        .group_title("There is no path to the internet")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{
        denied, healthy_coder, interfaces, public_gateway, remove_default_routes, remove_endpoints,
        set_default_route, statuses,
    };
    use model::facts::{Fact, NatGateway, Route, RouteTarget};
    use model::finding::Status;

    #[test]
    fn block_public_access_overrides_routes() {
        let mut facts = healthy_coder();
        remove_endpoints(&mut facts);
        let mut with = |mode: Fact<String>| {
            facts.network.block_public_access = Some(mode);
            statuses(&CHECK, &facts)
        };
        let known = |mode: &str| Fact::Known(mode.to_owned());
        assert_eq!(with(known("off")), [Status::Pass]);
        assert_eq!(with(known("block-ingress")), [Status::Pass], "by the NAT");
        assert_eq!(with(known("block-bidirectional")), [Status::Unknown]);
        let denied = denied("ec2:DescribeVpcBlockPublicAccessOptions");
        assert_eq!(with(denied), [Status::Unknown]);
        remove_default_routes(&mut facts);
        assert_eq!(
            statuses(&CHECK, &facts),
            [Status::Fail],
            "there is none to block"
        );
    }

    #[test]
    fn an_endpoint_makes_routes_unnecessary() {
        let mut facts = healthy_coder();
        remove_default_routes(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
    }

    #[test]
    fn a_nat_gateway_reaches_the_internet() {
        let mut facts = healthy_coder();
        remove_endpoints(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
    }

    /// The gateway is in a subnet without internet access, private, failed, or unreadable.
    #[test]
    fn a_nat_gateway_needs_a_route_in_its_own_subnet() {
        let mut facts = healthy_coder();
        remove_endpoints(&mut facts);
        let vpc = facts.network.route_tables.keys().next().unwrap().clone();
        let public = public_gateway(&mut facts);
        let with = |gateway: NatGateway, target: Option<RouteTarget>| {
            let mut facts = facts.clone();
            let gateways = Fact::Known(vec![gateway]);
            facts.network.nat_gateways.insert(vpc.clone(), gateways);
            if let Some(Fact::Known(tables)) = facts.network.route_tables.get_mut(&vpc) {
                let routes = &mut tables.last_mut().unwrap().routes;
                match target {
                    Some(target) => routes[0].target = target,
                    None => routes.clear(),
                }
            }
            statuses(&CHECK, &facts)[0]
        };
        let igw = || Some(RouteTarget::InternetGateway("igw-1".into()));
        assert_eq!(with(public.clone(), igw()), Status::Pass);
        assert_eq!(with(public.clone(), None), Status::Fail);
        let itself = Some(RouteTarget::NatGateway(public.id.clone()));
        assert_eq!(with(public.clone(), itself), Status::Fail);
        let hub = Some(RouteTarget::Other("tgw-1".into()));
        assert_eq!(with(public.clone(), hub), Status::Unknown);
        let of_state = |state: &str| NatGateway {
            state: state.into(),
            ..public.clone()
        };
        assert_eq!(with(of_state("failed"), igw()), Status::Fail);
        assert_eq!(with(of_state("pending"), igw()), Status::Unknown);
        let private = NatGateway {
            private: true,
            ..public.clone()
        };
        assert_eq!(with(private, igw()), Status::Unknown);
        // A regional NAT gateway has no subnet.
        let regional = NatGateway {
            subnet: String::new(),
            ..public.clone()
        };
        assert_eq!(with(regional, None), Status::Pass);
        // In a shared VPC, the gateway can belong to another account and is not listed.
        let another = NatGateway {
            id: "nat-2".into(),
            ..public
        };
        assert_eq!(with(another, None), Status::Pass);
        facts
            .network
            .nat_gateways
            .insert(vpc.clone(), denied("ec2:DescribeNatGateways"));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }

    #[test]
    fn an_internet_gateway_needs_a_public_address() {
        let mut facts = healthy_coder();
        remove_endpoints(&mut facts);
        set_default_route(&mut facts, RouteTarget::InternetGateway("igw-1".into()));
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
        interfaces(&mut facts, |interface| {
            interface.public_ip = Some("203.0.113.9".into());
        });
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
    }

    /// A private hosted zone can resolve the name of ssmmessages to an endpoint in the other network.
    #[test]
    fn a_route_into_another_network_makes_a_blocked_path_unknown() {
        let mut closed = healthy_coder();
        remove_endpoints(&mut closed);
        set_default_route(&mut closed, RouteTarget::InternetGateway("igw-1".into()));
        let with = |destination: &str, target: RouteTarget, blackhole: bool| {
            let mut facts = closed.clone();
            for tables in facts.network.route_tables.values_mut() {
                let Fact::Known(tables) = tables else {
                    unreachable!()
                };
                for table in tables {
                    table.routes.push(Route {
                        destination: destination.into(),
                        target: target.clone(),
                        blackhole,
                    });
                }
            }
            statuses(&CHECK, &facts)[0]
        };
        let hub = || RouteTarget::Other("tgw-1".into());
        assert_eq!(with("10.0.0.0/8", hub(), false), Status::Unknown);
        assert_eq!(with("10.0.0.0/8", hub(), true), Status::Fail);
        assert_eq!(with("::/0", hub(), false), Status::Fail);
        let s3 = RouteTarget::GatewayEndpoint("vpce-s3".into());
        assert_eq!(with("pl-1", s3, false), Status::Fail);
    }

    #[test]
    fn a_blackhole_is_no_path() {
        let mut facts = healthy_coder();
        remove_endpoints(&mut facts);
        for tables in facts.network.route_tables.values_mut() {
            let model::facts::Fact::Known(tables) = tables else {
                unreachable!()
            };
            for route in tables.iter_mut().flat_map(|table| &mut table.routes) {
                route.blackhole = route.destination == "0.0.0.0/0";
            }
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    }

    #[test]
    fn a_transit_gateway_and_unreadable_tables_are_unknown() {
        let mut facts = healthy_coder();
        remove_endpoints(&mut facts);
        set_default_route(&mut facts, RouteTarget::Other("tgw-1".into()));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        for tables in facts.network.route_tables.values_mut() {
            *tables = denied("ec2:DescribeRouteTables");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }

    #[test]
    fn no_path_with_unreadable_endpoints_is_unknown() {
        let mut facts = healthy_coder();
        remove_default_routes(&mut facts);
        facts.network.endpoints = Some(denied("ec2:DescribeVpcEndpoints"));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
