//! Nested stacks whose templates are files beside the template that names them, as the CDK and
//! `aws cloudformation package` have them.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-nested-stacks.html>

use std::path::Path;

use crate::error::TemplateError;
use crate::folder::{file_error, is_inside, read_inside};
use crate::stack::{Parent, Stack};
use crate::yaml::short;

/// How deep stacks nest.
const MAX_DEPTH: usize = 16;

/// How many stacks there can be.
pub const MAX_STACKS: usize = 1000;

/// Adds the nested stacks of the stack at a position, and theirs. A template that is not in the folder stays unread, as
/// one in S3 does.
pub fn add(stacks: &mut Vec<Stack>, at: usize, folder: &Path) -> Result<(), TemplateError> {
    add_level(stacks, at, folder, 0)
}

fn add_level(
    stacks: &mut Vec<Stack>,
    at: usize,
    folder: &Path,
    depth: usize,
) -> Result<(), TemplateError> {
    let Some(stack) = stacks.get(at) else {
        return Ok(());
    };
    let resources = stack.resources.iter();
    let nested = resources.filter_map(|resource| {
        let file = resource.nested_template.clone()?;
        Some((resource.logical_id.clone(), file))
    });
    let nested: Vec<(String, String)> = nested.collect();
    for (logical_id, file) in nested {
        if !is_inside(&file) || !folder.join(&file).is_file() {
            continue;
        }
        if depth >= MAX_DEPTH || stacks.len() >= MAX_STACKS {
            return Err(TemplateError::Malformed(format!(
                "its stacks are nested more than {MAX_DEPTH} levels deep, or more than {MAX_STACKS}"
            )));
        }
        let template = match Stack::from_template(read_inside(folder, &file)?) {
            Ok(template) => template,
            // What a macro makes of it, only CloudFormation knows.
            Err(TemplateError::Transform(_)) => continue,
            Err(error) => return Err(file_error(&file, error)),
        };
        let around = &stacks[at];
        stacks.push(Stack {
            parent: Some(Parent {
                stack: at,
                logical_id,
            }),
            template_file: Some(short(&file)),
            account: around.account.clone(),
            region: around.region.clone(),
            ..template
        });
        let path = folder.join(&file);
        let folder = path.parent().unwrap_or(folder);
        add_level(stacks, stacks.len() - 1, folder, depth + 1)?;
    }
    Ok(())
}
