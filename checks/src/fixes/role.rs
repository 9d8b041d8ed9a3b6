//! What the task role must be allowed, and tasks without a role.

use serde_json::Value;

use super::inline::{Inline, Owner};
use super::{Aws, definition, label, quoted, service};
use crate::iam_answers::Blocker;
use aws_rules::iam::document as policy_document;
use aws_rules::required_permissions::RequiredPermission;
use model::arn;
use model::facts::{Facts, TaskDefinition};
use model::fix::{Disposition, Fix};
use model::step::{Command, Edit};
use model::text;

/// Adds the four ssmmessages actions to the task role. Where agents are down, their services' tasks are
/// replaced too: an agent that gave up does not come back by itself.
pub fn allow_ssmmessages(facts: &Facts, role: &str, restart: &[&str]) -> Fix {
    let document = policy_document::task_role();
    let name = arn::name(role);
    let inline = of_role(name, "", &document);
    let mut fix = Fix::new(
        format!("allow-ssmmessages:{name}"),
        Disposition::Drift,
        format!("Allow the task role {name} the ssmmessages actions"),
        "Adds an inline policy; nothing that the role may do today changes. \
         ssmmessages knows no resources, so * is the narrowest that IAM accepts. \
         An agent that could not connect is started again only with a new task.",
    )
    .command(inline.put().region(facts))
    .terraform(inline.terraform());
    for service in restart {
        fix = fix.command(service::force_command(facts, service));
    }
    fix.policy(document)
}

/// Grants a role what its sessions need besides ssmmessages: exactly these actions on exactly these resources.
pub fn allow(facts: &Facts, role: &str, what: &str, needs: &[RequiredPermission]) -> Fix {
    let document = policy_document::allow(needs);
    let name = arn::name(role);
    let inline = of_role(name, what, &document);
    let actions: Vec<&str> = needs.iter().map(|need| need.action).collect();
    Fix::new(
        format!("allow-{what}:{name}"),
        Disposition::Drift,
        format!("Allow the task role {name} {}", text::list(&actions)),
        "Adds an inline policy; nothing that the role may do today changes. New sessions use it within seconds.",
    )
    .command(inline.put().region(facts))
    .terraform(inline.terraform())
    .policy(document)
}

/// Something above the role's own policies refuses what its sessions need.
pub fn unblock_for(role: &str, blocker: Blocker, needs: &[RequiredPermission]) -> Fix {
    let name = arn::name(role);
    let actions: Vec<&str> = needs.iter().map(|need| need.action).collect();
    Fix::new(
        format!("unblock-role-for-{}:{name}", actions.join("-")),
        Disposition::Manual,
        format!("Let {name} call {} in spite of its {blocker}", text::list(&actions)),
        "What the role's own policies grant does not outweigh it, so adding permissions does not help.",
    )
    .policy(policy_document::allow(needs))
}

/// A statement or a boundary says no, and no further permission outweighs it.
pub fn unblock(role: &str, blocker: Blocker, policies: &[String]) -> Fix {
    let name = arn::name(role);
    let found = match policies {
        [] => String::new(),
        some => format!(" It comes from: {}.", text::list(some)),
    };
    Fix::new(
        format!("unblock-role:{name}"),
        Disposition::Manual,
        match blocker {
            Blocker::Deny => format!("Take the Deny on the ssmmessages actions away from {name}"),
            limit => format!("Allow the ssmmessages actions in the {limit} of {name}"),
        },
        format!(
            "What the role's own policies grant does not outweigh it, so adding permissions does not help.{found}"
        ),
    )
    .policy(policy_document::task_role())
}

/// Makes a role, names it in a new revision of the task definition, and rolls that out.
///
/// One command, each step only after the one before it: a service must never get a revision whose role
/// could not be made.
pub fn give_role(facts: &Facts, definition: &TaskDefinition, services: &[&str]) -> Fix {
    let name = new_role_name(&definition.family);
    let account = facts.account.as_deref().unwrap_or("ACCOUNT_ID");
    let arn = format!("arn:{}:iam::{account}:role/{name}", facts.partition);
    let document = policy_document::task_role();
    let inline = of_role(&name, "", &document);
    let mut steps = vec![
        create(&name, "/").region(facts),
        inline.put().region(facts),
        definition::new_revision(facts, definition, services, Edit::TaskRole(arn)),
    ];
    steps.extend(definition::deploy(facts, definition, services));
    Fix::new(
        format!("give-role:{}", definition.family),
        match &facts.account {
            Some(_) => definition::disposition(facts, definition, services),
            None => Disposition::Manual,
        },
        format!("Give the tasks of {} a task role", definition.family),
        match facts.planned {
            true => "A role that only tasks may take on, with the four ssmmessages actions.",
            false => {
                "Makes a role that only tasks may take on and that holds the four ssmmessages actions, \
                 registers a revision of the task definition that names it, and rolls it out. Needs jq. \
                 Where a role of this name exists that was not made so, it stops before anything is changed."
            }
        },
    )
    .command(Command::all(steps))
    .terraform(format!(
        "{}\n\n{}\n\nresource \"aws_ecs_task_definition\" \"{}\" {{\n  # …\n  task_role_arn = aws_iam_role.{}.arn\n}}",
        role_block(&name),
        inline.terraform_of(&format!("aws_iam_role.{}.name", label(&name))),
        label(&definition.family),
        label(&name),
    ))
    .policy(policy_document::task_role())
}

/// IAM takes names of up to 64 characters.
fn new_role_name(family: &str) -> String {
    const MOST: usize = 64;
    const END: &str = "-task";
    let family: String = family.chars().take(MOST - END.len()).collect();
    family + END
}

/// Makes a role again that the task definition still names.
pub fn recreate(facts: &Facts, role: &str, services: &[&str]) -> Fix {
    let name = arn::name(role);
    let document = policy_document::task_role();
    let inline = of_role(name, "", &document);
    let mut fix = Fix::new(
        format!("recreate-role:{name}"),
        Disposition::Drift,
        format!("Make the task role {name} again"),
        "Makes the role under the name that the task definition uses, with the four ssmmessages actions only: \
         whatever else the deleted role allowed the application has to be added. New tasks take it on.",
    )
    .command(create(name, &role_path(role)).region(facts))
    .command(inline.put().region(facts));
    for service in services {
        fix = fix.command(service::force_command(facts, service));
    }
    fix.terraform(format!(
        "{}\n\n{}",
        role_block(name),
        inline.terraform_of(&format!("aws_iam_role.{}.name", label(name))),
    ))
    .policy(policy_document::task_role())
}

/// Lets ECS tasks take on the role, beside whoever may now. `denied`: a statement says no, which nothing outweighs.
pub fn trust_tasks(facts: &Facts, role: &str, trust: &Value, denied: bool) -> Fix {
    let name = arn::name(role);
    let mut document = trust.clone();
    policy_document::add(&mut document, policy_document::task_trust_statement());
    let title = format!("Let ECS tasks take on the role {name}");
    let id = format!("trust-tasks:{name}");
    if denied || !trust.is_object() {
        return Fix::new(
            id,
            Disposition::Manual,
            title,
            "Take the statement away that denies it, or mend the trust policy: no further statement helps.",
        )
        .policy(policy_document::task_trust());
    }
    Fix::new(
        id,
        Disposition::Drift,
        title,
        "Adds a statement to the role's trust policy; whoever may take it on today still may. New tasks get its credentials.",
    )
    .command(
        Aws::new("iam update-assume-role-policy")
            .option("--role-name", name)
            .option("--policy-document", &document.to_string())
            .region(facts),
    )
    .terraform(format!(
        "resource \"aws_iam_role\" \"{}\" {{\n  # …\n  assume_role_policy = {}\n}}",
        label(name),
        jsonencode(&document),
    ))
    .policy(document)
}

fn of_role<'a>(role: &'a str, what: &'a str, document: &'a Value) -> Inline<'a> {
    Inline {
        owner: Owner::Role,
        of: role,
        what,
        document,
    }
}

fn create(name: &str, path: &str) -> Aws {
    let create = Aws::new("iam create-role").option("--role-name", name);
    let create = match path {
        "/" => create,
        path => create.option("--path", path),
    };
    create.option(
        "--assume-role-policy-document",
        &policy_document::task_trust().to_string(),
    )
}

/// `/` or `/team/` out of a role's ARN.
fn role_path(arn: &str) -> String {
    let resource = arn.split_once(":role/").map_or("", |(_, rest)| rest);
    match resource.rsplit_once('/') {
        Some((path, _)) => format!("/{path}/"),
        None => "/".to_owned(),
    }
}

fn role_block(name: &str) -> String {
    format!(
        "resource \"aws_iam_role\" \"{}\" {{\n  name               = {}\n  assume_role_policy = {}\n}}",
        label(name),
        quoted(name),
        jsonencode(&policy_document::task_trust()),
    )
}

/// JSON is valid HCL inside `jsonencode`, but for its interpolation sequences.
pub fn jsonencode(document: &Value) -> String {
    let json = serde_json::to_string_pretty(document).unwrap_or_default();
    let escaped = json.replace("${", "$${").replace("%{", "%%{");
    format!("jsonencode({})", escaped.replace('\n', "\n  "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_roles() {
        assert_eq!(role_path("arn:aws:iam::123456789012:role/app"), "/");
        assert_eq!(
            role_path("arn:aws:iam::123456789012:role/team/ops/app"),
            "/team/ops/"
        );
    }
}
