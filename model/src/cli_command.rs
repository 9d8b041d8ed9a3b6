//! Commands of the AWS CLI as text for a shell.

use std::fmt::{self, Display, Formatter};

use serde_json::Value;

/// A shell variable that holds what an earlier command printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::Display)]
#[strum(serialize_all = "UPPERCASE")]
pub enum Variable {
    /// A task definition, edited.
    Definition,
    /// ID of a new security group.
    Group,
    /// ARN of a new KMS key.
    Key,
    /// A policy document, with one more statement.
    Policy,
    /// ARN of the task definition that a service has now.
    Revision,
}

/// A value, or a reference to the output of an earlier step.
#[derive(Debug, Clone, PartialEq)]
pub enum Ref {
    /// A value that is known now.
    Literal(String),
    /// The output of an earlier step, by the variable that stores it.
    Output(Variable),
}

impl<T: AsRef<str>> From<T> for Ref {
    fn from(text: T) -> Ref {
        Ref::Literal(text.as_ref().to_owned())
    }
}

impl From<Variable> for Ref {
    fn from(variable: Variable) -> Ref {
        Ref::Output(variable)
    }
}

/// One command of the AWS CLI. [`Display`] quotes it for a shell.
#[derive(Debug, Clone, PartialEq)]
pub struct CliCommand {
    /// Service and operation: `ecs update-service`.
    operation: &'static str,
    /// Options in the order in which they are printed. A flag has no values.
    options: Vec<(&'static str, Vec<Ref>)>,
    /// The resource that the command changes, if its name is known before the command runs.
    resource: Option<String>,
    /// The variable that stores the output.
    output: Option<Variable>,
}

impl CliCommand {
    /// `operation`: service and operation, as in `ecs update-service`.
    pub fn new(operation: &'static str) -> CliCommand {
        CliCommand {
            operation,
            options: Vec::new(),
            resource: None,
            output: None,
        }
    }

    /// Adds an option that takes no value, if `is_set`.
    pub fn flag(mut self, name: &'static str, is_set: bool) -> CliCommand {
        if is_set {
            self.options.push((name, Vec::new()));
        }
        self
    }

    /// Adds an option with one value.
    pub fn option(self, name: &'static str, value: impl Into<Ref>) -> CliCommand {
        self.options(name, [value])
    }

    /// Adds an option with several values, or none if there are no values.
    pub fn options<V: Into<Ref>>(
        mut self,
        name: &'static str,
        values: impl IntoIterator<Item = V>,
    ) -> CliCommand {
        let values: Vec<Ref> = values.into_iter().map(Into::into).collect();
        if !values.is_empty() {
            self.options.push((name, values));
        }
        self
    }

    /// Adds an option whose value is JSON, such as a policy document.
    pub fn json(self, name: &'static str, value: &Value) -> CliCommand {
        self.option(name, value.to_string())
    }

    /// Adds the option that names the resource which the command changes.
    pub fn resource(mut self, name: &'static str, value: impl Into<Ref>) -> CliCommand {
        let value = value.into();
        if let Ref::Literal(text) = &value {
            self.resource = Some(text.clone());
        }
        self.option(name, value)
    }

    /// Prints only one field of the response. `path` is a JMESPath expression.
    pub fn query(self, path: &str) -> CliCommand {
        self.option("--query", path).option("--output", "text")
    }

    /// Stores one field of the response in a variable.
    pub fn store(mut self, variable: Variable, path: &str) -> CliCommand {
        self.output = Some(variable);
        self.query(path)
    }

    /// Adds the Region in which the command runs.
    pub fn region(self, region: &str) -> CliCommand {
        self.option("--region", region)
    }

    /// The variable that stores the output.
    pub fn output(&self) -> Option<Variable> {
        self.output
    }

    /// Whether the command means the same in every place: it neither sets nor uses a variable.
    pub fn is_self_contained(&self) -> bool {
        let mut values = self.options.iter().flat_map(|(_, values)| values);
        self.output.is_none() && values.all(|value| matches!(value, Ref::Literal(_)))
    }

    /// The operation and the resource that it changes.
    pub fn summary(&self) -> String {
        match &self.resource {
            Some(resource) => format!("{} {resource}", self.operation),
            None => self.operation.to_owned(),
        }
    }
}

impl Display for CliCommand {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        if let Some(variable) = self.output {
            write!(f, "{variable}=$(")?;
        }
        write!(f, "aws {}", self.operation)?;
        for (name, values) in &self.options {
            write!(f, " {name}")?;
            for value in values {
                match value {
                    Ref::Literal(text) => write!(f, " {}", shell_words::quote(text))?,
                    Ref::Output(variable) => write!(f, " \"${variable}\"")?,
                }
            }
        }
        match self.output {
            Some(_) => f.write_str(")"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_stays_one_word() {
        let hostile = "web; rm -rf $HOME 'x'";
        let command = CliCommand::new("ecs update-service")
            .option("--service", hostile)
            .option("--group", Ref::Output(Variable::Group));
        assert_eq!(
            shell_words::split(&command.to_string()).unwrap(),
            [
                "aws",
                "ecs",
                "update-service",
                "--service",
                hostile,
                "--group",
                "$GROUP"
            ]
        );
    }
}
