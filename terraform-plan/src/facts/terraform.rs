//! Where the plan has what the facts name, so that fixes can be written in the words of its configuration.

use std::collections::BTreeMap;

use checks::arn;
use checks::facts::{Fact, Facts, TerraformResource, terraform_key};
use serde_json::Value;

use crate::ecs::Planned;
use crate::plan::TerraformPlan;
use crate::plan::address::InstanceKey;
use crate::plan::configuration::{Given, references};
use crate::plan::resource::Resource;
use crate::resolve::Resolver;
use crate::resolve::resource_kind::ResourceKind;

pub fn add_terraform(facts: &mut Facts, resolver: &Resolver, planned: &[Planned]) {
    let plan = resolver.plan;
    let mut all = BTreeMap::new();
    let mut add = |kind: &str, name: &str, instance: &Resource| {
        all.insert(terraform_key(kind, name), resource(plan, instance));
    };
    for service in planned {
        add("aws_ecs_service", &service.name, service.instance);
    }
    for arn in facts.task_definitions.keys() {
        if let Some(instance) = resolver.instance_named(arn, ResourceKind::TaskDefinition)
            && let Ok(Some(family)) = instance.text(&["family"])
        {
            add("aws_ecs_task_definition", family, instance);
        }
    }
    for role in facts.roles.keys() {
        if let Some(instance) = resolver.instance_named(role, ResourceKind::Role) {
            add("aws_iam_role", arn::name(role), instance);
        }
    }
    if let Some(cluster) = resolver.instance_named(&facts.cluster_name, ResourceKind::Cluster) {
        add("aws_ecs_cluster", &facts.cluster_name, cluster);
    }
    for (kind, names) in of_network(facts) {
        for name in names {
            if let (Some(kind), Some(instance)) = (
                kind.resource_types().first(),
                plan.find(kind.resource_types(), name),
            ) {
                add(kind, name, instance);
            }
        }
    }
    facts.terraform = all;
}

fn of_network(facts: &Facts) -> [(ResourceKind, Vec<&String>); 6] {
    let network = &facts.network;
    let tables = network.route_tables.values().filter_map(Fact::known);
    let acls = network.network_acls.values().filter_map(Fact::known);
    let endpoints = network.endpoints.iter().filter_map(Fact::known);
    [
        (ResourceKind::Vpc, network.vpcs.keys().collect()),
        (ResourceKind::Subnet, network.subnets.keys().collect()),
        (
            ResourceKind::SecurityGroup,
            network.security_groups.keys().collect(),
        ),
        (
            ResourceKind::RouteTable,
            tables.flatten().map(|one| &one.id).collect(),
        ),
        (
            ResourceKind::NetworkAcl,
            acls.flatten().map(|one| &one.id).collect(),
        ),
        (
            ResourceKind::Endpoint,
            endpoints.flatten().map(|one| &one.id).collect(),
        ),
    ]
}

fn resource(plan: &TerraformPlan, instance: &Resource) -> TerraformResource {
    TerraformResource {
        address: instance.address.clone(),
        expression: expression(plan, instance),
        is_new: instance.is_made && plan.before_at_address(&instance.address).is_none(),
        inputs: inputs(plan, instance),
    }
}

/// In the root module by the address, else by an output of the module.
fn expression(plan: &TerraformPlan, instance: &Resource) -> Option<String> {
    let [module] = instance.module.as_slice() else {
        let is_in_root = instance.module.is_empty();
        return is_in_root.then(|| format!("{}.id", instance.address));
    };
    let own = format!("{}.{}", instance.resource_type, instance.name);
    let is_own = |reference: &&str| {
        let after = reference.strip_prefix(own.as_str());
        after.is_some_and(|after| after.is_empty() || after == ".id" || after.starts_with('['))
    };
    let is_of = |output: &Value| {
        let named = references(&output["expression"]);
        !named.is_empty() && named.iter().all(is_own)
    };
    let outputs = plan.module(&instance.module)?.get("outputs")?.as_object()?;
    let (output, _) = outputs.iter().find(|(_, output)| is_of(output))?;
    Some(format!(
        "module.{}{}.{output}{}",
        module.name,
        index(module.key.as_ref()),
        index(instance.key.as_ref()),
    ))
}

fn index(key: Option<&InstanceKey>) -> String {
    match key {
        None => String::new(),
        Some(InstanceKey::Number(number)) => format!("[{number}]"),
        Some(InstanceKey::Text(text)) => format!("[{}]", Value::String(text.clone())),
    }
}

/// Arguments that are a variable of the module and nothing else, followed to the call in the root module.
fn inputs(plan: &TerraformPlan, instance: &Resource) -> BTreeMap<String, (String, String)> {
    let resource = plan.resource(instance);
    let set = resource.and_then(|resource| resource["expressions"].as_object());
    let inputs = set
        .into_iter()
        .flatten()
        .filter_map(|(argument, expression)| {
            let mut module = instance.module.as_slice();
            let mut variable = only_variable(expression)?;
            while module.len() > 1 {
                let Some(Given::By(expression, parent, _)) = plan.given(variable, module) else {
                    return None;
                };
                (variable, module) = (only_variable(expression)?, parent);
            }
            let call = module.last()?.name.clone();
            Some((argument.clone(), (call, variable.to_owned())))
        });
    inputs.collect()
}

fn only_variable(expression: &Value) -> Option<&str> {
    match references(expression).as_slice() {
        [only] => only
            .strip_prefix("var.")
            .filter(|name| !name.contains(['.', '['])),
        _ => None,
    }
}
