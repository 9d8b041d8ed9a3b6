//! Translates the resources of stacks into those of a Terraform plan, which the rest of the program reads.
//!
//! `Ref` and `Fn::GetAtt` become references to one resource, and everything that is unknown before deployment becomes a
//! reference that leads nowhere: nothing is guessed.

mod bucket;
mod deployment;
mod ecs;
mod iam;
mod identity;
mod names;
mod network;
mod opaque;
mod resource_types;
mod role_arn;
mod translator;

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::{Value, json};
use terraform_plan::{PlanError, TerraformPlan};

use crate::attribute::{Attribute, Fields};
use crate::evaluate::{Environment, Evaluator};
use crate::stack::{Action, NESTED_STACK, Stack};
use identity::{ALL, generated_names, identity, kept_if_conditional};
use resource_types::ResourceType;

pub use names::{generated_name, stack_name};
pub use translator::Translator;

/// A plan with where its resources come from.
pub struct Translation {
    pub plan: TerraformPlan,
    /// The position of the stack and the logical ID of each resource, by address.
    pub origins: BTreeMap<String, (usize, String)>,
    /// What unknown attributes depend on, by `ATTRIBUTE of ADDRESS`.
    pub reasons: BTreeMap<String, String>,
}

/// A resource of the plan.
pub struct Planned {
    pub terraform_type: &'static str,
    pub is_data: bool,
    /// Appended to the name and address: one resource of a stack can stand for several.
    pub part: String,
    pub fields: Fields,
}

impl Planned {
    pub fn new(terraform_type: &'static str, fields: Fields) -> Planned {
        Planned {
            terraform_type,
            is_data: false,
            part: String::new(),
            fields,
        }
    }

    /// One of several resources that a resource of a stack stands for.
    pub fn part(part: impl Into<String>, terraform_type: &'static str, fields: Fields) -> Planned {
        Planned {
            part: part.into(),
            ..Planned::new(terraform_type, fields)
        }
    }
}

/// Translates the stacks, of one account if it is given, into a plan.
pub fn translate(
    stacks: &[Stack],
    environment: &Environment,
    account: Option<&str>,
) -> Result<Translation, PlanError> {
    let evaluator = Evaluator::new(stacks, environment);
    let reasons = RefCell::default();
    let mut document = Document::default();
    let mut origins = BTreeMap::new();
    let mut is_of_changes = false;
    let is_chosen = |stack: &Stack| match (account, &stack.account) {
        (Some(wanted), Some(account)) => account == wanted,
        _ => true,
    };
    let chosen = stacks.iter().enumerate();
    for (at, stack) in chosen.filter(|(_, stack)| is_chosen(stack)) {
        document.is_partial |= stack.incomplete;
        is_of_changes |= stack.changes_only;
        for resource in &stack.resources {
            let exists = evaluator.exists(at, resource);
            let is_read = resource.resource_type == NESTED_STACK
                && evaluator.nested_stack(at, &resource.logical_id).is_some();
            if exists == Some(false) || is_read {
                continue;
            }
            let translator = Translator {
                evaluator: &evaluator,
                reasons: &reasons,
                stack: at,
                resource,
                address: address(stacks, at, &resource.logical_id),
                before: false,
            };
            document.add(&translator, exists.is_none());
            origins.insert(translator.address, (at, resource.logical_id.clone()));
        }
    }
    let json = serde_json::to_vec(&document.into_json()).unwrap_or_default();
    let plan = terraform_plan::read(&json)?;
    Ok(Translation {
        plan: match is_of_changes {
            true => plan.with_changes_only(),
            false => plan,
        },
        origins,
        reasons: reasons.into_inner(),
    })
}

/// What a resource is called in findings: its logical ID, and its stack if there are several.
pub fn address(stacks: &[Stack], stack: usize, logical_id: &str) -> String {
    match stack_name(stacks, stack) {
        Some(name) if stacks.len() > 1 => format!("{logical_id} in stack {name}"),
        _ => logical_id.to_owned(),
    }
}

/// The parts of the plan's JSON.
#[derive(Default)]
struct Document {
    changes: Vec<Value>,
    configured: Vec<Value>,
    is_partial: bool,
}

impl Document {
    fn add(&mut self, translator: &Translator, may_be_missing: bool) {
        let resource = translator.resource;
        let Some(all) = planned(translator) else {
            return;
        };
        let before = Translator {
            before: true,
            ..translator.clone()
        };
        let mut before = match resource.before {
            Value::Null => Vec::new(),
            _ => planned(&before).unwrap_or_default(),
        };
        for mut one in all {
            if may_be_missing {
                translator.note("condition", resource.condition.as_deref());
                let kept = kept_if_conditional(one.terraform_type);
                if kept != ALL {
                    one.fields.forget_all_but(kept);
                }
            }
            let (kind, part) = (one.terraform_type, one.part.clone());
            let name = format!("s{}_{}{part}", translator.stack, resource.logical_id);
            let mut before = match before
                .iter()
                .position(|old| (old.terraform_type, &old.part) == (kind, &part))
            {
                Some(at) => before.remove(at).fields.into_parts().0,
                None => Value::Null,
            };
            let (mut values, mut marks, expressions) = one.fields.into_parts();
            let identify = |values: &mut Value, id: &str| {
                if let Value::Object(fields) = values {
                    fields.extend(identity(kind, id));
                }
            };
            if let Some(id) = &resource.id_before {
                identify(&mut before, id);
            }
            match &resource.physical_id {
                Some(id) => identify(&mut values, id),
                None => {
                    for name in ["id", "arn", "key_id"] {
                        marks[name] = true.into();
                    }
                    // CloudFormation generates the names that the template leaves out.
                    for name in generated_names(kind) {
                        if values.get(name).is_none() {
                            marks[name] = true.into();
                        }
                    }
                }
            }
            let actions: &[&str] = match (resource.action, one.is_data) {
                (_, true) => &["read"],
                (Action::Deploy | Action::Create, _) => &["create"],
                (Action::Update, _) => &["update"],
                (Action::Replace, _) => &["delete", "create"],
                (Action::Delete, _) => &["delete"],
            };
            let mode = if one.is_data { "data" } else { "managed" };
            let address = match part.is_empty() {
                true => translator.address.clone(),
                false => format!("{} ({part})", translator.address),
            };
            let is_deleted = resource.action == Action::Delete;
            self.changes.push(json!({
                "address": address, "mode": mode, "type": kind, "name": name,
                "change": {
                    "actions": actions,
                    "before": if is_deleted { values.clone() } else { before },
                    "after": if is_deleted { Value::Null } else { values },
                    "after_unknown": if is_deleted { json!({}) } else { marks },
                },
            }));
            self.configured.push(json!({
                "address": format!("{kind}.{name}"), "mode": mode, "type": kind, "name": name,
                "expressions": expressions,
            }));
        }
    }

    fn into_json(self) -> Value {
        json!({
            "format_version": "1.2",
            "complete": !self.is_partial,
            "resource_changes": self.changes,
            "configuration": {"root_module": {"resources": self.configured}},
        })
    }
}

/// The resources of the plan; `None` if the type does not decide about sessions.
fn planned(of: &Translator) -> Option<Vec<Planned>> {
    let name = of.resource.resource_type.as_str();
    let mut planned = match opaque::is_opaque(name) {
        true => vec![opaque::opaque(of)],
        false => transparent(of, name)?,
    };
    let stack = of.evaluator.stacks.get(of.stack);
    if let Some(region) = stack.and_then(|stack| stack.region.as_deref()) {
        for one in &mut planned {
            one.fields.set("region", Some(Attribute::known(region)));
        }
    }
    Some(planned)
}

/// The resources of the plan for a resource of a type that the template describes.
fn transparent(of: &Translator, name: &str) -> Option<Vec<Planned>> {
    let resource_type = ResourceType::find(name)?;
    let fields = of.copied_as(name);
    let one = |fields| vec![Planned::new(resource_type.terraform_type, fields)];
    Some(match name {
        "AWS::EC2::NetworkAclEntry" => one(network::acl_entry(of, fields)),
        "AWS::EC2::Route" => one(network::route(of, fields)),
        "AWS::EC2::SecurityGroup" => one(network::security_group(of, fields)),
        "AWS::EC2::SecurityGroupEgress" | "AWS::EC2::SecurityGroupIngress" => {
            one(network::separate_rule(of, fields))
        }
        "AWS::EC2::VPC" => one(network::vpc(of, fields)),
        "AWS::EC2::VPCEndpoint" => one(network::endpoint(of, fields)),
        "AWS::EC2::VPNGatewayRoutePropagation" => {
            network::route_propagations(of, resource_type.terraform_type)
        }
        "AWS::ECS::Cluster" => ecs::cluster(of, fields),
        "AWS::ECS::Service" => one(ecs::service(of, fields)),
        "AWS::ECS::TaskDefinition" => one(ecs::task_definition(of, fields)),
        "AWS::IAM::ManagedPolicy" => iam::managed_policy(of, fields),
        "AWS::IAM::Policy" => iam::inline_policies(of, &fields, "Roles"),
        "AWS::IAM::Role" => iam::role(of, fields),
        "AWS::IAM::RolePolicy" => iam::inline_policies(of, &fields, "RoleName"),
        "AWS::S3::Bucket" => bucket::bucket(of, fields),
        "Custom::VpcRestrictDefaultSG" => one(network::restricted_default_group(of)?),
        _ => one(fields),
    })
}
