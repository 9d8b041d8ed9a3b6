//! Standalone tasks, and the container instances that tasks run on.

use serde_json::{Value, json};

use model::arn;
use model::aws_call::AwsCall;
use model::cli_command::CliCommand;
use model::facts::{Fact, Facts, Interface, Task};
use model::fix::{Disposition, Fix};

/// Runs the same task again with ECS Exec enabled: the setting of a running task cannot be changed.
pub fn run_again(facts: &Facts, task: &Task) -> Fix {
    let fix = Fix::new(
        format!("run-again:{}", task.id()),
        // Only its owner knows whether a job can run twice.
        Disposition::Manual,
        format!("Run task {} again with ECS Exec enabled", task.id()),
        explain(task),
    );
    let mut run = CliCommand::new("ecs run-task")
        .option("--cluster", &facts.cluster_name)
        .option("--task-definition", &task.task_definition)
        .flag("--enable-execute-command", true);
    run = match (&task.capacity_provider, &task.launch_type) {
        (Some(provider), _) => run.option(
            "--capacity-provider-strategy",
            format!("capacityProvider={provider},weight=1"),
        ),
        (None, Some(launch_type)) => run.option("--launch-type", launch_type),
        (None, None) => run,
    };
    if let Some(network) = network(facts, task) {
        run = run.json("--network-configuration", &network);
    }
    let roles = [
        ("taskRoleArn", &task.task_role_override),
        ("executionRoleArn", &task.execution_role_override),
    ];
    let roles = roles
        .into_iter()
        .filter_map(|(name, role)| Some((name.to_owned(), role.as_deref()?.into())));
    let roles: serde_json::Map<_, _> = roles.collect();
    if !roles.is_empty() {
        run = run.json("--overrides", &Value::from(roles));
    }
    fix.command(run.region(&facts.region))
}

/// Updates the ECS agent of a container instance.
pub fn update_agent(facts: &Facts, container_instance: &str) -> Fix {
    let id = arn::name(container_instance);
    Fix::new(
        format!("update-agent:{id}"),
        Disposition::Drift,
        format!("Update the ECS agent of container instance {id}"),
        "Works on Amazon's ECS-optimized images; on others, update the agent by hand. Running tasks keep running: \
         replace them to open sessions.",
    )
    .call(
        AwsCall::UpdateContainerAgent {
            cluster: facts.cluster_name.clone(),
            container_instance: container_instance.to_owned(),
        },
        &facts.region,
    )
}

/// Installs the exec agent's files on a container instance.
pub fn host_files(container_instance: &str) -> Fix {
    let id = arn::name(container_instance);
    Fix::new(
        format!("host-files:{id}"),
        Disposition::Manual,
        format!("Install the exec agent's files on container instance {id}"),
        "Start instances from a current ECS-optimized AMI or Bottlerocket, or install ecs-init on your own AMI. Then \
         replace the tasks: a new deployment on the old instance does not help.",
    )
    .command("ls /var/lib/ecs/deps/execute-command/bin /var/lib/ecs/deps/execute-command/certs")
}

fn network(facts: &Facts, task: &Task) -> Option<Value> {
    let attachment = task.interface.as_ref()?;
    let interface: Option<&Interface> = attachment
        .id
        .as_ref()
        .and_then(|id| facts.network.interfaces.get(id.as_str()))
        .and_then(Fact::known);
    let mut awsvpc = json!({"subnets": [attachment.subnet.as_ref()?]});
    if let Some(interface) = interface {
        awsvpc["securityGroups"] = json!(interface.security_groups);
    }
    let is_public = interface.is_some_and(|interface| interface.public_ip.is_some());
    awsvpc["assignPublicIp"] = json!(if is_public { "ENABLED" } else { "DISABLED" });
    Some(json!({"awsvpcConfiguration": awsvpc}))
}

fn explain(task: &Task) -> String {
    let overrides = match task.container_overrides {
        true => {
            " The old task has container overrides, which this command does not repeat: add them."
        }
        false => "",
    };
    format!(
        "A task keeps the setting that it was started with, so run a new one, \
         and stop the old one when you no longer need it.{overrides}"
    )
}
