//! What the caller must be allowed.

use serde_json::Value;

use super::inline::{Inline, Owner};
use crate::iam_answers::Blocker;
use aws_rules::iam::document as policy_document;
use aws_rules::required_permissions::RequiredPermission;
use model::facts::{Caller, Fact, Facts, Principal, Task};
use model::fix::{Disposition, Fix};
use model::text;

/// Allows the caller to open sessions into the cluster's tasks.
pub fn allow_exec(facts: &Facts, caller: &Caller, cluster_arn: &str) -> Fix {
    granted(
        facts,
        caller,
        Grant {
            id: format!("allow-exec:{}", caller.arn),
            title: "Allow the caller ecs:ExecuteCommand on the cluster and on its tasks".to_owned(),
            explain: GRANT,
            what: facts.cluster_name.clone(),
            document: exec(facts, cluster_arn),
        },
    )
}

/// Grants the caller what its sessions need besides: exactly these actions on exactly these resources.
pub fn allow(facts: &Facts, caller: &Caller, what: &str, needs: &[RequiredPermission]) -> Fix {
    let actions: Vec<&str> = needs.iter().map(|need| need.action).collect();
    granted(
        facts,
        caller,
        Grant {
            id: format!("allow-{what}:{}", caller.arn),
            title: format!("Allow the caller {}", text::list(&actions)),
            explain: "Someone with IAM rights has to run this; it takes effect within seconds.",
            what: format!("{}-{what}", facts.cluster_name),
            document: policy_document::allow(needs),
        },
    )
}

/// Keeps the caller from opening sessions past ECS.
pub fn deny_start_session(facts: &Facts, caller: &Caller, cluster_arn: &str) -> Fix {
    granted(
        facts,
        caller,
        Grant {
            id: format!("deny-start-session:{}", caller.arn),
            title: "Deny the caller ssm:StartSession on the cluster's tasks".to_owned(),
            explain: "ECS Exec goes on working: it starts its sessions itself. `ecs-exec port-forward` does not: it needs that right.",
            what: format!("{}-deny-start-session", facts.cluster_name),
            document: policy_document::deny_start_session(cluster_arn),
        },
    )
}

/// Says what a narrow policy would be; which one is too wide only its owner can tell.
pub fn narrow(facts: &Facts, caller: &Caller, cluster_arn: &str) -> Fix {
    Fix::new(
        format!("narrow-exec:{}", caller.arn),
        Disposition::Manual,
        "Name the cluster and its tasks where the caller's policies say *",
        "Replace the statement that allows ecs:ExecuteCommand on * by what stands below, in the policy that it stands in.",
    )
    .policy(exec(facts, cluster_arn))
}

/// What allows sessions into the cluster's tasks.
fn exec(facts: &Facts, cluster_arn: &str) -> Value {
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

struct Grant {
    id: String,
    title: String,
    explain: &'static str,
    what: String,
    document: Value,
}

/// An inline policy for the caller, where it is a user or a role that takes one.
fn granted(facts: &Facts, caller: &Caller, grant: Grant) -> Fix {
    let Grant {
        id,
        title,
        explain,
        what,
        document,
    } = grant;
    let owned = |owner, name: &str| {
        let inline = Inline {
            owner,
            of: name,
            what: &what,
            document: &document,
        };
        Fix::new(id.clone(), Disposition::Drift, title.clone(), explain)
            .command(inline.put().region(facts))
            .terraform(inline.terraform())
    };
    let manual = |explain| Fix::new(id.clone(), Disposition::Manual, title.clone(), explain);
    let fix = match &caller.principal {
        Principal::User { name } => owned(Owner::User, name),
        Principal::AssumedRole { name, .. } if !is_sso(name) => owned(Owner::Role, name),
        Principal::AssumedRole { .. } => manual(SSO),
        Principal::FederatedUser { .. } | Principal::Root | Principal::Other => manual(FEDERATED),
    };
    fix.policy(document)
}

/// The caller is allowed under conditions: an unconditional statement would undo what they are there for.
pub fn despite_conditions(mut fix: Fix) -> Fix {
    fix.disposition = Disposition::Manual;
    fix.explain = format!(
        "Either no policy of the caller names the target, or one has conditions that the target does not meet, perhaps on purpose. \
         What is printed here allows it without any: better widen the conditions. {}",
        fix.explain
    );
    fix
}

/// A statement says no, and no further permission outweighs it.
pub fn lift_deny(caller: &Caller, policies: &[String]) -> Fix {
    let found = match policies {
        [] => String::new(),
        some => format!(" It was found in: {}.", text::list(some)),
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

/// Something above the caller's own policies refuses what its sessions need.
pub fn unblock(caller: &Caller, blocker: Blocker, needs: &[RequiredPermission]) -> Fix {
    let actions: Vec<&str> = needs.iter().map(|need| need.action).collect();
    Fix::new(
        format!("unblock-for-{}:{}", actions.join("-"), caller.arn),
        Disposition::Manual,
        format!("Let the caller call {} in spite of its {blocker}", text::list(&actions)),
        "What the caller's own policies grant does not outweigh it, so adding permissions does not help.",
    )
    .policy(policy_document::allow(needs))
}

/// The identity policies allow it, but something above them does not.
pub fn widen_limit(facts: &Facts, caller: &Caller, limit: Blocker, cluster_arn: &str) -> Fix {
    Fix::new(
        format!("widen-limit:{}", caller.arn),
        Disposition::Manual,
        format!("Allow ecs:ExecuteCommand in the caller's {limit}"),
        format!(
            "The {limit} caps what the caller's own policies may grant; the statement has to be added there."
        ),
    )
    .policy(exec(facts, cluster_arn))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{healthy_coder, task};

    #[test]
    fn tasks_with_old_arns_are_granted_by_their_cluster() {
        let mut facts = healthy_coder();
        let cluster = facts.cluster_arn().unwrap();
        let statements = |facts: &Facts| {
            exec(facts, &cluster)["Statement"]
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
