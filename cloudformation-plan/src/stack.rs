//! A stack: a template, and what is known of where it will be deployed.

use serde_json::{Map, Value};

use crate::error::TemplateError;
use crate::yaml::short;

/// Transforms that change only what they define: the rest of the template means what it says.
const HARMLESS_TRANSFORMS: [&str; 4] = [
    "AWS::CodeDeployBlueGreen",
    "AWS::LanguageExtensions",
    "AWS::SecretsManager-2020-07-23",
    "AWS::SecretsManager-2024-09-16",
];

/// The Serverless Application Model: it adds resources that the template does not show.
const SERVERLESS: &str = "AWS::Serverless";

/// The type of a resource that is a stack of its own.
pub const NESTED_STACK: &str = "AWS::CloudFormation::Stack";

/// What CloudFormation does with a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// A template does not say whether the resource exists.
    Deploy,
    Create,
    Update,
    /// Creates it anew, and deletes the one before.
    Replace,
    Delete,
}

/// A resource of a stack.
#[derive(Debug, Clone)]
pub struct StackResource {
    pub logical_id: String,
    /// Such as `AWS::ECS::Service`.
    pub resource_type: String,
    /// The name of the condition under which it exists.
    pub condition: Option<String>,
    pub properties: Value,
    /// The properties before an update or deletion.
    pub before: Value,
    pub action: Action,
    /// The ID or ARN of a resource that exists, and keeps it.
    pub physical_id: Option<String>,
    /// The path of the CDK's construct.
    pub construct: Option<String>,
    /// The ID or ARN before an update, replacement or deletion.
    pub id_before: Option<String>,
    /// The file of a nested stack's template, relative to the folder of this template.
    pub nested_template: Option<String>,
}

/// The resource that a nested stack is in the stack around it.
#[derive(Debug, Clone)]
pub struct Parent {
    /// The position of the stack around it.
    pub stack: usize,
    pub logical_id: String,
}

/// A stack as it will be after deployment.
#[derive(Debug, Clone, Default)]
pub struct Stack {
    /// `None` for a template alone, and for a nested stack, whose name CloudFormation generates.
    pub name: Option<String>,
    /// `None` if the stack is not nested.
    pub parent: Option<Parent>,
    /// The file of the template, as the CDK names it.
    pub template_file: Option<String>,
    /// `None`: it is not known before deployment.
    pub region: Option<String>,
    /// `None`: it is not known before deployment.
    pub account: Option<String>,
    pub resources: Vec<StackResource>,
    /// `Parameters`, `Mappings`, `Conditions` and `Outputs` of the template.
    pub template: Value,
    /// Whether it may contain more resources than these.
    pub incomplete: bool,
    /// Whether the resources are those that change, and the stack has more.
    pub changes_only: bool,
}

impl Stack {
    /// Reads a template.
    pub fn from_template(mut template: Value) -> Result<Stack, TemplateError> {
        let has_serverless = check_transforms(&template)?;
        let resources = template.get_mut("Resources").map(Value::take);
        let Some(Value::Object(resources)) = resources else {
            return Err(TemplateError::NotATemplate);
        };
        let resources = resources.into_iter();
        let resources = resources.map(|(id, resource)| read_resource(id, resource));
        Ok(Stack {
            resources: resources.collect::<Result<_, _>>()?,
            template,
            incomplete: has_serverless,
            ..Stack::default()
        })
    }

    /// The resource with a logical ID.
    pub fn resource(&self, logical_id: &str) -> Option<&StackResource> {
        self.resources
            .iter()
            .find(|resource| resource.logical_id == logical_id)
    }

    /// An entry of a section of the template, such as a parameter.
    pub fn entry(&self, section: &str, name: &str) -> Option<&Value> {
        self.template.get(section)?.get(name)
    }

    /// Whether it is deployed to the account and region of another stack, as far as both are known.
    pub fn may_share_exports(&self, other: &Stack) -> bool {
        let is_same = |one: &Option<String>, other: &Option<String>| {
            one.is_none() || other.is_none() || one == other
        };
        is_same(&self.account, &other.account) && is_same(&self.region, &other.region)
    }

    /// The entries of a section.
    pub fn section(&self, section: &str) -> impl Iterator<Item = (&String, &Value)> {
        let section = self.template.get(section).and_then(Value::as_object);
        section.into_iter().flat_map(Map::iter)
    }
}

/// Whether a document is a template.
pub fn is_template(document: &Value) -> bool {
    document.get("Resources").is_some_and(Value::is_object)
}

/// Refuses what CloudFormation accepts as no logical ID.
pub fn check_logical_id(id: &str) -> Result<(), TemplateError> {
    let is_valid = !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric());
    if is_valid && id.len() <= 255 {
        return Ok(());
    }
    Err(TemplateError::Malformed(format!(
        "{} is no logical ID: those have letters and digits only",
        short(id)
    )))
}

fn read_resource(logical_id: String, mut resource: Value) -> Result<StackResource, TemplateError> {
    if logical_id.starts_with("Fn::") {
        return Err(TemplateError::Transform(format!(
            "AWS::LanguageExtensions ({})",
            short(&logical_id)
        )));
    }
    check_logical_id(&logical_id)?;
    let text = |field: &str| {
        let text = resource.get(field).and_then(Value::as_str);
        text.map(str::to_owned)
    };
    let Some(resource_type) = text("Type") else {
        return Err(TemplateError::Malformed(format!(
            "resource {logical_id} has no Type"
        )));
    };
    let condition = text("Condition");
    let nested_template = nested_template(&resource_type, &resource);
    let construct = resource["Metadata"]["aws:cdk:path"].as_str().map(short);
    // A macro beside the properties can add some.
    let added = resource.get("Fn::Transform").cloned();
    let added = added.map(|added| ("Fn::Transform".to_owned(), added));
    let properties = match resource.get_mut("Properties").map(Value::take) {
        None | Some(Value::Null) => added.into_iter().collect(),
        Some(Value::Object(fields)) => fields.into_iter().chain(added).collect(),
        Some(_) => {
            return Err(TemplateError::Malformed(format!(
                "the Properties of {logical_id} are not a mapping"
            )));
        }
    };
    Ok(StackResource {
        logical_id,
        resource_type,
        condition,
        properties,
        before: Value::Null,
        action: Action::Deploy,
        physical_id: None,
        construct,
        id_before: None,
        nested_template,
    })
}

/// The file that the CDK or the author names as the template of a nested stack.
fn nested_template(resource_type: &str, resource: &Value) -> Option<String> {
    if resource_type != NESTED_STACK {
        return None;
    }
    let asset = &resource["Metadata"]["aws:asset:path"];
    let url = &resource["Properties"]["TemplateURL"];
    let file = asset.as_str().or(url.as_str())?;
    let is_url = file.contains("://");
    (!is_url).then(|| file.to_owned())
}

/// Fails if only CloudFormation can say what the template means. Returns whether a transform adds resources.
fn check_transforms(template: &Value) -> Result<bool, TemplateError> {
    if template.get("Fn::Transform").is_some() {
        return Err(TemplateError::Transform("Fn::Transform".to_owned()));
    }
    let transforms = match template.get("Transform") {
        None | Some(Value::Null) => return Ok(false),
        Some(Value::Array(all)) => all.as_slice(),
        Some(one) => std::slice::from_ref(one),
    };
    let mut has_serverless = false;
    for transform in transforms {
        let name = transform.as_str().or_else(|| transform["Name"].as_str());
        let name = name.unwrap_or("with an unknown name");
        match name {
            _ if HARMLESS_TRANSFORMS.contains(&name) => {}
            _ if name.starts_with(SERVERLESS) => has_serverless = true,
            _ => return Err(TemplateError::Transform(short(name))),
        }
    }
    Ok(has_serverless)
}
