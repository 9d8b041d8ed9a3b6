//! Security groups, network ACLs, endpoints and VPCs.

use aws_sdk_ec2::types as ec2;
use model::aws_call::{
    AclRule, EndpointKind, NewEndpoint, NewSecurityGroup, PROTOCOL, PROTOCOL_NUMBER, Peer,
    SecurityGroupRule,
};
use model::cli_command::Variable;

use super::{StepOutputs, cannot, unless_done};
use crate::aws::{AwsClients, Failure};

/// Creates a security group, or finds the one that an earlier run created.
pub async fn create_security_group(
    aws: &AwsClients,
    group: &NewSecurityGroup,
    outputs: &mut StepOutputs,
) -> Result<(), Failure> {
    let request = aws.ec2.create_security_group().group_name(&group.name);
    let request = request.description(&group.description).vpc_id(&group.vpc);
    let created = aws.call("ec2:CreateSecurityGroup", || request.clone().send());
    let id = match unless_done(created.await, "InvalidGroup.Duplicate")? {
        Some(created) => created.group_id,
        None => existing_group(aws, &group.name, &group.vpc).await?,
    };
    outputs.store(Variable::Group, id);
    Ok(())
}

/// ID of the security group that an earlier run created.
async fn existing_group(
    aws: &AwsClients,
    name: &str,
    vpc: &str,
) -> Result<Option<String>, Failure> {
    let filter = |name: &str, value: &str| ec2::Filter::builder().name(name).values(value).build();
    let request = aws.ec2.describe_security_groups();
    let request = request.filters(filter("vpc-id", vpc));
    let request = request.filters(filter("group-name", name));
    let answer = aws.call("ec2:DescribeSecurityGroups", || request.clone().send());
    let answer = answer.await?;
    let group = answer.security_groups().first();
    Ok(group.and_then(|group| group.group_id().map(str::to_owned)))
}

/// Allows traffic into a security group.
pub async fn authorize_ingress(
    aws: &AwsClients,
    rule: &SecurityGroupRule,
    outputs: &StepOutputs,
) -> Result<(), Failure> {
    let request = aws.ec2.authorize_security_group_ingress();
    let request = request.group_id(outputs.resolve(&rule.group)?);
    let request = request.ip_permissions(permission(rule));
    let authorized = aws.call("ec2:AuthorizeSecurityGroupIngress", || {
        request.clone().send()
    });
    unless_done(authorized.await, DUPLICATE_RULE).map(drop)
}

/// Allows traffic out of a security group.
pub async fn authorize_egress(
    aws: &AwsClients,
    rule: &SecurityGroupRule,
    outputs: &StepOutputs,
) -> Result<(), Failure> {
    let request = aws.ec2.authorize_security_group_egress();
    let request = request.group_id(outputs.resolve(&rule.group)?);
    let request = request.ip_permissions(permission(rule));
    let authorized = aws.call("ec2:AuthorizeSecurityGroupEgress", || {
        request.clone().send()
    });
    unless_done(authorized.await, DUPLICATE_RULE).map(drop)
}

const DUPLICATE_RULE: &str = "InvalidPermission.Duplicate";

fn permission(rule: &SecurityGroupRule) -> ec2::IpPermission {
    let permission = ec2::IpPermission::builder()
        .ip_protocol(PROTOCOL)
        .from_port(rule.port.into())
        .to_port(rule.port.into());
    match &rule.peer {
        Peer::Cidr(cidr) => permission.ip_ranges(ec2::IpRange::builder().cidr_ip(cidr).build()),
        Peer::SecurityGroup(group) => {
            permission.user_id_group_pairs(ec2::UserIdGroupPair::builder().group_id(group).build())
        }
    }
    .build()
}

/// Adds a rule to a network ACL.
pub async fn create_network_acl_entry(aws: &AwsClients, rule: &AclRule) -> Result<(), Failure> {
    let (from, to) = (*rule.ports.start(), *rule.ports.end());
    let ports = ec2::PortRange::builder().from(from.into()).to(to.into());
    let request = aws.ec2.create_network_acl_entry();
    let request = request
        .network_acl_id(&rule.acl)
        .egress(rule.egress)
        .rule_number(rule.number.into())
        .protocol(PROTOCOL_NUMBER)
        .port_range(ports.build())
        .cidr_block(&rule.cidr)
        .rule_action(ec2::RuleAction::Allow);
    let created = aws.call("ec2:CreateNetworkAclEntry", || request.clone().send());
    created.await.map(drop)
}

/// Creates an endpoint, and stores its ID.
pub async fn create_vpc_endpoint(
    aws: &AwsClients,
    endpoint: &NewEndpoint,
    outputs: &mut StepOutputs,
) -> Result<(), Failure> {
    let request = aws
        .ec2
        .create_vpc_endpoint()
        .vpc_id(&endpoint.vpc)
        .vpc_endpoint_type(ec2::VpcEndpointType::from(endpoint.kind.name()))
        .service_name(&endpoint.service)
        .set_policy_document(endpoint.policy.as_ref().map(ToString::to_string));
    let request = match &endpoint.kind {
        EndpointKind::Interface {
            subnets,
            security_groups,
            private_dns,
        } => {
            let groups: Result<Vec<String>, Failure> = security_groups
                .iter()
                .map(|group| outputs.resolve(group))
                .collect();
            request
                .set_subnet_ids(some(subnets.clone()))
                .set_security_group_ids(some(groups?))
                .private_dns_enabled(*private_dns)
        }
        EndpointKind::Gateway { route_tables } => {
            request.set_route_table_ids(some(route_tables.clone()))
        }
    };
    let answer = aws.call("ec2:CreateVpcEndpoint", || request.clone().send());
    let created = answer.await?.vpc_endpoint;
    let id = created.and_then(|endpoint| endpoint.vpc_endpoint_id);
    outputs.endpoints.extend(id);
    Ok(())
}

/// EC2 rejects empty lists.
fn some(items: Vec<String>) -> Option<Vec<String>> {
    Some(items).filter(|items| !items.is_empty())
}

/// Deletes an endpoint.
pub async fn delete_vpc_endpoints(aws: &AwsClients, endpoint: &str) -> Result<(), Failure> {
    let request = aws.ec2.delete_vpc_endpoints().vpc_endpoint_ids(endpoint);
    let answer = aws.call("ec2:DeleteVpcEndpoints", || request.clone().send());
    let answer = answer.await?;
    let mut failures = answer.unsuccessful().iter();
    match failures.find_map(|item| item.error()?.message()) {
        Some(why) => Err(cannot("ec2:DeleteVpcEndpoints", why)),
        None => Ok(()),
    }
}
