//! The policies of a principal, read only if the policy simulator did not decide everything.

use futures::future::{try_join_all, try_join3};
use model::arn;
use model::facts::{Fact, Identity, Policy, Unavailable};

use super::iam::document;
use crate::aws::{AwsClients, Failure, fact};

/// All policies of a user or role, with those of its groups, and its permissions boundary.
pub async fn identity(aws: &AwsClients, arn: &str) -> Fact<Identity> {
    let name = arn::name(arn);
    let identity = match arn.contains(":role/") {
        true => role(aws, name).await,
        false => user(aws, name).await,
    };
    fact(identity, &[])
}

async fn role(aws: &AwsClients, name: &str) -> Result<Identity, Failure> {
    let inline = async {
        const ACTION: &str = "iam:ListRolePolicies";
        let request = || aws.iam.list_role_policies().role_name(name).send();
        let listed = aws.call(ACTION, request).await?;
        ensure_complete(listed.is_truncated, ACTION)?;
        inline_policies(listed.policy_names, async |policy| {
            let read = aws.call("iam:GetRolePolicy", || {
                let get = aws.iam.get_role_policy().role_name(name);
                get.policy_name(policy).send()
            });
            Ok(read.await?.policy_document)
        })
        .await
    };
    let attached = async {
        const ACTION: &str = "iam:ListAttachedRolePolicies";
        let request = || aws.iam.list_attached_role_policies().role_name(name).send();
        let listed = aws.call(ACTION, request).await?;
        ensure_complete(listed.is_truncated, ACTION)?;
        managed_policies(aws, listed.attached_policies()).await
    };
    let boundary = async {
        let request = || aws.iam.get_role().role_name(name).send();
        let answer = aws.call("iam:GetRole", request).await?;
        let boundary = answer.role.and_then(|role| role.permissions_boundary);
        boundary_policy(aws, boundary).await
    };
    let (inline, attached, boundary) = try_join3(inline, attached, boundary).await?;
    Ok(Identity {
        policies: [inline, attached].concat(),
        boundary,
    })
}

async fn user(aws: &AwsClients, name: &str) -> Result<Identity, Failure> {
    let inline = async {
        const ACTION: &str = "iam:ListUserPolicies";
        let request = || aws.iam.list_user_policies().user_name(name).send();
        let listed = aws.call(ACTION, request).await?;
        ensure_complete(listed.is_truncated, ACTION)?;
        inline_policies(listed.policy_names, async |policy| {
            let read = aws.call("iam:GetUserPolicy", || {
                let get = aws.iam.get_user_policy().user_name(name);
                get.policy_name(policy).send()
            });
            Ok(read.await?.policy_document)
        })
        .await
    };
    let attached = async {
        const ACTION: &str = "iam:ListAttachedUserPolicies";
        let request = || aws.iam.list_attached_user_policies().user_name(name).send();
        let listed = aws.call(ACTION, request).await?;
        ensure_complete(listed.is_truncated, ACTION)?;
        let attached = managed_policies(aws, listed.attached_policies()).await?;
        Ok([attached, user_groups(aws, name).await?].concat())
    };
    let boundary = async {
        let request = || aws.iam.get_user().user_name(name).send();
        let answer = aws.call("iam:GetUser", request).await?;
        let boundary = answer.user.and_then(|user| user.permissions_boundary);
        boundary_policy(aws, boundary).await
    };
    let (inline, attached, boundary) = try_join3(inline, attached, boundary).await?;
    Ok(Identity {
        policies: [inline, attached].concat(),
        boundary,
    })
}

/// The policies of a user's groups.
async fn user_groups(aws: &AwsClients, user: &str) -> Result<Vec<Policy>, Failure> {
    const ACTION: &str = "iam:ListGroupsForUser";
    let request = || aws.iam.list_groups_for_user().user_name(user).send();
    let listed = aws.call(ACTION, request).await?;
    ensure_complete(listed.is_truncated, ACTION)?;
    let groups = listed.groups.iter();
    let policies = try_join_all(groups.map(|group| group_policies(aws, group.group_name())));
    Ok(policies.await?.concat())
}

async fn group_policies(aws: &AwsClients, name: &str) -> Result<Vec<Policy>, Failure> {
    const ATTACHED: &str = "iam:ListAttachedGroupPolicies";
    let attached = aws
        .call(ATTACHED, || {
            let list = aws.iam.list_attached_group_policies();
            list.group_name(name).send()
        })
        .await?;
    ensure_complete(attached.is_truncated, ATTACHED)?;
    let attached = managed_policies(aws, attached.attached_policies()).await?;
    const INLINE: &str = "iam:ListGroupPolicies";
    let request = || aws.iam.list_group_policies().group_name(name).send();
    let inline = aws.call(INLINE, request).await?;
    ensure_complete(inline.is_truncated, INLINE)?;
    let inline = inline_policies(inline.policy_names, async |policy| {
        let read = aws.call("iam:GetGroupPolicy", || {
            let get = aws.iam.get_group_policy().group_name(name);
            get.policy_name(policy).send()
        });
        Ok(read.await?.policy_document)
    });
    Ok([attached, inline.await?].concat())
}

/// `read`: the document of an inline policy, in percent-encoding.
async fn inline_policies(
    names: Vec<String>,
    read: impl AsyncFn(&str) -> Result<String, Failure>,
) -> Result<Vec<Policy>, Failure> {
    try_join_all(names.into_iter().map(async |name| {
        Ok(Policy {
            document: document(Some(&read(&name).await?)),
            name,
            arn: None,
        })
    }))
    .await
}

async fn managed_policies(
    aws: &AwsClients,
    attached: &[aws_sdk_iam::types::AttachedPolicy],
) -> Result<Vec<Policy>, Failure> {
    let arns = attached.iter().filter_map(|policy| policy.policy_arn());
    try_join_all(arns.map(|arn| managed_policy(aws, arn))).await
}

async fn boundary_policy(
    aws: &AwsClients,
    boundary: Option<aws_sdk_iam::types::AttachedPermissionsBoundary>,
) -> Result<Option<Policy>, Failure> {
    match boundary.and_then(|boundary| boundary.permissions_boundary_arn) {
        Some(arn) => Ok(Some(managed_policy(aws, &arn).await?)),
        None => Ok(None),
    }
}

pub(super) async fn managed_policy(aws: &AwsClients, arn: &str) -> Result<Policy, Failure> {
    let request = || aws.iam.get_policy().policy_arn(arn).send();
    let answer = aws.call("iam:GetPolicy", request).await?;
    let version = answer.policy.and_then(|policy| policy.default_version_id);
    let read = aws
        .call("iam:GetPolicyVersion", || {
            let get = aws.iam.get_policy_version().policy_arn(arn);
            get.version_id(version.as_deref().unwrap_or_default())
                .send()
        })
        .await?;
    let text = read.policy_version.and_then(|version| version.document);
    Ok(Policy {
        name: arn::name(arn).to_owned(),
        arn: Some(arn.to_owned()),
        document: document(text.as_deref()),
    })
}

/// IAM returns up to a hundred items in a page. A longer list is an error: a part of the policies would lead to a wrong
/// verdict.
fn ensure_complete(is_truncated: bool, action: &str) -> Result<(), Failure> {
    match is_truncated {
        true => Err(Failure::from(Unavailable::not_asked(
            action,
            "there are more than a hundred policies",
        ))),
        false => Ok(()),
    }
}
