//! Makes the calls that fixes are made of. What is there already is as good as made.

mod ec2;
mod ecs;
mod iam;
mod policies;
mod records;

use std::collections::BTreeMap;

use model::facts::Unavailable;
use model::step::{Call, Step, Word};
use serde_json::Value;

use super::revise::revise;
use crate::aws::{Aws, Failure};

/// What steps have answered so far, by the variable that holds it.
#[derive(Default)]
pub struct Made {
    pub variables: BTreeMap<&'static str, String>,
    /// A role was made, of which ECS may not know yet.
    pub has_new_role: bool,
    /// A key that was made and is used by nothing yet.
    pub unused_key: Option<String>,
    /// Endpoints that were made.
    pub endpoints: Vec<String>,
    /// The newest revision by the one that it was made from: the next edit goes on from there.
    pub revisions: BTreeMap<String, String>,
    /// The same by family: what is deployed is what was registered, whatever others register meanwhile.
    pub families: BTreeMap<String, String>,
    /// The deployments that were started, by service.
    pub deployments: BTreeMap<String, String>,
}

/// Makes one step.
pub async fn make(aws: &Aws, step: &Step, made: &mut Made) -> Result<(), Failure> {
    match step {
        Step::Call(call) => {
            let options = Options { call, made };
            let answer = call_aws(aws, &options).await;
            let answer = match answer {
                Err(failure) if is_there_already(&failure) => {
                    ec2::known_group(aws, &options).await?
                }
                other => other?,
            };
            let service = options.one("--service");
            match (call.operation.as_str(), &answer) {
                ("ec2 create-vpc-endpoint", Some(id)) => made.endpoints.push(id.clone()),
                ("kms create-key", Some(key)) => made.unused_key = Some(key.clone()),
                ("logs associate-kms-key", _) => made.unused_key = None,
                ("iam create-role", _) => made.has_new_role = true,
                ("ecs update-service", Some(deployment)) => {
                    made.deployments
                        .extend(service.map(|service| (service, deployment.clone())));
                }
                _ => {}
            }
            if let (Some(name), Some(answer)) = (call.into, answer) {
                made.variables.insert(name, answer);
            }
            Ok(())
        }
        Step::Revise(revision) => revise(aws, revision, made).await,
        Step::Shell(_) => Err(cannot("a shell command", "it has to be run by hand")),
    }
}

/// A call's options, with the variables filled in.
pub struct Options<'c> {
    pub call: &'c Call,
    pub made: &'c Made,
}

impl Options<'_> {
    pub fn all(&self, name: &str) -> Vec<String> {
        let words = self
            .call
            .options
            .iter()
            .filter(|(option, _)| option == name);
        words
            .flat_map(|(_, words)| words)
            .filter_map(|word| match word {
                Word::Text(text) => Some(text.clone()),
                Word::Variable(name) => self.made.variables.get(name).cloned(),
            })
            .collect()
    }

    pub fn one(&self, name: &str) -> Option<String> {
        self.all(name).into_iter().next()
    }

    pub fn has(&self, name: &str) -> bool {
        self.call.options.iter().any(|(option, _)| option == name)
    }

    pub fn json(&self, name: &str) -> Value {
        let text = self.one(name).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }
}

/// What a call answers, where one of the later steps needs it.
type Answer = Result<Option<String>, Failure>;

fn cannot(action: &str, why: &str) -> Failure {
    Failure::from(Unavailable::not_asked(action, why))
}

fn is_there_already(failure: &Failure) -> bool {
    [
        "InvalidPermission.Duplicate",
        "InvalidGroup.Duplicate",
        "ResourceAlreadyExistsException",
    ]
    .iter()
    .any(|code| failure.is(code))
}

async fn call_aws(aws: &Aws, options: &Options<'_>) -> Answer {
    match options.call.operation.split_once(' ') {
        Some(("ecs", operation)) => ecs::call(aws, operation, options).await,
        Some(("ec2", operation)) => ec2::call(aws, operation, options).await,
        Some(("iam", operation)) => iam::call(aws, operation, options).await,
        _ => records::call(aws, options).await,
    }
}

fn unknown(operation: &str) -> Failure {
    cannot(operation, "this program does not know how to do it")
}
