//! AWS calls as commands of the AWS CLI.

use serde_json::{Value, json};

use super::{AwsCall, DnsAttribute, EndpointKind, PROTOCOL, Peer, SSE_S3, SecurityGroupRule};
use crate::cli_command::{CliCommand, Variable};

impl AwsCall {
    /// The call as a command of the AWS CLI, without the region.
    pub fn cli(&self) -> CliCommand {
        match self {
            AwsCall::UpdateService(update) => CliCommand::new("ecs update-service")
                .option("--cluster", &update.cluster)
                .resource("--service", &update.service)
                .flag(
                    "--enable-execute-command",
                    update.enable_execute_command == Some(true),
                )
                .flag(
                    "--disable-execute-command",
                    update.enable_execute_command == Some(false),
                )
                .options("--platform-version", &update.platform_version)
                .options("--task-definition", &update.task_definition)
                .options(
                    "--desired-count",
                    update.desired_count.map(|count| count.to_string()),
                )
                .flag("--force-new-deployment", update.force_new_deployment),
            AwsCall::UpdateContainerAgent {
                cluster,
                container_instance,
            } => CliCommand::new("ecs update-container-agent")
                .option("--cluster", cluster)
                .option("--container-instance", container_instance),
            AwsCall::CreateSecurityGroup(group) => CliCommand::new("ec2 create-security-group")
                .option("--group-name", &group.name)
                .option("--description", &group.description)
                .resource("--vpc-id", &group.vpc)
                .store(Variable::Group, "GroupId"),
            AwsCall::AuthorizeSecurityGroupIngress(rule) => {
                let command = CliCommand::new("ec2 authorize-security-group-ingress")
                    .resource("--group-id", rule.group.clone())
                    .option("--protocol", PROTOCOL)
                    .option("--port", rule.port.to_string());
                match &rule.peer {
                    Peer::SecurityGroup(group) => command.option("--source-group", group),
                    Peer::Cidr(cidr) => command.option("--cidr", cidr),
                }
            }
            AwsCall::AuthorizeSecurityGroupEgress(rule) => {
                CliCommand::new("ec2 authorize-security-group-egress")
                    .resource("--group-id", rule.group.clone())
                    .json("--ip-permissions", &ip_permissions(rule))
            }
            AwsCall::CreateNetworkAclEntry(rule) => {
                let (from, to) = (rule.ports.start(), rule.ports.end());
                CliCommand::new("ec2 create-network-acl-entry")
                    .resource("--network-acl-id", &rule.acl)
                    .flag("--egress", rule.egress)
                    .flag("--ingress", !rule.egress)
                    .option("--rule-number", rule.number.to_string())
                    .option("--protocol", PROTOCOL)
                    .option("--port-range", format!("From={from},To={to}"))
                    .option("--cidr-block", &rule.cidr)
                    .option("--rule-action", "allow")
            }
            AwsCall::CreateVpcEndpoint(endpoint) => {
                let command = CliCommand::new("ec2 create-vpc-endpoint")
                    .resource("--vpc-id", &endpoint.vpc)
                    .option("--vpc-endpoint-type", endpoint.kind.name())
                    .option("--service-name", &endpoint.service);
                let command = match &endpoint.kind {
                    EndpointKind::Interface {
                        subnets,
                        security_groups,
                        private_dns,
                    } => command
                        .options("--subnet-ids", subnets)
                        .options("--security-group-ids", security_groups.iter().cloned())
                        .flag("--private-dns-enabled", *private_dns),
                    EndpointKind::Gateway { route_tables } => {
                        command.options("--route-table-ids", route_tables)
                    }
                };
                command.options(
                    "--policy-document",
                    endpoint.policy.as_ref().map(Value::to_string),
                )
            }
            AwsCall::DeleteVpcEndpoints(endpoint) => {
                CliCommand::new("ec2 delete-vpc-endpoints").option("--vpc-endpoint-ids", endpoint)
            }
            AwsCall::ModifyVpcEndpoint {
                endpoint,
                private_dns,
            } => CliCommand::new("ec2 modify-vpc-endpoint")
                .resource("--vpc-endpoint-id", endpoint)
                .flag("--private-dns-enabled", *private_dns)
                .flag("--no-private-dns-enabled", !*private_dns),
            AwsCall::ModifyVpcAttribute { vpc, attribute } => {
                CliCommand::new("ec2 modify-vpc-attribute")
                    .resource("--vpc-id", vpc)
                    .flag(
                        match attribute {
                            DnsAttribute::Support => "--enable-dns-support",
                            DnsAttribute::Hostnames => "--enable-dns-hostnames",
                        },
                        true,
                    )
            }
            AwsCall::CreateRole(role) => CliCommand::new("iam create-role")
                .resource("--role-name", &role.name)
                .options("--path", &role.path)
                .json("--assume-role-policy-document", &role.trust_policy),
            AwsCall::PutRolePolicy(policy) => CliCommand::new("iam put-role-policy")
                .resource("--role-name", &policy.principal)
                .option("--policy-name", &policy.name)
                .json("--policy-document", &policy.document),
            AwsCall::PutUserPolicy(policy) => CliCommand::new("iam put-user-policy")
                .resource("--user-name", &policy.principal)
                .option("--policy-name", &policy.name)
                .json("--policy-document", &policy.document),
            AwsCall::UpdateAssumeRolePolicy { role, trust_policy } => {
                CliCommand::new("iam update-assume-role-policy")
                    .resource("--role-name", role)
                    .json("--policy-document", trust_policy)
            }
            AwsCall::EnableKey(key) => {
                CliCommand::new("kms enable-key").resource("--key-id", key)
            }
            AwsCall::CancelKeyDeletion(key) => {
                CliCommand::new("kms cancel-key-deletion").resource("--key-id", key)
            }
            AwsCall::CreateKey(key) => CliCommand::new("kms create-key")
                .option("--description", &key.description)
                .json("--policy", &key.policy)
                .store(Variable::Key, "KeyMetadata.Arn"),
            AwsCall::CreateLogGroup(name) => {
                CliCommand::new("logs create-log-group").resource("--log-group-name", name)
            }
            AwsCall::AssociateKmsKey { log_group, key } => {
                CliCommand::new("logs associate-kms-key")
                    .resource("--log-group-name", log_group)
                    .option("--kms-key-id", key.clone())
            }
            AwsCall::CreateBucket { bucket, location } => {
                let location = location.iter();
                CliCommand::new("s3api create-bucket")
                    .resource("--bucket", bucket)
                    .options(
                        "--create-bucket-configuration",
                        location.map(|region| format!("LocationConstraint={region}")),
                    )
            }
            AwsCall::PutBucketEncryption(bucket) => {
                CliCommand::new("s3api put-bucket-encryption")
                    .resource("--bucket", bucket)
                    .json(
                        "--server-side-encryption-configuration",
                        &json!({"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": SSE_S3}}]}),
                    )
            }
        }
    }
}

fn ip_permissions(rule: &SecurityGroupRule) -> Value {
    let (peers, peer) = match &rule.peer {
        Peer::SecurityGroup(group) => ("UserIdGroupPairs", json!({"GroupId": group})),
        Peer::Cidr(cidr) => ("IpRanges", json!({"CidrIp": cidr})),
    };
    json!([{
        "IpProtocol": PROTOCOL,
        "FromPort": rule.port,
        "ToPort": rule.port,
        peers: [peer],
    }])
}
