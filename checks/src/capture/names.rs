use serde_json::Value;

use crate::facts::{Fact, Facts};

/// Everything that somebody named.
pub fn names(facts: &Facts) -> Vec<String> {
    let mut names = vec![facts.cluster_name.clone()];
    names.extend(facts.services.keys().cloned());
    names.extend(facts.service_tasks.keys().cloned());
    names.extend(
        facts.target.services.iter().flat_map(|wanted| {
            std::iter::once(wanted.name.clone()).chain(wanted.container.clone())
        }),
    );
    names.extend(facts.target.container.clone());
    names.extend(facts.expect.exec_forbidden.clone());
    let resources = facts.roles.keys().chain(facts.task_definitions.keys());
    names.extend(
        resources
            .chain(facts.instance_profiles.keys())
            .map(|arn| resource(arn)),
    );
    names.extend(facts.identities.keys().map(|arn| resource(arn)));
    names.extend(
        facts
            .simulations
            .iter()
            .map(|simulation| resource(&simulation.principal)),
    );
    for decision in facts
        .simulations
        .iter()
        .flat_map(|it| it.decisions.known().into_iter().flatten())
    {
        names.extend(
            decision
                .matched_policies
                .iter()
                .map(|policy| resource(policy)),
        );
    }
    names.extend(facts.log_groups.keys().chain(facts.buckets.keys()).cloned());
    names.extend(facts.kms_keys.keys().map(|key| resource(key)));
    names.extend(facts.caller.known().map(|caller| resource(&caller.arn)));
    for task in facts.tasks.values().filter_map(Fact::known) {
        names.extend(task.group.clone());
        names.push(resource(&task.task_definition));
        names.extend(
            task.containers
                .iter()
                .map(|container| container.name.to_string()),
        );
        names.extend(task.capacity_provider.as_ref().map(ToString::to_string));
        names.extend(
            task.containers
                .iter()
                .filter_map(|container| container.image.clone()),
        );
    }
    for definition in facts.task_definitions.values().filter_map(Fact::known) {
        for container in &definition.containers {
            names.push(container.name.clone());
            names.extend(container.image.clone());
            names.extend(container.environment.iter().cloned());
            if let Some(log) = &container.log {
                names.extend(log.group.clone());
                names.extend(log.stream_prefix.clone());
            }
        }
    }
    for role in facts.roles.values().filter_map(Fact::known) {
        names.extend(role.boundary.as_deref().map(resource));
        texts(&role.trust, &mut names);
    }
    for endpoint in facts
        .network
        .endpoints
        .iter()
        .filter_map(Fact::known)
        .flatten()
    {
        endpoint
            .policy
            .iter()
            .for_each(|policy| texts(policy, &mut names));
    }
    for key in facts.kms_keys.values().filter_map(Fact::known) {
        key.policy
            .known()
            .into_iter()
            .for_each(|policy| texts(policy, &mut names));
    }
    let cluster = facts.cluster.known();
    names.extend(
        cluster
            .into_iter()
            .flat_map(|cluster| cluster.tags.keys().cloned()),
    );
    if let Some(log) = cluster.and_then(|cluster| cluster.exec_configuration.as_ref()?.log.as_ref())
    {
        names.extend(log.key_prefix.clone());
    }
    for service in facts.services.values().filter_map(Fact::known) {
        names.extend(service.tags.keys().cloned());
        names.extend(service.events.iter().flat_map(|event| arns(&event.message)));
    }
    for group in facts
        .network
        .security_groups
        .values()
        .filter_map(Fact::known)
    {
        names.push(group.name.clone());
    }
    names
}

/// Every text of a policy; what IAM itself calls things is common.
fn texts(policy: &Value, names: &mut Vec<String>) {
    match policy {
        Value::String(text) => names.push(resource(text)),
        Value::Array(items) => items.iter().for_each(|item| texts(item, names)),
        Value::Object(fields) => {
            let told = ["Action", "NotAction", "Effect", "Version"];
            fields
                .iter()
                .filter(|(name, _)| !told.contains(&name.as_str()))
                .for_each(|(_, value)| texts(value, names));
        }
        _ => {}
    }
}

/// The resources of ARNs within a text for people.
fn arns(text: &str) -> impl Iterator<Item = String> {
    text.split([' ', '(', ')', ','])
        .filter(|word| word.starts_with("arn:"))
        .map(resource)
}

/// An ARN's resource part.
fn resource(arn: &str) -> String {
    arn.splitn(6, ':').nth(5).unwrap_or(arn).to_owned()
}
