//! Roles, users and their policies.

use serde_json::Value;

use super::{Answer, Options, policies, unknown};
use crate::aws::{Aws, Failure};

pub async fn call(aws: &Aws, operation: &str, options: &Options<'_>) -> Answer {
    match operation {
        "create-role" => create_role(aws, options).await,
        "put-role-policy" => put_role_policy(aws, options).await,
        "put-user-policy" => put_user_policy(aws, options).await,
        "update-assume-role-policy" => update_assume_role_policy(aws, options).await,
        other => Err(unknown(other)),
    }
}

async fn create_role(aws: &Aws, options: &Options<'_>) -> Answer {
    let made = aws
        .call("iam:CreateRole", || {
            aws.iam
                .create_role()
                .set_role_name(options.one("--role-name"))
                .set_path(options.one("--path"))
                .set_assume_role_policy_document(options.one("--assume-role-policy-document"))
                .send()
        })
        .await;
    match made {
        Ok(_) => Ok(None),
        Err(failure) if failure.is("EntityAlreadyExists") => {
            match is_half_made(aws, options).await? {
                true => Ok(None),
                false => Err(failure),
            }
        }
        Err(failure) => Err(failure),
    }
}

/// Whether the role is one that an earlier run made and did not get further with: it trusts whom it is to trust, and
/// may do nothing that this program did not put there.
async fn is_half_made(aws: &Aws, options: &Options<'_>) -> Result<bool, Failure> {
    let name = options.one("--role-name");
    let role = aws.call("iam:GetRole", || {
        aws.iam.get_role().set_role_name(name.clone()).send()
    });
    let trust = role
        .await?
        .role
        .and_then(|role| role.assume_role_policy_document);
    let trust = policies::decoded(&trust.unwrap_or_default());
    let trust = serde_json::from_str::<Value>(&trust).unwrap_or_default();
    if trust != options.json("--assume-role-policy-document") {
        return Ok(false);
    }
    let inline = aws.call("iam:ListRolePolicies", || {
        aws.iam
            .list_role_policies()
            .set_role_name(name.clone())
            .send()
    });
    let attached = aws.call("iam:ListAttachedRolePolicies", || {
        aws.iam
            .list_attached_role_policies()
            .set_role_name(name.clone())
            .send()
    });
    let (inline, attached) = (inline.await?, attached.await?);
    let is_ours = |policy: &String| policy.starts_with("ecs-exec-");
    Ok(attached.attached_policies().is_empty()
        && !inline.is_truncated()
        && inline.policy_names().iter().all(is_ours))
}

async fn put_role_policy(aws: &Aws, options: &Options<'_>) -> Answer {
    let name = policies::free_name(options, async |name| {
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
    Ok(None)
}

async fn put_user_policy(aws: &Aws, options: &Options<'_>) -> Answer {
    let name = policies::free_name(options, async |name| {
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
    Ok(None)
}

async fn update_assume_role_policy(aws: &Aws, options: &Options<'_>) -> Answer {
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
    let policy = policies::merged(
        "iam:UpdateAssumeRolePolicy",
        &policies::decoded(&now),
        &ours,
    )?;
    aws.call("iam:UpdateAssumeRolePolicy", || {
        aws.iam
            .update_assume_role_policy()
            .set_role_name(options.one("--role-name"))
            .policy_document(&policy)
            .send()
    })
    .await?;
    Ok(None)
}
