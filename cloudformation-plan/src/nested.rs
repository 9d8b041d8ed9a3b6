//! Nested stacks whose templates are files beside the template that names them, as the CDK and
//! `aws cloudformation package` have them.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-nested-stacks.html>

use std::path::{Component, Path, PathBuf};

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
    for (logical_id, file) in nested_templates(&stacks[at]) {
        if !is_inside(&file) || !folder.join(&file).is_file() {
            continue;
        }
        if depth >= MAX_DEPTH || stacks.len() >= MAX_STACKS {
            return Err(TemplateError::Malformed(format!(
                "its stacks are nested more than {MAX_DEPTH} levels deep, or there are more than {MAX_STACKS}"
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
        add_level(stacks, stacks.len() - 1, folder, depth + 1)?;
    }
    Ok(())
}

/// The logical IDs of a stack's nested stacks, and the files of their templates in the folder of the outermost one.
fn nested_templates(stack: &Stack) -> Vec<(String, String)> {
    let own_file = Path::new(stack.template_file.as_deref().unwrap_or_default());
    let own_folder = own_file.parent().unwrap_or(Path::new(""));
    let resources = stack.resources.iter();
    let nested = resources.filter_map(|resource| {
        let file = own_folder.join(resource.nested_template.as_ref()?);
        let steps = file.components().filter(|step| *step != Component::CurDir);
        let file = steps.collect::<PathBuf>();
        Some((resource.logical_id.clone(), file.to_str()?.to_owned()))
    });
    nested.collect()
}
