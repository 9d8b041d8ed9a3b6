//! What a template calls other resources, its own and those of other stacks.

use serde_json::{Value, json};

use super::{NEW_GROUP, Template, quoted};
use model::aws_call::{AwsCall, Peer, SecurityGroupRule};
use model::cli_command::Ref;
use model::facts::{CloudFormationResource, TerraformResource};
use model::text::sanitize_line;

impl<'a> Template<'_, 'a> {
    /// The resource of the templates that a call adds to: the new resource belongs into the same template.
    pub fn owner(&self, call: &AwsCall) -> Option<&'a CloudFormationResource> {
        let (kind, id) = match call {
            AwsCall::CreateVpcEndpoint(endpoint) => ("aws_vpc", &endpoint.vpc),
            AwsCall::CreateSecurityGroup(group) => ("aws_vpc", &group.vpc),
            AwsCall::CreateNetworkAclEntry(rule) => ("aws_network_acl", &rule.acl),
            // A rule belongs beside the group of the tasks: their stack can import from the network's, not the other way
            // round.
            AwsCall::AuthorizeSecurityGroupIngress(rule) => {
                return self
                    .owner_of_peer(rule)
                    .or_else(|| self.owner_of_group(rule));
            }
            AwsCall::AuthorizeSecurityGroupEgress(rule) => {
                return self
                    .owner_of_group(rule)
                    .or_else(|| self.owner_of_peer(rule));
            }
            _ => return None,
        };
        self.defined(kind, id)
    }

    fn owner_of_group(&self, rule: &SecurityGroupRule) -> Option<&'a CloudFormationResource> {
        match &rule.group {
            Ref::Literal(group) => self.defined("aws_security_group", group),
            Ref::Output(_) => self.new_group,
        }
    }

    fn owner_of_peer(&self, rule: &SecurityGroupRule) -> Option<&'a CloudFormationResource> {
        match &rule.peer {
            Peer::SecurityGroup(peer) => self.defined("aws_security_group", peer),
            Peer::Cidr(_) => None,
        }
    }

    /// The resource of the templates; for a default security group, its VPC.
    fn defined(&self, kind: &str, id: &str) -> Option<&'a CloudFormationResource> {
        let vpc = || self.resources.vpc_of_default_group(id);
        let resource = self.resources.named(kind, id).or_else(vpc)?;
        resource.cloudformation.as_ref()
    }

    /// What the template calls the ID of a security group.
    pub fn group(&self, group: &Ref) -> String {
        match group {
            Ref::Literal(id) => self.id("aws_security_group", id),
            Ref::Output(_) => match self.new_group {
                Some(vpc) => self.attribute(NEW_GROUP, Some("GroupId"), vpc),
                None => format!("!GetAtt {NEW_GROUP}.GroupId"),
            },
        }
    }

    /// A document in the template of a resource, with references to roles and keys of the same template.
    pub fn with_references(&self, document: &Value, kind: &str, name: &str) -> String {
        let owner = self.defined(kind, name);
        let document = self.with_generated_names(document, owner);
        self.resources.with_arns(&document.to_string(), |resource| {
            let (owner, other) = (owner?, resource.cloudformation.as_ref()?);
            are_in_one_template(owner, other).then(|| format!(" !GetAtt {}.Arn", other.logical_id))
        })
    }

    /// A document with `Fn::Sub` where an ARN contains a name that CloudFormation generates.
    fn with_generated_names(
        &self,
        document: &Value,
        owner: Option<&CloudFormationResource>,
    ) -> Value {
        let within = |document: &Value| self.with_generated_names(document, owner);
        match document {
            Value::Array(items) => items.iter().map(within).collect(),
            Value::Object(fields) => {
                let fields = fields.iter();
                fields
                    .map(|(name, field)| (name.clone(), within(field)))
                    .collect()
            }
            Value::String(text) => {
                // The end of the text ends a name, as a quote does.
                let quoted = format!("{text}\"");
                let named = self.resources.with_names(&quoted, |resource| {
                    let (owner, other) = (owner?, resource.cloudformation.as_ref()?);
                    are_in_one_template(owner, other).then(|| other.logical_id.clone())
                });
                match named == quoted {
                    true => document.clone(),
                    false => json!({"Fn::Sub": named.strip_suffix('"')}),
                }
            }
            other => other.clone(),
        }
    }

    /// What the template calls the ID of a resource.
    pub fn id(&self, kind: &str, id: &str) -> String {
        let resource = self.resources.named(kind, id);
        let of_template = resource.and_then(|resource| resource.cloudformation.as_ref());
        match (of_template, self.resources.vpc_of_default_group(id)) {
            (Some(resource), _) => self.reference(
                resource,
                match kind {
                    "aws_security_group" => Some("GroupId"),
                    _ => None,
                },
            ),
            (
                None,
                Some(TerraformResource {
                    cloudformation: Some(vpc),
                    ..
                }),
            ) => self.reference(vpc, Some("DefaultSecurityGroup")),
            _ => quoted(id),
        }
    }

    fn reference(&self, resource: &CloudFormationResource, attribute: Option<&str>) -> String {
        self.attribute(&resource.logical_id, attribute, resource)
    }

    /// `Ref` or an attribute of a resource in the template of `neighbor`. Only an export leads to another stack.
    fn attribute(
        &self,
        logical_id: &str,
        attribute: Option<&str>,
        neighbor: &CloudFormationResource,
    ) -> String {
        match (self.owner, attribute) {
            (Some(owner), attribute) if !are_in_one_template(owner, neighbor) => {
                let what = attribute.unwrap_or("Ref");
                let export = format!("{what} of {logical_id}: export it from {}", stack(neighbor));
                format!("!ImportValue {}", quoted(&export))
            }
            (_, Some(attribute)) => format!("!GetAtt {logical_id}.{attribute}"),
            (_, None) => format!("!Ref {logical_id}"),
        }
    }
}

/// Whether one template defines both.
fn are_in_one_template(one: &CloudFormationResource, other: &CloudFormationResource) -> bool {
    (&one.stack, &one.template) == (&other.stack, &other.template)
}

/// The stack of a resource, with its file; empty if the template is the only one.
pub fn stack(resource: &CloudFormationResource) -> String {
    let stack = match (&resource.stack, &resource.template) {
        (Some(stack), Some(template)) => format!("stack {stack} ({template})"),
        (Some(stack), None) => format!("stack {stack}"),
        _ => String::new(),
    };
    sanitize_line(&stack)
}

/// Where a resource is defined: its stack, the file of that, and its construct in the program of the CDK.
pub fn place(resource: &CloudFormationResource) -> String {
    let mut place = stack(resource);
    if let Some(construct) = &resource.construct {
        let separator = if place.is_empty() { "" } else { ", " };
        place = format!("{place}{separator}construct {construct}");
    }
    sanitize_line(&place)
}
