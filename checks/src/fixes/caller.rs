//! What the caller must be allowed.

use serde_json::Value;

use super::{Aws, label};
use crate::facts::{Caller, Facts, Principal};
use crate::fix::{Disposition, Fix};
use crate::policy;

/// Allows the caller to open sessions into the cluster's tasks.
pub fn allow_exec(facts: &Facts, caller: &Caller, cluster_arn: &str) -> Fix {
    let document = policy::caller(cluster_arn);
    let id = format!("allow-exec:{}", caller.arn);
    let title = "Allow the caller ecs:ExecuteCommand on the cluster and on its tasks";
    let fix = match &caller.principal {
        Principal::User { name: user } => Fix::new(id, Disposition::Drift, title, GRANT)
            .command(put(
                facts,
                "put-user-policy",
                "--user-name",
                user,
                &document,
            ))
            .terraform(inline_policy(
                "aws_iam_user_policy",
                "user",
                user,
                &document,
            )),
        Principal::AssumedRole { name: role, .. } if !is_sso(role) => {
            Fix::new(id, Disposition::Drift, title, GRANT)
                .command(put(
                    facts,
                    "put-role-policy",
                    "--role-name",
                    role,
                    &document,
                ))
                .terraform(inline_policy(
                    "aws_iam_role_policy",
                    "role",
                    role,
                    &document,
                ))
        }
        Principal::AssumedRole { .. } => Fix::new(id, Disposition::Manual, title, SSO),
        Principal::FederatedUser { .. } | Principal::Root | Principal::Other => {
            Fix::new(id, Disposition::Manual, title, FEDERATED)
        }
    };
    fix.policy(document)
}

/// The caller is allowed under conditions: an unconditional statement would undo what they are there for.
pub fn despite_conditions(mut fix: Fix) -> Fix {
    fix.disposition = Disposition::Manual;
    fix.explain = format!(
        "The caller's policies allow this under conditions that the target does not meet, perhaps on purpose. \
         The statement below allows it without any: better widen the conditions. {}",
        fix.explain
    );
    fix
}

/// A statement says no, and no further permission outweighs it.
pub fn lift_deny(caller: &Caller, policies: &[String]) -> Fix {
    let found = match policies {
        [] => String::new(),
        some => format!(" It was found in: {}.", crate::text::list(some)),
    };
    Fix::new(
        format!("lift-deny:{}", caller.arn),
        Disposition::Manual,
        "Take the Deny on ecs:ExecuteCommand away from the caller, or call as someone else",
        format!(
            "An explicit Deny outweighs every Allow, so adding permissions does not help.{found}"
        ),
    )
}

/// The identity policies allow it, but something above them does not.
pub fn widen_limit(caller: &Caller, limit: &str, cluster_arn: &str) -> Fix {
    Fix::new(
        format!("widen-limit:{}", caller.arn),
        Disposition::Manual,
        format!("Allow ecs:ExecuteCommand in the caller's {limit}"),
        format!(
            "The {limit} caps what the caller's own policies may grant; the statement has to be added there."
        ),
    )
    .policy(policy::caller(cluster_arn))
}

fn put(facts: &Facts, operation: &str, flag: &str, principal: &str, document: &Value) -> String {
    Aws::new(&format!("iam {operation}"))
        .option(flag, principal)
        .option("--policy-name", &policy_name(facts))
        .option("--policy-document", &document.to_string())
        .region(facts)
}

fn inline_policy(resource: &str, argument: &str, principal: &str, document: &Value) -> String {
    super::role::inline_policy_block(resource, argument, principal, "ecs_exec", document)
}

fn policy_name(facts: &Facts) -> String {
    format!("ecs-exec-{}", label(&facts.cluster_name).replace('_', "-"))
}

/// IAM Identity Center owns these roles and refuses changes of them.
fn is_sso(role: &str) -> bool {
    role.starts_with("AWSReservedSSO_")
}

const GRANT: &str = "The request is authorised twice, on the cluster's ARN and on the task's: both must be in the policy. \
Someone with IAM rights has to run this; it takes effect within seconds.";

const SSO: &str = "The role belongs to IAM Identity Center, which refuses direct changes: add the policy to the \
permission set that the role comes from.";

const FEDERATED: &str = "Add the policy to the identity that this session was made from.";
