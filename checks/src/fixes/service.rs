//! Turning exec on for a service, and replacing its tasks so that the change reaches them.

use super::{Aws, label};
use model::facts::{DeploymentController, Facts, Service};
use model::fix::{Disposition, Fix};
use model::step::Command;

/// Switches the service's flag on and replaces its tasks: the flag reaches new tasks only.
pub fn enable_exec(facts: &Facts, service: &Service) -> Fix {
    let name = &service.name;
    let update = Aws::new("ecs update-service")
        .option("--cluster", &facts.cluster_name)
        .option("--service", name)
        .flag("--enable-execute-command");
    let fix = |disposition, title: String, explain: &str| {
        Fix::new(format!("enable-exec:{name}"), disposition, title, explain)
    };
    let by_others = |explain: &str| {
        let title = format!("Enable ECS Exec on {name}, then have its tasks replaced");
        fix(Disposition::Manual, title, explain)
            .command(update.clone().region(facts))
            .terraform(service_block(name, "enable_execute_command = true"))
    };
    match service.controller {
        DeploymentController::Ecs => {
            let title = format!("Enable ECS Exec on {name} and replace its tasks");
            fix(Disposition::Disruptive, title, REPLACES)
                .command(update.clone().flag("--force-new-deployment").region(facts))
                .terraform(service_block(
                    name,
                    "enable_execute_command = true\nforce_new_deployment   = true",
                ))
        }
        DeploymentController::CodeDeploy => by_others(CODE_DEPLOY),
        DeploymentController::External => by_others(EXTERNAL),
    }
}

/// Switches the service's flag off, and replaces tasks that can still be entered.
pub fn disable_exec(facts: &Facts, service: &Service, replace: bool) -> Fix {
    let name = &service.name;
    let forces = replace && service.controller == DeploymentController::Ecs;
    let update = Aws::new("ecs update-service")
        .option("--cluster", &facts.cluster_name)
        .option("--service", name)
        .flag("--disable-execute-command");
    let update = if forces {
        update.flag("--force-new-deployment")
    } else {
        update
    };
    let disposition = if forces {
        Disposition::Disruptive
    } else {
        Disposition::Drift
    };
    Fix::new(
        format!("disable-exec:{name}"),
        disposition,
        format!("Disable ECS Exec on {name}"),
        "The flag reaches new tasks only; those that run can be entered until they are replaced.",
    )
    .command(update.region(facts))
    .terraform(service_block(name, "enable_execute_command = false"))
}

/// Moves the service to the newest Fargate platform.
pub fn newest_platform(facts: &Facts, service: &Service) -> Fix {
    let name = &service.name;
    let (disposition, explain) = match service.controller {
        DeploymentController::Ecs => (Disposition::Disruptive, REPLACES),
        DeploymentController::CodeDeploy => (Disposition::Manual, CODE_DEPLOY),
        DeploymentController::External => (Disposition::Manual, EXTERNAL),
    };
    Fix::new(
        format!("newest-platform:{name}"),
        disposition,
        format!("Move {name} to the newest Fargate platform"),
        explain,
    )
    .command(
        Aws::new("ecs update-service")
            .option("--cluster", &facts.cluster_name)
            .option("--service", name)
            .option("--platform-version", "LATEST")
            .flag("--force-new-deployment")
            .region(facts),
    )
    .terraform(service_block(name, "platform_version = \"LATEST\""))
}

/// Replaces the service's tasks as they are configured now.
pub fn force_deployment(facts: &Facts, service: &Service) -> Fix {
    let name = &service.name;
    let fix = |disposition, title: String, explain: &str| {
        Fix::new(
            format!("force-deployment:{name}"),
            disposition,
            title,
            explain,
        )
    };
    let by = |controller: &str| format!("Start a new deployment of {name} through {controller}");
    match service.controller {
        DeploymentController::Ecs => {
            let title = format!("Force a new deployment of {name}");
            fix(Disposition::Disruptive, title, REPLACES)
                .command(force_command(facts, name))
                .terraform(service_block(name, "force_new_deployment = true"))
        }
        DeploymentController::CodeDeploy => fix(Disposition::Manual, by("CodeDeploy"), CODE_DEPLOY),
        DeploymentController::External => fix(Disposition::Manual, by("its controller"), EXTERNAL),
    }
}

/// Asks for a task where the service is set to run none.
pub fn scale_up(facts: &Facts, service: &Service) -> Fix {
    let name = &service.name;
    Fix::new(
        format!("scale-up:{name}"),
        Disposition::Drift,
        format!("Let {name} run one task"),
        "The service's desired count is 0, so ECS keeps no task running. Auto scaling or Terraform may set the count back.",
    )
    .command(
        Aws::new("ecs update-service")
            .option("--cluster", &facts.cluster_name)
            .option("--service", name)
            .option("--desired-count", "1")
            .region(facts),
    )
    .terraform(service_block(name, "desired_count = 1"))
}

/// Shows why the tasks of a service do not stay up.
pub fn read_events(facts: &Facts, name: &str) -> Fix {
    Fix::new(
        format!("read-events:{name}"),
        Disposition::Manual,
        format!("Find out why the tasks of {name} do not stay up"),
        "A session needs a running task. The service's events and the reason of the last stopped task say what ends them.",
    )
    .command(
        Aws::new("ecs describe-services")
            .option("--cluster", &facts.cluster_name)
            .option("--services", name)
            .option("--query", "services[0].events[:5].message")
            .region(facts),
    )
    .command(
        Aws::new("ecs list-tasks")
            .option("--cluster", &facts.cluster_name)
            .option("--service-name", name)
            .option("--desired-status", "STOPPED")
            .region(facts),
    )
}

/// The plain command, for fixes that end with new tasks.
pub fn force_command(facts: &Facts, name: &str) -> Command {
    Aws::new("ecs update-service")
        .option("--cluster", &facts.cluster_name)
        .option("--service", name)
        .flag("--force-new-deployment")
        .region(facts)
}

fn service_block(name: &str, arguments: &str) -> String {
    let arguments = arguments.replace('\n', "\n  ");
    format!(
        "resource \"aws_ecs_service\" \"{}\" {{\n  # …\n  {arguments}\n}}",
        label(name)
    )
}

/// What it means that the tasks of a service are replaced.
pub const REPLACES: &str = "ECS starts new tasks and stops the old ones as the service's deployment configuration says: \
connections drain, and a deployment circuit breaker applies. Sessions work once the new tasks' agents are RUNNING.";

const CODE_DEPLOY: &str = "CodeDeploy rolls out this service, and ECS refuses to force a deployment of it. \
Start a new CodeDeploy deployment, with the task definition that runs now, once the flag is set: \
its new tasks can be entered.";

const EXTERNAL: &str = "An external controller rolls out this service, and ECS refuses to force a deployment of it. \
Create a new task set through that controller, once the flag is set: its new tasks can be entered.";
