use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::step::{Command, Step};

/// A way to mend a finding: data that can be printed, pasted, exported or applied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Fix {
    /// `kind:what`, the same for the same change, so that findings that share a fix name it once.
    pub id: String,
    pub title: String,
    pub disposition: Disposition,
    /// Shell commands that work as they are pasted, in order.
    pub commands: Vec<String>,
    /// What the commands do, for the program to do it itself.
    #[serde(skip)]
    #[schemars(skip)]
    pub steps: Vec<Step>,
    /// The same for those whose infrastructure is Terraform's.
    pub terraform: Option<String>,
    /// The policy document that is to be added.
    pub policy: Option<Value>,
    /// What the change does, what it does not, and what to watch.
    pub explain: String,
}

/// What applying a fix costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Disposition {
    /// Changes nothing that runs.
    Safe,
    /// Replaces running tasks.
    Disruptive,
    /// Changes what infrastructure code probably owns.
    Drift,
    /// A person has to do it.
    Manual,
}

impl Disposition {
    pub fn word(self) -> &'static str {
        match self {
            Disposition::Safe => "safe",
            Disposition::Disruptive => "disruptive",
            Disposition::Drift => "drift",
            Disposition::Manual => "manual",
        }
    }
}

impl Fix {
    pub fn new(
        id: impl Into<String>,
        disposition: Disposition,
        title: impl Into<String>,
        explain: impl Into<String>,
    ) -> Fix {
        Fix {
            id: id.into(),
            title: title.into(),
            disposition,
            commands: Vec::new(),
            steps: Vec::new(),
            terraform: None,
            policy: None,
            explain: explain.into(),
        }
    }

    pub fn command(mut self, command: impl Into<Command>) -> Fix {
        let Command { text, steps } = command.into();
        self.commands.push(text);
        self.steps.extend(steps);
        self
    }

    /// Takes over what the same fix does besides on behalf of another finding.
    pub fn join(&mut self, other: &Fix) {
        for command in &other.commands {
            if !self.commands.contains(command) {
                self.commands.push(command.clone());
            }
        }
        for step in &other.steps {
            if !self.steps.contains(step) {
                self.steps.push(step.clone());
            }
        }
        if let (Some(mine), Some(theirs)) = (&mut self.terraform, &other.terraform)
            && !mine.contains(theirs.as_str())
        {
            mine.push_str("\n\n");
            mine.push_str(theirs);
        }
    }

    pub fn terraform(mut self, terraform: impl Into<String>) -> Fix {
        self.terraform = Some(terraform.into());
        self
    }

    pub fn policy(mut self, policy: Value) -> Fix {
        self.policy = Some(policy);
        self
    }
}
