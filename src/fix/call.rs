//! Makes the calls that fixes are made of. What is there already is as good as made.

use std::collections::BTreeMap;

use aws_sdk_ec2::types as ec2;
use aws_sdk_s3::types as s3;
use ecs_exec_checks::facts::{Reason, Unavailable};
use ecs_exec_checks::policy_document;
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
    /// The newest revision by the one that it was made from: the next edit goes on from there.
    pub revisions: BTreeMap<String, String>,
    /// The same by family: what is deployed is what was registered, whatever others register meanwhile.
    pub families: BTreeMap<String, String>,
    /// The deployments that were started, by service.
    pub deployments: BTreeMap<String, String>,
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
            let service = options.one("--service");
            match (call.operation.as_str(), &answer) {
                ("ec2 create-vpc-endpoint", Some(id)) => made.endpoints.push(id.clone()),
                ("ecs update-service", Some(deployment)) => {
                    made.deployments
                        .extend(service.map(|service| (service, deployment.clone())));
                }
                _ => {}
            }
            if let (Some(name), Some(answer)) = (call.into, answer) {
                made.variables.insert(name, answer);
            }
            Ok(())
        }
        Step::Revise(revision) => revise(aws, revision, made).await,
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
        "ResourceAlreadyExistsException",
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
            let definition = options.one("--task-definition");
            let registered = |family: String| {
                options
                    .made
                    .families
                    .get(&family)
                    .cloned()
                    .unwrap_or(family)
            };
            let definition = definition.map(registered);
            let answer = aws
                .call("ecs:UpdateService", || {
                    aws.ecs
                        .update_service()
                        .set_cluster(cluster.clone())
                        .set_service(options.one("--service"))
                        .set_enable_execute_command(exec)
                        .set_force_new_deployment(
                            options.has("--force-new-deployment").then_some(true),
                        )
                        .set_platform_version(options.one("--platform-version"))
                        .set_task_definition(definition.clone())
                        .set_desired_count(
                            options
                                .one("--desired-count")
                                .and_then(|count| count.parse().ok()),
                        )
                        .send()
                })
                .await?;
            let deployments = answer
                .service
                .and_then(|service| service.deployments)
                .unwrap_or_default();
            let primary = deployments
                .into_iter()
                .find(|deployment| deployment.status() == Some("PRIMARY"));
            return Ok(primary.and_then(|deployment| deployment.id));
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
            let policy = match options.one("--policy-document") {
                Some(ours) => Some(merged(&endpoint_policy(aws, options).await?, &ours)),
                None => None,
            };
            aws.call("ec2:ModifyVpcEndpoint", || {
                aws.ec2
                    .modify_vpc_endpoint()
                    .set_vpc_endpoint_id(options.one("--vpc-endpoint-id"))
                    .set_private_dns_enabled(options.has("--private-dns-enabled").then_some(true))
                    .set_policy_document(policy.clone())
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
                answer.await.map(|answer| answer.policy_document)
            })
            .await?;
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
                answer.await.map(|answer| answer.policy_document)
            })
            .await?;
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
            let role = options.one("--role-name");
            let answer = aws
                .call("iam:GetRole", || {
                    aws.iam.get_role().set_role_name(role.clone()).send()
                })
                .await?;
            let now = answer
                .role
                .and_then(|role| role.assume_role_policy_document)
                .unwrap_or_default();
            let ours = options.one("--policy-document").unwrap_or_default();
            let policy = merged(&decoded(&now), &ours);
            aws.call("iam:UpdateAssumeRolePolicy", || {
                aws.iam
                    .update_assume_role_policy()
                    .set_role_name(options.one("--role-name"))
                    .policy_document(&policy)
                    .send()
            })
            .await?;
        }
        other => return Err(unknown(other)),
    }
    Ok(None)
}

/// Putting a policy replaces the one of the same name: another one that is there is left alone.
async fn free_policy_name(
    options: &Options<'_>,
    get: impl AsyncFn(&str) -> Result<String, Failure>,
) -> Result<String, Failure> {
    let name = options.one("--policy-name").unwrap_or_default();
    let ours = options.json("--policy-document");
    let names =
        std::iter::once(name.clone()).chain((2..10).map(|number| format!("{name}-{number}")));
    for name in names {
        match get(&name).await {
            Err(failure) if failure.is("NoSuchEntity") => return Ok(name),
            // Whether it is there cannot be seen, for this name and for any other.
            Err(failure) if failure.why.reason == Reason::Denied => {
                return Ok(format!("{name}-added"));
            }
            Err(failure) => return Err(failure),
            Ok(there)
                if serde_json::from_str::<Value>(&decoded(&there))
                    .is_ok_and(|there| there == ours) =>
            {
                return Ok(name);
            }
            Ok(_) => {}
        }
    }
    Ok(format!("{name}-added"))
}

/// A policy as it is now, with the statements that a fix adds to it: others may have changed it meanwhile.
fn merged(now: &str, ours: &str) -> String {
    let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    policy_document::merge(&parse(now), &parse(ours)).to_string()
}

/// IAM gives policies in percent-encoding.
fn decoded(policy: &str) -> String {
    percent_encoding::percent_decode_str(policy)
        .decode_utf8_lossy()
        .into_owned()
}

async fn endpoint_policy(aws: &Aws, options: &Options<'_>) -> Result<String, Failure> {
    let answer = aws
        .call("ec2:DescribeVpcEndpoints", || {
            aws.ec2
                .describe_vpc_endpoints()
                .set_vpc_endpoint_ids(Some(options.all("--vpc-endpoint-id")))
                .send()
        })
        .await?;
    let endpoint = answer
        .vpc_endpoints
        .and_then(|endpoints| endpoints.into_iter().next());
    Ok(endpoint
        .and_then(|endpoint| endpoint.policy_document)
        .unwrap_or_default())
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
            let key = options.one("--key-id");
            let answer = aws
                .call("kms:GetKeyPolicy", || {
                    aws.kms
                        .get_key_policy()
                        .set_key_id(key.clone())
                        .policy_name("default")
                        .send()
                })
                .await?;
            let ours = options.one("--policy").unwrap_or_default();
            let policy = merged(&answer.policy.unwrap_or_default(), &ours);
            aws.call("kms:PutKeyPolicy", || {
                aws.kms
                    .put_key_policy()
                    .set_key_id(options.one("--key-id"))
                    .set_policy_name(options.one("--policy-name"))
                    .policy(&policy)
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
