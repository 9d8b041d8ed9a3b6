//! Makes the calls that fixes are made of. What is there already is as good as made.

use std::collections::BTreeMap;

use aws_sdk_ec2::types as ec2;
use aws_sdk_ecs::types as ecs;
use aws_sdk_s3::types as s3;
use ecs_exec_checks::facts::Unavailable;
use ecs_exec_checks::step::{Call, Step, Word};
use serde_json::Value;

use super::revise::revise;
use crate::facts::aws::{Aws, Failure};

/// What steps have answered so far, by the variable that holds it.
#[derive(Default)]
pub struct Made {
    pub variables: BTreeMap<&'static str, String>,
    /// Endpoints that were made.
    pub endpoints: Vec<String>,
}

/// Makes one step.
pub async fn make(aws: &Aws, step: &Step, made: &mut Made) -> Result<(), Failure> {
    match step {
        Step::Call(call) => {
            let options = Options { call, made };
            let answer = call_aws(aws, &options).await;
            let answer = match answer {
                Err(failure) if is_there_already(&failure) => known(aws, &options).await?,
                other => other?,
            };
            if call.operation == "ec2 create-vpc-endpoint" {
                made.endpoints.extend(answer.clone());
            }
            if let (Some(name), Some(answer)) = (call.into, answer) {
                made.variables.insert(name, answer);
            }
            Ok(())
        }
        Step::Revise(revision) => revise(aws, revision).await,
        Step::Shell(_) => Err(cannot("a shell command", "it has to be run by hand")),
    }
}

/// A call's options, with the variables filled in.
struct Options<'c> {
    call: &'c Call,
    made: &'c Made,
}

impl Options<'_> {
    fn all(&self, name: &str) -> Vec<String> {
        let words = self
            .call
            .options
            .iter()
            .filter(|(option, _)| option == name);
        words
            .flat_map(|(_, words)| words)
            .filter_map(|word| match word {
                Word::Text(text) => Some(text.clone()),
                Word::Variable(name) => self.made.variables.get(name).cloned(),
            })
            .collect()
    }

    fn one(&self, name: &str) -> Option<String> {
        self.all(name).into_iter().next()
    }

    fn has(&self, name: &str) -> bool {
        self.call.options.iter().any(|(option, _)| option == name)
    }

    fn json(&self, name: &str) -> Value {
        let text = self.one(name).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }
}

fn cannot(action: &str, why: &str) -> Failure {
    Failure::from(Unavailable::not_asked(action, why))
}

fn is_there_already(failure: &Failure) -> bool {
    [
        "InvalidPermission.Duplicate",
        "InvalidGroup.Duplicate",
        "NetworkAclEntryAlreadyExists",
        "EntityAlreadyExists",
        "ResourceAlreadyExistsException",
        "BucketAlreadyOwnedByYou",
    ]
    .iter()
    .any(|code| failure.is(code))
}

/// The ID of a security group that was made before under the same name in the same VPC.
async fn known(aws: &Aws, options: &Options<'_>) -> Result<Option<String>, Failure> {
    if options.call.operation != "ec2 create-security-group" {
        return Ok(None);
    }
    let filter = |name: &str, value: Option<String>| {
        ec2::Filter::builder()
            .name(name)
            .set_values(value.map(|value| vec![value]))
            .build()
    };
    let answer = aws
        .call("ec2:DescribeSecurityGroups", || {
            aws.ec2
                .describe_security_groups()
                .filters(filter("vpc-id", options.one("--vpc-id")))
                .filters(filter("group-name", options.one("--group-name")))
                .send()
        })
        .await?;
    let group = answer.security_groups().first();
    Ok(group.and_then(|group| group.group_id().map(str::to_owned)))
}

/// The call's answer, where one is used.
async fn call_aws(aws: &Aws, options: &Options<'_>) -> Result<Option<String>, Failure> {
    match options.call.operation.split_once(' ') {
        Some(("ecs", operation)) => call_ecs(aws, operation, options).await,
        Some(("ec2", operation)) => call_ec2(aws, operation, options).await,
        Some(("iam", operation)) => call_iam(aws, operation, options).await,
        _ => call_others(aws, options).await,
    }
}

async fn call_ecs(
    aws: &Aws,
    operation: &str,
    options: &Options<'_>,
) -> Result<Option<String>, Failure> {
    let cluster = options.one("--cluster");
    match operation {
        "update-service" => {
            let exec = match (
                options.has("--enable-execute-command"),
                options.has("--disable-execute-command"),
            ) {
                (true, _) => Some(true),
                (false, true) => Some(false),
                (false, false) => None,
            };
            aws.call("ecs:UpdateService", || {
                aws.ecs
                    .update_service()
                    .set_cluster(cluster.clone())
                    .set_service(options.one("--service"))
                    .set_enable_execute_command(exec)
                    .set_force_new_deployment(options.has("--force-new-deployment").then_some(true))
                    .set_platform_version(options.one("--platform-version"))
                    .set_task_definition(options.one("--task-definition"))
                    .set_desired_count(
                        options
                            .one("--desired-count")
                            .and_then(|count| count.parse().ok()),
                    )
                    .send()
            })
            .await?;
        }
        "run-task" => {
            let provider = options
                .one("--capacity-provider-strategy")
                .and_then(|strategy| {
                    let name = strategy
                        .strip_prefix("capacityProvider=")?
                        .split(',')
                        .next()?
                        .to_owned();
                    ecs::CapacityProviderStrategyItem::builder()
                        .capacity_provider(name)
                        .weight(1)
                        .build()
                        .ok()
                });
            let role = options.json("--overrides")["taskRoleArn"]
                .as_str()
                .map(str::to_owned);
            let network = network(&options.json("--network-configuration")["awsvpcConfiguration"]);
            let answer = aws
                .call("ecs:RunTask", || {
                    aws.ecs
                        .run_task()
                        .set_cluster(cluster.clone())
                        .set_task_definition(options.one("--task-definition"))
                        .enable_execute_command(true)
                        .set_capacity_provider_strategy(provider.clone().map(|item| vec![item]))
                        .set_launch_type(
                            options
                                .one("--launch-type")
                                .map(|kind| ecs::LaunchType::from(kind.as_str())),
                        )
                        .set_network_configuration(network.clone())
                        .set_overrides(
                            role.clone().map(|role| {
                                ecs::TaskOverride::builder().task_role_arn(role).build()
                            }),
                        )
                        .send()
                })
                .await?;
            if let Some(failure) = answer.failures().first() {
                return Err(cannot(
                    "ecs:RunTask",
                    failure.reason().unwrap_or("ECS started no task"),
                ));
            }
        }
        "update-container-agent" => {
            aws.call("ecs:UpdateContainerAgent", || {
                aws.ecs
                    .update_container_agent()
                    .set_cluster(cluster.clone())
                    .set_container_instance(options.one("--container-instance"))
                    .send()
            })
            .await?;
        }
        other => return Err(unknown(other)),
    }
    Ok(None)
}

fn network(awsvpc: &Value) -> Option<ecs::NetworkConfiguration> {
    let list = |name: &str| {
        let items = awsvpc[name].as_array()?;
        Some(
            items
                .iter()
                .filter_map(|item| item.as_str().map(str::to_owned))
                .collect::<Vec<_>>(),
        )
    };
    let configuration = ecs::AwsVpcConfiguration::builder()
        .set_subnets(Some(list("subnets")?))
        .set_security_groups(list("securityGroups"))
        .set_assign_public_ip(
            awsvpc["assignPublicIp"]
                .as_str()
                .map(ecs::AssignPublicIp::from),
        )
        .build()
        .ok()?;
    Some(
        ecs::NetworkConfiguration::builder()
            .awsvpc_configuration(configuration)
            .build(),
    )
}

async fn call_ec2(
    aws: &Aws,
    operation: &str,
    options: &Options<'_>,
) -> Result<Option<String>, Failure> {
    match operation {
        "create-security-group" => {
            let answer = aws
                .call("ec2:CreateSecurityGroup", || {
                    aws.ec2
                        .create_security_group()
                        .set_group_name(options.one("--group-name"))
                        .set_description(options.one("--description"))
                        .set_vpc_id(options.one("--vpc-id"))
                        .send()
                })
                .await?;
            return Ok(answer.group_id);
        }
        "authorize-security-group-ingress" => {
            let rule = rule(options.one("--cidr"), options.one("--source-group"));
            aws.call("ec2:AuthorizeSecurityGroupIngress", || {
                aws.ec2
                    .authorize_security_group_ingress()
                    .set_group_id(options.one("--group-id"))
                    .ip_permissions(rule.clone())
                    .send()
            })
            .await?;
        }
        "authorize-security-group-egress" => {
            let permission = &options.json("--ip-permissions")[0];
            let text = |value: &Value| value.as_str().map(str::to_owned);
            let rule = rule(
                text(&permission["IpRanges"][0]["CidrIp"]),
                text(&permission["UserIdGroupPairs"][0]["GroupId"]),
            );
            aws.call("ec2:AuthorizeSecurityGroupEgress", || {
                aws.ec2
                    .authorize_security_group_egress()
                    .set_group_id(options.one("--group-id"))
                    .ip_permissions(rule.clone())
                    .send()
            })
            .await?;
        }
        "create-network-acl-entry" => {
            let ports = ports(&options.one("--port-range").unwrap_or_default());
            aws.call("ec2:CreateNetworkAclEntry", || {
                aws.ec2
                    .create_network_acl_entry()
                    .set_network_acl_id(options.one("--network-acl-id"))
                    .egress(options.has("--egress"))
                    .set_rule_number(
                        options
                            .one("--rule-number")
                            .and_then(|number| number.parse().ok()),
                    )
                    .protocol("6")
                    .set_port_range(ports.clone())
                    .set_cidr_block(options.one("--cidr-block"))
                    .rule_action(ec2::RuleAction::Allow)
                    .send()
            })
            .await?;
        }
        "create-vpc-endpoint" => {
            let some = |items: Vec<String>| (!items.is_empty()).then_some(items);
            let answer = aws
                .call("ec2:CreateVpcEndpoint", || {
                    aws.ec2
                        .create_vpc_endpoint()
                        .set_vpc_id(options.one("--vpc-id"))
                        .set_vpc_endpoint_type(
                            options
                                .one("--vpc-endpoint-type")
                                .map(|kind| ec2::VpcEndpointType::from(kind.as_str())),
                        )
                        .set_service_name(options.one("--service-name"))
                        .set_subnet_ids(some(options.all("--subnet-ids")))
                        .set_security_group_ids(some(options.all("--security-group-ids")))
                        .set_route_table_ids(some(options.all("--route-table-ids")))
                        .set_private_dns_enabled(
                            options.has("--private-dns-enabled").then_some(true),
                        )
                        .send()
                })
                .await?;
            return Ok(answer
                .vpc_endpoint
                .and_then(|endpoint| endpoint.vpc_endpoint_id));
        }
        "delete-vpc-endpoints" => {
            let answer = aws
                .call("ec2:DeleteVpcEndpoints", || {
                    aws.ec2
                        .delete_vpc_endpoints()
                        .set_vpc_endpoint_ids(Some(options.all("--vpc-endpoint-ids")))
                        .send()
                })
                .await?;
            if let Some(why) = answer
                .unsuccessful()
                .iter()
                .find_map(|item| item.error()?.message())
            {
                return Err(cannot("ec2:DeleteVpcEndpoints", why));
            }
        }
        "modify-vpc-endpoint" => {
            aws.call("ec2:ModifyVpcEndpoint", || {
                aws.ec2
                    .modify_vpc_endpoint()
                    .set_vpc_endpoint_id(options.one("--vpc-endpoint-id"))
                    .set_private_dns_enabled(options.has("--private-dns-enabled").then_some(true))
                    .set_policy_document(options.one("--policy-document"))
                    .send()
            })
            .await?;
        }
        "modify-vpc-attribute" => {
            let on = |name: &str| {
                options
                    .has(name)
                    .then(|| ec2::AttributeBooleanValue::builder().value(true).build())
            };
            aws.call("ec2:ModifyVpcAttribute", || {
                aws.ec2
                    .modify_vpc_attribute()
                    .set_vpc_id(options.one("--vpc-id"))
                    .set_enable_dns_support(on("--enable-dns-support"))
                    .set_enable_dns_hostnames(on("--enable-dns-hostnames"))
                    .send()
            })
            .await?;
        }
        other => return Err(unknown(other)),
    }
    Ok(None)
}

/// Port 443 to or from a range or a group.
fn rule(cidr: Option<String>, group: Option<String>) -> ec2::IpPermission {
    let mut rule = ec2::IpPermission::builder()
        .ip_protocol("tcp")
        .from_port(443)
        .to_port(443);
    if let Some(cidr) = cidr {
        rule = match cidr.contains(':') {
            true => rule.ipv6_ranges(ec2::Ipv6Range::builder().cidr_ipv6(cidr).build()),
            false => rule.ip_ranges(ec2::IpRange::builder().cidr_ip(cidr).build()),
        };
    }
    if let Some(group) = group {
        rule = rule.user_id_group_pairs(ec2::UserIdGroupPair::builder().group_id(group).build());
    }
    rule.build()
}

/// `From=443,To=443`
fn ports(text: &str) -> Option<ec2::PortRange> {
    let (from, to) = text.strip_prefix("From=")?.split_once(",To=")?;
    Some(
        ec2::PortRange::builder()
            .from(from.parse().ok()?)
            .to(to.parse().ok()?)
            .build(),
    )
}

async fn call_iam(
    aws: &Aws,
    operation: &str,
    options: &Options<'_>,
) -> Result<Option<String>, Failure> {
    match operation {
        "create-role" => {
            aws.call("iam:CreateRole", || {
                aws.iam
                    .create_role()
                    .set_role_name(options.one("--role-name"))
                    .set_path(options.one("--path"))
                    .set_assume_role_policy_document(options.one("--assume-role-policy-document"))
                    .send()
            })
            .await?;
        }
        "put-role-policy" => {
            let name = free_policy_name(options, async |name| {
                let role = options.one("--role-name");
                let answer = aws.call("iam:GetRolePolicy", || {
                    aws.iam
                        .get_role_policy()
                        .set_role_name(role.clone())
                        .policy_name(name)
                        .send()
                });
                answer.await.map(|_| ())
            })
            .await;
            aws.call("iam:PutRolePolicy", || {
                aws.iam
                    .put_role_policy()
                    .set_role_name(options.one("--role-name"))
                    .policy_name(&name)
                    .set_policy_document(options.one("--policy-document"))
                    .send()
            })
            .await?;
        }
        "put-user-policy" => {
            let name = free_policy_name(options, async |name| {
                let user = options.one("--user-name");
                let answer = aws.call("iam:GetUserPolicy", || {
                    aws.iam
                        .get_user_policy()
                        .set_user_name(user.clone())
                        .policy_name(name)
                        .send()
                });
                answer.await.map(|_| ())
            })
            .await;
            aws.call("iam:PutUserPolicy", || {
                aws.iam
                    .put_user_policy()
                    .set_user_name(options.one("--user-name"))
                    .policy_name(&name)
                    .set_policy_document(options.one("--policy-document"))
                    .send()
            })
            .await?;
        }
        "update-assume-role-policy" => {
            aws.call("iam:UpdateAssumeRolePolicy", || {
                aws.iam
                    .update_assume_role_policy()
                    .set_role_name(options.one("--role-name"))
                    .set_policy_document(options.one("--policy-document"))
                    .send()
            })
            .await?;
        }
        other => return Err(unknown(other)),
    }
    Ok(None)
}

/// Putting a policy replaces the one of the same name: one that is there already, or may be, is left alone.
async fn free_policy_name(
    options: &Options<'_>,
    get: impl AsyncFn(&str) -> Result<(), Failure>,
) -> String {
    let name = options.one("--policy-name").unwrap_or_default();
    for number in 1..10 {
        let name = match number {
            1 => name.clone(),
            _ => format!("{name}-{number}"),
        };
        match get(&name).await {
            Err(failure) if failure.is("NoSuchEntity") => return name,
            // Whether it is there cannot be seen for any name.
            Err(_) => return format!("{name}-added"),
            Ok(()) => {}
        }
    }
    format!("{name}-added")
}

/// Keys, log groups, buckets.
async fn call_others(aws: &Aws, options: &Options<'_>) -> Result<Option<String>, Failure> {
    match options.call.operation.as_str() {
        "kms enable-key" => {
            aws.call("kms:EnableKey", || {
                aws.kms
                    .enable_key()
                    .set_key_id(options.one("--key-id"))
                    .send()
            })
            .await?;
        }
        "kms cancel-key-deletion" => {
            aws.call("kms:CancelKeyDeletion", || {
                aws.kms
                    .cancel_key_deletion()
                    .set_key_id(options.one("--key-id"))
                    .send()
            })
            .await?;
        }
        "kms put-key-policy" => {
            aws.call("kms:PutKeyPolicy", || {
                aws.kms
                    .put_key_policy()
                    .set_key_id(options.one("--key-id"))
                    .set_policy_name(options.one("--policy-name"))
                    .set_policy(options.one("--policy"))
                    .send()
            })
            .await?;
        }
        "kms create-key" => {
            let answer = aws
                .call("kms:CreateKey", || {
                    aws.kms
                        .create_key()
                        .set_description(options.one("--description"))
                        .set_policy(options.one("--policy"))
                        .send()
                })
                .await?;
            return Ok(answer.key_metadata.and_then(|key| key.arn));
        }
        "logs create-log-group" => {
            aws.call("logs:CreateLogGroup", || {
                aws.logs
                    .create_log_group()
                    .set_log_group_name(options.one("--log-group-name"))
                    .send()
            })
            .await?;
        }
        "logs associate-kms-key" => {
            aws.call("logs:AssociateKmsKey", || {
                aws.logs
                    .associate_kms_key()
                    .set_log_group_name(options.one("--log-group-name"))
                    .set_kms_key_id(options.one("--kms-key-id"))
                    .send()
            })
            .await?;
        }
        "s3api create-bucket" => {
            let place = options
                .one("--create-bucket-configuration")
                .and_then(|text| {
                    let region = text.strip_prefix("LocationConstraint=")?;
                    let region = s3::BucketLocationConstraint::from(region);
                    Some(
                        s3::CreateBucketConfiguration::builder()
                            .location_constraint(region)
                            .build(),
                    )
                });
            aws.call("s3:CreateBucket", || {
                aws.s3
                    .create_bucket()
                    .set_bucket(options.one("--bucket"))
                    .set_create_bucket_configuration(place.clone())
                    .send()
            })
            .await?;
        }
        "s3api put-bucket-encryption" => {
            let rule = s3::ServerSideEncryptionByDefault::builder()
                .sse_algorithm(s3::ServerSideEncryption::Aes256)
                .build()
                .ok()
                .map(|by_default| {
                    s3::ServerSideEncryptionRule::builder()
                        .apply_server_side_encryption_by_default(by_default)
                        .build()
                });
            let rules = s3::ServerSideEncryptionConfiguration::builder()
                .set_rules(rule.map(|rule| vec![rule]))
                .build()
                .ok();
            aws.call("s3:PutEncryptionConfiguration", || {
                aws.s3
                    .put_bucket_encryption()
                    .set_bucket(options.one("--bucket"))
                    .set_server_side_encryption_configuration(rules.clone())
                    .send()
            })
            .await?;
        }
        other => return Err(unknown(other)),
    }
    Ok(None)
}

fn unknown(operation: &str) -> Failure {
    cannot(operation, "this program does not know how to do it")
}
