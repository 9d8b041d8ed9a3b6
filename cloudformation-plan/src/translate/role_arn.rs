//! ARNs of roles that templates put together: `!Sub arn:aws:iam::${AWS::AccountId}:role/${TaskRole}`.

use model::arn::{self, UNKNOWN_ACCOUNT};
use serde_json::json;

use crate::evaluate::Evaluator;
use crate::node::{Node, Reference};
use crate::stack::Stack;

/// The role that a text with these parts is the ARN of.
pub fn role_of_arn(evaluator: &Evaluator, stack: usize, parts: &[Node]) -> Option<Reference> {
    let of_stack = evaluator.stacks.get(stack)?;
    let (by_reference, parts) = match parts.split_last() {
        Some((Node::Reference(role), before)) if role.attribute.is_none() => (Some(role), before),
        _ => (None, parts),
    };
    let own_account = evaluator.evaluate(stack, &json!({"Ref": "AWS::AccountId"}));
    let own_account = own_account.as_text();
    let own_account = own_account.as_deref().unwrap_or(UNKNOWN_ACCOUNT);
    let texts = parts.iter().map(|part| match part {
        Node::OwnAccount => Some(UNKNOWN_ACCOUNT.to_owned()),
        part => part.as_text(),
    });
    let text: String = texts.collect::<Option<_>>()?;
    let (arn, resource) = text.rsplit_once(":role")?;
    if arn::account(&text) != Some(own_account) || !arn.ends_with(own_account) {
        return None;
    }
    let (path, name) = resource.rsplit_once('/')?;
    let path = format!("{path}/");
    match by_reference {
        Some(role) => {
            (name.is_empty() && has_path(evaluator, of_stack, role, &path)).then(|| arn_of(role))
        }
        None => {
            let mut roles = of_stack.resources.iter().map(|resource| Reference {
                stack,
                logical_id: resource.logical_id.clone(),
                attribute: None,
            });
            roles.find_map(|role| {
                let is_named = property(evaluator, of_stack, &role, "RoleName")? == name;
                (is_named && has_path(evaluator, of_stack, &role, &path)).then(|| arn_of(&role))
            })
        }
    }
}

fn arn_of(role: &Reference) -> Reference {
    Reference {
        attribute: Some("Arn".to_owned()),
        ..role.clone()
    }
}

fn has_path(evaluator: &Evaluator, stack: &Stack, role: &Reference, path: &str) -> bool {
    let is_role = stack
        .resource(&role.logical_id)
        .is_some_and(|resource| resource.resource_type == "AWS::IAM::Role");
    let own = property(evaluator, stack, role, "Path");
    is_role && own.as_deref().unwrap_or("/") == path
}

/// A property with a known text.
fn property(evaluator: &Evaluator, stack: &Stack, role: &Reference, name: &str) -> Option<String> {
    let value = stack.resource(&role.logical_id)?.properties.get(name)?;
    evaluator.evaluate(role.stack, value).as_text()
}
