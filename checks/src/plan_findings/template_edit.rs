//! Fixes on a CloudFormation template: properties to change at logical IDs, and resources to add.

use serde_json::Value;

use super::planned_fix::adapt_to_new_service;
use super::planned_resources::PlannedResources;
use model::arn;
use model::aws_call::{AwsCall, DnsAttribute, EndpointKind, NewEndpoint, Peer, SecurityGroupRule};
use model::cli_command::Ref;
use model::facts::CloudFormationResource;
use model::fix::Fix;
use model::step::{ContainerEdit, Edit, ResourcePolicy, Revision, Step};
use model::text::{self, sanitize_line};

/// Replaces the commands by an edit of the template that makes the same change.
pub fn adapt(fix: &mut Fix, resources: &PlannedResources) {
    let steps = std::mem::take(&mut fix.steps);
    let sets_task_role = |step: &Step| {
        matches!(
            step,
            Step::Revise(Revision {
                edit: Edit::TaskRole(_),
                ..
            })
        )
    };
    let mut template = Template {
        resources,
        edits: Vec::new(),
        sets_task_role: steps.iter().flatten().any(sets_task_role),
    };
    steps.iter().flatten().for_each(|step| template.add(step));
    let is_new_service = template.edits.iter().any(|edit| edit.is_new_service);
    fix.commands.clear();
    fix.terraform = None;
    fix.cloudformation = template.yaml();
    if is_new_service {
        adapt_to_new_service(fix);
        fix.explain =
            "The service does not exist yet: change the template before you deploy it.".to_owned();
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
}

/// Properties of one resource.
struct TemplateEdit {
    logical_id: String,
    /// Where the template is; empty if the resource is new or the template has no name.
    place: String,
    /// Its type, if it is to be added.
    new_type: Option<&'static str>,
    lines: Vec<String>,
    is_new_service: bool,
}

impl TemplateEdit {
    fn creates(&self, resource_type: &str, logical_id: &str) -> bool {
        self.new_type == Some(resource_type) && self.logical_id == logical_id
    }
}

struct Template<'r, 'a> {
    resources: &'r PlannedResources<'a>,
    edits: Vec<TemplateEdit>,
    /// The fix gives a task definition the role that it creates, so that CloudFormation can name the role.
    sets_task_role: bool,
}

/// What a security group that the fix adds is called.
const NEW_GROUP: &str = "EcsExecEndpointSecurityGroup";

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
                let lines = vec![
                    format!("{property}:"),
                    "  Statement:".to_owned(),
                    "    # … after the statements that are there:".to_owned(),
                    format!("    - {}", addition.statement),
                ];
                self.change(kind, name, lines);
            }
            Step::Shell(_) => {}
        }
    }

    fn add_call(&mut self, call: &AwsCall) {
        let (logical_id, new_type, lines) = match call {
            AwsCall::UpdateService(update) => {
                if update.enable_execute_command == Some(true) {
                    let lines = vec!["EnableExecuteCommand: true".to_owned()];
                    self.change("aws_ecs_service", &update.service, lines);
                }
                return;
            }
            AwsCall::PutRolePolicy(policy) => {
                let lines = vec![
                    "Policies:".to_owned(),
                    "  # … after the policies that are there:".to_owned(),
                    format!("  - PolicyName: {}", quoted(&policy.name)),
                    format!("    PolicyDocument: {}", policy.document),
                ];
                let new_role = logical_id("EcsExec", &policy.principal);
                let mut edits = self.edits.iter_mut();
                return match edits.find(|edit| edit.creates("AWS::IAM::Role", &new_role)) {
                    Some(edit) => edit.lines.extend(lines),
                    None => self.change("aws_iam_role", &policy.principal, lines),
                };
            }
            AwsCall::UpdateAssumeRolePolicy { role, trust_policy } => {
                let lines = vec![format!("AssumeRolePolicyDocument: {trust_policy}")];
                return self.change("aws_iam_role", role, lines);
            }
            AwsCall::ModifyVpcAttribute { vpc, attribute } => {
                let property = match attribute {
                    DnsAttribute::Support => "EnableDnsSupport",
                    DnsAttribute::Hostnames => "EnableDnsHostnames",
                };
                return self.change("aws_vpc", vpc, vec![format!("{property}: true")]);
            }
            AwsCall::ModifyVpcEndpoint {
                endpoint,
                private_dns,
            } => {
                let lines = vec![format!("PrivateDnsEnabled: {private_dns}")];
                return self.change("aws_vpc_endpoint", endpoint, lines);
            }
            AwsCall::EnableKey { key } => {
                return self.change("aws_kms_key", key, vec!["Enabled: true".to_owned()]);
            }
            AwsCall::CreateRole {
                name,
                path,
                trust_policy,
            } => {
                let mut lines = Vec::new();
                if !self.sets_task_role {
                    lines.push(format!("RoleName: {}", quoted(name)));
                    lines.extend(path.as_ref().map(|path| format!("Path: {}", quoted(path))));
                }
                lines.push(format!("AssumeRolePolicyDocument: {trust_policy}"));
                (logical_id("EcsExec", name), "AWS::IAM::Role", lines)
            }
            AwsCall::CreateSecurityGroup {
                description, vpc, ..
            } => (
                NEW_GROUP.to_owned(),
                "AWS::EC2::SecurityGroup",
                vec![
                    format!("GroupDescription: {}", quoted(description)),
                    format!("VpcId: {}", self.id("aws_vpc", vpc)),
                ],
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
                    vec![
                        format!("NetworkAclId: {}", self.id("aws_network_acl", &rule.acl)),
                        format!("Egress: {}", rule.egress),
                        format!("RuleNumber: {}", rule.number),
                        format!("Protocol: {}", rule.protocol.number()),
                        format!("RuleAction: {}", rule.action.name()),
                        format!("CidrBlock: {}", quoted(&rule.cidr)),
                        format!(
                            "PortRange: {{From: {}, To: {}}}",
                            rule.ports.start(),
                            rule.ports.end()
                        ),
                    ],
                )
            }
            AwsCall::CreateVpcEndpoint(endpoint) => self.endpoint(endpoint),
            AwsCall::CreateLogGroup { name } => (
                logical_id("EcsExecLogs", name),
                "AWS::Logs::LogGroup",
                vec![format!("LogGroupName: {}", quoted(name))],
            ),
            AwsCall::CreateBucket { bucket, .. } => (
                logical_id("EcsExecLogs", bucket),
                "AWS::S3::Bucket",
                vec![format!("BucketName: {}", quoted(bucket))],
            ),
            _ => return,
        };
        self.edits.push(TemplateEdit {
            logical_id,
            place: String::new(),
            new_type: Some(new_type),
            lines,
            is_new_service: false,
        });
    }

    fn endpoint(&self, endpoint: &NewEndpoint) -> (String, &'static str, Vec<String>) {
        let ids = |kind: &str, ids: &[String]| {
            let ids: Vec<String> = ids.iter().map(|id| self.id(kind, id)).collect();
            format!("[{}]", ids.join(", "))
        };
        let mut lines = vec![
            format!("VpcId: {}", self.id("aws_vpc", &endpoint.vpc)),
            format!("ServiceName: {}", quoted(&endpoint.service)),
            format!("VpcEndpointType: {}", endpoint.kind.name()),
        ];
        match &endpoint.kind {
            EndpointKind::Interface {
                subnets,
                security_groups,
                private_dns,
            } => {
                let groups = security_groups.iter().map(|group| self.group(group));
                let groups: Vec<String> = groups.collect();
                lines.push(format!("PrivateDnsEnabled: {private_dns}"));
                lines.push(format!("SubnetIds: {}", ids("aws_subnet", subnets)));
                lines.push(format!("SecurityGroupIds: [{}]", groups.join(", ")));
            }
            EndpointKind::Gateway { route_tables } => {
                let tables = ids("aws_route_table", route_tables);
                lines.push(format!("RouteTableIds: {tables}"));
            }
        }
        let service = endpoint.service.rsplit('.').next().unwrap_or_default();
        let name = logical_id("EcsExecEndpoint", service);
        (name, "AWS::EC2::VPCEndpoint", lines)
    }

    fn rule(&self, rule: &SecurityGroupRule, peer_group: &str) -> Vec<String> {
        vec![
            format!("GroupId: {}", self.group(&rule.group)),
            format!("IpProtocol: {}", rule.protocol.name()),
            format!("FromPort: {}", rule.port),
            format!("ToPort: {}", rule.port),
            match &rule.peer {
                Peer::SecurityGroup(group) => {
                    format!("{peer_group}: {}", self.group(&group.into()))
                }
                Peer::Cidr(cidr) => format!("CidrIp: {}", quoted(cidr)),
            },
        ]
    }

    fn group(&self, group: &Ref) -> String {
        match group {
            Ref::Literal(id) => self.id("aws_security_group", id),
            Ref::Output(_) => format!("!GetAtt {NEW_GROUP}.GroupId"),
        }
    }

    /// What the template calls the ID of a resource.
    fn id(&self, kind: &str, id: &str) -> String {
        let resource = self.resources.named(kind, id);
        match resource.and_then(|resource| resource.cloudformation.as_ref()) {
            Some(CloudFormationResource { logical_id, .. }) => match kind {
                "aws_security_group" => format!("!GetAtt {logical_id}.GroupId"),
                _ => format!("!Ref {logical_id}"),
            },
            None => quoted(id),
        }
    }

    fn add_revision(&mut self, revision: &Revision) {
        let family = arn::family(&revision.definition);
        let lines = match &revision.edit {
            Edit::TaskRole(role) => {
                let role = logical_id("EcsExec", arn::name(role));
                vec![format!("TaskRoleArn: !GetAtt {role}.Arn")]
            }
            Edit::WithoutPidMode => vec!["# … without PidMode".to_owned()],
            Edit::Container { name, edit } => {
                let mut lines = vec![
                    "ContainerDefinitions:".to_owned(),
                    format!("  - Name: {}", quoted(name)),
                    "    # …".to_owned(),
                ];
                lines.push(match edit {
                    ContainerEdit::WritableRoot => "    ReadonlyRootFilesystem: false".to_owned(),
                    ContainerEdit::InitProcess => {
                        "    LinuxParameters: {InitProcessEnabled: true}".to_owned()
                    }
                    ContainerEdit::WithoutRestartPolicy => {
                        "    # … without RestartPolicy".to_owned()
                    }
                    ContainerEdit::WithoutVariables(names) => {
                        let names = sanitize_line(&names.join(", "));
                        format!("    # … without {names} in Environment and Secrets")
                    }
                    ContainerEdit::BypassProxy(hosts) => {
                        format!("    # … in Environment: NO_PROXY with {}", quoted(hosts))
                    }
                });
                lines
            }
        };
        self.change("aws_ecs_task_definition", family, lines);
    }

    /// Changes a resource of the template; one that the template does not define, only its owner can change.
    fn change(&mut self, kind: &str, name: &str, lines: Vec<String>) {
        let Some(resource) = self.resources.named(kind, name) else {
            return;
        };
        let Some(cloudformation) = &resource.cloudformation else {
            return;
        };
        let known = self.edits.iter_mut();
        if let Some(edit) = known
            .filter(|edit| edit.new_type.is_none())
            .find(|edit| edit.logical_id == cloudformation.logical_id)
        {
            return edit.lines.extend(lines);
        }
        let place = match (&cloudformation.stack, &cloudformation.template) {
            (Some(stack), Some(template)) => format!("stack {stack} ({template})"),
            (Some(stack), None) => format!("stack {stack}"),
            _ => String::new(),
        };
        self.edits.push(TemplateEdit {
            logical_id: cloudformation.logical_id.clone(),
            place: sanitize_line(&place),
            new_type: None,
            lines,
            is_new_service: resource.is_new && kind == "aws_ecs_service",
        });
    }

    fn yaml(&self) -> Option<String> {
        if self.edits.is_empty() {
            return None;
        }
        let mut yaml = vec!["Resources:".to_owned()];
        for edit in &self.edits {
            let place = match edit.place.as_str() {
                "" => String::new(),
                place => format!("  # {place}"),
            };
            yaml.push(format!("  {}:{place}", edit.logical_id));
            yaml.extend(edit.new_type.map(|name| format!("    Type: {name}")));
            yaml.push("    Properties:".to_owned());
            if edit.new_type.is_none() {
                yaml.push("      # …".to_owned());
            }
            yaml.extend(edit.lines.iter().map(|line| format!("      {line}")));
        }
        Some(yaml.join("\n"))
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
