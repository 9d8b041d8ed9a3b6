//! Permissions of the caller.

use serde_json::Value;

use super::found_in;
use super::inline::{Inline, Owner};
use crate::iam_answers::Blocker;
use aws_rules::iam::document as policy_document;
use aws_rules::required_permissions::RequiredPermission;
use model::facts::{Caller, Fact, Facts, Principal, Task};
use model::fix::{Disposition, Fix};
use model::text;

/// Allows the caller to open sessions in the cluster's tasks.
pub fn allow_exec(facts: &Facts, caller: &Caller, cluster_arn: &str) -> Fix {
    let fix = Fix::new(
        format!("allow-exec:{}", caller.arn),
        Disposition::Drift,
        "Allow the caller ecs:ExecuteCommand on the cluster and on its tasks",
        "IAM authorizes the request twice, for the cluster's ARN and for the task's: the policy needs both. \
         An IAM administrator has to run this. It takes effect within seconds.",
    );
    let document = exec_policy(facts, cluster_arn);
    add_policy(fix, facts, caller, &facts.cluster_name, document)
}

/// Allows the caller exactly these actions on exactly these resources.
pub fn allow(facts: &Facts, caller: &Caller, purpose: &str, needs: &[RequiredPermission]) -> Fix {
    let fix = Fix::new(
        format!("allow-{purpose}:{}", caller.arn),
        Disposition::Drift,
        format!("Allow the caller {}", text::list(&actions(needs))),
        "An IAM administrator has to run this. It takes effect within seconds.",
    );
    let purpose = format!("{}-{purpose}", facts.cluster_name);
    add_policy(fix, facts, caller, &purpose, policy_document::allow(needs))
}

/// Denies the caller sessions that bypass ECS.
pub fn deny_start_session(facts: &Facts, caller: &Caller, cluster_arn: &str) -> Fix {
    let fix = Fix::new(
        format!("deny-start-session:{}", caller.arn),
        Disposition::Drift,
        "Deny the caller ssm:StartSession on the cluster's tasks",
        "ECS Exec still works, because ECS itself starts its sessions. `ecs-exec port-forward` then opens a session \
         of ECS Exec for each connection.",
    );
    let purpose = format!("{}-deny-start-session", facts.cluster_name);
    let document = policy_document::deny_start_session(cluster_arn);
    add_policy(fix, facts, caller, &purpose, document)
}

/// Shows a policy for this cluster only. Only its owner knows which policy is too wide.
pub fn narrow(facts: &Facts, caller: &Caller, cluster_arn: &str) -> Fix {
    Fix::new(
        format!("narrow-exec:{}", caller.arn),
        Disposition::Manual,
        "Replace * by the cluster and its tasks in the caller's policies",
        "In the policy that allows ecs:ExecuteCommand on *, replace that statement by the one below.",
    )
    .policy(exec_policy(facts, cluster_arn))
}

/// A policy that allows sessions in the cluster's tasks.
fn exec_policy(facts: &Facts, cluster_arn: &str) -> Value {
    let mut document = policy_document::caller(cluster_arn);
    let mut tasks = facts.tasks.values().filter_map(Fact::known);
    if tasks.any(Task::has_old_arn) {
        policy_document::add(
            &mut document,
            policy_document::exec_on_old_arns(cluster_arn),
        );
    }
    document
}

/// Adds an inline policy if the caller is a user or role that can have one. Otherwise a person has to add it elsewhere.
fn add_policy(fix: Fix, facts: &Facts, caller: &Caller, purpose: &str, document: Value) -> Fix {
    let (owner, principal) = match &caller.principal {
        Principal::User { name } => (Owner::User, name),
        Principal::AssumedRole { name, .. } if !name.starts_with("AWSReservedSSO_") => {
            (Owner::Role, name)
        }
        Principal::AssumedRole { .. } => return manual(fix, SSO).policy(document),
        Principal::FederatedUser { .. } | Principal::Root | Principal::Other => {
            let explain = "Add the policy to the identity that created this session.";
            return manual(fix, explain).policy(document);
        }
    };
    let inline = Inline {
        owner,
        principal,
        purpose,
        document: &document,
    };
    inline.add_to(fix, &facts.region)
}

fn manual(fix: Fix, explain: impl Into<String>) -> Fix {
    Fix {
        disposition: Disposition::Manual,
        explain: explain.into(),
        ..fix
    }
}

/// Leaves the fix to a person. The caller is allowed under conditions, and an unconditional statement would bypass them.
pub fn mark_conditional(fix: Fix) -> Fix {
    let explain = format!(
        "Either no policy of the caller names the target, or a policy has conditions that the target does not meet, perhaps on purpose. \
         The policy below has no conditions: if you can, extend the conditions instead. {}",
        fix.explain
    );
    manual(fix, explain)
}

/// A statement denies the action, and an Allow does not override it.
pub fn remove_deny(caller: &Caller, policies: &[String]) -> Fix {
    Fix::new(
        format!("lift-deny:{}", caller.arn),
        Disposition::Manual,
        "Remove the Deny on ecs:ExecuteCommand for the caller, or use another caller",
        format!(
            "An explicit Deny overrides every Allow, so adding permissions does not help.{}",
            found_in(policies)
        ),
    )
}

/// A limit above the caller's own policies denies what its sessions need.
pub fn unblock(caller: &Caller, blocker: Blocker, needs: &[RequiredPermission]) -> Fix {
    let actions = actions(needs);
    let id = format!("unblock-for-{}:{}", actions.join("-"), caller.arn);
    let actions = text::list(&actions);
    let title = format!("Allow the caller {actions}, which its {blocker} denies");
    let explain =
        "The caller's own policies cannot override it, so adding permissions there does not help.";
    Fix::new(id, Disposition::Manual, title, explain).policy(policy_document::allow(needs))
}

/// The caller's own policies allow the action, but a limit above them does not.
pub fn widen_limit(facts: &Facts, caller: &Caller, limit: Blocker, cluster_arn: &str) -> Fix {
    Fix::new(
        format!("widen-limit:{}", caller.arn),
        Disposition::Manual,
        format!("Allow ecs:ExecuteCommand in the caller's {limit}"),
        format!(
            "The {limit} limits what the caller's own policies can allow: add the statement there."
        ),
    )
    .policy(exec_policy(facts, cluster_arn))
}

pub(super) fn actions(needs: &[RequiredPermission]) -> Vec<&str> {
    needs.iter().map(|need| need.action).collect()
}

const SSO: &str = "The role belongs to IAM Identity Center, which rejects direct changes: add the policy to the \
permission set of the role.";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{healthy_coder, task};

    #[test]
    fn tasks_with_old_arns_are_allowed_by_cluster() {
        let mut facts = healthy_coder();
        let cluster = facts.cluster_arn().unwrap();
        let statements = |facts: &Facts| {
            exec_policy(facts, &cluster)["Statement"]
                .as_array()
                .unwrap()
                .clone()
        };
        assert_eq!(statements(&facts).len(), 1);
        task(&mut facts).arn = "arn:aws:ecs:us-west-2:123456789012:task/0f1e".into();
        let old = &statements(&facts)[1];
        assert_eq!(old["Resource"], "arn:aws:ecs:us-west-2:123456789012:task/*");
        assert_eq!(old["Condition"]["ArnEquals"]["ecs:cluster"], *cluster);
    }
}
