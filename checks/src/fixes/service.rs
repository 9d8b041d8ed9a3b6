//! Settings of services, and the replacement of their tasks, so that the change reaches them.

use super::terraform::{self, label};
use model::aws_call::{AwsCall, ServiceUpdate};
use model::cli_command::CliCommand;
use model::facts::{DeploymentController, Facts, Service};
use model::fix::{Disposition, Fix};

/// Enables ECS Exec and replaces the service's tasks: the setting applies to new tasks only.
pub fn enable_exec(facts: &Facts, service: &Service) -> Fix {
    let name = &service.name;
    let id = format!("enable-exec:{name}");
    let update = ServiceUpdate {
        enable_execute_command: Some(true),
        ..update(facts, name)
    };
    match external_controller(service) {
        None => Fix::new(
            id,
            Disposition::Disruptive,
            format!("Enable ECS Exec on {name} and replace its tasks"),
            TASK_REPLACEMENT_EXPLANATION,
        )
        .call(
            AwsCall::UpdateService(ServiceUpdate {
                force_new_deployment: true,
                ..update
            }),
            &facts.region,
        )
        .terraform(service_block(
            name,
            "enable_execute_command = true\nforce_new_deployment   = true",
        )),
        Some((_, explain)) => Fix::new(
            id,
            Disposition::Manual,
            format!("Enable ECS Exec on {name}, then have its tasks replaced"),
            explain,
        )
        .call(AwsCall::UpdateService(update), &facts.region)
        .terraform(service_block(name, "enable_execute_command = true")),
    }
}

/// Disables ECS Exec. `replace`: replaces running tasks that have it enabled.
pub fn disable_exec(facts: &Facts, service: &Service, replace: bool) -> Fix {
    let name = &service.name;
    let force_new_deployment = replace && service.controller == DeploymentController::Ecs;
    Fix::new(
        format!("disable-exec:{name}"),
        match force_new_deployment {
            true => Disposition::Disruptive,
            false => Disposition::Drift,
        },
        format!("Disable ECS Exec on {name}"),
        "The setting applies to new tasks only: sessions in running tasks are possible until they are replaced.",
    )
    .call(
        AwsCall::UpdateService(ServiceUpdate {
            enable_execute_command: Some(false),
            force_new_deployment,
            ..update(facts, name)
        }),
        &facts.region,
    )
    .terraform(service_block(name, "enable_execute_command = false"))
}

/// Moves the service to the latest Fargate platform version.
pub fn latest_platform(facts: &Facts, service: &Service) -> Fix {
    let name = &service.name;
    let (disposition, explain) = match external_controller(service) {
        None => (Disposition::Disruptive, TASK_REPLACEMENT_EXPLANATION),
        Some((_, explain)) => (Disposition::Manual, explain),
    };
    Fix::new(
        format!("newest-platform:{name}"),
        disposition,
        format!("Move {name} to the latest Fargate platform version"),
        explain,
    )
    .call(
        AwsCall::UpdateService(ServiceUpdate {
            platform_version: Some("LATEST".to_owned()),
            force_new_deployment: true,
            ..update(facts, name)
        }),
        &facts.region,
    )
    .terraform(service_block(name, "platform_version = \"LATEST\""))
}

/// Replaces the service's tasks, with its current configuration.
pub fn force_deployment(facts: &Facts, service: &Service) -> Fix {
    let name = &service.name;
    let id = format!("force-deployment:{name}");
    match external_controller(service) {
        None => Fix::new(
            id,
            Disposition::Disruptive,
            format!("Force a new deployment of {name}"),
            TASK_REPLACEMENT_EXPLANATION,
        )
        .call(forced_deployment(facts, name), &facts.region)
        .terraform(service_block(name, "force_new_deployment = true")),
        Some((controller, explain)) => Fix::new(
            id,
            Disposition::Manual,
            format!("Start a new deployment of {name} through {controller}"),
            explain,
        ),
    }
}

/// Starts a task of a service whose desired count is 0.
pub fn scale_up(facts: &Facts, service: &Service) -> Fix {
    let name = &service.name;
    Fix::new(
        format!("scale-up:{name}"),
        Disposition::Drift,
        format!("Run one task of {name}"),
        "The service's desired count is 0, so ECS runs no task. Auto scaling or Terraform can reset the count.",
    )
    .call(
        AwsCall::UpdateService(ServiceUpdate {
            desired_count: Some(1),
            ..update(facts, name)
        }),
        &facts.region,
    )
    .terraform(service_block(name, "desired_count = 1"))
}

/// Shows why the tasks of a service stop.
pub fn read_events(facts: &Facts, name: &str) -> Fix {
    Fix::new(
        format!("read-events:{name}"),
        Disposition::Manual,
        format!("Find out why the tasks of {name} stop"),
        "A session needs a running task. The service's events and the stop reason of the last task say why its tasks stop.",
    )
    .command(
        CliCommand::new("ecs describe-services")
            .option("--cluster", &facts.cluster_name)
            .option("--services", name)
            .option("--query", "services[0].events[:5].message")
            .region(&facts.region),
    )
    .command(
        CliCommand::new("ecs list-tasks")
            .option("--cluster", &facts.cluster_name)
            .option("--service-name", name)
            .option("--desired-status", "STOPPED")
            .region(&facts.region),
    )
}

/// The call that replaces the service's tasks.
pub fn forced_deployment(facts: &Facts, name: &str) -> AwsCall {
    AwsCall::UpdateService(ServiceUpdate {
        force_new_deployment: true,
        ..update(facts, name)
    })
}

/// An update without a change.
pub fn update(facts: &Facts, name: &str) -> ServiceUpdate {
    ServiceUpdate {
        cluster: facts.cluster_name.clone(),
        service: name.to_owned(),
        ..ServiceUpdate::default()
    }
}

fn service_block(name: &str, arguments: &str) -> String {
    terraform::change("aws_ecs_service", &label(name), arguments)
}

/// What deploys the service if ECS does not, and what to do then.
fn external_controller(service: &Service) -> Option<(&'static str, &'static str)> {
    match service.controller {
        DeploymentController::Ecs => None,
        DeploymentController::CodeDeploy => Some((
            "CodeDeploy",
            "CodeDeploy deploys this service, and ECS rejects a forced deployment. \
             After the setting is changed, start a CodeDeploy deployment with the current task definition: \
             sessions work in its new tasks.",
        )),
        DeploymentController::External => Some((
            "its controller",
            "An external controller deploys this service, and ECS rejects a forced deployment. \
             After the setting is changed, create a task set through that controller: \
             sessions work in its new tasks.",
        )),
    }
}

/// What it means to replace a service's tasks.
pub const TASK_REPLACEMENT_EXPLANATION: &str = "ECS starts new tasks and stops the old ones according to the service's deployment configuration: \
connections drain, and a deployment circuit breaker applies. Sessions work when the agents of the new tasks are RUNNING.";
