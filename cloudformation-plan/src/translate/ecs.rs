//! Clusters, services and task definitions.

use serde_json::{Map, Value};

use super::deployment::{DEPLOYED, forced_deployment, new_definition};
use super::{Planned, Translator, generated_name};
use crate::attribute::{Attribute, Fields};
use crate::node::Node;
use crate::stack::Action;

/// The name that the template sets; else the one that it has, or one that stands for the generated one.
fn name(of: &Translator, property: &str) -> String {
    let own = of.property(property).as_text();
    let is_kept = of.before || of.resource.action != Action::Replace;
    let physical = of.resource.id_before.as_deref().filter(|_| is_kept);
    let physical = physical.and_then(|id| id.rsplit('/').next());
    own.or_else(|| physical.map(str::to_owned))
        .unwrap_or_else(|| generated_name(of.evaluator.stacks, of.stack, &of.resource.logical_id))
}

/// The cluster, and its default capacity provider strategy.
pub fn cluster(of: &Translator, fields: Fields) -> Vec<Planned> {
    let name = Attribute::known(name(of, "ClusterName"));
    let fields = fields
        .with("name", Some(name.clone()))
        .with("tags", tags(of));
    let mut planned = vec![Planned::new("aws_ecs_cluster", fields)];
    if of.property("DefaultCapacityProviderStrategy") != Node::NoValue {
        let strategy = of.copied_as("AWS::ECS::ClusterCapacityProviderAssociations");
        let strategy = strategy.with("cluster_name", Some(name));
        let terraform_type = "aws_ecs_cluster_capacity_providers";
        planned.push(Planned::part("strategy", terraform_type, strategy));
    }
    planned
}

pub fn service(of: &Translator, fields: Fields) -> Fields {
    let mut fields = fields
        .with("name", Some(Attribute::known(name(of, "ServiceName"))))
        .with("tags", tags(of))
        .with("network_configuration", network_configuration(of))
        .with("task_definition", new_definition(of))
        .with("force_new_deployment", forced_deployment(of));
    for (attribute, property) in DEPLOYED {
        let node = of.property(property);
        if node != Node::List(Vec::new()) {
            fields.set(attribute, of.document(attribute, &node));
        }
    }
    fields
}

fn network_configuration(of: &Translator) -> Option<Attribute> {
    const PATH: &str = "network_configuration";
    let list = |name: &str, node: &Node| of.list(&format!("{PATH}.{name}"), node);
    let network = of.property("NetworkConfiguration.AwsvpcConfiguration");
    of.blocks(PATH, &network, |network| {
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

pub fn task_definition(of: &Translator, fields: Fields) -> Fields {
    fields
        .with("family", Some(Attribute::known(name(of, "Family"))))
        .with("container_definitions", Some(containers(of)))
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
            Some(value) if is_invalid_flag(name, &value) => return None,
            Some(value) => value,
            None if DECIDING.contains(&name.as_str()) || hides_names(name, field) => return None,
            None => without_unknown(of, field),
        };
        container.insert(lower_first(name), in_api_spelling(name, value));
    }
    Some(container.into())
}

/// Whether a flag is a text that is neither `true` nor `false`.
fn is_invalid_flag(name: &str, value: &Value) -> bool {
    let is_flag = ["Essential", "ReadonlyRootFilesystem"].contains(&name);
    is_flag
        && value
            .as_str()
            .is_some_and(|text| text != "true" && text != "false")
}

/// Whether a list may set other variables than it shows.
fn hides_names(name: &str, field: &Node) -> bool {
    match (name, field) {
        ("EnvironmentFiles", field) => field.items().is_err(),
        ("Environment" | "Secrets", Node::List(items)) => {
            let is_named = |item: &Node| item.field("Name").as_text().is_some();
            !items.iter().all(is_named)
        }
        ("Environment" | "Secrets", _) => true,
        _ => false,
    }
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
