//! Task definitions. The values of environment variables and secrets do not leave this module.

use model::facts::*;
use serde_json::Value;

use crate::plan::resource::Resource;
use crate::resolve::{Resolver, ResourceKind};
use crate::unavailable::{PlanValue, not_in_plan, not_shown};

/// The task definition with this ARN.
pub fn task_definition(resolver: &Resolver, arn: &str) -> PlanValue<TaskDefinition> {
    let definition = find(resolver, arn);
    let definition = definition.ok_or_else(|| not_in_plan(format!("task definition {arn}")))?;
    let text = |path: &str| Ok(definition.text(path)?.map(str::to_owned));
    let role = |path: &str| resolver.resolve(definition, path, ResourceKind::Role);
    let number = |name| u32::try_from(definition.number(name).ok()??).ok();
    let containers = containers(resolver, definition);
    Ok(TaskDefinition {
        arn: arn.to_owned(),
        family: text("family")?.unwrap_or_default(),
        revision: number("revision").unwrap_or(0),
        network_mode: definition.known_text("network_mode").map(str::to_owned),
        pid_mode: text("pid_mode")?,
        task_role: role("task_role_arn")?,
        execution_role: role("execution_role_arn").ok().flatten(),
        operating_system: text("runtime_platform.0.operating_system_family")?,
        memory_mib: number("memory"),
        containers_unread: containers.as_ref().err().cloned(),
        containers: containers.unwrap_or_default(),
    })
}

/// The task role and the execution role; they may be known even if the rest of the definition is not.
pub fn roles_of(resolver: &Resolver, arn: &str) -> (Option<String>, Option<String>) {
    let role = |name| {
        let role = resolver.resolve(find(resolver, arn)?, name, ResourceKind::Role);
        role.ok().flatten()
    };
    (role("task_role_arn"), role("execution_role_arn"))
}

fn find<'p>(resolver: &Resolver<'p>, arn: &str) -> Option<&'p Resource> {
    // A service may keep a revision that the plan replaces.
    let mut replaced = resolver.before("aws_ecs_task_definition");
    resolver
        .find(arn, ResourceKind::TaskDefinition)
        .or_else(|| replaced.find(|definition| definition.has_text("arn", arn)))
}

fn containers(resolver: &Resolver, definition: &Resource) -> PlanValue<Vec<ContainerDefinition>> {
    let json = definition.text("container_definitions")?.unwrap_or("[]");
    let list: Vec<Value> = serde_json::from_str(json).map_err(|_| {
        let address = &definition.address;
        not_shown(format!(
            "container_definitions of {address} is not a JSON list of containers"
        ))
    })?;
    let host = host_of(resolver.partition, resolver.region, "ssmmessages");
    Ok(list
        .iter()
        .map(|container| read_container(container, &host))
        .collect())
}

fn read_container(container: &Value, ssmmessages: &str) -> ContainerDefinition {
    let environment = pairs(&container["environment"]);
    ContainerDefinition {
        name: owned(&container["name"]).unwrap_or_default(),
        image: owned(&container["image"]),
        essential: flag(&container["essential"]).unwrap_or(true),
        read_only_root: flag(&container["readonlyRootFilesystem"]).unwrap_or(false),
        mounts: mounts(container),
        restarts: flag(&container["restartPolicy"]["enabled"]).unwrap_or(false),
        log_router: container["firelensConfiguration"].is_object(),
        init_process: flag(&container["linuxParameters"]["initProcessEnabled"]).unwrap_or(false),
        cpu: number(&container["cpu"]).filter(|cpu| *cpu > 0),
        memory_mib: number(&container["memory"]).or(number(&container["memoryReservation"])),
        environment: environment
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, _)| (*name).to_owned())
            .collect(),
        secrets: pairs(&container["secrets"])
            .iter()
            .map(|(name, _)| (*name).to_owned())
            .collect(),
        environment_files: u32::try_from(items(&container["environmentFiles"]).len())
            .unwrap_or(u32::MAX),
        proxy: ProxyEnvironment::of(environment.iter().copied(), ssmmessages),
        dns_servers: items(&container["dnsServers"])
            .iter()
            .filter_map(owned)
            .collect(),
        log: log(&container["logConfiguration"]),
    }
}

fn mounts(container: &Value) -> Vec<Mount> {
    let mount = |block: &Value, read_only| Mount {
        path: owned(&block["containerPath"]).unwrap_or_default(),
        read_only,
    };
    let volumes = items(&container["mountPoints"]).iter();
    let volumes = volumes.map(|point| mount(point, flag(&point["readOnly"]).unwrap_or(false)));
    let tmpfs = items(&container["linuxParameters"]["tmpfs"]).iter();
    let tmpfs = tmpfs.map(|tmpfs| {
        let mut options = items(&tmpfs["mountOptions"]).iter();
        mount(tmpfs, options.any(|option| option == "ro"))
    });
    volumes.chain(tmpfs).collect()
}

fn items(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}

/// Names with their values; a value that is not a text counts as some text.
fn pairs(list: &Value) -> Vec<(&str, &str)> {
    let pairs = items(list).iter().filter_map(|pair| {
        let value = match &pair["value"] {
            Value::Null => "",
            Value::String(text) => text,
            _ => "something",
        };
        Some((pair["name"].as_str()?, value))
    });
    pairs.collect()
}

fn log(log: &Value) -> Option<ContainerLog> {
    let option = |name: &str| owned(&log["options"][name]);
    Some(ContainerLog {
        driver: owned(&log["logDriver"])?,
        group: option("awslogs-group"),
        region: option("awslogs-region"),
        stream_prefix: option("awslogs-stream-prefix"),
    })
}

fn owned(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// A flag; the provider accepts texts for flags and numbers.
fn flag(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| value.as_str()?.parse().ok())
}

fn number(value: &Value) -> Option<u32> {
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    number.and_then(|number| u32::try_from(number).ok())
}
