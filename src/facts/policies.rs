//! The policies of a principal, read only where the policy simulator left something open.

use futures::future::{try_join, try_join_all};
use model::arn;
use model::facts::{Fact, Identity, Policy, Unavailable};
use serde_json::Value;

use super::iam::document;
use crate::aws::{Aws, Failure};

/// Every policy that says what a user or role may do, its groups' and its boundary too.
pub async fn identity(aws: &Aws, arn: &str) -> Fact<Identity> {
    let name = arn::name(arn);
    let read = if arn.contains(":role/") {
        of_role(aws, name).await
    } else {
        of_user(aws, name).await
    };
    match read {
        Ok(identity) => Fact::Known(identity),
        Err(failure) => Fact::Unavailable(failure.why),
    }
}

async fn of_role(aws: &Aws, name: &str) -> Result<Identity, Failure> {
    let inline = async {
        let listed = aws
            .call("iam:ListRolePolicies", || {
                aws.iam.list_role_policies().role_name(name).send()
            })
            .await?;
        whole(listed.is_truncated, "iam:ListRolePolicies")?;
        try_join_all(listed.policy_names.into_iter().map(async |policy| {
            let read = aws
                .call("iam:GetRolePolicy", || {
                    aws.iam
                        .get_role_policy()
                        .role_name(name)
                        .policy_name(&policy)
                        .send()
                })
                .await?;
            Ok(inline(policy, &read.policy_document))
        }))
        .await
    };
    let attached = async {
        let listed = aws
            .call("iam:ListAttachedRolePolicies", || {
                aws.iam.list_attached_role_policies().role_name(name).send()
            })
            .await?;
        whole(listed.is_truncated, "iam:ListAttachedRolePolicies")?;
        managed_all(
            aws,
            listed
                .attached_policies()
                .iter()
                .filter_map(|p| p.policy_arn()),
        )
        .await
    };
    let boundary = async {
        let role = aws
            .call("iam:GetRole", || aws.iam.get_role().role_name(name).send())
            .await?;
        let arn = role
            .role
            .and_then(|role| role.permissions_boundary?.permissions_boundary_arn);
        boundary(aws, arn).await
    };
    joined(inline, attached, boundary).await
}

async fn of_user(aws: &Aws, name: &str) -> Result<Identity, Failure> {
    let inline = async {
        let listed = aws
            .call("iam:ListUserPolicies", || {
                aws.iam.list_user_policies().user_name(name).send()
            })
            .await?;
        whole(listed.is_truncated, "iam:ListUserPolicies")?;
        try_join_all(listed.policy_names.into_iter().map(async |policy| {
            let read = aws
                .call("iam:GetUserPolicy", || {
                    aws.iam
                        .get_user_policy()
                        .user_name(name)
                        .policy_name(&policy)
                        .send()
                })
                .await?;
            Ok(inline(policy, &read.policy_document))
        }))
        .await
    };
    let attached = async {
        let listed = aws
            .call("iam:ListAttachedUserPolicies", || {
                aws.iam.list_attached_user_policies().user_name(name).send()
            })
            .await?;
        whole(listed.is_truncated, "iam:ListAttachedUserPolicies")?;
        let (own, of_groups) = try_join(
            managed_all(
                aws,
                listed
                    .attached_policies()
                    .iter()
                    .filter_map(|p| p.policy_arn()),
            ),
            of_groups(aws, name),
        )
        .await?;
        Ok(own.into_iter().chain(of_groups).collect())
    };
    let boundary = async {
        let user = aws
            .call("iam:GetUser", || aws.iam.get_user().user_name(name).send())
            .await?;
        let arn = user
            .user
            .and_then(|user| user.permissions_boundary?.permissions_boundary_arn);
        boundary(aws, arn).await
    };
    joined(inline, attached, boundary).await
}

async fn of_groups(aws: &Aws, user: &str) -> Result<Vec<Policy>, Failure> {
    let listed = aws
        .call("iam:ListGroupsForUser", || {
            aws.iam.list_groups_for_user().user_name(user).send()
        })
        .await?;
    whole(listed.is_truncated, "iam:ListGroupsForUser")?;
    let policies = try_join_all(listed.groups.into_iter().map(async |group| {
        let name = group.group_name;
        let attached = aws
            .call("iam:ListAttachedGroupPolicies", || {
                aws.iam
                    .list_attached_group_policies()
                    .group_name(&name)
                    .send()
            })
            .await?;
        whole(attached.is_truncated, "iam:ListAttachedGroupPolicies")?;
        let mut policies = managed_all(
            aws,
            attached
                .attached_policies()
                .iter()
                .filter_map(|p| p.policy_arn()),
        )
        .await?;
        let listed = aws
            .call("iam:ListGroupPolicies", || {
                aws.iam.list_group_policies().group_name(&name).send()
            })
            .await?;
        whole(listed.is_truncated, "iam:ListGroupPolicies")?;
        for policy in listed.policy_names {
            let read = aws
                .call("iam:GetGroupPolicy", || {
                    aws.iam
                        .get_group_policy()
                        .group_name(&name)
                        .policy_name(&policy)
                        .send()
                })
                .await?;
            policies.push(inline(policy, &read.policy_document));
        }
        Ok::<_, Failure>(policies)
    }))
    .await?;
    Ok(policies.into_iter().flatten().collect())
}

async fn joined(
    inline: impl Future<Output = Result<Vec<Policy>, Failure>>,
    attached: impl Future<Output = Result<Vec<Policy>, Failure>>,
    boundary: impl Future<Output = Result<Option<Policy>, Failure>>,
) -> Result<Identity, Failure> {
    let ((mut policies, attached), boundary) =
        try_join(try_join(inline, attached), boundary).await?;
    policies.extend(attached);
    Ok(Identity { policies, boundary })
}

async fn boundary(aws: &Aws, arn: Option<String>) -> Result<Option<Policy>, Failure> {
    match arn {
        Some(arn) => Ok(Some(managed(aws, &arn).await?)),
        None => Ok(None),
    }
}

async fn managed_all<'p>(
    aws: &Aws,
    arns: impl Iterator<Item = &'p str>,
) -> Result<Vec<Policy>, Failure> {
    try_join_all(arns.map(|arn| managed(aws, arn))).await
}

async fn managed(aws: &Aws, arn: &str) -> Result<Policy, Failure> {
    let policy = aws
        .call("iam:GetPolicy", || {
            aws.iam.get_policy().policy_arn(arn).send()
        })
        .await?;
    let version = policy
        .policy
        .and_then(|policy| policy.default_version_id)
        .unwrap_or_default();
    let read = aws
        .call("iam:GetPolicyVersion", || {
            aws.iam
                .get_policy_version()
                .policy_arn(arn)
                .version_id(&version)
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

fn inline(name: String, encoded: &str) -> Policy {
    let document: Value = document(Some(encoded));
    Policy {
        name,
        arn: None,
        document,
    }
}

/// A list that goes on past the hundred that IAM gives at once is not read on: a part of the policies would
/// decide wrongly.
fn whole(is_truncated: bool, action: &str) -> Result<(), Failure> {
    match is_truncated {
        true => Err(Failure::from(Unavailable::not_asked(
            action,
            "there are more than a hundred policies",
        ))),
        false => Ok(()),
    }
}
