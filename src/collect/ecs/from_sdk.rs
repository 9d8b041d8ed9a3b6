//! ECS's responses → the model. Values of environment variables are dropped here.

use std::collections::HashMap;

use aws_sdk_ecs::types as sdk;
use aws_smithy_types::DateTime;
use jiff::Timestamp;
use model::facts::*;

/// A cluster.
pub fn cluster(cluster: &sdk::Cluster) -> Cluster {
    Cluster {
        arn: text(cluster.cluster_arn()),
        name: text(cluster.cluster_name()),
        status: text(cluster.status()),
        exec_configuration: cluster
            .configuration()
            .and_then(|configuration| configuration.execute_command_configuration())
            .map(exec_configuration),
        tags: tags(cluster.tags()),
    }
}

fn exec_configuration(exec: &sdk::ExecuteCommandConfiguration) -> ExecConfiguration {
    ExecConfiguration {
        kms_key: owned(exec.kms_key_id()),
        logging: exec
            .logging()
            .map_or("DEFAULT", |logging| logging.as_str())
            .to_owned(),
        log: exec.log_configuration().map(|log| ExecLog {
            log_group: owned(log.cloud_watch_log_group_name()),
            log_group_encrypted: log.cloud_watch_encryption_enabled(),
            bucket: owned(log.s3_bucket_name()),
            bucket_encrypted: log.s3_encryption_enabled(),
            key_prefix: owned(log.s3_key_prefix()),
        }),
    }
}

/// A service with its newest events.
pub fn service(service: &sdk::Service) -> Service {
    const EVENTS: usize = 10;
    Service {
        arn: text(service.service_arn()),
        name: text(service.service_name()),
        status: text(service.status()),
        desired_count: count(service.desired_count()),
        running_count: count(service.running_count()),
        pending_count: count(service.pending_count()),
        daemon: service.scheduling_strategy() == Some(&sdk::SchedulingStrategy::Daemon),
        exec_enabled: service.enable_execute_command(),
        launch_type: owned(service.launch_type().map(|kind| kind.as_str())),
        platform_version: owned(service.platform_version()),
        task_definition: owned(service.task_definition()),
        controller: service
            .deployment_controller()
            .map_or_else(Default::default, |kind| controller(kind.r#type())),
        deployments: service.deployments().iter().map(deployment).collect(),
        events: service
            .events()
            .iter()
            .take(EVENTS)
            .map(|event| Event {
                at: event.created_at().and_then(time),
                message: text(event.message()),
            })
            .collect(),
        awsvpc: service
            .network_configuration()
            .and_then(|network| network.awsvpc_configuration())
            .map(|awsvpc| AwsVpc {
                subnets: awsvpc.subnets().to_vec(),
                security_groups: awsvpc.security_groups().to_vec(),
                assign_public_ip: awsvpc.assign_public_ip() == Some(&sdk::AssignPublicIp::Enabled),
            }),
        tags: tags(service.tags()),
        leaves_tasks_without_exec: None,
    }
}

fn controller(kind: &sdk::DeploymentControllerType) -> DeploymentController {
    match kind {
        sdk::DeploymentControllerType::CodeDeploy => DeploymentController::CodeDeploy,
        sdk::DeploymentControllerType::External => DeploymentController::External,
        _ => DeploymentController::Ecs,
    }
}

fn deployment(deployment: &sdk::Deployment) -> Deployment {
    Deployment {
        id: text(deployment.id()),
        status: text(deployment.status()),
        task_definition: owned(deployment.task_definition()),
        desired_count: count(deployment.desired_count()),
        running_count: count(deployment.running_count()),
        pending_count: count(deployment.pending_count()),
        failed_tasks: count(deployment.failed_tasks()),
        rollout_state: owned(deployment.rollout_state().map(|state| state.as_str())),
        rollout_reason: owned(deployment.rollout_state_reason()),
        created_at: deployment.created_at().and_then(time),
        updated_at: deployment.updated_at().and_then(time),
    }
}

/// A task with its containers.
pub fn task(task: &sdk::Task) -> Task {
    let overrides = task.overrides();
    let is_fargate = task.launch_type() == Some(&sdk::LaunchType::Fargate);
    Task {
        arn: text(task.task_arn()),
        group: owned(task.group()),
        started_by: owned(task.started_by()),
        task_definition: text(task.task_definition_arn()),
        last_status: text(task.last_status()),
        desired_status: text(task.desired_status()),
        exec_enabled: task.enable_execute_command(),
        launch_type: owned(task.launch_type().map(|kind| kind.as_str())),
        capacity_provider: owned(task.capacity_provider_name()),
        platform_version: owned(task.platform_version()),
        platform_family: owned(task.platform_family()),
        // Some emulators name one for Fargate too.
        container_instance: owned(task.container_instance_arn()).filter(|_| !is_fargate),
        connectivity: owned(task.connectivity().map(|state| state.as_str())),
        created_at: task.created_at().and_then(time),
        started_at: task.started_at().and_then(time),
        stopped_at: task.stopped_at().and_then(time),
        stop_code: owned(task.stop_code().map(|code| code.as_str())),
        stopped_reason: owned(task.stopped_reason()),
        task_role_override: owned(overrides.and_then(|o| o.task_role_arn())),
        execution_role_override: owned(overrides.and_then(|o| o.execution_role_arn())),
        container_overrides: overrides.is_some_and(|o| {
            o.container_overrides().iter().any(|container| {
                !container.command().is_empty() || !container.environment().is_empty()
            })
        }),
        interface: task.attachments().iter().find_map(interface),
        containers: task.containers().iter().map(container).collect(),
        tags: tags(task.tags()),
    }
}

/// AWS calls the attachment `ElasticNetworkInterface`; some of its emulators say `eni`.
fn interface(attachment: &sdk::Attachment) -> Option<TaskInterface> {
    if !matches!(attachment.r#type(), Some("ElasticNetworkInterface" | "eni")) {
        return None;
    }
    let details: HashMap<&str, &str> = attachment
        .details()
        .iter()
        .filter_map(|pair| Some((pair.name()?, pair.value()?)))
        .collect();
    Some(TaskInterface {
        id: owned(details.get("networkInterfaceId").copied()),
        subnet: owned(details.get("subnetId").copied()),
        private_ip: owned(details.get("privateIPv4Address").copied()),
    })
}

fn container(container: &sdk::Container) -> Container {
    Container {
        name: text(container.name()),
        image: owned(container.image()),
        runtime_id: owned(container.runtime_id().filter(|id| !id.is_empty())),
        last_status: text(container.last_status()),
        exit_code: container.exit_code(),
        reason: owned(container.reason()),
        health_status: owned(container.health_status().map(|health| health.as_str())),
        managed_agents: container
            .managed_agents()
            .iter()
            .map(|agent| ManagedAgent {
                name: text(agent.name().map(|name| name.as_str())),
                last_status: text(agent.last_status()),
                reason: owned(agent.reason()),
                last_started_at: agent.last_started_at().and_then(time),
            })
            .collect(),
    }
}

/// A container instance.
pub fn container_instance(instance: &sdk::ContainerInstance) -> ContainerInstance {
    ContainerInstance {
        arn: text(instance.container_instance_arn()),
        instance: owned(instance.ec2_instance_id()),
        status: text(instance.status()),
        agent_version: instance
            .version_info()
            .and_then(|versions| owned(versions.agent_version())),
        agent_connected: instance.agent_connected(),
        windows: instance.attributes().iter().any(|attribute| {
            attribute.name() == "ecs.os-type" && attribute.value() == Some("windows")
        }),
    }
}

/// A task definition. `ssmmessages`: the host that a proxy must not be used for.
pub fn task_definition(definition: &sdk::TaskDefinition, ssmmessages: &str) -> TaskDefinition {
    TaskDefinition {
        arn: text(definition.task_definition_arn()),
        family: text(definition.family()),
        revision: count(definition.revision()),
        network_mode: owned(definition.network_mode().map(|mode| mode.as_str())),
        pid_mode: owned(definition.pid_mode().map(|mode| mode.as_str())),
        task_role: owned(definition.task_role_arn().filter(|arn| !arn.is_empty())),
        execution_role: owned(
            definition
                .execution_role_arn()
                .filter(|arn| !arn.is_empty()),
        ),
        memory_mib: definition.memory().and_then(|mib| mib.parse().ok()),
        operating_system: definition
            .runtime_platform()
            .and_then(|platform| platform.operating_system_family())
            .map(|family| family.as_str().to_owned()),
        containers: definition
            .container_definitions()
            .iter()
            .map(|container| container_definition(container, ssmmessages))
            .collect(),
        containers_unread: None,
    }
}

fn container_definition(
    container: &sdk::ContainerDefinition,
    ssmmessages: &str,
) -> ContainerDefinition {
    let linux = container.linux_parameters();
    ContainerDefinition {
        name: text(container.name()),
        image: owned(container.image()),
        essential: container.essential().unwrap_or(true),
        read_only_root: container.readonly_root_filesystem().unwrap_or(false),
        mounts: mounts(container),
        restarts: container
            .restart_policy()
            .is_some_and(|policy| policy.enabled()),
        log_router: container.firelens_configuration().is_some(),
        init_process: linux
            .and_then(|linux| linux.init_process_enabled())
            .unwrap_or(false),
        cpu: u32::try_from(container.cpu()).ok().filter(|cpu| *cpu > 0),
        memory_mib: container
            .memory()
            .or(container.memory_reservation())
            .and_then(|memory| u32::try_from(memory).ok()),
        environment: container
            .environment()
            .iter()
            .filter(|pair| pair.value().is_some_and(|value| !value.is_empty()))
            .filter_map(|pair| owned(pair.name()))
            .collect(),
        secrets: container
            .secrets()
            .iter()
            .map(|secret| secret.name().to_owned())
            .collect(),
        environment_files: u32::try_from(container.environment_files().len()).unwrap_or(u32::MAX),
        proxy: ProxyEnvironment::of(
            container
                .environment()
                .iter()
                .filter_map(|pair| Some((pair.name()?, pair.value()?))),
            ssmmessages,
        ),
        dns_servers: container.dns_servers().to_vec(),
        log: container.log_configuration().map(container_log),
    }
}

fn mounts(container: &sdk::ContainerDefinition) -> Vec<Mount> {
    let volumes = container.mount_points().iter().map(|point| Mount {
        path: text(point.container_path()),
        read_only: point.read_only().unwrap_or(false),
    });
    let linux = container.linux_parameters();
    let tmpfs = linux.map_or(&[][..], |linux| linux.tmpfs()).iter();
    let tmpfs = tmpfs.map(|tmpfs| Mount {
        path: tmpfs.container_path().to_owned(),
        read_only: tmpfs.mount_options().iter().any(|option| option == "ro"),
    });
    volumes.chain(tmpfs).collect()
}

fn container_log(log: &sdk::LogConfiguration) -> ContainerLog {
    let option = |name: &str| log.options().and_then(|options| options.get(name).cloned());
    ContainerLog {
        driver: log.log_driver().as_str().to_owned(),
        group: option("awslogs-group"),
        region: option("awslogs-region"),
        stream_prefix: option("awslogs-stream-prefix"),
    }
}

fn tags(tags: &[sdk::Tag]) -> Tags {
    tags.iter()
        .filter_map(|tag| Some((tag.key()?.to_owned(), text(tag.value()))))
        .collect()
}

fn time(time: &DateTime) -> Option<Timestamp> {
    let nanoseconds = i32::try_from(time.subsec_nanos()).ok()?;
    Timestamp::new(time.secs(), nanoseconds).ok()
}

fn count(number: i32) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

fn text<'t, T: From<&'t str>>(value: Option<&'t str>) -> T {
    value.unwrap_or_default().into()
}

fn owned<'t, T: From<&'t str>>(value: Option<&'t str>) -> Option<T> {
    value.map(Into::into)
}
