//! Standalone tasks, which no service replaces.

use super::Aws;
use model::arn;
use model::facts::{Fact, Facts, Interface, Task};
use model::fix::{Disposition, Fix};

/// Runs the same task again with exec on; the flag of a running task cannot be changed.
pub fn run_again(facts: &Facts, task: &Task) -> Fix {
    let fix = Fix::new(
        format!("run-again:{}", task.id()),
        // Whether a job may run twice, and as what, only its owner can tell.
        Disposition::Manual,
        format!("Run task {} again, with ECS Exec on", task.id()),
        explain(task),
    );
    let mut run = Aws::new("ecs run-task")
        .option("--cluster", &facts.cluster_name)
        .option("--task-definition", &task.task_definition)
        .flag("--enable-execute-command");
    run = match (&task.capacity_provider, &task.launch_type) {
        (Some(provider), _) => run.option(
            "--capacity-provider-strategy",
            &format!("capacityProvider={provider},weight=1"),
        ),
        (None, Some(launch_type)) => run.option("--launch-type", launch_type),
        (None, None) => run,
    };
    if let Some(network) = network(facts, task) {
        run = run.option("--network-configuration", &network);
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
        run = run.option("--overrides", &serde_json::Value::from(roles).to_string());
    }
    fix.command(run.region(facts))
}

/// Brings the ECS agent of a container instance up to date.
pub fn update_agent(facts: &Facts, container_instance: &str) -> Fix {
    let id = arn::name(container_instance);
    Fix::new(
        format!("update-agent:{id}"),
        Disposition::Drift,
        format!("Update the ECS agent of container instance {id}"),
        "Works on Amazon's ECS-optimized images; elsewhere the agent is updated by hand. Running tasks go on; \
         they have to be replaced to be entered.",
    )
    .command(
        Aws::new("ecs update-container-agent")
            .option("--cluster", &facts.cluster_name)
            .option("--container-instance", container_instance)
            .region(facts),
    )
}

/// Brings the exec agent's files onto a container instance.
pub fn host_files(container_instance: &str) -> Fix {
    let id = arn::name(container_instance);
    Fix::new(
        format!("host-files:{id}"),
        Disposition::Manual,
        format!("Give container instance {id} the files of the exec agent"),
        "Start instances from a current ECS-optimized AMI or Bottlerocket, or install ecs-init on your own AMI. Then \
         replace the tasks: a new deployment on the old instance changes nothing.",
    )
    .command("ls /var/lib/ecs/deps/execute-command/bin /var/lib/ecs/deps/execute-command/certs".to_owned())
}

fn network(facts: &Facts, task: &Task) -> Option<String> {
    let attachment = task.interface.as_ref()?;
    let interface: Option<&Interface> = attachment
        .id
        .as_ref()
        .and_then(|id| facts.network.interfaces.get(id.as_str()))
        .and_then(Fact::known);
    let mut awsvpc = serde_json::json!({"subnets": [attachment.subnet.as_ref()?]});
    if let Some(interface) = interface {
        awsvpc["securityGroups"] = serde_json::json!(interface.security_groups);
    }
    let is_public = interface.is_some_and(|interface| interface.public_ip.is_some());
    awsvpc["assignPublicIp"] = serde_json::json!(if is_public { "ENABLED" } else { "DISABLED" });
    Some(serde_json::json!({"awsvpcConfiguration": awsvpc}).to_string())
}

fn explain(task: &Task) -> String {
    let mut text =
        "A task keeps the setting that it was started with, so a new one has to be run; \
        stop the old one when it is not needed any more."
            .to_owned();
    if task.container_overrides {
        text.push_str(
            " The old task was run with container overrides, which are not repeated here: add them.",
        );
    }
    text
}
