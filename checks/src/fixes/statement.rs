//! A statement more in a policy that is there: the command reads the policy as it is when it is pasted, so that
//! several of them can be pasted one after another, and none takes away what another added.

use serde_json::Value;

use super::Aws;
use aws_rules::iam::document::{self as policy_document, ADDED};
use model::facts::Facts;
use model::step::{Command, Step};

/// The variable that holds the policy with the statement.
const POLICY: &str = "POLICY";

/// Named after what it says: the same statement is added once, under a name that no other has.
pub fn named(mut statement: Value) -> Value {
    let says = policy_document::fingerprint(&statement);
    statement["Sid"] = format!("{ADDED}{says:08x}").into();
    statement
}

/// `read` prints the policy, and `put` replaces it by what its option says.
pub fn add(facts: &Facts, read: Aws, put: Aws, option: &str, statement: &Value) -> Command {
    let ours = policy_document::document([statement.clone()]);
    let adding = put.clone().option(option, &ours.to_string()).region(facts);
    let shown = put.variable(option, POLICY).region(facts);
    Command {
        text: format!(
            "{POLICY}=$({} | jq -c {}) && {}",
            read.region(facts).text,
            shell_words::quote(&jq(statement)),
            shown.text,
        ),
        steps: adding.steps.into_iter().collect::<Vec<Step>>(),
    }
}

/// A JSON text means the same to jq.
fn jq(statement: &Value) -> String {
    format!(
        ".Statement = ([.Statement] | flatten | map(select(.Sid != {}))) + [{statement}]",
        statement["Sid"]
    )
}
