//! The documents of managed policies, as far as a plan holds them or AWS publishes them.

use checks::arn;
use checks::facts::Unavailable;
use serde_json::{Value, json};

use super::policy_document_data;
use crate::plan::resource::Resource;
use crate::resolve::Resolver;
use crate::resolve::resource_kind::ResourceKind;
use crate::resolve::trace::trace;
use crate::unavailable::{not_in_plan, not_shown};

/// A policy of which the document is not known.
#[derive(Debug, Clone)]
pub struct Unread {
    pub why: Unavailable,
    /// It may deny, too.
    pub may_deny: bool,
    /// Which one it is, where that is known.
    pub policy: Option<Named>,
}

/// A policy of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    Inline(String),
    Managed,
}

impl Unread {
    pub fn any(why: Unavailable) -> Unread {
        Unread {
            why,
            may_deny: true,
            policy: None,
        }
    }
}

/// A policy's document.
pub struct Document {
    pub json: Value,
    /// Why some of its statements hang on [`policy_document_data::UNREAD`].
    pub open: Option<Unavailable>,
}

pub fn managed(resolver: &Resolver, arn: &str) -> Result<Document, Unread> {
    let own = resolver.instance_named(arn, ResourceKind::Policy);
    let mut data = resolver.plan.data_of_type("aws_iam_policy");
    let read = || data.find(|policy| policy.text(&["arn"]) == Ok(Some(arn)));
    if let Some(instance) = own.or_else(read) {
        return document(resolver, instance, &["policy"]);
    }
    if let Some(json) = published(arn) {
        return Ok(Document { json, open: None });
    }
    Err(Unread {
        why: not_in_plan(format!("policy {arn}, and so what it allows,")),
        may_deny: may_deny(arn),
        policy: Some(Named::Managed),
    })
}

/// The document in an attribute.
pub fn document(
    resolver: &Resolver,
    instance: &Resource,
    path: &[&str],
) -> Result<Document, Unread> {
    document_by(resolver, instance, path, Some(path))
}

/// The same, where the expression is at another place than the value; none where nobody can tell at which.
pub fn document_by(
    resolver: &Resolver,
    instance: &Resource,
    path: &[&str],
    expression: Option<&[&str]>,
) -> Result<Document, Unread> {
    let unread = Unread::any;
    let text = match instance.text(path) {
        Ok(text) => text.unwrap_or("{}"),
        Err(why) => {
            let Some(expression) = expression else {
                return Err(unread(why));
            };
            let traced = trace(resolver.plan, instance, expression);
            return match traced.sources.as_slice() {
                [only] if !traced.is_open => {
                    policy_document_data::read_later(resolver, only.instance)
                        .map(|json| Document {
                            json,
                            open: Some(why.clone()),
                        })
                        .ok_or(unread(why))
                }
                _ => Err(unread(why)),
            };
        }
    };
    match serde_json::from_str(text) {
        Ok(json) => Ok(Document { json, open: None }),
        Err(_) => Err(unread(not_shown(format!(
            "the policy of {} is not JSON",
            instance.address
        )))),
    }
}

/// AWS's own policies only ever allow, except those that are there to shut somebody out.
fn may_deny(arn: &str) -> bool {
    let name = arn::name(arn);
    let is_aws_s = arn::account(arn) == Some("aws");
    !is_aws_s || name.contains("Deny") || name.contains("Quarantine")
}

/// <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>
fn published(arn: &str) -> Option<Value> {
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
