//! Changes of a task definition: a new revision, and its roll-out.
//!
//! Each is one command whose steps follow only on the success of those before: a service must never get a
//! revision that was not made.

use serde_json::json;

use super::{Aws, label, quoted};
use model::facts::{Fact, Facts, TaskDefinition};
use model::fix::{Disposition, Fix};
use model::step::{Command, ContainerEdit, Edit, Revision, Step};

/// A container of a definition that is to be changed, and the services that run it.
pub struct Change<'a> {
    pub facts: &'a Facts,
    pub definition: &'a TaskDefinition,
    pub container: &'a str,
    pub services: Vec<&'a str>,
}

impl Change<'_> {
    /// Lets the container write to its root file system.
    pub fn writable_root(self) -> Fix {
        let title = format!("Let {} write to its root file system", self.container);
        self.fix(
            "writable-root",
            title,
            ContainerEdit::WritableRoot,
            "\"readonlyRootFilesystem\": false",
        )
    }

    /// Takes variables and secrets out of the container's environment.
    pub fn without_variables(self, names: &[&str]) -> Fix {
        let listed = names.join(", ");
        let title = format!("Take {listed} out of the environment of {}", self.container);
        self.fix(
            "without-keys",
            title,
            ContainerEdit::WithoutVariables(names.iter().map(|&name| name.to_owned()).collect()),
            &format!("\"environment\": [ … without {listed} … ]"),
        )
    }

    /// Keeps the agent's requests off the proxy.
    pub fn past_the_proxy(self, hosts: &str) -> Fix {
        let title = format!("Keep the agent in {} off the proxy", self.container);
        self.fix(
            "past-the-proxy",
            title,
            ContainerEdit::PastTheProxy(hosts.to_owned()),
            &format!(
                "\"environment\": [ …, {{\"name\": \"NO_PROXY\", \"value\": \"…,{hosts}\"}} ]"
            ),
        )
    }

    /// Gives the container an init process.
    pub fn with_init(self) -> Fix {
        let title = format!("Give {} an init process", self.container);
        self.fix(
            "with-init",
            title,
            ContainerEdit::InitProcess,
            "\"linuxParameters\": {\"initProcessEnabled\": true}",
        )
    }

    /// Has ECS replace the task, not restart the container in it.
    pub fn without_restart_policy(self) -> Fix {
        let title = format!("Take the restart policy of {} away", self.container);
        self.fix(
            "without-restart-policy",
            title,
            ContainerEdit::WithoutRestartPolicy,
            "… without \"restartPolicy\"",
        )
    }

    fn fix(self, kind: &str, title: String, edit: ContainerEdit, terraform: &str) -> Fix {
        let explain = match edit {
            ContainerEdit::WithoutVariables(_) => {
                "The application does without them too: where it needs them, rename them instead."
            }
            ContainerEdit::WritableRoot => "Somebody may have closed it to harden the container.",
            ContainerEdit::WithoutRestartPolicy => {
                "When the container ends, its task ends too, if the container is essential, and ECS starts a new task."
            }
            ContainerEdit::InitProcess | ContainerEdit::PastTheProxy(_) => "",
        };
        let edit = Edit::Container {
            name: self.container.to_owned(),
            edit,
        };
        let mut steps = vec![new_revision(
            self.facts,
            self.definition,
            &self.services,
            edit,
        )];
        steps.extend(deploy(self.facts, self.definition, &self.services));
        let family = &self.definition.family;
        Fix::new(
            format!("{kind}:{family}/{}", self.container),
            disposition(self.facts, self.definition, &self.services),
            title,
            match self.facts.planned {
                true => explain.to_owned(),
                false => format!(
                    "Registers a revision of the task definition and rolls it out: running tasks are replaced. Needs jq. {explain}"
                ),
            }
            .trim_end(),
        )
        .command(Command::all(steps))
        .terraform(format!(
            "resource \"aws_ecs_task_definition\" \"{}\" {{\n  # … in the definition of {}:\n  # {terraform}\n}}",
            label(family),
            quoted(self.container),
        ))
    }
}

/// Gives each container processes of its own. Whether a sidecar needs to see the others' processes, only its owner can
/// tell.
pub fn without_pid_mode(facts: &Facts, definition: &TaskDefinition, services: &[&str]) -> Fix {
    let family = &definition.family;
    let mut steps = vec![new_revision(
        facts,
        definition,
        services,
        Edit::WithoutPidMode,
    )];
    steps.extend(deploy(facts, definition, services));
    Fix::new(
        format!("without-pid-mode:{family}"),
        Disposition::Manual,
        format!("Take pidMode out of the task definition {family}"),
        "Each container then has its own agent. Check first whether a sidecar needs to see the processes of the others, \
         as some monitoring agents do. To keep pidMode, have the container that you enter start first: \
         the others depend on it with the condition HEALTHY. Needs jq.",
    )
    .command(Command::all(steps))
    .terraform(format!(
        "resource \"aws_ecs_task_definition\" \"{}\" {{\n  # … without pid_mode\n}}",
        label(family),
    ))
}

/// Registers a definition as it is but for an edit. `describe-task-definition` gives fields that
/// `register-task-definition` refuses; jq drops them.
pub fn new_revision(
    facts: &Facts,
    definition: &TaskDefinition,
    services: &[&str],
    edit: Edit,
) -> Command {
    let (before, read) = current(facts, definition, services);
    let read = read
        .option("--include", "TAGS")
        .option("--output", "json")
        .region(facts);
    let jq = format!(
        "(.tags // []) as $tags | .taskDefinition | del(.taskDefinitionArn, .revision, .status, .requiresAttributes, .compatibilities, .registeredAt, \
         .registeredBy, .deregisteredAt) | {} \
         | if ($tags | length) > 0 then .tags = $tags else . end",
        jq(&edit)
    );
    let register = Aws::new("ecs register-task-definition")
        .variable("--cli-input-json", "DEFINITION")
        .region(facts);
    Command {
        text: format!(
            "{before}DEFINITION=$({} | jq {}) && {}",
            read.text,
            shell_words::quote(&jq),
            register.text
        ),
        steps: vec![Step::Revise(Revision {
            definition: definition.arn.clone(),
            edit,
        })],
    }
}

/// How the definition is read. Where a service is given a revision, it is asked which it has by then: another fix may
/// have been pasted before, and its edit is to stay.
fn current(facts: &Facts, definition: &TaskDefinition, services: &[&str]) -> (String, Aws) {
    let read = Aws::new("ecs describe-task-definition");
    match (disposition(facts, definition, services), services) {
        (Disposition::Drift, [service, ..]) => {
            let ask = Aws::new("ecs describe-services")
                .option("--cluster", &facts.cluster_name)
                .option("--services", service)
                .option("--query", "services[0].taskDefinition")
                .option("--output", "text")
                .region(facts)
                .into_variable("REVISION");
            (
                format!("{} && ", ask.text),
                read.variable("--task-definition", "REVISION"),
            )
        }
        _ => (
            String::new(),
            read.option("--task-definition", &definition.arn),
        ),
    }
}

/// The revision that runs may be rolled out anew with an edit only where it is the one that every service has, and
/// no other is being rolled out: everything else would bring back an older one, or reach no task.
pub fn disposition(facts: &Facts, definition: &TaskDefinition, services: &[&str]) -> Disposition {
    let is_current = |name: &&str| match facts.services.get(*name) {
        Some(Fact::Known(service)) => {
            service.task_definition.as_deref() == Some(definition.arn.as_str())
                && service.rolling_out().is_none()
        }
        Some(Fact::Absent | Fact::Unavailable(_)) | None => false,
    };
    match !services.is_empty() && services.iter().all(is_current) {
        true => Disposition::Drift,
        false => Disposition::Manual,
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
            jq_of_container(edit)
        ),
    }
}

fn jq_of_container(edit: &ContainerEdit) -> String {
    match edit {
        ContainerEdit::WritableRoot => ".readonlyRootFilesystem = false".to_owned(),
        ContainerEdit::WithoutRestartPolicy => "del(.restartPolicy)".to_owned(),
        ContainerEdit::InitProcess => ".linuxParameters.initProcessEnabled = true".to_owned(),
        ContainerEdit::WithoutVariables(names) => {
            let listed = serde_json::json!(names).to_string();
            let kept = format!("map(select(.name as $name | {listed} | index($name) | not))");
            format!(
                ".environment = ((.environment // []) | {kept}) | .secrets = ((.secrets // []) | {kept})"
            )
        }
        ContainerEdit::PastTheProxy(hosts) => {
            let added = format!("map(if .name == $name then .value += \",{hosts}\" else . end)");
            format!(
                ".environment = ((.environment // []) | (map(.name) | if index(\"NO_PROXY\") then \"NO_PROXY\" \
                 elif index(\"no_proxy\") then \"no_proxy\" else null end) as $name \
                 | if $name then {added} else . + [{{name: \"NO_PROXY\", value: \"{hosts}\"}}] end)"
            )
        }
    }
}

/// Rolls the newest revision out.
pub fn deploy(facts: &Facts, definition: &TaskDefinition, services: &[&str]) -> Vec<Command> {
    services
        .iter()
        .map(|service| {
            Aws::new("ecs update-service")
                .option("--cluster", &facts.cluster_name)
                .option("--service", service)
                .option("--task-definition", &definition.family)
                .region(facts)
        })
        .collect()
}
