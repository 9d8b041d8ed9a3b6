//! Task definitions. Values of environment variables and secrets end here.

use checks::facts::*;
use serde_json::Value;

use crate::plan::resource::Resource;
use crate::resolve::Resolver;
use crate::resolve::resource_kind::ResourceKind;
use crate::unavailable::{PlanValue, not_in_plan, not_shown};

/// The definition that goes by this ARN.
pub fn definition(resolver: &Resolver, arn: &str) -> Fact<TaskDefinition> {
    match managed(resolver, arn) {
        Some(instance) => read_definition(resolver, instance, arn).into(),
        None => Fact::Unavailable(not_in_plan(format!("task definition {arn}"))),
    }
}

/// The task role and the execution role; they may be known where the rest of the definition is not.
pub fn roles_of(resolver: &Resolver, arn: &str) -> (Option<String>, Option<String>) {
    let role = |name| {
        let known = resolver.one(managed(resolver, arn)?, &[name], ResourceKind::Role);
        known.ok().flatten()
    };
    (role("task_role_arn"), role("execution_role_arn"))
}

fn managed<'p>(resolver: &Resolver<'p>, arn: &str) -> Option<&'p Resource> {
    // One that is replaced still is what a service runs that keeps it.
    let replaced = || {
        let mut before = resolver
            .plan
            .before_of_type(ResourceKind::TaskDefinition.resource_types());
        before.find(|definition| definition.text(&["arn"]) == Ok(Some(arn)))
    };
    resolver
        .instance_named(arn, ResourceKind::TaskDefinition)
        .or_else(replaced)
}

fn read_definition(
    resolver: &Resolver,
    instance: &Resource,
    arn: &str,
) -> PlanValue<TaskDefinition> {
    let text = |path: &[&str]| Ok(instance.text(path)?.map(str::to_owned));
    let containers = containers(resolver, instance);
    let number = |name| {
        let known = instance.number(&[name]).ok().flatten();
        known.and_then(|number| u32::try_from(number).ok())
    };
    Ok(TaskDefinition {
        arn: arn.to_owned(),
        family: text(&["family"])?.unwrap_or_default(),
        revision: number("revision").unwrap_or(0),
        network_mode: instance
            .text(&["network_mode"])
            .ok()
            .flatten()
            .map(str::to_owned),
        pid_mode: text(&["pid_mode"])?,
        task_role: resolver.one(instance, &["task_role_arn"], ResourceKind::Role)?,
        execution_role: resolver
            .one(instance, &["execution_role_arn"], ResourceKind::Role)
            .ok()
            .flatten(),
        operating_system: text(&["runtime_platform", "0", "operating_system_family"])?,
        memory_mib: number("memory"),
        containers_unread: containers.as_ref().err().cloned(),
        containers: containers.unwrap_or_default(),
    })
}

fn containers(resolver: &Resolver, instance: &Resource) -> PlanValue<Vec<ContainerDefinition>> {
    let path = ["container_definitions"];
    let json = instance.text(&path)?.unwrap_or("[]");
    let unreadable = || {
        let address = &instance.address;
        not_shown(format!(
            "container_definitions of {address} are not a list of containers in JSON"
        ))
    };
    let parsed: Value = serde_json::from_str(json).map_err(|_| unreadable())?;
    let list = parsed.as_array().ok_or_else(unreadable)?;
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
        environment_files: container["environmentFiles"]
            .as_array()
            .map_or(0, |files| u32::try_from(files.len()).unwrap_or(u32::MAX)),
        proxy: ProxyEnvironment::of(environment.iter().copied(), ssmmessages),
        dns_servers: container["dnsServers"]
            .as_array()
            .map_or_else(Vec::new, |servers| {
                servers.iter().filter_map(owned).collect()
            }),
        log: log(&container["logConfiguration"]),
    }
}

fn mounts(container: &Value) -> Vec<Mount> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let volumes = list(&container["mountPoints"])
        .into_iter()
        .map(|point| Mount {
            path: owned(&point["containerPath"]).unwrap_or_default(),
            read_only: flag(&point["readOnly"]).unwrap_or(false),
        });
    let tmpfs = list(&container["linuxParameters"]["tmpfs"]).into_iter();
    let tmpfs = tmpfs.map(|tmpfs| Mount {
        path: owned(&tmpfs["containerPath"]).unwrap_or_default(),
        read_only: list(&tmpfs["mountOptions"])
            .iter()
            .any(|option| option == "ro"),
    });
    volumes.chain(tmpfs).collect()
}

/// Names with their values; a value that is no text still is one.
fn pairs(list: &Value) -> Vec<(&str, &str)> {
    const SOMETHING: &str = "something";
    let items = list.as_array().map_or(&[][..], Vec::as_slice);
    items
        .iter()
        .filter_map(|pair| {
            let value = match &pair["value"] {
                Value::Null => "",
                Value::String(text) => text,
                _ => SOMETHING,
            };
            Some((pair["name"].as_str()?, value))
        })
        .collect()
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

/// The provider takes texts for flags and numbers too.
fn flag(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| value.as_str()?.parse().ok())
}

fn number(value: &Value) -> Option<u32> {
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    number.and_then(|number| u32::try_from(number).ok())
}
