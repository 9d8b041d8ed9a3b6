use super::{CHECKS_OF_USED_ENDPOINT, UNUSED_ENDPOINT_SYMPTOMS};
use crate::per_endpoint::{endpoint_fault, judge_endpoints};
use crate::prelude::*;
use crate::vpc_path::hosted_zone::{ZoneMatch, ambiguity, zone_match};

pub const CHECK: Check = Check {
    id: "network.endpoint-private-dns",
    title: "The ssmmessages endpoint answers for the public name",
    why: "The agent knows only the public name of ssmmessages. Without private DNS that name resolves to the internet, not to the endpoint.",
    how: "privateDnsEnabled in ec2:DescribeVpcEndpoints. A failure if tasks have no path to the internet; unknown if a private hosted zone of the VPC may resolve the name to the endpoint.",
    actions: &["ec2:DescribeVpcEndpoints", "route53:ListHostedZonesByVPC"],
    remedy: "Turn on private DNS of the endpoint.",
    docs: &["https://docs.aws.amazon.com/vpc/latest/privatelink/manage-dns-names.html"],
    symptoms: UNUSED_ENDPOINT_SYMPTOMS,
    masks: CHECKS_OF_USED_ENDPOINT,
    severity: Severity::High,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    judge_endpoints(index, &CHECK, |endpoint, subject, fallback| {
        let id = &endpoint.id;
        let finding = if endpoint.private_dns {
            CHECK.pass(subject, format!("{id} answers for the public name"))
        } else if let Some(why) = ambiguity(&index.network, endpoint) {
            CHECK.unknown(subject, &why)
        } else {
            let fault = format!(
                "The ssmmessages endpoint {id} has no private DNS, so tasks that use the public name do not reach it"
            );
            let mut finding = endpoint_fault(&CHECK, subject, fault, fallback);
            if zone_match(&index.network, endpoint) == ZoneMatch::Unknown {
                let unknown = " Unknown: whether a private hosted zone resolves the name to it.";
                finding.detail.push_str(unknown);
            }
            finding
                .group_title("The ssmmessages endpoint has no private DNS")
                .fix(fixes::endpoint::enable_private_dns(index.facts, endpoint))
        };
        finding.evidence("privateDnsEnabled", endpoint.private_dns)
    })
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::facts::Fact;
    use model::finding::Status;

    #[test]
    fn private_dns_off_warns_with_a_nat_gateway_and_fails_without() {
        let mut facts = healthy_coder();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        endpoint(&mut facts).private_dns = false;
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
        remove_default_routes(&mut facts);
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Fail);
        assert!(finding.fixes[0].commands[0].contains("--private-dns-enabled"));
    }

    #[test]
    fn vpc_dns_is_fixed_before_private_dns() {
        let mut facts = healthy_coder();
        endpoint(&mut facts).private_dns = false;
        for (hostnames, steps) in [(true, 1), (false, 2)] {
            vpc(&mut facts).dns_hostnames = Fact::Known(hostnames);
            let fixes = &run(&CHECK, &facts)[0].fixes;
            let [command] = &fixes[0].commands[..] else {
                panic!("one after the other: {:?}", fixes[0].commands)
            };
            assert_eq!(command.matches("aws ec2").count(), steps, "{command}");
            let first = command.split("&&").next().unwrap();
            assert_eq!(first.contains("--enable-dns-hostnames"), !hostnames);
            let terraform = fixes[0].terraform.as_ref().unwrap();
            assert_eq!(terraform.contains("enable_dns_hostnames"), !hostnames);
        }
        remove_endpoints(&mut facts);
        remove_default_routes(&mut facts);
        let fixes = &run(&crate::network::endpoint_present::CHECK, &facts)[0].fixes;
        assert!(fixes[0].commands[0].contains("--enable-dns-hostnames"));
    }

    #[test]
    fn a_private_hosted_zone_makes_it_unknown() {
        let path = &crate::network::path::CHECK;
        let of_both = |zones: Option<Fact<Vec<String>>>| {
            let mut facts = healthy_coder();
            endpoint(&mut facts).private_dns = false;
            remove_default_routes(&mut facts);
            let vpc = vpc(&mut facts).id.clone();
            facts.network.hosted_zones = zones
                .into_iter()
                .map(|zones| (vpc.clone(), zones))
                .collect();
            [statuses(&CHECK, &facts)[0], statuses(path, &facts)[0]]
        };
        let known = |zone: &str| {
            Some(Fact::Known(vec![
                "corp.internal".to_owned(),
                zone.to_owned(),
            ]))
        };
        for zone in ["ssmmessages.us-west-2.amazonaws.com", "amazonaws.com"] {
            assert_eq!(of_both(known(zone)), [Status::Unknown; 2], "{zone}");
        }
        for zone in [
            "essages.us-west-2.amazonaws.com",
            "kms.us-west-2.amazonaws.com",
        ] {
            assert_eq!(of_both(known(zone)), [Status::Fail; 2], "{zone}");
        }
        assert_eq!(of_both(None), [Status::Fail; 2]);
        let denied = denied("route53:ListHostedZonesByVPC");
        assert_eq!(of_both(Some(denied)), [Status::Fail; 2]);
    }

    #[test]
    fn a_missing_endpoint_is_skipped_and_an_unreadable_one_unknown() {
        let mut facts = healthy_coder();
        remove_endpoints(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
        facts.network.endpoints = Some(denied("ec2:DescribeVpcEndpoints"));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
