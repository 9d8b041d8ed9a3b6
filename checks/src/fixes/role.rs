//! Permissions of task roles, and tasks without a role.

use serde_json::Value;

use super::caller::actions;
use super::definition::Rollout;
use super::inline::{Inline, Owner};
use super::terraform::{self, jsonencode, label, quoted};
use super::{found_in, service};
use crate::iam_answers::Blocker;
use aws_rules::iam::document as policy_document;
use aws_rules::required_permissions::RequiredPermission;
use model::arn;
use model::aws_call::{AwsCall, NewRole};
use model::facts::Facts;
use model::fix::{Disposition, Fix};
use model::step::{Command, Edit};
use model::text;

/// Allows the task role the four ssmmessages actions. `restart`: services whose agents are down, and whose tasks have
/// to be replaced, because an agent that gave up does not retry.
pub fn allow_ssmmessages(facts: &Facts, role: &str, restart: &[&str]) -> Fix {
    let name = arn::name(role);
    let document = policy_document::task_role();
    let fix = Fix::new(
        format!("allow-ssmmessages:{name}"),
        Disposition::Drift,
        format!("Allow the task role {name} the ssmmessages actions"),
        "Adds an inline policy; existing permissions do not change. \
         ssmmessages has no resource types, so * is the narrowest resource that IAM accepts. \
         An agent that could not connect starts again only with a new task.",
    );
    let fix = inline(name, "", &document).add_to(fix, &facts.region);
    replace_tasks(fix, facts, restart)
}

fn replace_tasks(fix: Fix, facts: &Facts, services: &[&str]) -> Fix {
    let replace = |service: &&str| AwsCall::UpdateService(service::forced_update(facts, service));
    fix.calls(services.iter().map(replace), &facts.region)
}

/// Allows a role exactly these actions on exactly these resources.
pub fn allow(facts: &Facts, role: &str, purpose: &str, needs: &[RequiredPermission]) -> Fix {
    let name = arn::name(role);
    let document = policy_document::allow(needs);
    let fix = Fix::new(
        format!("allow-{purpose}:{name}"),
        Disposition::Drift,
        format!("Allow the task role {name} {}", text::list(&actions(needs))),
        "Adds an inline policy; existing permissions do not change. New sessions use it within seconds.",
    );
    inline(name, purpose, &document).add_to(fix, &facts.region)
}

/// A limit above the role's own policies denies what its sessions need.
pub fn unblock_for(role: &str, blocker: Blocker, needs: &[RequiredPermission]) -> Fix {
    let name = arn::name(role);
    let actions = actions(needs);
    let id = format!("unblock-role-for-{}:{name}", actions.join("-"));
    let actions = text::list(&actions);
    let title = format!("Allow {name} {actions}, which its {blocker} denies");
    Fix::new(id, Disposition::Manual, title, NO_OVERRIDE).policy(policy_document::allow(needs))
}

/// A statement or a boundary denies the ssmmessages actions, and an Allow does not override it.
pub fn unblock(role: &str, blocker: Blocker, policies: &[String]) -> Fix {
    let name = arn::name(role);
    Fix::new(
        format!("unblock-role:{name}"),
        Disposition::Manual,
        match blocker {
            Blocker::Deny => format!("Remove the Deny on the ssmmessages actions for {name}"),
            limit => format!("Allow the ssmmessages actions in the {limit} of {name}"),
        },
        format!("{NO_OVERRIDE}{}", found_in(policies)),
    )
    .policy(policy_document::task_role())
}

const NO_OVERRIDE: &str =
    "The role's own policies cannot override it, so adding permissions there does not help.";

/// Creates a role, sets it in a new revision of the task definition, and deploys that.
///
/// One command, so that no service gets a revision whose role does not exist.
pub fn create(rollout: &Rollout) -> Fix {
    let (facts, family) = (rollout.facts, &rollout.definition.family);
    let name = new_role_name(family);
    let account = facts.account.as_deref().unwrap_or("ACCOUNT_ID");
    let arn = format!("arn:{}:iam::{account}:role/{name}", facts.partition);
    let document = policy_document::task_role();
    let inline = inline(&name, "", &document);
    let mut commands = vec![
        Command::call(create_call(&name, None), &facts.region),
        Command::call(inline.put(), &facts.region),
        rollout.new_revision(Edit::TaskRole(arn)),
    ];
    commands.extend(rollout.deploy());
    let set_role = terraform::change(
        "aws_ecs_task_definition",
        family,
        &format!("task_role_arn = aws_iam_role.{}.arn", label(&name)),
    );
    Fix::new(
        format!("give-role:{family}"),
        match &facts.account {
            Some(_) => rollout.disposition(),
            None => Disposition::Manual,
        },
        format!("Give the tasks of {family} a task role"),
        match facts.planned {
            true => "A role that only tasks can assume, with the four ssmmessages actions.",
            false => {
                "Creates a role that only tasks can assume, with the four ssmmessages actions, \
                 registers a revision of the task definition with this role, and deploys it. Needs jq. \
                 If another role of this name exists, it stops before it changes anything."
            }
        },
    )
    .command(Command::chain(commands))
    .terraform(format!("{}\n\n{set_role}", new_role_blocks(&name, &inline)))
    .policy(document)
}

/// IAM accepts names of up to 64 characters.
fn new_role_name(family: &str) -> String {
    const MAX_NAME: usize = 64;
    const END: &str = "-task";
    let family: String = family.chars().take(MAX_NAME - END.len()).collect();
    family + END
}

/// Creates the deleted role that the task definition still names.
pub fn recreate(facts: &Facts, role: &str, services: &[&str]) -> Fix {
    let name = arn::name(role);
    let document = policy_document::task_role();
    let inline = inline(name, "", &document);
    let fix = Fix::new(
        format!("recreate-role:{name}"),
        Disposition::Drift,
        format!("Create the task role {name} again"),
        "Creates the role under the name in the task definition, with only the four ssmmessages actions: \
         add whatever else the deleted role allowed the application. New tasks use it.",
    )
    .calls([create_call(name, role_path(role)), inline.put()], &facts.region)
    .terraform(new_role_blocks(name, &inline))
    .policy(document.clone());
    replace_tasks(fix, facts, services)
}

/// Adds ECS tasks to the role's trust policy. `denied`: a statement denies it, and an Allow does not override that.
pub fn trust_tasks(facts: &Facts, role: &str, trust: &Value, denied: bool) -> Fix {
    let name = arn::name(role);
    let mut document = trust.clone();
    policy_document::add(&mut document, policy_document::task_trust_statement());
    let fix = |disposition, explain| {
        let title = format!("Allow ECS tasks to assume the role {name}");
        Fix::new(format!("trust-tasks:{name}"), disposition, title, explain)
    };
    if denied || !trust.is_object() {
        return fix(
            Disposition::Manual,
            "Remove the statement that denies it, or repair the trust policy: another statement does not help.",
        )
        .policy(policy_document::task_trust());
    }
    fix(
        Disposition::Drift,
        "Adds a statement to the role's trust policy; existing statements do not change. New tasks get the role's credentials.",
    )
    .call(
        AwsCall::UpdateAssumeRolePolicy {
            role: name.to_owned(),
            trust_policy: document.clone(),
        },
        &facts.region,
    )
    .terraform(format!(
        "resource \"aws_iam_role\" \"{}\" {{\n  # …\n  assume_role_policy = {}\n}}",
        label(name),
        jsonencode(&document),
    ))
    .policy(document)
}

fn inline<'a>(role: &'a str, purpose: &'a str, document: &'a Value) -> Inline<'a> {
    Inline {
        owner: Owner::Role,
        principal: role,
        purpose,
        document,
    }
}

fn create_call(name: &str, path: Option<String>) -> AwsCall {
    AwsCall::CreateRole(NewRole {
        name: name.to_owned(),
        path,
        trust_policy: policy_document::task_trust(),
    })
}

/// The path in a role's ARN, as in `/team/`; `None` for `/`.
fn role_path(arn: &str) -> Option<String> {
    let (_, resource) = arn.split_once(":role/")?;
    let (path, _) = resource.rsplit_once('/')?;
    Some(format!("/{path}/"))
}

fn new_role_blocks(name: &str, inline: &Inline) -> String {
    let role = terraform::resource(
        "aws_iam_role",
        name,
        &[
            ("name", quoted(name)),
            (
                "assume_role_policy",
                jsonencode(&policy_document::task_trust()),
            ),
        ],
    );
    let policy = inline.terraform(&format!("aws_iam_role.{}.name", label(name)));
    format!("{role}\n\n{policy}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_role_comes_from_its_arn() {
        assert_eq!(role_path("arn:aws:iam::123456789012:role/app"), None);
        assert_eq!(
            role_path("arn:aws:iam::123456789012:role/team/ops/app").as_deref(),
            Some("/team/ops/")
        );
    }
}
