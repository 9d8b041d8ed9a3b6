//! Translates the resources of a preview into those of a Terraform plan, which the rest of the program reads.
//!
//! A preview says for each property which resources its value comes from, and not how: the property gets a reference to
//! each of them. If there is more than one reading, the reader of plans leaves the value unknown.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use terraform_plan::TerraformPlan;

use crate::error::PreviewError;
use crate::preview::{Change, Preview, State, Step, is_region};
use crate::types::{attribute_name, terraform_type};
use crate::urn::{Urn, addresses};
use crate::value::Attribute;

/// A plan with where its resources come from.
#[derive(Debug, Clone)]
pub struct Translation {
    pub plan: TerraformPlan,
    /// The URN of each resource, by address.
    pub urns: BTreeMap<String, String>,
    /// The attributes that are secrets: addresses with names.
    pub secrets: BTreeSet<(String, String)>,
}

/// A reference that leads nowhere: the value may be anything.
const NOWHERE: &str = "var.unknown";

/// Attributes that identify a resource: AWS sets them when it creates it, or Pulumi generates them if the provider is
/// not known yet.
const IDENTIFYING: [&str; 10] = [
    "id",
    "arn",
    "arn_without_revision",
    "bucket",
    "family",
    "key_id",
    "name",
    "revision",
    "security_group_rule_id",
    "zone_id",
];

/// Attributes without a default: they are off once the program does not set them any more.
const OFF_WHEN_UNSET: [&str; 9] = [
    "configuration",
    "enable_execute_command",
    "execution_role_arn",
    "force_new_deployment",
    "kms_key_id",
    "permissions_boundary",
    "pid_mode",
    "tags",
    "task_role_arn",
];

/// Attributes that resources of their own set as well. Pulumi keeps the value from when it created the resource.
const SET_BY_OTHERS: [(&str, &[&str]); 2] = [
    ("aws_kms_key", &["policy"]),
    (
        "aws_vpc_endpoint",
        &[
            "policy",
            "private_dns_enabled",
            "route_table_ids",
            "security_group_ids",
            "subnet_ids",
        ],
    ),
];

/// A resource of AWS in the preview.
struct Planned<'p> {
    step: &'p Step,
    change: Change,
    terraform_type: String,
    /// Unique among the resources, in place of the logical name, which can hold anything.
    name: String,
    address: String,
}

impl Planned<'_> {
    /// Whether AWS does not have it yet.
    fn is_new(&self) -> bool {
        matches!(self.change, Change::Create | Change::Replace)
    }
}

/// Translates a preview.
pub fn translate(preview: &Preview) -> Result<Translation, PreviewError> {
    let planned = planned(preview);
    let by_urn = planned.iter().map(|one| (one.step.urn.as_str(), one));
    let translator = Translator {
        preview,
        by_urn: by_urn.collect(),
    };
    let mut secrets = BTreeSet::new();
    let (mut changes, mut configured) = (Vec::new(), Vec::new());
    for one in &planned {
        let (change, block) = translator.resource(one, &mut secrets);
        changes.push(change);
        configured.push(block);
    }
    let document = json!({
        "format_version": "1.2",
        "complete": preview.is_complete(),
        "resource_changes": changes,
        "configuration": {"root_module": {"resources": configured}},
    });
    let json = serde_json::to_vec(&document).unwrap_or_default();
    let plan =
        terraform_plan::read(&json).map_err(|error| PreviewError::Malformed(error.to_string()))?;
    // `pulumi preview` reads nothing from AWS unless it is told to, and that does not find what is no resource of Pulumi.
    let plan = plan.with_unrefreshed_state();
    let plan = match preview.hides_unchanged() {
        true => plan.with_changes_only(),
        false => plan,
    };
    let urns = planned
        .into_iter()
        .map(|one| (one.address, one.step.urn.clone()));
    Ok(Translation {
        plan,
        urns: urns.collect(),
        secrets,
    })
}

/// The resources of the preview, each once: a replacement can have several steps, of which the deletion says least.
fn planned(preview: &Preview) -> Vec<Planned<'_>> {
    let mut seen = BTreeSet::new();
    let is_deletion = |step: &&Step| step.change() == Change::Delete;
    let (deletions, others): (Vec<&Step>, Vec<&Step>) = preview.steps.iter().partition(is_deletion);
    let steps = others.into_iter().chain(deletions).filter(|step| {
        let is_known = !matches!(step.change(), Change::Ignored | Change::Unknown);
        let is_custom = step.state().is_some_and(|state| state.custom);
        is_known && is_custom && !step.skips_creation() && seen.insert(step.urn.as_str())
    });
    let typed: Vec<(&Step, String)> = steps
        .filter_map(|step| Some((step, terraform_type(Urn::parse(&step.urn)?.resource_type)?)))
        .collect();
    let urns: Vec<&str> = typed.iter().map(|(step, _)| step.urn.as_str()).collect();
    let addresses = addresses(&urns);
    let typed = typed.into_iter().enumerate();
    let planned = typed.map(|(at, (step, terraform_type))| Planned {
        change: match (step.change(), step.old_state.as_ref()) {
            (Change::Delete, Some(old)) if old.retain_on_delete => Change::None,
            (change, _) => change,
        },
        terraform_type,
        name: format!("r{at}"),
        address: addresses
            .get(step.urn.as_str())
            .cloned()
            .unwrap_or_default(),
        step,
    });
    planned.collect()
}

struct Translator<'p> {
    preview: &'p Preview,
    by_urn: BTreeMap<&'p str, &'p Planned<'p>>,
}

impl Translator<'_> {
    /// The change and the configuration of a resource.
    fn resource(&self, one: &Planned, secrets: &mut BTreeSet<(String, String)>) -> (Value, Value) {
        let Planned {
            terraform_type: kind,
            name,
            address,
            step,
            ..
        } = one;
        let actions: &[&str] = match one.change {
            Change::Create => &["create"],
            Change::Update => &["update"],
            Change::Replace => &["delete", "create"],
            Change::Delete => &["delete"],
            Change::None | Change::Import | Change::Ignored | Change::Unknown => &["no-op"],
        };
        let before = step.old_state.as_ref().map(|old| self.existing(old).0);
        let (after, marks, expressions) = match step.state() {
            Some(state) if one.change != Change::Delete => self.after(one, state, secrets),
            _ => (Value::Null, json!({}), json!({})),
        };
        let change = json!({
            "address": address, "mode": "managed", "type": kind, "name": name,
            "change": {
                "actions": actions, "before": before, "after": after, "after_unknown": marks,
            },
        });
        let block = json!({
            "address": format!("{kind}.{name}"), "mode": "managed", "type": kind, "name": name,
            "expressions": expressions,
        });
        (change, block)
    }

    /// The values of a resource after the step, the marks of what is unknown, and the expressions.
    fn after(
        &self,
        one: &Planned,
        state: &State,
        secrets: &mut BTreeSet<(String, String)>,
    ) -> (Value, Value, Value) {
        let is_new = one.is_new();
        let old = one.step.old_state.as_ref().filter(|_| !is_new);
        // Pulumi prints the outputs of an existing resource in either state.
        let (mut values, mut marks) = match old.or(Some(state).filter(|_| !is_new)) {
            Some(existing) => self.existing(existing),
            None => self.new_resource(&one.terraform_type, state),
        };
        let mut expressions = Map::new();
        let inputs = state.inputs.iter().flatten();
        for (property, input) in inputs.filter(|(property, _)| !property.starts_with("__")) {
            let name = attribute_name(property);
            let attribute = Attribute::read(&name, input);
            let references = || self.references(state.dependencies(property));
            let expression = match (attribute.has_unknown, attribute.has_secret) {
                (false, _) => json!({"constant_value": attribute.value}),
                (true, false) => json!({"references": references()}),
                (true, true) => json!({"references": [NOWHERE]}),
            };
            if attribute.has_secret {
                secrets.insert((one.address.clone(), name.clone()));
            }
            expressions.insert(name.clone(), expression);
            let unchanged = old.and_then(|old| old.inputs.as_ref()?.get(property)) == Some(input);
            if !(unchanged && values.get(&name).is_some()) || attribute.has_unknown {
                values[&name] = attribute.value;
                marks[&name] = attribute.unknown;
            }
        }
        for property in old
            .iter()
            .flat_map(|old| old.inputs.iter().flatten().map(|(name, _)| name))
        {
            let name = attribute_name(property);
            if property.starts_with("__") || expressions.contains_key(&name) {
                continue;
            }
            values[&name] = Value::Null;
            if !OFF_WHEN_UNSET.contains(&name.as_str()) {
                marks[&name] = true.into();
                expressions.insert(name, json!({"references": [NOWHERE]}));
            }
        }
        if !is_new && self.preview.hides_unchanged() {
            let of_type = SET_BY_OTHERS
                .iter()
                .filter(|(kind, _)| *kind == one.terraform_type);
            for name in of_type.flat_map(|(_, names)| *names) {
                if !expressions.contains_key(*name) {
                    values[*name] = Value::Null;
                    marks[*name] = true.into();
                    expressions.insert((*name).to_owned(), json!({"references": [NOWHERE]}));
                }
            }
        }
        (values, marks, expressions.into())
    }

    /// The values of a resource that exists, and the marks of those that the preview hides.
    fn existing(&self, state: &State) -> (Value, Value) {
        let (mut values, mut marks) = (json!({}), json!({}));
        // Outputs are what AWS has, after defaults.
        for (property, value) in state.inputs.iter().chain(&state.outputs).flatten() {
            if !property.starts_with("__") {
                let name = attribute_name(property);
                let attribute = Attribute::read(&name, value);
                values[&name] = attribute.value;
                marks[&name] = attribute.unknown;
            }
        }
        if let Some(id) = state.known_id() {
            values["id"] = id.into();
            marks["id"] = false.into();
        }
        self.add_region(&mut values, &mut marks, state);
        (values, marks)
    }

    /// What is known of a new resource besides its inputs.
    fn new_resource(&self, terraform_type: &str, state: &State) -> (Value, Value) {
        let (mut values, mut marks) = (json!({}), json!({}));
        for name in IDENTIFYING {
            marks[name] = true.into();
        }
        if terraform_type == "aws_vpc_endpoint" {
            // AWS gives an interface endpoint the default group of its VPC.
            marks["security_group_ids"] = true.into();
        }
        self.add_region(&mut values, &mut marks, state);
        (values, marks)
    }

    fn add_region(&self, values: &mut Value, marks: &mut Value, state: &State) {
        let own = values["region"].as_str().filter(|region| is_region(region));
        if own.is_none() {
            values["region"] = self.preview.provider_region(state).into();
            marks["region"] = false.into();
        }
    }

    /// References to the resources with these URNs. What exists has known values, so that an unknown one can only come
    /// from new resources; one that the preview does not show, or that it deletes, may supply anything.
    fn references(&self, urns: &[String]) -> Vec<String> {
        let mut references = BTreeSet::new();
        for urn in urns {
            let Some(one) = self
                .by_urn
                .get(urn.as_str())
                .filter(|one| one.change != Change::Delete)
            else {
                references.insert(NOWHERE.to_owned());
                continue;
            };
            if !one.is_new() {
                continue;
            }
            let name = format!("{}.{}", one.terraform_type, one.name);
            if one.terraform_type == "aws_vpc" {
                // The preview does not say which attribute is meant. A new VPC has nothing else that can be looked up.
                for default in ["security_group_id", "network_acl_id", "route_table_id"] {
                    references.insert(format!("{name}.default_{default}"));
                }
            }
            references.insert(name);
        }
        match references.is_empty() {
            true => vec![NOWHERE.to_owned()],
            false => references.into_iter().collect(),
        }
    }
}
