//! What a fix does, step by step. A step is printed as a command for a shell, or executed by the program.

use serde_json::Value;

use crate::aws_call::{AwsCall, ServiceUpdate};
use crate::cli_command::{CliCommand, Variable};
use crate::text::sanitize_line;

/// One change that a fix makes.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// One call of the AWS API.
    Call(AwsCall),
    /// Reads a resource's policy and writes it back with one more statement.
    AddStatement(StatementAddition),
    /// Registers an edited task definition.
    Revise(Revision),
    /// A command that the program does not execute: a person runs it.
    Shell(String),
}

impl Step {
    /// The change of a service that the step makes.
    pub fn service_update(&self) -> Option<&ServiceUpdate> {
        match self {
            Step::Call(AwsCall::UpdateService(update)) => Some(update),
            Step::Call(_) | Step::AddStatement(_) | Step::Revise(_) | Step::Shell(_) => None,
        }
    }

    /// The service whose tasks the step replaces.
    pub fn deployed_service(&self) -> Option<&str> {
        let update = self.service_update()?;
        update.replaces_tasks().then_some(update.service.as_str())
    }

    /// Whether the step means the same in every place: it neither sets nor uses a variable.
    pub fn is_self_contained(&self) -> bool {
        match self {
            Step::Call(call) => call.cli().is_self_contained(),
            Step::AddStatement(_) | Step::Revise(_) | Step::Shell(_) => true,
        }
    }

    /// The operation and the resource that it changes, on one line.
    pub fn summary(&self) -> String {
        sanitize_line(&match self {
            Step::Call(call) => call.cli().summary(),
            Step::AddStatement(addition) => addition.policy.put().summary(),
            Step::Revise(revision) => {
                format!("ecs register-task-definition from {}", revision.definition)
            }
            Step::Shell(command) => command.clone(),
        })
    }
}

/// Adds a statement to a resource's policy. The step reads the policy first, so that it keeps what others added.
#[derive(Debug, Clone, PartialEq)]
pub struct StatementAddition {
    /// The policy that gets the statement.
    pub policy: ResourcePolicy,
    /// The statement with its `Sid`. A statement of the policy with the same `Sid` is replaced.
    pub statement: Value,
}

/// A policy that is attached to a resource and read before it is changed.
#[derive(Debug, Clone, PartialEq)]
pub enum ResourcePolicy {
    /// Of the KMS key with this ARN.
    Key(String),
    /// Of the VPC endpoint with this ID.
    Endpoint(String),
}

/// The one policy that a KMS key has.
pub const KEY_POLICY_NAME: &str = "default";

impl ResourcePolicy {
    /// Prints the policy.
    fn get(&self) -> CliCommand {
        match self {
            ResourcePolicy::Key(key) => CliCommand::new("kms get-key-policy")
                .option("--key-id", key)
                .option("--policy-name", KEY_POLICY_NAME)
                .query("Policy"),
            ResourcePolicy::Endpoint(id) => CliCommand::new("ec2 describe-vpc-endpoints")
                .option("--vpc-endpoint-ids", id)
                .query("VpcEndpoints[0].PolicyDocument"),
        }
    }

    /// Replaces the policy by the one in the variable.
    fn put(&self) -> CliCommand {
        match self {
            ResourcePolicy::Key(key) => CliCommand::new("kms put-key-policy")
                .resource("--key-id", key)
                .option("--policy-name", KEY_POLICY_NAME)
                .option("--policy", Variable::Policy),
            ResourcePolicy::Endpoint(id) => CliCommand::new("ec2 modify-vpc-endpoint")
                .resource("--vpc-endpoint-id", id)
                .option("--policy-document", Variable::Policy),
        }
    }
}

impl StatementAddition {
    /// The command reads the policy when it is pasted, so that several such commands can be pasted one after another.
    fn text(&self, region: &str) -> String {
        let statement = &self.statement;
        // JSON text means the same to jq.
        let jq = format!(
            ".Statement = ([.Statement] | flatten | map(select(.Sid != {}))) + [{statement}]",
            statement["Sid"]
        );
        format!(
            "{}=$({} | jq -c {}) && {}",
            Variable::Policy,
            self.policy.get().region(region),
            shell_words::quote(&jq),
            self.policy.put().region(region),
        )
    }
}

/// Registers a new revision of a task definition, with one edit.
#[derive(Debug, Clone, PartialEq)]
pub struct Revision {
    /// ARN of the revision that is edited.
    pub definition: String,
    /// What differs in the new revision.
    pub edit: Edit,
}

/// A change of a task definition.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// Sets the task role to this ARN.
    TaskRole(String),
    /// Gives each container its own process namespace.
    WithoutPidMode,
    /// Changes one container definition.
    Container {
        /// Name of the container.
        name: String,
        /// What changes in it.
        edit: ContainerEdit,
    },
}

/// A change of a container definition.
#[derive(Debug, Clone, PartialEq)]
pub enum ContainerEdit {
    /// Makes the root file system writable, which the exec agent needs.
    WritableRoot,
    /// Runs an init process, which reaps what sessions leave behind.
    InitProcess,
    /// Removes the restart policy.
    WithoutRestartPolicy,
    /// Removes variables and secrets from the environment.
    WithoutVariables(Vec<String>),
    /// Adds hosts to `NO_PROXY`, comma-separated.
    BypassProxy(String),
}

/// Text for a shell, and the steps that it stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// The text to paste into a shell.
    pub text: String,
    /// What the program executes in its place.
    pub steps: Vec<Step>,
}

impl Command {
    /// The command of the AWS CLI that makes one call.
    pub fn call(call: AwsCall, region: &str) -> Command {
        Command {
            text: call.cli().region(region).to_string(),
            steps: vec![Step::Call(call)],
        }
    }

    /// A pipeline that reads the policy, adds the statement with `jq`, and writes the policy back.
    pub fn add_statement(addition: StatementAddition, region: &str) -> Command {
        Command {
            text: addition.text(region),
            steps: vec![Step::AddStatement(addition)],
        }
    }

    /// Chains commands: each runs only if those before it succeed.
    pub fn chain(commands: Vec<Command>) -> Command {
        let texts: Vec<&str> = commands
            .iter()
            .map(|command| command.text.as_str())
            .collect();
        Command {
            text: texts.join(" && "),
            steps: commands
                .into_iter()
                .flat_map(|command| command.steps)
                .collect(),
        }
    }
}

impl From<String> for Command {
    fn from(text: String) -> Command {
        Command {
            steps: vec![Step::Shell(text.clone())],
            text,
        }
    }
}

impl From<&str> for Command {
    fn from(text: &str) -> Command {
        Command::from(text.to_owned())
    }
}

impl From<CliCommand> for Command {
    fn from(command: CliCommand) -> Command {
        Command::from(command.to_string())
    }
}
