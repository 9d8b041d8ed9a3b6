//! Resources that stand for others, which the template does not show: they may add to whatever their properties name.

use serde_json::{Value, json};

use super::resource_types::ResourceType;
use super::{Planned, Translator};
use crate::attribute::Fields;
use crate::node::Node;
use crate::stack::NESTED_STACK;

/// AWS's types for stacks elsewhere and for code of the user's own.
const AWS_TYPES: [&str; 5] = [
    NESTED_STACK,
    "AWS::CloudFormation::CustomResource",
    "AWS::CloudFormation::StackSet",
    "AWS::Serverless::Application",
    "AWS::ServiceCatalog::CloudFormationProvisionedProduct",
];

/// Custom resources of the CDK that add nothing to a VPC or role.
const HARMLESS_TYPES: [&str; 8] = [
    "Custom::CDKBucketDeployment",
    "Custom::CrossRegionExportReader",
    "Custom::CrossRegionExportWriter",
    "Custom::ECRAutoDeleteImages",
    "Custom::LogRetention",
    "Custom::S3AutoDeleteObjects",
    "Custom::S3BucketNotifications",
    "Custom::VpcRestrictDefaultSG",
];

/// Whether a type stands for resources that the template does not show: a stack elsewhere, a module, a custom resource,
/// or a type that is not AWS's own.
///
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/registry.html>
pub fn is_opaque(resource_type: &str) -> bool {
    match resource_type.starts_with("AWS::") {
        true => AWS_TYPES.contains(&resource_type),
        false => !HARMLESS_TYPES.contains(&resource_type),
    }
}

/// A stack whose parameters are what the properties name: texts, and resources.
pub fn opaque(of: &Translator) -> Planned {
    let properties = of.resource.properties.as_object().into_iter().flatten();
    // The function behind a custom resource is none of its inputs.
    let inputs = properties.filter(|(name, _)| *name != "ServiceToken");
    let named = inputs.flat_map(|(_, value)| named_in(of, value)).collect();
    let parameters = of.list("parameters", &Node::List(named));
    let fields = Fields::default().with("parameters", parameters);
    Planned::new("aws_cloudformation_stack", fields)
}

/// What an expression may come to. What is unknown before deployment is left out: it is no resource of the template.
fn named_in(of: &Translator, expression: &Value) -> Vec<Node> {
    let referred = |name: &str| {
        let logical_id = name.split('.').next().unwrap_or_default();
        let node = of.evaluator.evaluate(of.stack, &json!({"Ref": logical_id}));
        decides(of, &node).then_some(node)
    };
    let of_argument = |(name, argument): (&String, &Value)| match (name.as_str(), argument) {
        ("Ref" | "Fn::GetAtt", Value::String(name)) => referred(name).into_iter().collect(),
        ("Fn::GetAtt", Value::Array(path)) => {
            let logical_id = path.first().and_then(Value::as_str);
            logical_id.and_then(referred).into_iter().collect()
        }
        ("Fn::Sub", argument) => {
            let text = argument.get(0).unwrap_or(argument).as_str();
            let variables = variables(text.unwrap_or_default()).filter_map(referred);
            let values = argument.get(1).map(|values| named_in(of, values));
            variables.chain(values.unwrap_or_default()).collect()
        }
        (_, argument) => named_in(of, argument),
    };
    match expression {
        Value::String(text) => vec![Node::text(text)],
        Value::Array(items) => items.iter().flat_map(|item| named_in(of, item)).collect(),
        Value::Object(fields) => fields.iter().flat_map(of_argument).collect::<Vec<Node>>(),
        _ => Vec::new(),
    }
}

/// Whether a value may be one that decides about sessions.
fn decides(of: &Translator, node: &Node) -> bool {
    match node {
        Node::Reference(reference) => of
            .referred(reference)
            .is_some_and(|resource| ResourceType::find(&resource.resource_type).is_some()),
        Node::Unknown(_) | Node::NoValue => false,
        _ => true,
    }
}

/// The names between `${` and `}`.
fn variables(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split("${").skip(1);
    parts.filter_map(|part| Some(part.split_once('}')?.0))
}
