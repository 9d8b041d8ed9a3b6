//! Tasks behind a NAT gateway: the routes and ACL of the gateway's own subnet decide.

use crate::fix::paste_all;
use crate::support::fault::Fault;
use crate::support::platform::{Platform, PlatformSpec};

/// `kind`: arguments of the AWS CLI for the gateway; `endpoint`: whether there is an endpoint too.
pub fn platform_behind_nat_gateway(kind: &str, endpoint: bool) -> Platform {
    let platform = Platform::new(PlatformSpec {
        endpoint,
        nat: true,
        ..PlatformSpec::default()
    });
    platform.sh(&format!(
        "GATEWAY=$(aws ec2 create-nat-gateway --subnet-id $FAR_SUBNET --connectivity-type {kind} --query NatGateway.NatGatewayId --output text)
        TABLE=$(aws ec2 describe-route-tables --filters Name=association.subnet-id,Values=$SUBNET --query 'RouteTables[0].RouteTableId' --output text)
        aws ec2 replace-route --route-table-id $TABLE --destination-cidr-block 0.0.0.0/0 --nat-gateway-id $GATEWAY"
    ));
    platform
}

pub const PUBLIC_NAT: &str = "public --allocation-id eipalloc-1";

/// A route from the gateway's subnet to an internet gateway.
pub const INTERNET_ROUTE: &str = r#"
    GATEWAY=$(aws ec2 create-internet-gateway --query InternetGateway.InternetGatewayId --output text)
    aws ec2 attach-internet-gateway --internet-gateway-id $GATEWAY --vpc-id $VPC
    OUT=$(aws ec2 create-route-table --vpc-id $VPC --query RouteTable.RouteTableId --output text)
    aws ec2 create-route --route-table-id $OUT --destination-cidr-block 0.0.0.0/0 --gateway-id $GATEWAY
    aws ec2 associate-route-table --route-table-id $OUT --subnet-id $FAR_SUBNET"#;

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_nat_gateway_needs_a_route_to_an_internet_gateway() {
    let platform = platform_behind_nat_gateway(PUBLIC_NAT, false);
    let run = platform.doctor(&["coder"]);
    assert_eq!(run.causes(), ["network.endpoint-present"], "{}", run.stdout);
    assert!(
        run.stdout.contains("has no route to an internet gateway"),
        "{}",
        run.stdout
    );

    platform.sh(INTERNET_ROUTE);
    let run = platform.doctor(&["coder"]);
    assert_eq!(run.status, 0, "{}", run.stdout);

    platform.proxy.fault("ec2:DescribeNatGateways", Fault::Deny);
    let run = platform.doctor(&["coder"]);
    assert_eq!(run.status, 3, "{}", run.stdout);
    assert!(
        run.stdout
            .contains("\"missing_permission\": \"ec2:DescribeNatGateways\"")
    );
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_private_nat_gateway_makes_the_path_unknown() {
    let platform = platform_behind_nat_gateway("private", false);
    platform.sh(INTERNET_ROUTE);
    let run = platform.doctor(&["coder"]);
    assert_eq!(run.causes(), [""; 0], "{}", run.stdout);
    assert_eq!(run.status, 3);
    assert!(
        run.stdout.contains("is a private NAT gateway"),
        "{}",
        run.stdout
    );
}

/// A new ACL denies everything.
const EMPTY_ACL: &str = r#"
    ACL=$(aws ec2 create-network-acl --vpc-id $VPC --query NetworkAcl.NetworkAclId --output text)
    JOIN=$(aws ec2 describe-network-acls --filters Name=vpc-id,Values=$VPC --query "NetworkAcls[].Associations[] | [?SubnetId=='$FAR_SUBNET'].NetworkAclAssociationId | [0]" --output text)
    aws ec2 replace-network-acl-association --association-id $JOIN --network-acl-id $ACL"#;

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn the_acl_of_the_nat_gateway_subnet_can_block() {
    let platform = platform_behind_nat_gateway(PUBLIC_NAT, false);
    platform.sh(INTERNET_ROUTE);
    platform.sh(EMPTY_ACL);
    let run = platform.doctor(&["coder"]);
    assert_eq!(run.causes(), ["network.nacl"], "{}", run.stdout);
    paste_all(&platform, &run);
    let run = platform.doctor(&["coder"]);
    assert_eq!(run.status, 0, "{}", run.stdout);
}

/// The setting belongs to the account and region, so the proxy rewrites the response for this test only.
#[test]
#[ignore = "needs the emulator: scripts/test"]
fn vpc_block_public_access_overrides_routes() {
    let platform = platform_behind_nat_gateway(PUBLIC_NAT, false);
    platform.sh(INTERNET_ROUTE);
    for (mode, status) in [(">block-ingress<", 0), (">block-bidirectional<", 3)] {
        let mut rules = platform.proxy.rules.lock().unwrap();
        let action = "ec2:DescribeVpcBlockPublicAccessOptions".to_owned();
        rules.rewrites.insert(action, (">off<", mode));
        drop(rules);
        let run = platform.doctor(&["coder"]);
        assert_eq!(run.status, status, "{mode}: {}", run.stdout);
        assert_eq!(run.causes(), [""; 0]);
    }
}
