//! Fixes on a Pulumi preview: which property of which resource to set, since programs can be in any language.

use std::fmt::Display;

use serde_json::Value;

use super::planned_fix::adapt_to_new_service;
use super::planned_resources::PlannedResources;
use model::arn;
use model::aws_call::{
    AwsCall, DnsAttribute, EndpointKind, NewEndpoint, PROTOCOL, PROTOCOL_NUMBER, Peer, SSE_S3,
    SecurityGroupRule,
};
use model::cli_command::Ref;
use model::facts::{PulumiResource, TerraformResource};
use model::fix::Fix;
use model::step::{ContainerEdit, Edit, ResourcePolicy, Revision, Step};
use model::text::sanitize_line;

/// Replaces the commands by a sentence that says how to make the same change in the program.
pub fn adapt(fix: &mut Fix, resources: &PlannedResources) {
    let steps: Vec<Step> = std::mem::take(&mut fix.steps)
        .into_iter()
        .flatten()
        .collect();
    fix.commands.clear();
    fix.terraform = None;
    let program = Program {
        resources,
        shown_policy: fix.policy.clone(),
    };
    let mut edits: Vec<String> = steps.iter().filter_map(|step| program.edit(step)).collect();
    edits.dedup();
    if steps.iter().any(|step| program.is_of_new_service(step)) {
        adapt_to_new_service(fix);
        fix.explain =
            "The service does not exist yet: change the program before `pulumi up`.".to_owned();
    } else if steps.iter().any(|step| step.deployed_service().is_some()) {
        fix.explain.push_str(
            " `pulumi up` may keep tasks that run already: replace them afterwards, for example with \
             `aws ecs update-service --force-new-deployment`.",
        );
    }
    if !edits.is_empty() {
        let edits = edits.join("; ");
        fix.explain = format!("In the Pulumi program, {edits}. {}", fix.explain);
    }
}

struct Program<'r, 'a> {
    resources: &'r PlannedResources<'a>,
    /// The policy that the fix shows on its own.
    shown_policy: Option<Value>,
}

impl Program<'_, '_> {
    /// The change that makes what the step makes, as a clause; `None` if only an owner outside of the program can.
    fn edit(&self, step: &Step) -> Option<String> {
        match step {
            Step::Call(call) => self.call(call),
            Step::Revise(revision) => self.revision(revision),
            Step::AddStatement(addition) => {
                let (kind, name) = match &addition.policy {
                    ResourcePolicy::Key(key) => ("aws_kms_key", key),
                    ResourcePolicy::Endpoint(id) => ("aws_vpc_endpoint", id),
                };
                let resource = self.resource(kind, name)?;
                let statement = addition.statement.to_string();
                let statement = self.resources.with_arns(&statement, |role| {
                    let words = format!("the ARN of {}", described(role)?);
                    Some(Value::String(words).to_string())
                });
                Some(format!(
                    "add to the policy of {resource} the statement {statement}"
                ))
            }
            Step::Shell(_) => None,
        }
    }

    fn call(&self, call: &AwsCall) -> Option<String> {
        let set = |kind: &str, name: &str, property: &str, value: &dyn Display| {
            let resource = self.resource(kind, name)?;
            Some(format!("set {property} of {resource} to {value}"))
        };
        match call {
            AwsCall::UpdateService(update) => {
                let flag = update.enable_execute_command.filter(|flag| *flag);
                let version = update.platform_version.as_deref().map(quoted);
                let count = update.desired_count;
                let service = self.resource("aws_ecs_service", &update.service)?;
                let changes = [
                    ("enableExecuteCommand", flag.map(|flag| flag.to_string())),
                    ("platformVersion", version),
                    ("desiredCount", count.map(|count| count.to_string())),
                ];
                let changes = changes.into_iter().filter_map(|(property, value)| {
                    Some(format!("set {property} of {service} to {}", value?))
                });
                let changes = changes.collect::<Vec<_>>().join("; ");
                (!changes.is_empty()).then_some(changes)
            }
            AwsCall::PutRolePolicy(policy) => {
                let document = match self.shown_policy.as_ref() == Some(&policy.document) {
                    true => "this fix's policy".to_owned(),
                    false => format!("the policy {}", policy.document),
                };
                let role = self.resource("aws_iam_role", &policy.principal);
                let role = role.unwrap_or_else(|| quoted(&policy.principal));
                Some(format!(
                    "add an aws:iam/rolePolicy:RolePolicy with the role {role} and {document}"
                ))
            }
            AwsCall::UpdateAssumeRolePolicy { role, trust_policy } => {
                set("aws_iam_role", role, "assumeRolePolicy", trust_policy)
            }
            AwsCall::ModifyVpcAttribute { vpc, attribute } => {
                let property = match attribute {
                    DnsAttribute::Support => "enableDnsSupport",
                    DnsAttribute::Hostnames => "enableDnsHostnames",
                };
                set("aws_vpc", vpc, property, &true)
            }
            AwsCall::ModifyVpcEndpoint {
                endpoint,
                private_dns,
            } => set(
                "aws_vpc_endpoint",
                endpoint,
                "privateDnsEnabled",
                private_dns,
            ),
            AwsCall::EnableKey(key) => set("aws_kms_key", key, "isEnabled", &true),
            AwsCall::CreateRole(role) => Some(format!(
                "add an aws:iam/role:Role for {} with the assumeRolePolicy {}",
                quoted(&role.name),
                role.trust_policy
            )),
            AwsCall::CreateSecurityGroup(group) => Some(format!(
                "add an aws:ec2/securityGroup:SecurityGroup with the vpcId of {}",
                self.named("aws_vpc", &group.vpc)
            )),
            AwsCall::AuthorizeSecurityGroupIngress(rule) => Some(self.rule(rule, "ingress")),
            AwsCall::AuthorizeSecurityGroupEgress(rule) => Some(self.rule(rule, "egress")),
            AwsCall::CreateNetworkAclEntry(rule) => Some(format!(
                "add an aws:ec2/networkAclRule:NetworkAclRule with the networkAclId of {}, egress {}, ruleNumber {}, \
                 protocol {PROTOCOL_NUMBER}, ruleAction allow, cidrBlock {}, fromPort {} and toPort {}",
                self.named("aws_network_acl", &rule.acl),
                rule.egress,
                rule.number,
                quoted(&rule.cidr),
                rule.ports.start(),
                rule.ports.end(),
            )),
            AwsCall::CreateVpcEndpoint(endpoint) => Some(self.endpoint(endpoint)),
            AwsCall::CreateLogGroup(name) => Some(format!(
                "add an aws:cloudwatch/logGroup:LogGroup with the name {}",
                quoted(name)
            )),
            AwsCall::CreateBucket { bucket, .. } => Some(format!(
                "add an aws:s3/bucket:Bucket with the bucket {}",
                quoted(bucket)
            )),
            AwsCall::CreateKey(key) => Some(format!(
                "add an aws:kms/key:Key with the policy {}",
                key.policy
            )),
            AwsCall::AssociateKmsKey { log_group, key } => {
                let key = match key {
                    Ref::Literal(arn) => quoted(arn),
                    Ref::Output(_) => "the ARN of the new key".to_owned(),
                };
                let group = self.resource("aws_cloudwatch_log_group", log_group);
                let group = group.unwrap_or_else(|| "the log group".to_owned());
                Some(format!("set kmsKeyId of {group} to {key}"))
            }
            AwsCall::PutBucketEncryption(bucket) => Some(format!(
                "add an aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration with the \
                 bucket {} and the sseAlgorithm {SSE_S3}",
                self.named("aws_s3_bucket", bucket)
            )),
            AwsCall::DeleteVpcEndpoints(endpoint) => {
                let endpoint = self.resource("aws_vpc_endpoint", endpoint)?;
                Some(format!("remove {endpoint}"))
            }
            // A program has none of these: keys that wait for deletion, users, agents of instances.
            AwsCall::CancelKeyDeletion(_)
            | AwsCall::PutUserPolicy(_)
            | AwsCall::UpdateContainerAgent { .. } => None,
        }
    }

    fn rule(&self, rule: &SecurityGroupRule, property: &str) -> String {
        let peer = match &rule.peer {
            Peer::SecurityGroup(group) => {
                format!("securityGroups [{}]", self.group(&group.into()))
            }
            Peer::Cidr(cidr) => format!("cidrBlocks [{}]", quoted(cidr)),
        };
        format!(
            "add to {property} of {} a rule with protocol {PROTOCOL}, fromPort {port}, toPort {port} and {peer} (or the same \
             rule as a resource, if the group's rules are resources)",
            self.group(&rule.group),
            port = rule.port,
        )
    }

    fn endpoint(&self, endpoint: &NewEndpoint) -> String {
        let all = |kind: &str, ids: &[String]| {
            let ids: Vec<String> = ids.iter().map(|id| self.named(kind, id)).collect();
            ids.join(", ")
        };
        let rest = match &endpoint.kind {
            EndpointKind::Interface {
                subnets,
                security_groups,
                private_dns,
            } => {
                let groups = security_groups.iter().map(|group| self.group(group));
                let groups: Vec<String> = groups.collect();
                format!(
                    "privateDnsEnabled {private_dns}, the subnetIds [{}] and the securityGroupIds [{}]",
                    all("aws_subnet", subnets),
                    groups.join(", "),
                )
            }
            EndpointKind::Gateway { route_tables } => {
                format!(
                    "the routeTableIds [{}]",
                    all("aws_route_table", route_tables)
                )
            }
        };
        let policy = endpoint.policy.as_ref();
        let policy = policy.map(|policy| format!(", and the policy {policy}"));
        format!(
            "add an aws:ec2/vpcEndpoint:VpcEndpoint with the vpcId of {}, serviceName {}, vpcEndpointType {}, {rest}{}",
            self.named("aws_vpc", &endpoint.vpc),
            quoted(&endpoint.service),
            endpoint.kind.name(),
            policy.unwrap_or_default(),
        )
    }

    fn revision(&self, revision: &Revision) -> Option<String> {
        let family = arn::family(&revision.definition);
        let definition = self.resource("aws_ecs_task_definition", family)?;
        Some(match &revision.edit {
            Edit::TaskRole(_) => format!("set taskRoleArn of {definition} to the ARN of the role"),
            Edit::WithoutPidMode => format!("remove pidMode from {definition}"),
            Edit::Container { name, edit } => {
                let change = match edit {
                    ContainerEdit::WritableRoot => "set readonlyRootFilesystem to false".to_owned(),
                    ContainerEdit::InitProcess => {
                        "set initProcessEnabled of linuxParameters to true".to_owned()
                    }
                    ContainerEdit::WithoutRestartPolicy => "remove restartPolicy".to_owned(),
                    ContainerEdit::WithoutVariables(names) => {
                        format!("remove {} from environment and secrets", names.join(", "))
                    }
                    ContainerEdit::BypassProxy(hosts) => {
                        format!("set NO_PROXY in environment to include {}", quoted(hosts))
                    }
                };
                let name = quoted(name);
                let edit = format!(
                    "in container {name} of containerDefinitions of {definition}, {change}"
                );
                sanitize_line(&edit)
            }
        })
    }

    fn group(&self, group: &Ref) -> String {
        match group {
            Ref::Literal(id) => self.named("aws_security_group", id),
            Ref::Output(_) => "the new group".to_owned(),
        }
    }

    /// The resource, or the ID of one that the program does not define.
    fn named(&self, kind: &str, id: &str) -> String {
        let resource = self.resource(kind, id).or_else(|| {
            let vpc = self.resources.vpc_of_default_group(id)?;
            Some(format!("defaultSecurityGroupId of {}", described(vpc)?))
        });
        resource.unwrap_or_else(|| quoted(id))
    }

    /// The logical name of a resource, and its type.
    fn resource(&self, kind: &str, name: &str) -> Option<String> {
        described(self.resources.named(kind, name)?)
    }

    fn is_of_new_service(&self, step: &Step) -> bool {
        let service = step
            .service_update()
            .and_then(|update| self.resources.named("aws_ecs_service", &update.service));
        service.is_some_and(|service| service.is_new)
    }
}

/// The logical name of a resource of the program, and its type.
fn described(resource: &TerraformResource) -> Option<String> {
    let PulumiResource {
        name,
        resource_type,
    } = resource.pulumi.as_ref()?;
    Some(sanitize_line(&format!("{name} ({resource_type})")))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", sanitize_line(text))
}
