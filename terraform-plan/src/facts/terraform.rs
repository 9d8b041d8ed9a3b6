//! Where the configuration has the resources of the facts, so that fixes can be edits of it.

use std::collections::BTreeMap;

use model::arn;
use model::facts::{Fact, Facts, TerraformResource, terraform_key};
use serde_json::Value;

use crate::ecs::PlannedService;
use crate::plan::TerraformPlan;
use crate::plan::address::InstanceKey;
use crate::plan::configuration::{VariableInput, fields, references};
use crate::plan::resource::Resource;
use crate::resolve::{Resolver, ResourceKind};

/// Adds the addresses and inputs of the resources in the facts.
pub fn add_terraform(facts: &mut Facts, resolver: &Resolver, planned: &[PlannedService]) {
    let plan = resolver.plan;
    let mut all = BTreeMap::new();
    let mut add = |resource_type: &str, name: &str, resource: &Resource| {
        all.insert(terraform_key(resource_type, name), describe(plan, resource));
    };
    for service in planned {
        add("aws_ecs_service", &service.name, service.resource);
    }
    for arn in facts.task_definitions.keys() {
        if let Some(definition) = resolver.find(arn, ResourceKind::TaskDefinition)
            && let Some(family) = definition.known_text("family")
        {
            add("aws_ecs_task_definition", family, definition);
        }
    }
    for arn in facts.roles.keys() {
        if let Some(role) = resolver.find(arn, ResourceKind::Role) {
            add("aws_iam_role", arn::name(arn), role);
        }
    }
    for name in facts.log_groups.keys() {
        if let Some(group) = resolver.find(name, ResourceKind::LogGroup) {
            add("aws_cloudwatch_log_group", name, group);
        }
    }
    for name in facts.buckets.keys() {
        if let Some(bucket) = resolver.find(name, ResourceKind::Bucket) {
            add("aws_s3_bucket", name, bucket);
        }
    }
    for key in facts.kms_keys.values().filter_map(Fact::known) {
        if let Some(resource) = resolver.find(&key.arn, ResourceKind::KmsKey) {
            add("aws_kms_key", &key.arn, resource);
        }
    }
    if let Some(cluster) = resolver.find(&facts.cluster_name, ResourceKind::Cluster) {
        add("aws_ecs_cluster", &facts.cluster_name, cluster);
    }
    for (kind, id) in network_resources(facts) {
        // A resource that adopts a VPC's default is not where its changes belong.
        let resource = resolver.find(id, kind).filter(|one| one.identity() == id);
        if let (Some(first), Some(resource)) = (kind.resource_types().first(), resource) {
            add(first, id, resource);
        }
    }
    facts.terraform = all;
}

fn network_resources(facts: &Facts) -> Vec<(ResourceKind, &String)> {
    fn all<'f, T: 'f>(
        lists: impl IntoIterator<Item = &'f Fact<Vec<T>>>,
    ) -> impl Iterator<Item = &'f T> {
        lists.into_iter().filter_map(Fact::known).flatten()
    }
    let network = &facts.network;
    let groups = network.security_groups.keys();
    let tables = all(network.route_tables.values());
    let acls = all(network.network_acls.values());
    let endpoints = all(&network.endpoints);
    let mut found: Vec<(ResourceKind, &String)> = Vec::new();
    found.extend(network.vpcs.keys().map(|id| (ResourceKind::Vpc, id)));
    found.extend(network.subnets.keys().map(|id| (ResourceKind::Subnet, id)));
    found.extend(groups.map(|id| (ResourceKind::SecurityGroup, id)));
    found.extend(tables.map(|table| (ResourceKind::RouteTable, &table.id)));
    found.extend(acls.map(|acl| (ResourceKind::NetworkAcl, &acl.id)));
    found.extend(endpoints.map(|endpoint| (ResourceKind::Endpoint, &endpoint.id)));
    found
}

fn describe(plan: &TerraformPlan, resource: &Resource) -> TerraformResource {
    TerraformResource {
        address: resource.address.clone(),
        expression: expression(plan, resource),
        is_new: resource.is_created && plan.before.at_address(&resource.address).is_none(),
        inputs: inputs(plan, resource),
        cloudformation: None,
        pulumi: None,
    }
}

/// The expression of a resource's ID in the root module: its address, or an output of its module.
fn expression(plan: &TerraformPlan, resource: &Resource) -> Option<String> {
    let [module] = resource.module.as_slice() else {
        let is_in_root = resource.module.is_empty();
        return is_in_root.then(|| format!("{}.id", resource.address));
    };
    let address = format!("{}.{}", resource.resource_type, resource.name);
    let is_own = |reference: &&str| {
        let after = reference.strip_prefix(address.as_str());
        after.is_some_and(|after| after.is_empty() || after == ".id" || after.starts_with('['))
    };
    let mut outputs = fields(plan.configuration.module(&resource.module), "outputs");
    let (output, _) = outputs.find(|(_, output)| {
        let references = references(&output["expression"]);
        !references.is_empty() && references.iter().all(is_own)
    })?;
    let (name, module_key, key) = (&module.name, index(&module.key), index(&resource.key));
    Some(format!("module.{name}{module_key}.{output}{key}"))
}

fn index(key: &Option<InstanceKey>) -> String {
    match key {
        None => String::new(),
        Some(InstanceKey::Number(number)) => format!("[{number}]"),
        Some(InstanceKey::Text(text)) => format!("[{}]", Value::String(text.clone())),
    }
}

/// The arguments that are nothing but a variable of the module, with the call in the root module and its input.
fn inputs(plan: &TerraformPlan, resource: &Resource) -> BTreeMap<String, (String, String)> {
    let arguments = plan.configuration.arguments(resource);
    let inputs = arguments.filter_map(|(argument, expression)| {
        let mut module = resource.module.as_slice();
        let mut variable = only_variable(expression)?;
        while module.len() > 1 {
            let input = plan.configuration.variable(variable, module)?;
            let VariableInput::Expression(expression, parent, _) = input else {
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
    let [only] = references(expression)[..] else {
        return None;
    };
    let name = only.strip_prefix("var.")?;
    (!name.contains(['.', '['])).then_some(name)
}
