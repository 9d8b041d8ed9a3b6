//! Reads the files that another file of the same folder names.

use std::path::{Component, Path};

use serde_json::Value;

use crate::error::TemplateError;
use crate::read::{parse, read_file};
use crate::yaml::short;

/// Parses a file of the folder.
pub fn read_inside(folder: &Path, file: &str) -> Result<Value, TemplateError> {
    check_inside(file)?;
    let bytes = read_file(&folder.join(file))?;
    parse(&bytes).map_err(|error| file_error(file, error))
}

/// Fails if a name leads out of the folder.
pub fn check_inside(file: &str) -> Result<(), TemplateError> {
    match is_inside(file) {
        true => Ok(()),
        false => Err(TemplateError::Malformed(format!(
            "the manifest names \"{}\", which is not in its folder",
            short(file)
        ))),
    }
}

/// Whether a name stays in the folder.
pub fn is_inside(file: &str) -> bool {
    let mut parts = Path::new(file).components();
    !file.is_empty() && parts.all(|part| matches!(part, Component::Normal(_)))
}

/// The error with the name of its file.
pub fn file_error(file: &str, error: TemplateError) -> TemplateError {
    match error {
        error @ TemplateError::File { .. } => error,
        error => TemplateError::File {
            path: short(file),
            why: error.to_string(),
        },
    }
}
