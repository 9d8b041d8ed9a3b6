//! What goes into a nested stack, what comes out, and whether it is deployed.

use super::Evaluator;
use crate::node::Node;
use crate::stack::{Stack, StackResource};
use crate::yaml::short;

impl Evaluator<'_> {
    /// What the stack around a nested stack passes for one of its parameters.
    pub(super) fn argument(&self, nested: &Stack, parameter: &str) -> Option<Node> {
        let around = nested.parent.as_ref()?;
        let resource = self
            .stacks
            .get(around.stack)?
            .resource(&around.logical_id)?;
        let arguments = resource.properties.get("Parameters")?;
        let argument = match arguments.get(parameter) {
            Some(argument) => self.evaluate(around.stack, argument),
            None => {
                let arguments = self.evaluate(around.stack, arguments);
                arguments.field(parameter).clone()
            }
        };
        (argument != Node::NoValue).then_some(argument)
    }

    /// The position of the nested stack that a resource is.
    pub fn nested_stack(&self, stack: usize, logical_id: &str) -> Option<usize> {
        self.stacks.iter().position(|nested| {
            let parent = nested.parent.as_ref();
            parent.is_some_and(|parent| {
                (parent.stack, parent.logical_id.as_str()) == (stack, logical_id)
            })
        })
    }

    pub(super) fn output(&self, stack: usize, name: &str) -> Node {
        let output = self
            .stacks
            .get(stack)
            .and_then(|stack| stack.entry("Outputs", name));
        match output {
            Some(output) => self.evaluate(stack, &output["Value"]),
            None => Node::Unknown(format!(
                "output {}, which the nested stack does not have",
                short(name)
            )),
        }
    }

    /// Whether a resource exists after deployment; `None` if that depends on a condition that cannot be decided.
    pub fn exists(&self, stack: usize, resource: &StackResource) -> Option<bool> {
        let condition = resource.condition.as_deref();
        let own = condition.map_or(Some(true), |condition| self.condition(stack, condition));
        both(own, self.is_deployed(stack))
    }

    /// Whether a stack is deployed, as `exists` says it of resources.
    fn is_deployed(&self, stack: usize) -> Option<bool> {
        let parent = self.stacks.get(stack)?.parent.as_ref();
        parent.map_or(Some(true), |parent| {
            let around = self.stacks.get(parent.stack)?;
            self.exists(parent.stack, around.resource(&parent.logical_id)?)
        })
    }
}

/// Whether both hold; `None` if that cannot be decided.
fn both(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}
