//! A fix: data that can be printed, pasted, exported or applied.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::aws_call::AwsCall;
use crate::distinct::push_new;
use crate::step::{Command, Step};
use crate::text::sanitize_line;

/// A change that repairs what a finding is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Fix {
    /// `kind:target`. The same change has the same ID, so that findings share it.
    pub id: String,
    /// What the change does, as an imperative clause.
    pub title: String,
    /// What applying it costs.
    pub disposition: Disposition,
    /// Shell commands to paste, in order.
    pub commands: Vec<String>,
    /// The steps of each command, which the program executes.
    #[serde(skip)]
    #[schemars(skip)]
    pub steps: Vec<Vec<Step>>,
    /// The same change in Terraform.
    pub terraform: Option<String>,
    /// The same change in YAML of CloudFormation, at the logical IDs of the template that was checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloudformation: Option<String>,
    /// The file of the template to change, as the manifest of a CDK assembly names it.
    #[serde(skip)]
    #[schemars(skip)]
    pub template_file: Option<String>,
    /// The policy document to add.
    pub policy: Option<Value>,
    /// What the change does, what it does not do, and what to watch out for.
    pub explain: String,
    /// It replaces tasks, so it comes after all other fixes of the report.
    #[serde(skip)]
    #[schemars(skip)]
    pub is_last: bool,
}

/// What applying a fix costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Disposition {
    /// Changes nothing that runs.
    Safe,
    /// Replaces running tasks.
    Disruptive,
    /// Changes what infrastructure code probably manages.
    Drift,
    /// A person has to decide, or do it.
    Manual,
}

impl Disposition {
    /// The word for it in reports for people.
    pub fn word(self) -> &'static str {
        match self {
            Disposition::Safe => "safe",
            Disposition::Disruptive => "disruptive",
            Disposition::Drift => "changes infrastructure",
            Disposition::Manual => "manual",
        }
    }
}

impl Fix {
    /// A fix without commands. `id` becomes one harmless line, because it may contain names that others chose.
    pub fn new(
        id: impl Into<String>,
        disposition: Disposition,
        title: impl Into<String>,
        explain: impl Into<String>,
    ) -> Fix {
        Fix {
            id: sanitize_line(&id.into()),
            title: title.into(),
            disposition,
            commands: Vec::new(),
            steps: Vec::new(),
            terraform: None,
            cloudformation: None,
            template_file: None,
            policy: None,
            explain: explain.into(),
            is_last: false,
        }
    }

    /// Adds a command after those that are there, with the steps that it stands for.
    pub fn command(mut self, command: impl Into<Command>) -> Fix {
        let Command { text, steps } = command.into();
        self.commands.push(text);
        self.steps.push(steps);
        self
    }

    /// Adds an AWS call in a region.
    pub fn call(self, call: AwsCall, region: &str) -> Fix {
        self.command(Command::call(call, region))
    }

    /// Adds AWS calls in a region, each as a command.
    pub fn calls(self, calls: impl IntoIterator<Item = AwsCall>, region: &str) -> Fix {
        calls
            .into_iter()
            .fold(self, |fix, call| fix.call(call, region))
    }

    /// Adds what the same fix does for another finding.
    pub fn join(&mut self, other: &Fix) {
        for (at, command) in other.commands.iter().enumerate() {
            if !self.commands.contains(command) {
                self.commands.push(command.clone());
                self.steps.extend(other.steps.get(at).cloned());
            }
        }
        let texts = [
            (&mut self.terraform, &other.terraform),
            (&mut self.cloudformation, &other.cloudformation),
        ];
        for (mine, theirs) in texts {
            let (Some(mine), Some(theirs)) = (mine, theirs) else {
                continue;
            };
            let mut all = blocks(mine);
            for block in blocks(theirs) {
                push_new(&mut all, block);
            }
            *mine = all.join("\n\n");
        }
    }

    /// Sets the same change in Terraform.
    pub fn terraform(mut self, terraform: impl Into<String>) -> Fix {
        self.terraform = Some(terraform.into());
        self
    }

    /// Sets the policy document that somebody has to add.
    pub fn policy(mut self, policy: Value) -> Fix {
        self.policy = Some(policy);
        self
    }
}

/// Splits Terraform text into blocks. An empty line separates blocks, and lines inside a block are indented.
fn blocks(terraform: &str) -> Vec<String> {
    let mut blocks: Vec<String> = Vec::new();
    for part in terraform.split("\n\n") {
        match blocks.last_mut() {
            Some(block) if part.starts_with(' ') => *block = format!("{block}\n\n{part}"),
            _ => blocks.push(part.to_owned()),
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merged_fixes_contain_a_shared_block_once() {
        let fix = |terraform: &str| Fix::new("a", Disposition::Drift, "", "").terraform(terraform);
        let mut joined = fix("one {\n  a = 1\n\n  b = 2\n}\n\ntwo {\n}");
        joined.join(&fix("two {\n}\n\nthree {\n}"));
        assert_eq!(
            joined.terraform.unwrap(),
            "one {\n  a = 1\n\n  b = 2\n}\n\ntwo {\n}\n\nthree {\n}"
        );
    }
}
