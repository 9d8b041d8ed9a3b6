//! Names that CloudFormation generates.

use crate::stack::Stack;

/// Stands for the name that CloudFormation generates from the logical ID.
pub fn generated_name(stacks: &[Stack], stack: usize, logical_id: &str) -> String {
    let same = |other: &&Stack| other.resource(logical_id).is_some();
    match stacks.get(stack).and_then(|stack| stack.name.as_deref()) {
        Some(name) if stacks.iter().filter(same).count() > 1 => format!("{name}-{logical_id}"),
        _ => logical_id.to_owned(),
    }
}
