//! Name resolution by custom DNS servers and private hosted zones.

use crate::nat_gateways::{INTERNET_ROUTE, PUBLIC_NAT, platform_behind_nat_gateway};
use crate::support::fault::Fault;
use crate::support::platform::Platform;

fn set_dns_server(platform: &Platform, server: &str) {
    platform.sh(&format!(
        "OPTIONS=$(aws ec2 create-dhcp-options --dhcp-configurations Key=domain-name-servers,Values={server} --query DhcpOptions.DhcpOptionsId --output text)
        aws ec2 associate-dhcp-options --dhcp-options-id $OPTIONS --vpc-id $VPC"
    ));
}

/// There is no cause, and the path is unknown because of the DNS servers.
fn assert_unknown(platform: &Platform) {
    let run = platform.doctor(&["coder"]);
    assert_eq!(run.causes(), [""; 0], "{}", run.stdout);
    assert_eq!(run.status, 3, "{}", run.stdout);
    for check in ["network.vpc-dns", "network.path"] {
        assert!(
            run.with_status("unknown").contains(&check.to_owned()),
            "{}",
            run.stdout
        );
    }
    assert!(
        run.stdout.contains("the DNS servers 10.0.0.53"),
        "{}",
        run.stdout
    );
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn custom_dns_servers_make_an_endpoint_only_path_unknown() {
    let platform = Platform::healthy();
    set_dns_server(&platform, "10.0.0.53");
    assert_unknown(&platform);
    set_dns_server(&platform, "10.0.0.2");
    let run = platform.doctor(&["coder"]);
    assert_eq!(run.status, 0, "Amazon's under another name: {}", run.stdout);
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn custom_dns_servers_are_harmless_if_every_path_is_open() {
    for (kind, is_open) in [(PUBLIC_NAT, true), ("private", false)] {
        let platform = platform_behind_nat_gateway(kind, true);
        platform.sh(INTERNET_ROUTE);
        set_dns_server(&platform, "10.0.0.53");
        if !is_open {
            assert_unknown(&platform);
            continue;
        }
        let run = platform.doctor(&["coder"]);
        assert_eq!(run.status, 0, "{}", run.stdout);
        assert_eq!(run.with_status("unknown"), [""; 0]);

        platform.sh("aws ec2 revoke-security-group-ingress --group-id $ENDPOINT_GROUP --protocol tcp --port 443 --cidr 10.0.0.0/16");
        assert_unknown(&platform);
    }
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_private_hosted_zone_makes_the_endpoint_name_unknown() {
    let platform = Platform::healthy();
    platform.sh("aws ec2 modify-vpc-endpoint --vpc-endpoint-id $ENDPOINT --no-private-dns-enabled");
    let run = platform.doctor(&["coder"]);
    assert_eq!(
        run.causes(),
        ["network.endpoint-private-dns"],
        "{}",
        run.stdout
    );
    assert!(!run.stdout.contains("Unknown: whether"), "{}", run.stdout);

    platform.sh("aws route53 create-hosted-zone --name ssmmessages.us-west-2.amazonaws.com --vpc VPCRegion=us-west-2,VPCId=$VPC --caller-reference $CLUSTER");
    let run = platform.doctor(&["coder"]);
    assert_eq!(run.causes(), [""; 0], "{}", run.stdout);
    assert_eq!(run.status, 3);
    assert!(
        run.stdout
            .contains("the private hosted zone ssmmessages.us-west-2.amazonaws.com")
    );

    platform
        .proxy
        .fault("route53:ListHostedZonesByVPC", Fault::Deny);
    let run = platform.doctor(&["coder"]);
    assert_eq!(
        run.causes(),
        ["network.endpoint-private-dns"],
        "{}",
        run.stdout
    );
    assert!(
        run.stdout
            .contains("Unknown: whether a private hosted zone resolves the name to it.")
    );
}
