//! What makes ECS start new tasks for a service.

use super::Translator;
use super::opaque::is_opaque;
use crate::attribute::Attribute;
use crate::node::{Node, Reference};
use crate::stack::{Action, StackResource};

/// Properties that are only compared: ECS starts new tasks when one of them changes.
///
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html>
pub const DEPLOYED: [(&str, &str); 5] = [
    ("load_balancer", "LoadBalancers"),
    (
        "service_connect_configuration",
        "ServiceConnectConfiguration",
    ),
    ("service_registries", "ServiceRegistries"),
    ("volume_configuration", "VolumeConfigurations"),
    ("vpc_lattice_configurations", "VpcLatticeConfigurations"),
];

/// Whether the update forces a deployment: only a new nonce does.
///
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ecs-service-forcenewdeployment.html>
pub fn forced_deployment(of: &Translator) -> Option<Attribute> {
    const PATH: &str = "force_new_deployment";
    if of.before || of.resource.action != Action::Update {
        return None;
    }
    let unknown = |why: &str| {
        of.note(PATH, Some(why));
        Some(Attribute::unknown())
    };
    if of.resource.physical_id.is_none() {
        return unknown("whether CloudFormation replaces the service");
    }
    let read = |before: bool| {
        let at = Translator {
            before,
            ..of.clone()
        };
        let force = at.property("ForceNewDeployment");
        let part = |name: &str| force.field(name).clone();
        (
            part("EnableForceNewDeployment"),
            part("ForceNewDeploymentNonce"),
        )
    };
    let is_on = |node: &Node| node.as_text().as_deref() == Some("true");
    let ((was_on, old_nonce), (is_enabled, nonce)) = (read(true), read(false));
    if let Some(why) = is_enabled.unknown().or(nonce.unknown()) {
        return unknown(why);
    }
    if !is_on(&is_enabled) {
        return None;
    }
    match (nonce.as_text(), old_nonce.as_text()) {
        (Some(new), old) if old.as_ref() != Some(&new) => Some(Attribute::known(true)),
        _ if is_on(&was_on) => None,
        _ => unknown("whether ECS forces a deployment without a new nonce"),
    }
}

/// What a change set has in place of values that come from new resources.
const KNOWN_AFTER_APPLY: &str = "{{changeSet:KNOWN_AFTER_APPLY}}";

/// The task definitions that a change set may give the service, if it only says that the definition is a new one.
pub fn new_definition(of: &Translator) -> Option<Attribute> {
    if of.before || of.resource.properties["TaskDefinition"] != KNOWN_AFTER_APPLY {
        return None;
    }
    let stack = of.evaluator.stacks.get(of.stack)?;
    let resources = stack.resources.iter();
    let changed: Vec<&StackResource> = resources
        .filter(|one| one.action != Action::Delete)
        .collect();
    if changed.iter().any(|one| may_return_any(&one.resource_type)) {
        return None;
    }
    let definitions = changed
        .iter()
        .filter(|one| one.resource_type == "AWS::ECS::TaskDefinition" && one.physical_id.is_none());
    let references = definitions.flat_map(|definition| {
        let node = Node::Reference(Reference {
            stack: of.stack,
            logical_id: definition.logical_id.clone(),
            attribute: None,
        });
        let attribute = of.attribute("task_definition", &node);
        attribute.map_or_else(Vec::new, Attribute::into_references)
    });
    let references: Vec<String> = references.collect();
    (!references.is_empty()).then(|| Attribute::references(references))
}

/// Whether resources of a type return values that come from elsewhere.
fn may_return_any(resource_type: &str) -> bool {
    is_opaque(resource_type)
        || resource_type.starts_with("Custom::")
        || resource_type.starts_with("AWS::CloudFormation::")
        || resource_type == "AWS::SSM::Parameter"
}
