//! What a fix does, step by step, so that the same steps can be printed for a shell and made by the program.

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    Call(Call),
    Revise(Revision),
    /// Something on this machine, which a person has to run.
    Shell(String),
}

/// A call of AWS, in the words of the AWS CLI.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Service and operation: `ecs update-service`.
    pub operation: String,
    /// By their names with dashes; a flag has no words.
    pub options: Vec<(String, Vec<Word>)>,
    /// The variable that holds what the call answers.
    pub into: Option<&'static str>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Word {
    Text(String),
    /// What an earlier step put into this variable.
    Variable(&'static str),
}

impl Call {
    /// The service that the call changes.
    pub fn updated_service(&self) -> Option<&str> {
        if self.operation != "ecs update-service" {
            return None;
        }
        self.options
            .iter()
            .find_map(|(option, words)| match words.as_slice() {
                [Word::Text(name)] if option == "--service" => Some(name.as_str()),
                _ => None,
            })
    }

    /// The service whose tasks the call replaces.
    pub fn deployed_service(&self) -> Option<&str> {
        const REPLACING: [&str; 3] = [
            "--force-new-deployment",
            "--task-definition",
            "--desired-count",
        ];
        let has = |name: &&str| self.options.iter().any(|(option, _)| option == name);
        self.updated_service().filter(|_| REPLACING.iter().any(has))
    }

    /// Takes over the options that another change of the same service has besides.
    pub fn join(&mut self, other: &Call) {
        for option in &other.options {
            if !self.options.iter().any(|(name, _)| *name == option.0) {
                self.options.push(option.clone());
            }
        }
    }
}

impl Step {
    /// The service whose tasks the step replaces.
    pub fn deployed_service(&self) -> Option<&str> {
        match self {
            Step::Call(call) => call.deployed_service(),
            Step::Revise(_) | Step::Shell(_) => None,
        }
    }
}

/// A new revision of a task definition: the one that is named, but for an edit.
#[derive(Debug, Clone, PartialEq)]
pub struct Revision {
    /// ARN of the revision that is edited.
    pub definition: String,
    pub edit: Edit,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// Names the task role, by its ARN.
    TaskRole(String),
    /// Gives each container processes of its own.
    WithoutPidMode,
    Container {
        name: String,
        edit: ContainerEdit,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub enum ContainerEdit {
    WritableRoot,
    InitProcess,
    WithoutRestartPolicy,
    /// Takes variables and secrets out of the environment.
    WithoutVariables(Vec<String>),
    /// Adds hosts to `NO_PROXY`, comma-separated.
    PastTheProxy(String),
}

/// What a person pastes into a shell, and the steps that it stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    pub text: String,
    pub steps: Vec<Step>,
}

impl Command {
    /// Each only on the success of those before.
    pub fn all(commands: Vec<Command>) -> Command {
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

    /// Keeps what the last call answers.
    pub fn into_variable(mut self, name: &'static str) -> Command {
        self.text = format!("{name}=$({})", self.text);
        if let Some(Step::Call(call)) = self.steps.last_mut() {
            call.into = Some(name);
        }
        self
    }
}

impl From<Call> for Command {
    fn from(call: Call) -> Command {
        let mut words = vec![format!("aws {}", call.operation)];
        for (name, values) in &call.options {
            words.push(name.clone());
            words.extend(values.iter().map(|value| match value {
                Word::Text(text) => shell_words::quote(text).into_owned(),
                Word::Variable(name) => format!("\"${name}\""),
            }));
        }
        Command {
            text: words.join(" "),
            steps: vec![Step::Call(call)],
        }
    }
}

impl From<&str> for Command {
    fn from(text: &str) -> Command {
        Command::from(text.to_owned())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_stays_one_word() {
        let call = Call {
            operation: "ecs update-service".into(),
            options: vec![(
                "--service".into(),
                vec![
                    Word::Text("web; rm -rf $HOME 'x'".into()),
                    Word::Variable("GROUP"),
                ],
            )],
            into: None,
        };
        let text = Command::from(call).text;
        assert_eq!(
            shell_words::split(&text).unwrap(),
            [
                "aws",
                "ecs",
                "update-service",
                "--service",
                "web; rm -rf $HOME 'x'",
                "$GROUP"
            ]
        );
    }
}
