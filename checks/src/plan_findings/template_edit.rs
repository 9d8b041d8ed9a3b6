//! Fixes on a CloudFormation template: properties to change at logical IDs, and resources to add.

mod references;
mod yaml;

use serde_json::Value;

use super::planned_fix::adapt_to_new_service;
use super::planned_resources::PlannedResources;
use model::arn;
use model::aws_call::{
    AwsCall, DnsAttribute, EndpointKind, NewEndpoint, PROTOCOL, PROTOCOL_NUMBER, Peer, SSE_S3,
    SecurityGroupRule,
};
use model::cli_command::Ref;
use model::facts::CloudFormationResource;
use model::fix::Fix;
use model::step::{ContainerEdit, Edit, ResourcePolicy, Revision, Step};
use model::text::{self, sanitize_line};
use references::{place, stack};
use yaml::TemplateEdit;

/// Replaces the commands by an edit of the template that makes the same change.
pub fn adapt(fix: &mut Fix, resources: &PlannedResources) {
    let steps = std::mem::take(&mut fix.steps);
    let sets_task_role = |step: &Step| match step {
        Step::Revise(revision) => matches!(revision.edit, Edit::TaskRole(_)),
        _ => false,
    };
    let mut template = Template {
        resources,
        edits: Vec::new(),
        owner: None,
        new_group: None,
        forces_deployment: false,
        sets_task_role: steps.iter().flatten().any(sets_task_role),
    };
    steps.iter().flatten().for_each(|step| template.add(step));
    let is_new_service = template.edits.iter().any(|edit| edit.is_new_service);
    fix.commands.clear();
    fix.terraform = None;
    fix.cloudformation = yaml::resources(&template.edits);
    let mut files = template.edits.iter().map(|edit| &edit.file);
    fix.template_file = files.find_map(Option::clone);
    let is_synthesized = template.edits.iter().any(|edit| edit.is_synthesized);
    if is_new_service {
        adapt_to_new_service(fix);
        fix.explain =
            "The service does not exist yet: change the template before you deploy it.".to_owned();
    } else if template.forces_deployment {
        fix.explain
            .push_str(" A new ForceNewDeploymentNonce makes CloudFormation replace the tasks.");
    } else if steps
        .iter()
        .flatten()
        .any(|step| step.deployed_service().is_some())
    {
        fix.explain.push_str(
            " Deploying the template may keep tasks that run already: replace them afterwards, for example with \
             `aws ecs update-service --force-new-deployment`.",
        );
    }
    if is_synthesized {
        fix.explain.push_str(
            " `cdk synth` writes the template anew: make the change in the construct, by its own property or by \
             `addPropertyOverride`.",
        );
    }
}

struct Template<'r, 'a> {
    resources: &'r PlannedResources<'a>,
    edits: Vec<TemplateEdit>,
    /// The resource to whose template the new resources belong.
    owner: Option<&'a CloudFormationResource>,
    /// What defines the VPC of the security group that the fix adds.
    new_group: Option<&'a CloudFormationResource>,
    /// The tasks of an existing service are replaced.
    forces_deployment: bool,
    /// The fix gives a task definition the role that it creates, so that CloudFormation can name the role.
    sets_task_role: bool,
}

/// What a security group that the fix adds is called.
const NEW_GROUP: &str = "EcsExecEndpointSecurityGroup";

/// What a KMS key that the fix adds is called.
const NEW_KEY: &str = "EcsExecLogsKey";

impl Template<'_, '_> {
    fn add(&mut self, step: &Step) {
        match step {
            Step::Call(call) => self.add_call(call),
            Step::Revise(revision) => self.add_revision(revision),
            Step::AddStatement(addition) => {
                let (kind, name, property) = match &addition.policy {
                    ResourcePolicy::Key(key) => ("aws_kms_key", key, "KeyPolicy"),
                    ResourcePolicy::Endpoint(id) => ("aws_vpc_endpoint", id, "PolicyDocument"),
                };
                let statement = self.with_references(&addition.statement, kind, name);
                let properties = format!(
                    "{property}:\n  Statement:\n    # … after the statements that are there:\n    - {statement}"
                );
                self.change(kind, name, &properties);
            }
            Step::Shell(_) => {}
        }
    }

    fn add_call(&mut self, call: &AwsCall) {
        self.owner = self.owner(call);
        if let AwsCall::CreateSecurityGroup(_) = call {
            self.new_group = self.owner;
        }
        let (logical_id, new_type, properties) = match call {
            AwsCall::UpdateService(update) => {
                let service = update.service.as_str();
                if update.enable_execute_command == Some(true) {
                    self.change("aws_ecs_service", service, "EnableExecuteCommand: true");
                }
                if let Some(version) = &update.platform_version {
                    let property = format!("PlatformVersion: {}", quoted(version));
                    self.change("aws_ecs_service", service, &property);
                }
                if let Some(count) = update.desired_count {
                    self.change(
                        "aws_ecs_service",
                        service,
                        &format!("DesiredCount: {count}"),
                    );
                }
                if update.force_new_deployment {
                    self.force_deployment(&update.service);
                }
                return;
            }
            AwsCall::PutRolePolicy(policy) => {
                let properties = format!(
                    "Policies:\n  # … after the policies that are there:\n  - PolicyName: {}\n    PolicyDocument: {}",
                    quoted(&policy.name),
                    self.with_references(&policy.document, "aws_iam_role", &policy.principal)
                );
                let new_role = logical_id("EcsExec", &policy.principal);
                let mut edits = self.edits.iter_mut();
                return match edits.find(|edit| edit.creates("AWS::IAM::Role", &new_role)) {
                    Some(edit) => edit.add(&properties),
                    None => self.change("aws_iam_role", &policy.principal, &properties),
                };
            }
            AwsCall::UpdateAssumeRolePolicy { role, trust_policy } => {
                let property = format!("AssumeRolePolicyDocument: {trust_policy}");
                return self.change("aws_iam_role", role, &property);
            }
            AwsCall::ModifyVpcAttribute { vpc, attribute } => {
                let property = match attribute {
                    DnsAttribute::Support => "EnableDnsSupport",
                    DnsAttribute::Hostnames => "EnableDnsHostnames",
                };
                return self.change("aws_vpc", vpc, &format!("{property}: true"));
            }
            AwsCall::ModifyVpcEndpoint {
                endpoint,
                private_dns,
            } => {
                let property = format!("PrivateDnsEnabled: {private_dns}");
                return self.change("aws_vpc_endpoint", endpoint, &property);
            }
            AwsCall::EnableKey(key) => return self.change("aws_kms_key", key, "Enabled: true"),
            AwsCall::CreateRole(role) => {
                let mut properties = String::new();
                if !self.sets_task_role {
                    properties = format!("RoleName: {}\n", quoted(&role.name));
                    let path = role.path.iter();
                    properties.extend(path.map(|path| format!("Path: {}\n", quoted(path))));
                }
                properties += &format!("AssumeRolePolicyDocument: {}", role.trust_policy);
                (
                    logical_id("EcsExec", &role.name),
                    "AWS::IAM::Role",
                    properties,
                )
            }
            AwsCall::CreateSecurityGroup(group) => (
                NEW_GROUP.to_owned(),
                "AWS::EC2::SecurityGroup",
                format!(
                    "GroupDescription: {}\nVpcId: {}",
                    quoted(&group.description),
                    self.id("aws_vpc", &group.vpc)
                ),
            ),
            AwsCall::AuthorizeSecurityGroupIngress(rule) => (
                logical_id("EcsExecIngress", rule.peer.name()),
                "AWS::EC2::SecurityGroupIngress",
                self.rule(rule, "SourceSecurityGroupId"),
            ),
            AwsCall::AuthorizeSecurityGroupEgress(rule) => (
                logical_id("EcsExecEgress", rule.peer.name()),
                "AWS::EC2::SecurityGroupEgress",
                self.rule(rule, "DestinationSecurityGroupId"),
            ),
            AwsCall::CreateNetworkAclEntry(rule) => {
                let direction = if rule.egress { "Egress" } else { "Ingress" };
                (
                    format!("EcsExecAcl{direction}{}", rule.number),
                    "AWS::EC2::NetworkAclEntry",
                    format!(
                        "NetworkAclId: {}\nEgress: {}\nRuleNumber: {}\nProtocol: {PROTOCOL_NUMBER}\n\
                         RuleAction: allow\nCidrBlock: {}\nPortRange: {{From: {}, To: {}}}",
                        self.id("aws_network_acl", &rule.acl),
                        rule.egress,
                        rule.number,
                        quoted(&rule.cidr),
                        rule.ports.start(),
                        rule.ports.end()
                    ),
                )
            }
            AwsCall::CreateVpcEndpoint(endpoint) => self.endpoint(endpoint),
            AwsCall::CreateLogGroup(name) => (
                logical_id("EcsExecLogs", name),
                "AWS::Logs::LogGroup",
                format!("LogGroupName: {}", quoted(name)),
            ),
            AwsCall::CreateBucket { bucket, .. } => (
                logical_id("EcsExecLogs", bucket),
                "AWS::S3::Bucket",
                format!("BucketName: {}", quoted(bucket)),
            ),
            AwsCall::CreateKey(key) => (
                NEW_KEY.to_owned(),
                "AWS::KMS::Key",
                format!(
                    "Description: {}\nKeyPolicy: {}",
                    quoted(&key.description),
                    key.policy
                ),
            ),
            AwsCall::AssociateKmsKey { log_group, key } => {
                let key = match key {
                    Ref::Literal(arn) => quoted(arn),
                    Ref::Output(_) => format!("!GetAtt {NEW_KEY}.Arn"),
                };
                let property = format!("KmsKeyId: {key}");
                let new_group = logical_id("EcsExecLogs", log_group);
                let mut edits = self.edits.iter_mut();
                return match edits.find(|edit| edit.creates("AWS::Logs::LogGroup", &new_group)) {
                    Some(edit) => edit.add(&property),
                    None => self.change("aws_cloudwatch_log_group", log_group, &property),
                };
            }
            AwsCall::PutBucketEncryption(bucket) => {
                let rule = format!("{{ServerSideEncryptionByDefault: {{SSEAlgorithm: {SSE_S3}}}}}");
                let properties =
                    format!("BucketEncryption: {{ServerSideEncryptionConfiguration: [{rule}]}}");
                return self.change("aws_s3_bucket", bucket, &properties);
            }
            // The next call creates it again, at the same place of the template.
            AwsCall::DeleteVpcEndpoints(endpoint) => {
                return self.change("aws_vpc_endpoint", endpoint, "# … removed");
            }
            // A template has none of these: keys that wait for deletion, users, agents of instances.
            AwsCall::CancelKeyDeletion(_)
            | AwsCall::PutUserPolicy(_)
            | AwsCall::UpdateContainerAgent { .. } => return,
        };
        self.edits.push(TemplateEdit {
            logical_id,
            place: self.owner.map(stack).unwrap_or_default(),
            file: self.owner.and_then(|owner| owner.template.clone()),
            new_type: Some(new_type),
            properties,
            is_new_service: false,
            is_synthesized: false,
        });
    }

    /// A new service has no tasks to replace.
    fn force_deployment(&mut self, service: &str) {
        const FORCE: &str = "ForceNewDeployment:\n  EnableForceNewDeployment: true\n  # Any value that it did not have before.\n  ForceNewDeploymentNonce: \"ecs-exec\"";
        let resource = self.resources.named("aws_ecs_service", service);
        if resource.is_some_and(|service| !service.is_new) {
            self.change("aws_ecs_service", service, FORCE);
            self.forces_deployment = true;
        }
    }

    fn endpoint(&self, endpoint: &NewEndpoint) -> (String, &'static str, String) {
        let ids = |kind: &str, ids: &[String]| {
            let ids: Vec<String> = ids.iter().map(|id| self.id(kind, id)).collect();
            format!("[{}]", ids.join(", "))
        };
        let attachment = match &endpoint.kind {
            EndpointKind::Interface {
                subnets,
                security_groups,
                private_dns,
            } => {
                let groups = security_groups.iter().map(|group| self.group(group));
                let groups: Vec<String> = groups.collect();
                format!(
                    "PrivateDnsEnabled: {private_dns}\nSubnetIds: {}\nSecurityGroupIds: [{}]",
                    ids("aws_subnet", subnets),
                    groups.join(", ")
                )
            }
            EndpointKind::Gateway { route_tables } => {
                format!("RouteTableIds: {}", ids("aws_route_table", route_tables))
            }
        };
        let policy = endpoint.policy.as_ref();
        let policy = policy.map(|policy| format!("\nPolicyDocument: {policy}"));
        let properties = format!(
            "VpcId: {}\nServiceName: {}\nVpcEndpointType: {}\n{attachment}{}",
            self.id("aws_vpc", &endpoint.vpc),
            quoted(&endpoint.service),
            endpoint.kind.name(),
            policy.unwrap_or_default()
        );
        let service = endpoint.service.rsplit('.').next().unwrap_or_default();
        let name = logical_id("EcsExecEndpoint", service);
        (name, "AWS::EC2::VPCEndpoint", properties)
    }

    fn rule(&self, rule: &SecurityGroupRule, peer_group: &str) -> String {
        let (group, port) = (self.group(&rule.group), rule.port);
        let peer = match &rule.peer {
            Peer::SecurityGroup(group) => format!("{peer_group}: {}", self.group(&group.into())),
            Peer::Cidr(cidr) => format!("CidrIp: {}", quoted(cidr)),
        };
        format!(
            "GroupId: {group}\nIpProtocol: {PROTOCOL}\nFromPort: {port}\nToPort: {port}\n{peer}"
        )
    }

    fn add_revision(&mut self, revision: &Revision) {
        let family = arn::family(&revision.definition);
        let properties = match &revision.edit {
            Edit::TaskRole(role) => {
                let role = logical_id("EcsExec", arn::name(role));
                format!("TaskRoleArn: !GetAtt {role}.Arn")
            }
            Edit::WithoutPidMode => "# … without PidMode".to_owned(),
            Edit::Container { name, edit } => {
                let change = match edit {
                    ContainerEdit::WritableRoot => "ReadonlyRootFilesystem: false".to_owned(),
                    ContainerEdit::InitProcess => {
                        "LinuxParameters: {InitProcessEnabled: true}".to_owned()
                    }
                    ContainerEdit::WithoutRestartPolicy => "# … without RestartPolicy".to_owned(),
                    ContainerEdit::WithoutVariables(names) => {
                        let names = sanitize_line(&names.join(", "));
                        format!("# … without {names} in Environment and Secrets")
                    }
                    ContainerEdit::BypassProxy(hosts) => {
                        format!("# … in Environment: NO_PROXY with {}", quoted(hosts))
                    }
                };
                let name = quoted(name);
                format!("ContainerDefinitions:\n  - Name: {name}\n    # …\n    {change}")
            }
        };
        self.change("aws_ecs_task_definition", family, &properties);
    }

    /// Changes a resource of the template; one that the template does not define, only its owner can change.
    fn change(&mut self, kind: &str, name: &str, properties: &str) {
        let resource = self.resources.named(kind, name);
        let Some((resource, cloudformation)) =
            resource.and_then(|resource| Some((resource, resource.cloudformation.as_ref()?)))
        else {
            return;
        };
        let place = place(cloudformation);
        let mut known = self.edits.iter_mut();
        if let Some(edit) = known.find(|edit| edit.changes(&cloudformation.logical_id, &place)) {
            return edit.add(properties);
        }
        self.edits.push(TemplateEdit {
            logical_id: cloudformation.logical_id.clone(),
            place,
            file: cloudformation.template.clone(),
            new_type: None,
            properties: properties.to_owned(),
            is_new_service: resource.is_new && kind == "aws_ecs_service",
            is_synthesized: cloudformation.construct.is_some(),
        });
    }
}

/// A text that YAML reads as it is.
fn quoted(text: &str) -> String {
    Value::String(sanitize_line(text)).to_string()
}

/// A logical ID for a new resource.
fn logical_id(prefix: &str, name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric());
    let words: String = words.map(text::capitalized).collect();
    format!("{prefix}{words}")
}
