//! Names that CloudFormation generates.

use crate::stack::Stack;

/// Stands for the name that CloudFormation generates from the logical ID.
pub fn generated_name(stacks: &[Stack], stack: usize, logical_id: &str) -> String {
    let same = |other: &&Stack| other.resource(logical_id).is_some();
    match stack_name(stacks, stack) {
        Some(name) if stacks.iter().filter(same).count() > 1 => format!("{name}-{logical_id}"),
        _ => logical_id.to_owned(),
    }
}

/// What a stack is called: its name, or for a nested stack `PARENT-LOGICALID`, which CloudFormation's name starts with.
/// `None` for a template alone.
pub fn stack_name(stacks: &[Stack], stack: usize) -> Option<String> {
    let stack = stacks.get(stack)?;
    match (&stack.name, &stack.parent) {
        (Some(name), _) => Some(name.clone()),
        (None, Some(parent)) => Some(match stack_name(stacks, parent.stack) {
            Some(name) => format!("{name}-{}", parent.logical_id),
            None => parent.logical_id.clone(),
        }),
        (None, None) => None,
    }
}
