use super::{CHECKS_OF_USED_ENDPOINT, UNUSED_ENDPOINT_SYMPTOMS};
use crate::per_endpoint::{each_vpc, endpoint_fault};
use crate::prelude::*;
use crate::vpc_path::{FallbackEgress, Placement, fallback_egress, name_servers};

pub const CHECK: Check = Check {
    id: "network.vpc-dns",
    title: "The VPC resolves the endpoint's private name",
    why: "Private DNS of an endpoint works only in a VPC with DNS support and DNS host names. Without them the name of ssmmessages resolves to the internet, not to the endpoint.",
    how: "enableDnsSupport and enableDnsHostnames in ec2:DescribeVpcAttribute, and the DNS servers that the VPC's DHCP options give to tasks. The answers of custom DNS servers are unknown; they do not matter if both the endpoint and a path to the internet are open.",
    actions: &[
        "ec2:DescribeVpcAttribute",
        "ec2:DescribeVpcEndpoints",
        "ec2:DescribeVpcs",
        "ec2:DescribeDhcpOptions",
    ],
    remedy: "Turn on DNS support and DNS host names of the VPC.",
    docs: &[
        "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html",
        "https://docs.aws.amazon.com/vpc/latest/userguide/DHCPOptionSet.html",
    ],
    symptoms: UNUSED_ENDPOINT_SYMPTOMS,
    masks: CHECKS_OF_USED_ENDPOINT,
    severity: Severity::High,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    each_vpc(index, &CHECK, |subject, id, placements| {
        let endpoint = match index.network.ssmmessages_endpoint(id) {
            Fact::Known(endpoint) if endpoint.private_dns => endpoint,
            Fact::Known(_) | Fact::Absent if !index.network.resolves_names(id) => {
                return without_resolver(index, subject, id);
            }
            Fact::Known(_) | Fact::Absent => {
                let title = format!("{id} has no ssmmessages endpoint with private DNS");
                return CHECK.skip(subject, title);
            }
            Fact::Unavailable(why) => return CHECK.unknown(subject, &why),
        };
        match index.facts.network.vpcs.get(id) {
            Some(Fact::Known(vpc)) => judge(index, subject, vpc, endpoint, placements),
            Some(Fact::Unavailable(why)) => CHECK.unknown(subject, why),
            Some(Fact::Absent) | None => {
                CHECK.unknown_because(subject, format!("The attributes of {id} were not read"))
            }
        }
    })
}

/// Without an endpoint too, the agent has to resolve the public name.
fn without_resolver(index: &FactIndex, subject: Subject, vpc: &str) -> Finding {
    let title = format!(
        "{vpc} has enableDnsSupport off, so its tasks can resolve ssmmessages only through custom DNS servers, whose answers are unknown"
    );
    let fix = fixes::endpoint::vpc_dns(index.facts, vpc, &["enableDnsSupport"]);
    CHECK.unknown_because(subject, title).fix(fix)
}

fn judge(
    index: &FactIndex,
    subject: Subject,
    vpc: &Vpc,
    endpoint: &Endpoint,
    placements: &[&Placement],
) -> Finding {
    let attributes = [
        ("enableDnsSupport", &vpc.dns_support),
        ("enableDnsHostnames", &vpc.dns_hostnames),
    ];
    let off: Vec<&str> = attributes
        .iter()
        .filter(|(_, value)| value.known() == Some(&false))
        .map(|(name, _)| *name)
        .collect();
    if off.is_empty() {
        return match attributes.iter().find_map(|(_, value)| value.unavailable()) {
            Some(why) => CHECK.unknown(subject, why),
            None => judge_servers(index, subject, vpc, endpoint, placements),
        };
    }
    let fault = format!(
        "{} has {} off, so the private DNS of {} does not work",
        vpc.id,
        text::list(&off),
        endpoint.id
    );
    let fallback = match fallback_egress(&index.network, placements) {
        // The public name does not resolve either.
        FallbackEgress::Available if off.contains(&"enableDnsSupport") => FallbackEgress::Unknown,
        fallback => fallback,
    };
    endpoint_fault(&CHECK, subject, fault, fallback)
        .group_title("The VPC does not resolve private names")
        .evidence("off", off.clone())
        .fix(fixes::endpoint::vpc_dns(index.facts, &vpc.id, &off))
}

/// The VPC's own resolver works, if tasks use it.
fn judge_servers(
    index: &FactIndex,
    subject: Subject,
    vpc: &Vpc,
    endpoint: &Endpoint,
    placements: &[&Placement],
) -> Finding {
    let network = &index.network;
    let servers = match name_servers::custom_servers(network, &vpc.id) {
        Ok([]) => return CHECK.pass(subject, format!("{} resolves private names", vpc.id)),
        Ok(servers) => servers,
        Err(why) => return CHECK.unknown(subject, why),
    };
    let mut placements = placements.iter();
    let ambiguity =
        placements.find_map(|placement| name_servers::ambiguity(network, placement, endpoint));
    let finding = match ambiguity {
        Some(why) => CHECK.unknown(subject, &why).detail(format!(
            "They have to forward the private names of endpoints, or all of {}, to Amazon's resolver in {}.",
            index.facts.host_of("ssmmessages"), vpc.id
        )),
        None => CHECK.pass(
            subject,
            format!(
                "Tasks in {} use the DNS servers {}; every address that these can answer with is reachable",
                vpc.id,
                text::list(servers)
            ),
        ),
    };
    finding.evidence("domain-name-servers", servers)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::CHECK;
    use crate::testing::*;
    use model::facts::{Fact, Facts};
    use model::finding::Status;

    #[test]
    fn both_dns_attributes_are_required() {
        let mut facts = healthy_coder();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        for (support, hostnames) in [(false, true), (true, false), (false, false)] {
            let mut facts = facts.clone();
            vpc(&mut facts).dns_support = Fact::Known(support);
            vpc(&mut facts).dns_hostnames = Fact::Known(hostnames);
            let through_the_nat = match support {
                true => Status::Warn,
                false => Status::Unknown,
            };
            assert_eq!(statuses(&CHECK, &facts), [through_the_nat]);
            remove_default_routes(&mut facts);
            assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
        }
        endpoint(&mut facts).private_dns = false;
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
    }

    #[test]
    fn custom_dns_servers_make_the_destination_unknown() {
        let path = &crate::network::path::CHECK;
        let of_both = |facts: &Facts| (statuses(&CHECK, facts), statuses(path, facts));
        let mut facts = healthy_coder();
        vpc(&mut facts).own_name_servers = Some(Fact::Known(Vec::new()));
        assert_eq!(of_both(&facts), (vec![Status::Pass], vec![Status::Pass]));

        vpc(&mut facts).own_name_servers = Some(Fact::Known(vec!["10.0.0.53".into()]));
        let both_open = facts.clone();
        assert_eq!(
            of_both(&facts),
            (vec![Status::Pass], vec![Status::Pass]),
            "by the NAT too"
        );

        let mut deaf = facts.clone();
        restrict_egress_to(&mut deaf, &["0.0.0.0/0"]);
        assert_eq!(
            of_both(&deaf),
            (vec![Status::Unknown], vec![Status::Unknown]),
            "queries to them are blocked"
        );

        remove_default_routes(&mut facts);
        assert_eq!(
            of_both(&facts),
            (vec![Status::Unknown], vec![Status::Unknown])
        );
        let finding = &run(&CHECK, &facts)[0];
        assert!(finding.title.contains("10.0.0.53"), "{}", finding.title);
        assert_eq!(finding.missing_permission, None);

        // Every resolver returns the endpoint.
        endpoint_group(&mut facts).ingress.clear();
        assert_eq!(of_both(&facts), (vec![Status::Unknown], vec![Status::Fail]));

        let mut facts = both_open.clone();
        endpoint_group(&mut facts).ingress.clear();
        assert_eq!(
            of_both(&facts),
            (vec![Status::Unknown], vec![Status::Unknown])
        );
        let groups = &crate::network::endpoint_security_group::CHECK;
        assert_eq!(
            statuses(groups, &facts),
            [Status::Unknown],
            "tasks may use the internet instead"
        );

        let mut facts = both_open.clone();
        endpoint(&mut facts).policy = Some(json!({"Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Principal": "*", "Action": "ssmmessages:*", "Resource": "*"},
        ]}));
        assert_eq!(
            of_both(&facts),
            (vec![Status::Unknown], vec![Status::Unknown])
        );
        let policy = &crate::network::endpoint_policy::CHECK;
        assert_eq!(statuses(policy, &facts), [Status::Unknown]);
    }

    #[test]
    fn unreadable_dns_servers_are_unknown() {
        let mut facts = healthy_coder();
        vpc(&mut facts).own_name_servers = Some(denied("ec2:DescribeDhcpOptions"));
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Unknown);
        assert_eq!(
            finding.missing_permission.as_deref(),
            Some("ec2:DescribeDhcpOptions")
        );
        assert_eq!(
            statuses(&crate::network::path::CHECK, &facts),
            [Status::Pass]
        );
    }

    #[test]
    fn unreadable_attributes_are_unknown() {
        let mut facts = healthy_coder();
        vpc(&mut facts).dns_support = denied("ec2:DescribeVpcAttribute");
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        for vpc in facts.network.vpcs.values_mut() {
            *vpc = denied("ec2:DescribeVpcAttribute");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
