//! The JSON Schema of the JSON report.

use diagnosis::Report;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;

use super::Several;

/// A report of one cluster, or of several.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code)]
enum Written<'r> {
    One(Box<Report>),
    Several(Several<'r>),
}

/// JSON Schema (draft 2020-12), with a line end.
pub fn schema() -> String {
    let mut schema = SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<Written>();
    schema.insert("title".to_owned(), "Report of ecs-exec doctor".into());
    crate::formats::pretty_json(&schema)
}
