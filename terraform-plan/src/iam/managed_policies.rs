//! Reads the documents of policies, and knows some that AWS publishes.

use model::arn;
use model::facts::Unavailable;
use serde_json::{Value, json};

use super::policy_document_data::read_data_document;
use crate::plan::resource::Resource;
use crate::resolve::{Resolver, ResourceKind, trace};
use crate::unavailable::{not_in_plan, not_shown};

/// A policy whose document is unknown.
#[derive(Debug, Clone)]
pub struct UnreadPolicy {
    pub why: Unavailable,
    /// It may deny actions, not only allow them.
    pub may_deny: bool,
    /// `None` if it may be any policy of the role.
    pub name: Option<PolicyName>,
}

/// Identifies a policy of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyName {
    Inline(String),
    Managed,
}

impl UnreadPolicy {
    /// Any policy, about which nothing is known.
    pub fn unknown(why: Unavailable) -> UnreadPolicy {
        UnreadPolicy {
            why,
            may_deny: true,
            name: None,
        }
    }
}

/// A policy document.
pub struct Document {
    pub json: Value,
    /// Why some of its statements are open.
    pub open: Option<Unavailable>,
}

/// Reads the document of a managed policy: from the plan, or as AWS publishes it.
pub fn managed_policy(resolver: &Resolver, arn: &str) -> Result<Document, UnreadPolicy> {
    let managed = resolver.find(arn, ResourceKind::Policy);
    let mut data = resolver.data("aws_iam_policy");
    if let Some(policy) = managed.or_else(|| data.find(|policy| policy.has_text("arn", arn))) {
        return read_document(resolver, policy, "policy");
    }
    if let Some(json) = published_document(arn) {
        return Ok(Document { json, open: None });
    }
    // AWS's own policies only allow, except for those that lock someone out.
    let name = arn::name(arn);
    let is_aws_managed = arn::account(arn) == Some("aws");
    Err(UnreadPolicy {
        why: not_in_plan(format!("the document of policy {arn}")),
        may_deny: !is_aws_managed || name.contains("Deny") || name.contains("Quarantine"),
        name: Some(PolicyName::Managed),
    })
}

/// Reads the document in an attribute.
pub fn read_document(
    resolver: &Resolver,
    resource: &Resource,
    path: &str,
) -> Result<Document, UnreadPolicy> {
    read_document_of(resolver, resource, path, Some(path))
}

/// Reads the document in an attribute whose expression has another path; `None` if that is unknown.
pub fn read_document_of(
    resolver: &Resolver,
    resource: &Resource,
    path: &str,
    expression: Option<&str>,
) -> Result<Document, UnreadPolicy> {
    let text = match resource.text(path) {
        Ok(text) => text.unwrap_or("{}"),
        Err(why) => {
            let trace = expression.map(|path| trace(resolver.plan, resource, path));
            let source = trace.filter(|trace| !trace.is_open && trace.sources.len() == 1);
            let source = source.and_then(|mut trace| trace.sources.pop());
            let json = source.and_then(|source| read_data_document(resolver, source.resource));
            return match json {
                Some(json) => Ok(Document {
                    json,
                    open: Some(why),
                }),
                None => Err(UnreadPolicy::unknown(why)),
            };
        }
    };
    match serde_json::from_str(text) {
        Ok(json) => Ok(Document { json, open: None }),
        Err(_) => {
            let why = not_shown(format!("the policy of {} is not JSON", resource.address));
            Err(UnreadPolicy::unknown(why))
        }
    }
}

/// The document of an AWS managed policy that task roles often have.
/// <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>
fn published_document(arn: &str) -> Option<Value> {
    if arn::account(arn) != Some("aws") {
        return None;
    }
    let allow = |actions: &[&str]| json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
    let statement = match arn::name(arn) {
        "AdministratorAccess" => allow(&["*"]),
        "PowerUserAccess" => json!({
            "Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*",
        }),
        "AmazonECSTaskExecutionRolePolicy" => allow(&[
            "ecr:GetAuthorizationToken",
            "ecr:BatchCheckLayerAvailability",
            "ecr:GetDownloadUrlForLayer",
            "ecr:BatchGetImage",
            "logs:CreateLogStream",
            "logs:PutLogEvents",
        ]),
        "AmazonSSMManagedInstanceCore" => allow(&[
            "ssm:DescribeAssociation",
            "ssm:GetDeployablePatchSnapshotForInstance",
            "ssm:GetDocument",
            "ssm:DescribeDocument",
            "ssm:GetManifest",
            "ssm:GetParameter",
            "ssm:GetParameters",
            "ssm:ListAssociations",
            "ssm:ListInstanceAssociations",
            "ssm:PutInventory",
            "ssm:PutComplianceItems",
            "ssm:PutConfigurePackageResult",
            "ssm:UpdateAssociationStatus",
            "ssm:UpdateInstanceAssociationStatus",
            "ssm:UpdateInstanceInformation",
            "ssmmessages:CreateControlChannel",
            "ssmmessages:CreateDataChannel",
            "ssmmessages:OpenControlChannel",
            "ssmmessages:OpenDataChannel",
            "ec2messages:AcknowledgeMessage",
            "ec2messages:DeleteMessage",
            "ec2messages:FailMessage",
            "ec2messages:GetEndpoint",
            "ec2messages:GetMessages",
            "ec2messages:SendReply",
        ]),
        _ => return None,
    };
    Some(json!({"Version": "2012-10-17", "Statement": [statement]}))
}
