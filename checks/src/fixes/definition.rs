//! Changes of a task definition: a new revision, and its deployment.
//!
//! Each is one command whose steps run only if those before succeed: a service must never get a revision that was not
//! registered.

use serde_json::json;

use super::service;
use super::terraform::{self, quoted};
use model::aws_call::{AwsCall, ServiceUpdate};
use model::cli_command::{CliCommand, Variable};
use model::facts::{Fact, Facts, TaskDefinition};
use model::fix::{Disposition, Fix};
use model::step::{Command, ContainerEdit, Edit, Revision, Step};

/// How a change of a container is presented.
struct Presentation {
    /// What the fix's ID begins with.
    kind: &'static str,
    title: String,
    /// What to watch out for.
    warning: &'static str,
    /// The changed part of the container definition, as JSON.
    json: String,
}

/// A change of a task definition, and its deployment to the services that run it.
pub struct Rollout<'a> {
    /// All facts.
    pub facts: &'a Facts,
    /// The definition as it is now.
    pub definition: &'a TaskDefinition,
    /// Names of the services.
    pub services: Vec<&'a str>,
}

impl Presentation {
    fn of(container: &str, edit: &ContainerEdit) -> Presentation {
        match edit {
            ContainerEdit::WritableRoot => Presentation {
                kind: "writable-root",
                title: format!("Make the root file system of {container} writable"),
                warning: "It may be read-only to harden the container.",
                json: "\"readonlyRootFilesystem\": false".to_owned(),
            },
            ContainerEdit::WithoutVariables(names) => {
                let names = names.join(", ");
                Presentation {
                    kind: "without-keys",
                    title: format!("Remove {names} from the environment of {container}"),
                    warning: "The application loses them too: if it needs them, rename them instead.",
                    json: format!("\"environment\": [ … without {names} … ]"),
                }
            }
            ContainerEdit::BypassProxy(hosts) => Presentation {
                kind: "past-the-proxy",
                title: format!("Exclude the agent's hosts from the proxy in {container}"),
                warning: "",
                json: format!(
                    "\"environment\": [ …, {{\"name\": \"NO_PROXY\", \"value\": \"…,{hosts}\"}} ]"
                ),
            },
            ContainerEdit::InitProcess => Presentation {
                kind: "with-init",
                title: format!("Give {container} an init process"),
                warning: "",
                json: "\"linuxParameters\": {\"initProcessEnabled\": true}".to_owned(),
            },
            ContainerEdit::WithoutRestartPolicy => Presentation {
                kind: "without-restart-policy",
                title: format!("Remove the restart policy of {container}"),
                warning: "When an essential container stops, its task then stops too, and ECS starts a new task.",
                json: "… without \"restartPolicy\"".to_owned(),
            },
        }
    }
}

impl Rollout<'_> {
    /// Changes a container.
    pub fn change_container(&self, container: &str, edit: ContainerEdit) -> Fix {
        let family = &self.definition.family;
        let shown = Presentation::of(container, &edit);
        let warning = shown.warning;
        let explain = match self.facts.planned {
            true => warning.to_owned(),
            false => format!(
                "Registers a revision of the task definition and deploys it, which replaces running tasks. Needs jq. {warning}"
            ),
        };
        let edit = Edit::Container {
            name: container.to_owned(),
            edit,
        };
        Fix::new(
            format!("{}:{family}/{container}", shown.kind),
            self.disposition(),
            shown.title,
            explain.trim_end(),
        )
        .command(self.revise_and_deploy(edit))
        .terraform(terraform::hint(
            "aws_ecs_task_definition",
            family,
            &format!("in the definition of {}", quoted(container)),
            &shown.json,
        ))
    }

    /// Gives each container its own process namespace. Only its owner knows whether a sidecar needs to see the processes
    /// of the others.
    pub fn remove_pid_mode(&self) -> Fix {
        let (kind, family) = ("aws_ecs_task_definition", &self.definition.family);
        Fix::new(
            format!("without-pid-mode:{family}"),
            Disposition::Manual,
            format!("Remove pidMode from the task definition {family}"),
            "Each container then has its own agent. Check first whether a sidecar needs to see the processes of the others, \
             as some monitoring agents do. To keep pidMode, make the container that you open sessions in start first: \
             let the others depend on it with the condition HEALTHY. Needs jq.",
        )
        .command(self.revise_and_deploy(Edit::WithoutPidMode))
        .terraform(terraform::hint(kind, family, "without pid_mode", ""))
    }

    fn revise_and_deploy(&self, edit: Edit) -> Command {
        let mut commands = vec![self.new_revision(edit)];
        commands.extend(self.deploy());
        Command::chain(commands)
    }

    /// Registers the definition with one edit. `describe-task-definition` returns fields that `register-task-definition`
    /// rejects: jq removes them.
    pub fn new_revision(&self, edit: Edit) -> Command {
        let (before, read) = self.current_revision();
        let region = &self.facts.region;
        let read = read
            .option("--include", "TAGS")
            .option("--output", "json")
            .region(region);
        let jq = format!(
            "(.tags // []) as $tags | .taskDefinition | del(.taskDefinitionArn, .revision, .status, .requiresAttributes, .compatibilities, .registeredAt, \
             .registeredBy, .deregisteredAt) | {} \
             | if ($tags | length) > 0 then .tags = $tags else . end",
            jq(&edit)
        );
        let register = CliCommand::new("ecs register-task-definition")
            .option("--cli-input-json", Variable::Definition)
            .region(region);
        Command {
            text: format!(
                "{before}{}=$({read} | jq {}) && {register}",
                Variable::Definition,
                shell_words::quote(&jq),
            ),
            steps: vec![Step::Revise(Revision {
                definition: self.definition.arn.clone(),
                edit,
            })],
        }
    }

    /// The command that reads the definition, and what goes before it. If a service gets the new revision, the command
    /// asks for the revision that the service has now: another fix may have been pasted before, and its edit has to stay.
    fn current_revision(&self) -> (String, CliCommand) {
        let read = CliCommand::new("ecs describe-task-definition");
        let (Disposition::Drift, [service, ..]) = (self.disposition(), self.services.as_slice())
        else {
            let read = read.option("--task-definition", &self.definition.arn);
            return (String::new(), read);
        };
        let ask = CliCommand::new("ecs describe-services")
            .option("--cluster", &self.facts.cluster_name)
            .option("--services", *service)
            .store(Variable::Revision, "services[0].taskDefinition")
            .region(&self.facts.region);
        let read = read.option("--task-definition", Variable::Revision);
        (format!("{ask} && "), read)
    }

    /// The program deploys an edit of this revision only if every service has this revision and deploys no other: otherwise
    /// it would bring back an older one, or reach no task.
    pub fn disposition(&self) -> Disposition {
        let is_current = |name: &&str| match self.facts.services.get(*name) {
            Some(Fact::Known(service)) => {
                service.task_definition.as_deref() == Some(self.definition.arn.as_str())
                    && service.rolling_out().is_none()
            }
            Some(Fact::Absent | Fact::Unavailable(_)) | None => false,
        };
        match !self.services.is_empty() && self.services.iter().all(is_current) {
            true => Disposition::Drift,
            false => Disposition::Manual,
        }
    }

    /// Deploys the newest revision.
    pub fn deploy(&self) -> Vec<Command> {
        let services = self.services.iter().map(|service| {
            let update = ServiceUpdate {
                task_definition: Some(self.definition.family.clone()),
                ..service::update(self.facts, service)
            };
            Command::call(AwsCall::UpdateService(update), &self.facts.region)
        });
        services.collect()
    }
}

/// The edit as a jq expression.
fn jq(edit: &Edit) -> String {
    match edit {
        Edit::TaskRole(arn) => format!(". + {{taskRoleArn: {}}}", json!(arn)),
        Edit::WithoutPidMode => "del(.pidMode)".to_owned(),
        Edit::Container { name, edit } => format!(
            ".containerDefinitions |= map(if .name == {} then ({}) else . end)",
            json!(name),
            container_jq(edit)
        ),
    }
}

fn container_jq(edit: &ContainerEdit) -> String {
    match edit {
        ContainerEdit::WritableRoot => ".readonlyRootFilesystem = false".to_owned(),
        ContainerEdit::WithoutRestartPolicy => "del(.restartPolicy)".to_owned(),
        ContainerEdit::InitProcess => ".linuxParameters.initProcessEnabled = true".to_owned(),
        ContainerEdit::WithoutVariables(names) => {
            let names = json!(names);
            let kept = format!("map(select(.name as $name | {names} | index($name) | not))");
            format!(
                ".environment = ((.environment // []) | {kept}) | .secrets = ((.secrets // []) | {kept})"
            )
        }
        ContainerEdit::BypassProxy(hosts) => {
            let added = format!("map(if .name == $name then .value += \",{hosts}\" else . end)");
            format!(
                ".environment = ((.environment // []) | (map(.name) | if index(\"NO_PROXY\") then \"NO_PROXY\" \
                 elif index(\"no_proxy\") then \"no_proxy\" else null end) as $name \
                 | if $name then {added} else . + [{{name: \"NO_PROXY\", value: \"{hosts}\"}}] end)"
            )
        }
    }
}
