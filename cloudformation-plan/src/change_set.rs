//! Reads the output of `aws cloudformation describe-change-set --include-property-values`.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeChangeSet.html>

use model::arn;
use serde_json::Value;

use crate::error::TemplateError;
use crate::stack::{Action, Stack, StackResource, check_logical_id};
use crate::yaml::short;

/// Whether a document is a change set.
pub fn is_change_set(document: &Value) -> bool {
    document.get("Changes").is_some_and(Value::is_array)
        && (document.get("ChangeSetId").is_some() || document.get("StackId").is_some())
}

/// Reads a change set. It contains only the resources that change.
pub fn read(document: &Value) -> Result<Stack, TemplateError> {
    let text = |field: &str| document.get(field).and_then(Value::as_str);
    let status = text("Status").unwrap_or("CREATE_COMPLETE");
    if status != "CREATE_COMPLETE" {
        let reason = text("StatusReason").map(|reason| format!(" ({reason})"));
        let status = format!("{status}{}", reason.unwrap_or_default());
        return Err(TemplateError::ChangeSetStatus(short(&status)));
    }
    let changes = document["Changes"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let changes: Vec<&Value> = changes
        .iter()
        .filter_map(|change| change.get("ResourceChange"))
        .collect();
    let has_values = |change: &&Value| {
        change.get("AfterContext").is_some() || change.get("BeforeContext").is_some()
    };
    if !changes.is_empty() && !changes.iter().any(has_values) {
        return Err(TemplateError::NoPropertyValues);
    }
    let resources = changes.into_iter().map(read_change);
    let resources = resources.collect::<Result<Vec<_>, _>>()?;
    let arn = text("StackId").or(text("ChangeSetId")).unwrap_or_default();
    Ok(Stack {
        name: text("StackName").map(str::to_owned),
        region: arn::region(arn).map(str::to_owned),
        account: arn::account(arn).map(str::to_owned),
        // Of a stack that exists, resources that do not change are left out.
        changes_only: resources.iter().any(|one| one.action != Action::Create),
        resources,
        incomplete: true,
        ..Stack::default()
    })
}

fn read_change(change: &Value) -> Result<StackResource, TemplateError> {
    let text = |field: &str| {
        let text = change.get(field).and_then(Value::as_str);
        text.map(str::to_owned)
    };
    let missing =
        |field| TemplateError::Malformed(format!("a change of the change set has no {field}"));
    let replacement = text("Replacement");
    let replacement = replacement.as_deref().unwrap_or("False");
    let action = match text("Action").as_deref() {
        Some("Add") => Action::Create,
        Some("Modify") if replacement == "True" => Action::Replace,
        // Dynamic: CloudFormation decides during the update.
        Some("Modify" | "Import" | "SyncWithActual" | "Dynamic") => Action::Update,
        Some("Remove") => Action::Delete,
        _ => return Err(missing("Action")),
    };
    let logical_id = text("LogicalResourceId").ok_or_else(|| missing("LogicalResourceId"))?;
    check_logical_id(&logical_id)?;
    let properties = |field: &str| -> Result<Value, TemplateError> {
        let Some(context) = text(field) else {
            return Ok(Value::Null);
        };
        let context: Value = serde_json::from_str(&context).map_err(|error| {
            TemplateError::Malformed(format!("{field} of {logical_id} is not JSON: {error}"))
        })?;
        Ok(context.get("Properties").cloned().unwrap_or_default())
    };
    let (before, after) = (properties("BeforeContext")?, properties("AfterContext")?);
    let id = text("PhysicalResourceId").filter(|_| action != Action::Create);
    // A replacement has another ID than the resource before. With `Conditional`, CloudFormation decides during the update.
    let is_there = action == Action::Delete || replacement == "False";
    Ok(StackResource {
        resource_type: text("ResourceType").ok_or_else(|| missing("ResourceType"))?,
        condition: None,
        properties: after,
        before,
        action,
        physical_id: id.clone().filter(|_| is_there),
        id_before: id,
        construct: None,
        // Another change set.
        nested_template: None,
        logical_id,
    })
}
