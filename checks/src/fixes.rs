//! The fixes that checks offer, one file for each thing that is changed. A fix is data: AWS calls, which are printed as
//! AWS CLI commands, and the Terraform that does the same.

pub mod caller;
pub mod clock;
pub mod cluster;
pub mod definition;
pub mod endpoint;
mod inline;
pub mod network_acl;
pub mod plugin;
pub mod role;
pub mod security_group;
pub mod service;
pub mod task;
pub mod terraform;

use aws_rules::iam::document as policy_document;
use model::aws_call::AwsCall;
use model::facts::Facts;
use model::fix::Fix;
use model::step::{Command, ResourcePolicy, StatementAddition};
use model::text;
use serde_json::Value;

/// One command for all calls: each runs only if those before it succeed.
fn chain(facts: &Facts, calls: Vec<AwsCall>) -> Command {
    let commands = calls
        .into_iter()
        .map(|call| Command::call(call, &facts.region));
    Command::chain(commands.collect())
}

/// Adds a statement to the policy of a resource, in a command and as a hint about its `resource` block: type and name.
fn add_statement(
    fix: Fix,
    facts: &Facts,
    policy: ResourcePolicy,
    (kind, name): (&str, &str),
    statement: Value,
) -> Fix {
    let text = statement.to_string();
    let addition = StatementAddition {
        policy,
        statement: statement.clone(),
    };
    let hint = terraform::hint(kind, name, "add this statement to the policy", &text);
    fix.command(Command::add_statement(addition, &facts.region))
        .terraform(hint)
        .policy(policy_document::document([statement]))
}

/// The ARN of a role or key; in words if a plan creates it, because AWS gives it an ARN only then.
pub fn arn_in_words(name: &str) -> String {
    match name.starts_with("arn:") {
        true => name.to_owned(),
        false => format!("the ARN of {name}"),
    }
}

/// A sentence that names the policies that deny something, after another sentence; empty if they are unknown.
fn found_in(policies: &[String]) -> String {
    match policies {
        [] => String::new(),
        some => format!(" Found in: {}.", text::list(some)),
    }
}

#[cfg(test)]
mod tests {
    mod together;
}
