//! Settings of services, and the replacement of their tasks, so that the change reaches them.

use super::terraform;
use model::aws_call::{AwsCall, ServiceUpdate};
use model::cli_command::CliCommand;
use model::facts::{DeploymentController, Facts, Service};
use model::fix::{Disposition, Fix};

/// Enables ECS Exec and replaces the service's tasks: the setting applies to new tasks only.
pub fn enable_exec(facts: &Facts, service: &Service) -> Fix {
    let name = &service.name;
    let Rollout {
        disposition,
        explanation,
        ..
    } = Rollout::of(service);
    let (consequence, arguments) = match disposition {
        Disposition::Disruptive => (
            " and replace its tasks",
            "enable_execute_command = true\nforce_new_deployment   = true",
        ),
        _ => (
            ", then have its tasks replaced",
            "enable_execute_command = true",
        ),
    };
    let title = format!("Enable ECS Exec on {name}{consequence}");
    let fix = Fix::new(
        format!("enable-exec:{name}"),
        disposition,
        title,
        explanation,
    );
    let update = ServiceUpdate {
        enable_execute_command: Some(true),
        force_new_deployment: disposition == Disposition::Disruptive,
        ..update(facts, name)
    };
    with_update(fix, facts, update, arguments)
}

/// Disables ECS Exec. `replace`: replaces running tasks that have it enabled.
pub fn disable_exec(facts: &Facts, service: &Service, replace: bool) -> Fix {
    let name = &service.name;
    let force_new_deployment = replace && service.controller == DeploymentController::Ecs;
    let fix = Fix::new(
        format!("disable-exec:{name}"),
        match force_new_deployment {
            true => Disposition::Disruptive,
            false => Disposition::Drift,
        },
        format!("Disable ECS Exec on {name}"),
        "The setting applies to new tasks only: sessions in running tasks are possible until they are replaced.",
    );
    let update = ServiceUpdate {
        enable_execute_command: Some(false),
        force_new_deployment,
        ..update(facts, name)
    };
    with_update(fix, facts, update, "enable_execute_command = false")
}

/// Moves the service to the latest Fargate platform version.
pub fn latest_platform(facts: &Facts, service: &Service) -> Fix {
    let name = &service.name;
    let Rollout {
        disposition,
        explanation,
        ..
    } = Rollout::of(service);
    let title = format!("Move {name} to the latest Fargate platform version");
    let fix = Fix::new(
        format!("newest-platform:{name}"),
        disposition,
        title,
        explanation,
    );
    let update = ServiceUpdate {
        platform_version: Some("LATEST".to_owned()),
        force_new_deployment: true,
        ..update(facts, name)
    };
    with_update(fix, facts, update, "platform_version = \"LATEST\"")
}

/// Replaces the service's tasks, with its current configuration.
pub fn force_deployment(facts: &Facts, service: &Service) -> Fix {
    let name = &service.name;
    let id = format!("force-deployment:{name}");
    let Rollout {
        controller,
        disposition,
        explanation,
    } = Rollout::of(service);
    if disposition == Disposition::Manual {
        let title = format!("Start a new deployment of {name} through {controller}");
        return Fix::new(id, disposition, title, explanation);
    }
    let title = format!("Force a new deployment of {name}");
    let fix = Fix::new(id, disposition, title, explanation);
    let update = forced_update(facts, name);
    with_update(fix, facts, update, "force_new_deployment = true")
}

/// Starts a task of a service whose desired count is 0.
pub fn scale_up(facts: &Facts, service: &Service) -> Fix {
    let name = &service.name;
    let fix = Fix::new(
        format!("scale-up:{name}"),
        Disposition::Drift,
        format!("Run one task of {name}"),
        "The service's desired count is 0, so ECS runs no task. Auto scaling or Terraform can reset the count.",
    );
    let update = ServiceUpdate {
        desired_count: Some(1),
        ..update(facts, name)
    };
    with_update(fix, facts, update, "desired_count = 1")
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

/// The update that replaces the service's tasks.
pub fn forced_update(facts: &Facts, name: &str) -> ServiceUpdate {
    ServiceUpdate {
        force_new_deployment: true,
        ..update(facts, name)
    }
}

/// An update without a change.
pub fn update(facts: &Facts, name: &str) -> ServiceUpdate {
    ServiceUpdate {
        cluster: facts.cluster_name.clone(),
        service: name.to_owned(),
        ..ServiceUpdate::default()
    }
}

/// Adds an update of a service, and the arguments that do the same in Terraform.
fn with_update(fix: Fix, facts: &Facts, update: ServiceUpdate, arguments: &str) -> Fix {
    let block = terraform::change("aws_ecs_service", &update.service, arguments);
    fix.call(AwsCall::UpdateService(update), &facts.region)
        .terraform(block)
}

/// How new tasks of a service are started. ECS deploys only what it controls itself.
struct Rollout {
    /// What deploys the service.
    controller: &'static str,
    /// What a deployment costs.
    disposition: Disposition,
    /// What the user should know about it. All fixes that replace tasks say this.
    explanation: &'static str,
}

impl Rollout {
    fn of(service: &Service) -> Rollout {
        match service.controller {
            DeploymentController::Ecs => Rollout {
                controller: "ECS",
                disposition: Disposition::Disruptive,
                explanation: TASK_REPLACEMENT_EXPLANATION,
            },
            DeploymentController::CodeDeploy => Rollout {
                controller: "CodeDeploy",
                disposition: Disposition::Manual,
                explanation: "CodeDeploy deploys this service, and ECS rejects a forced deployment. \
                    After the setting is changed, start a CodeDeploy deployment with the current task definition: \
                    sessions work in its new tasks.",
            },
            DeploymentController::External => Rollout {
                controller: "its controller",
                disposition: Disposition::Manual,
                explanation: "An external controller deploys this service, and ECS rejects a forced deployment. \
                    After the setting is changed, create a task set through that controller: \
                    sessions work in its new tasks.",
            },
        }
    }
}

/// What it means to replace a service's tasks.
pub const TASK_REPLACEMENT_EXPLANATION: &str = "ECS starts new tasks and stops the old ones according to the service's deployment configuration: \
connections drain, and a deployment circuit breaker applies. Sessions work when the agents of the new tasks are RUNNING.";
