//! Clusters, services and task definitions.

use serde_json::{Map, Value};

use super::{Planned, Translator, generated_name};
use crate::attribute::{Attribute, Fields};
use crate::node::Node;

/// The resources of the plan; `None` if the type is another service's.
pub fn translate(of: &Translator) -> Option<Vec<Planned>> {
    let one = |terraform_type, fields| Some(vec![Planned::new(terraform_type, fields)]);
    match of.resource.resource_type.as_str() {
        "AWS::ECS::Cluster" => Some(cluster(of)),
        "AWS::ECS::ClusterCapacityProviderAssociations" => one(
            "aws_ecs_cluster_capacity_providers",
            default_strategy(of, of.text("cluster_name", &of.property("Cluster"))),
        ),
        "AWS::ECS::Service" => one("aws_ecs_service", service(of)),
        "AWS::ECS::TaskDefinition" => one("aws_ecs_task_definition", task_definition(of)),
        _ => None,
    }
}

/// The name that the template sets; else the one that it has, or one that stands for the generated one.
fn name(of: &Translator, property: &str) -> String {
    let own = of.property(property).as_text();
    let physical = of.resource.physical_id.as_deref();
    let physical = physical.and_then(|id| id.rsplit('/').next());
    own.or_else(|| physical.map(str::to_owned))
        .unwrap_or_else(|| generated_name(of.evaluator.stacks, of.stack, &of.resource.logical_id))
}

fn cluster(of: &Translator) -> Vec<Planned> {
    let name = Attribute::known(name(of, "ClusterName"));
    let configuration = of.property("Configuration");
    let exec = configuration.field("ExecuteCommandConfiguration");
    let configuration = of.blocks("configuration", exec, |exec| {
        let exec = of.blocks(
            "configuration.execute_command_configuration",
            exec,
            |exec| exec_configuration(of, exec),
        );
        Fields::default().with("execute_command_configuration", exec)
    });
    let fields = Fields::default()
        .with("name", Some(name.clone()))
        .with("configuration", configuration)
        .with("tags", tags(of));
    let mut planned = vec![Planned::new("aws_ecs_cluster", fields)];
    if of.property("DefaultCapacityProviderStrategy") != Node::NoValue {
        planned.push(Planned {
            part: "strategy".to_owned(),
            ..Planned::new(
                "aws_ecs_cluster_capacity_providers",
                default_strategy(of, Some(name)),
            )
        });
    }
    planned
}

fn default_strategy(of: &Translator, cluster: Option<Attribute>) -> Fields {
    const STRATEGY: &str = "default_capacity_provider_strategy";
    Fields::default().with("cluster_name", cluster).with(
        STRATEGY,
        strategy(of, STRATEGY, "DefaultCapacityProviderStrategy"),
    )
}

fn strategy(of: &Translator, path: &str, property: &str) -> Option<Attribute> {
    of.blocks(path, &of.property(property), |item| {
        Fields::default().with(
            "capacity_provider",
            of.text(path, item.field("CapacityProvider")),
        )
    })
}

fn exec_configuration(of: &Translator, exec: &Node) -> Fields {
    let path = |name: &str| format!("configuration.execute_command_configuration.{name}");
    let log = of.blocks(
        &path("log_configuration"),
        exec.field("LogConfiguration"),
        |log| {
            let path = |name: &str| path(&format!("log_configuration.{name}"));
            let text = |name: &str, property: &str| of.text(&path(name), log.field(property));
            let flag = |name: &str, property: &str| of.flag(&path(name), log.field(property));
            Fields::default()
                .with(
                    "cloud_watch_log_group_name",
                    text("cloud_watch_log_group_name", "CloudWatchLogGroupName"),
                )
                .with(
                    "cloud_watch_encryption_enabled",
                    flag(
                        "cloud_watch_encryption_enabled",
                        "CloudWatchEncryptionEnabled",
                    ),
                )
                .with("s3_bucket_name", text("s3_bucket_name", "S3BucketName"))
                .with(
                    "s3_bucket_encryption_enabled",
                    flag("s3_bucket_encryption_enabled", "S3EncryptionEnabled"),
                )
                .with("s3_key_prefix", text("s3_key_prefix", "S3KeyPrefix"))
        },
    );
    Fields::default()
        .with(
            "kms_key_id",
            of.text(&path("kms_key_id"), exec.field("KmsKeyId")),
        )
        .with("logging", of.text(&path("logging"), exec.field("Logging")))
        .with("log_configuration", log)
}

fn service(of: &Translator) -> Fields {
    let text = |name: &str, property: &str| of.text(name, &of.property(property));
    let mut fields = Fields::default()
        .with("name", Some(Attribute::known(name(of, "ServiceName"))))
        .with(
            "enable_execute_command",
            of.flag(
                "enable_execute_command",
                &of.property("EnableExecuteCommand"),
            ),
        )
        .with("tags", tags(of))
        .with(
            "network_configuration",
            network(
                of,
                of.property("NetworkConfiguration")
                    .field("AwsvpcConfiguration"),
            ),
        )
        .with(
            "capacity_provider_strategy",
            strategy(of, "capacity_provider_strategy", "CapacityProviderStrategy"),
        )
        .with(
            "deployment_controller",
            of.blocks(
                "deployment_controller",
                &of.property("DeploymentController"),
                |one| {
                    Fields::default().with(
                        "type",
                        of.text("deployment_controller.type", one.field("Type")),
                    )
                },
            ),
        );
    for (attribute, property) in [
        ("cluster", "Cluster"),
        ("task_definition", "TaskDefinition"),
        ("desired_count", "DesiredCount"),
        ("launch_type", "LaunchType"),
        ("platform_version", "PlatformVersion"),
        ("scheduling_strategy", "SchedulingStrategy"),
    ] {
        fields.set(attribute, text(attribute, property));
    }
    fields
}

fn network(of: &Translator, network: &Node) -> Option<Attribute> {
    const PATH: &str = "network_configuration";
    let list = |name: &str, node: &Node| of.list(&format!("{PATH}.{name}"), node);
    of.blocks(PATH, network, |network| {
        let public = match network.field("AssignPublicIp") {
            Node::NoValue => Attribute::known(false),
            node => match node.as_text() {
                Some(text) => Attribute::known(text == "ENABLED"),
                None => Attribute::unknown(),
            },
        };
        Fields::default()
            .with("subnets", list("subnets", network.field("Subnets")))
            .with(
                "security_groups",
                list("security_groups", network.field("SecurityGroups")),
            )
            .with("assign_public_ip", Some(public))
    })
}

fn task_definition(of: &Translator) -> Fields {
    let mut fields = Fields::default()
        .with("family", Some(Attribute::known(name(of, "Family"))))
        .with("container_definitions", Some(containers(of)))
        .with(
            "runtime_platform",
            of.blocks(
                "runtime_platform",
                &of.property("RuntimePlatform"),
                |platform| {
                    Fields::default().with(
                        "operating_system_family",
                        of.text(
                            "runtime_platform.operating_system_family",
                            platform.field("OperatingSystemFamily"),
                        ),
                    )
                },
            ),
        );
    for (attribute, property) in [
        ("task_role_arn", "TaskRoleArn"),
        ("execution_role_arn", "ExecutionRoleArn"),
        ("network_mode", "NetworkMode"),
        ("pid_mode", "PidMode"),
        ("memory", "Memory"),
    ] {
        fields.set(attribute, of.text(attribute, &of.property(property)));
    }
    fields
}

/// The fields of a container that decide about sessions: if one is unknown, so is the container.
const DECIDING: [&str; 9] = [
    "Name",
    "Essential",
    "ReadonlyRootFilesystem",
    "LinuxParameters",
    "MountPoints",
    "RestartPolicy",
    "DnsServers",
    "Cpu",
    "Memory",
];

/// The containers as JSON, in the spelling of the ECS API.
fn containers(of: &Translator) -> Attribute {
    const PATH: &str = "container_definitions";
    let definitions = of.property("ContainerDefinitions");
    let read = || {
        let items = definitions.items().ok()?;
        let containers = items.iter().map(|item| container(of, item));
        Some(Value::Array(containers.collect::<Option<_>>()?))
    };
    match read() {
        Some(containers) => Attribute::known(containers.to_string()),
        None => {
            of.note(PATH, definitions.unknown());
            Attribute::unknown()
        }
    }
}

fn container(of: &Translator, node: &Node) -> Option<Value> {
    let Node::Map(fields) = node else {
        return None;
    };
    let mut container = Map::new();
    for (name, field) in fields {
        let value = match of.render(field) {
            Some(value) => value,
            None if DECIDING.contains(&name.as_str()) => return None,
            None => without_unknown(of, field),
        };
        container.insert(lower_first(name), in_api_spelling(name, value));
    }
    Some(container.into())
}

/// The value without its unknown parts. The value of a variable stands for some text.
fn without_unknown(of: &Translator, node: &Node) -> Value {
    match node {
        Node::List(items) => items.iter().map(|item| without_unknown(of, item)).collect(),
        Node::Map(fields) => {
            let fields = fields.iter();
            let fields = fields.map(|(name, field)| {
                let value = match (name.as_str(), field) {
                    ("Value", field) => of.render(field).unwrap_or(Value::Bool(true)),
                    (_, field) => without_unknown(of, field),
                };
                (name.clone(), value)
            });
            Value::Object(fields.filter(|(_, value)| !value.is_null()).collect())
        }
        node => of.render(node).unwrap_or_default(),
    }
}

/// Fields whose keys are the user's own.
const MAPS: [&str; 3] = ["Options", "DockerLabels", "DriverOpts"];

fn in_api_spelling(name: &str, value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let is_map = MAPS.contains(&name);
            let fields = fields.into_iter().map(|(name, value)| match is_map {
                true => (name, value),
                false => (lower_first(&name), in_api_spelling(&name, value)),
            });
            Value::Object(fields.collect())
        }
        Value::Array(items) => {
            let items = items.into_iter();
            items.map(|item| in_api_spelling(name, item)).collect()
        }
        value => value,
    }
}

fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

fn tags(of: &Translator) -> Option<Attribute> {
    let tags = of.property("Tags");
    let tags = tags.items().ok()?.iter();
    let tags = tags.filter_map(|tag| Some((tag.field("Key").as_text()?, tag.field("Value"))));
    let mut fields = Fields::default();
    for (name, value) in tags {
        fields.set(&name, of.text("tags", value));
    }
    let (value, unknown, expression) = fields.into_parts();
    Some(Attribute {
        value,
        unknown,
        expression,
    })
}
