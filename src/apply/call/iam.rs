//! Roles, users and their policies.

use model::aws_call::{InlinePolicy, NewRole};
use serde_json::Value;

use super::{StepOutputs, policies};
use crate::aws::{AwsClients, Failure};

/// Creates a role, or continues with one that an interrupted run created.
pub async fn create_role(
    aws: &AwsClients,
    role: &NewRole,
    outputs: &mut StepOutputs,
) -> Result<(), Failure> {
    let request = aws.iam.create_role().role_name(&role.name);
    let request = request.set_path(role.path.clone());
    let request = request.assume_role_policy_document(role.trust_policy.to_string());
    let created = aws.call("iam:CreateRole", || request.clone().send());
    if let Err(failure) = created.await {
        let exists = failure.is("EntityAlreadyExists");
        if !exists || !is_incomplete(aws, &role.name, &role.trust_policy).await? {
            return Err(failure);
        }
    }
    outputs.has_new_role = true;
    Ok(())
}

/// Whether an earlier run created the role and was stopped: the role has the same trust policy, and no permissions
/// other than those that this program adds.
async fn is_incomplete(
    aws: &AwsClients,
    name: &str,
    trust_policy: &Value,
) -> Result<bool, Failure> {
    if policies::parse(&current_trust_policy(aws, name).await?) != *trust_policy {
        return Ok(false);
    }
    let inline = aws.call("iam:ListRolePolicies", || {
        aws.iam.list_role_policies().role_name(name).send()
    });
    let attached = aws.call("iam:ListAttachedRolePolicies", || {
        aws.iam.list_attached_role_policies().role_name(name).send()
    });
    let (inline, attached) = (inline.await?, attached.await?);
    let is_ours = |policy: &String| policy.starts_with("ecs-exec-");
    Ok(attached.attached_policies().is_empty()
        && !inline.is_truncated()
        && inline.policy_names().iter().all(is_ours))
}

/// The role's trust policy, in percent-encoding.
async fn current_trust_policy(aws: &AwsClients, role: &str) -> Result<String, Failure> {
    let request = || aws.iam.get_role().role_name(role).send();
    let answer = aws.call("iam:GetRole", request).await?;
    let policy = answer
        .role
        .and_then(|role| role.assume_role_policy_document);
    Ok(policy.unwrap_or_default())
}

/// Adds an inline policy to a role.
pub async fn put_role_policy(aws: &AwsClients, policy: &InlinePolicy) -> Result<(), Failure> {
    let name = policies::unused_name(policy, async |name| {
        let get = aws.iam.get_role_policy().role_name(&policy.principal);
        let get = get.policy_name(name);
        let answer = aws.call("iam:GetRolePolicy", || get.clone().send());
        answer.await.map(|answer| answer.policy_document)
    })
    .await?;
    let put = aws.iam.put_role_policy().role_name(&policy.principal);
    let put = put
        .policy_name(name)
        .policy_document(policy.document.to_string());
    let answer = aws.call("iam:PutRolePolicy", || put.clone().send());
    answer.await.map(drop)
}

/// Adds an inline policy to a user.
pub async fn put_user_policy(aws: &AwsClients, policy: &InlinePolicy) -> Result<(), Failure> {
    let name = policies::unused_name(policy, async |name| {
        let get = aws.iam.get_user_policy().user_name(&policy.principal);
        let get = get.policy_name(name);
        let answer = aws.call("iam:GetUserPolicy", || get.clone().send());
        answer.await.map(|answer| answer.policy_document)
    })
    .await?;
    let put = aws.iam.put_user_policy().user_name(&policy.principal);
    let put = put
        .policy_name(name)
        .policy_document(policy.document.to_string());
    let answer = aws.call("iam:PutUserPolicy", || put.clone().send());
    answer.await.map(drop)
}

/// Adds the statements of `trust_policy` that fixes add to the policy as it is now.
pub async fn update_assume_role_policy(
    aws: &AwsClients,
    role: &str,
    trust_policy: &Value,
) -> Result<(), Failure> {
    const ACTION: &str = "iam:UpdateAssumeRolePolicy";
    let now = current_trust_policy(aws, role).await?;
    let policy = policies::merge(ACTION, &now, trust_policy)?;
    let update = aws.iam.update_assume_role_policy().role_name(role);
    let update = update.policy_document(policy);
    aws.call(ACTION, || update.clone().send()).await.map(drop)
}
