//! Evaluates the functions of templates, as far as their arguments are known before deployment.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>

mod cidr;
mod conditions;
mod nested_stacks;
mod values;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::node::{Node, Reference};
use crate::stack::Stack;
use crate::yaml::short;
use cidr::cidr_blocks;
use model::partition::partition as partition_of;
use values::{concatenate, constant, default_value, passed_value, split, why};

/// How deep functions and references nest, through conditions and exports too.
const MAX_DEPTH: usize = 200;

/// How many expressions are evaluated: hostile exports could double the work at each step.
const MAX_STEPS: usize = 2_000_000;

/// What the pseudo parameters are where the stack does not say.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    pub partition: Option<String>,
    pub region: Option<String>,
    pub account: Option<String>,
}

/// Evaluates expressions of stacks that can refer to one another.
pub struct Evaluator<'s> {
    pub stacks: &'s [Stack],
    environment: &'s Environment,
    depth: Cell<usize>,
    steps_left: Cell<usize>,
    /// By stack and name; `None` while a condition is evaluated, or if it cannot be decided.
    conditions: RefCell<BTreeMap<(usize, String), Option<bool>>>,
}

impl<'s> Evaluator<'s> {
    pub fn new(stacks: &'s [Stack], environment: &'s Environment) -> Evaluator<'s> {
        Evaluator {
            stacks,
            environment,
            depth: Cell::new(0),
            steps_left: Cell::new(MAX_STEPS),
            conditions: RefCell::default(),
        }
    }

    /// The value of an expression in a stack.
    pub fn evaluate(&self, stack: usize, expression: &Value) -> Node {
        let steps = self.steps_left.get();
        if steps == 0 || self.depth.get() >= MAX_DEPTH {
            return Node::Unknown(
                "an expression that is nested too deep or is too large".to_owned(),
            );
        }
        self.steps_left.set(steps - 1);
        self.depth.set(self.depth.get() + 1);
        let node = self.evaluate_one(stack, expression);
        self.depth.set(self.depth.get() - 1);
        node
    }

    fn evaluate_one(&self, stack: usize, expression: &Value) -> Node {
        match expression {
            Value::Null => Node::NoValue,
            Value::String(text) => constant(text),
            Value::Bool(_) | Value::Number(_) => Node::Scalar(expression.clone()),
            Value::Array(items) => Node::List(self.evaluate_all(stack, items)),
            Value::Object(fields) => {
                if let (Some((name, argument)), 1) = (fields.iter().next(), fields.len())
                    && (name.starts_with("Fn::") || name == "Ref" || name == "Condition")
                    && let Some(node) = self.call(stack, name, argument)
                {
                    return node;
                }
                if let Some(macro_name) = merged_macro(fields) {
                    return Node::Unknown(macro_name);
                }
                let fields = fields.iter();
                let fields =
                    fields.map(|(name, field)| (name.clone(), self.evaluate(stack, field)));
                Node::Map(
                    fields
                        .filter(|(_, field)| *field != Node::NoValue)
                        .collect(),
                )
            }
        }
    }

    fn evaluate_all(&self, stack: usize, items: &[Value]) -> Vec<Node> {
        let nodes = items.iter().map(|item| self.evaluate(stack, item));
        nodes.filter(|node| *node != Node::NoValue).collect()
    }

    /// The result of a function. `None` if it is none: policies have a key `Condition`.
    fn call(&self, stack: usize, name: &str, argument: &Value) -> Option<Node> {
        Some(match name {
            "Ref" => self.reference(stack, argument.as_str()?),
            "Condition" => match self.condition(stack, argument.as_str()?) {
                Some(flag) => Node::Scalar(flag.into()),
                None => Node::Unknown(format!("condition {}", short(argument.as_str()?))),
            },
            "Fn::Equals" | "Fn::And" | "Fn::Or" | "Fn::Not" => {
                match self.decide(stack, name, argument) {
                    Some(flag) => Node::Scalar(flag.into()),
                    None => Node::Unknown("a condition".to_owned()),
                }
            }
            _ => {
                let invalid = || Node::Unknown(format!("an invalid {name}"));
                self.transform(stack, name, argument)
                    .unwrap_or_else(invalid)
            }
        })
    }

    /// The result of a function that makes a value from its arguments; `None` if those are invalid.
    fn transform(&self, stack: usize, name: &str, argument: &Value) -> Option<Node> {
        let arguments = argument.as_array().map(Vec::as_slice);
        Some(match (name, arguments.unwrap_or_default()) {
            ("Fn::GetAtt", _) => self.attribute(stack, argument)?,
            ("Fn::Sub", [Value::String(text), variables]) => {
                self.substitute(stack, text, variables)?
            }
            ("Fn::Sub", _) => self.substitute(stack, argument.as_str()?, &Value::Null)?,
            ("Fn::Join", [separator, list]) => self.join(stack, separator, list)?,
            ("Fn::If", [Value::String(condition), yes, no]) => {
                self.choose(stack, condition, yes, no)
            }
            ("Fn::FindInMap", keys) => self.find_in_map(stack, keys),
            ("Fn::Select", [index, list]) => self.select(stack, index, list),
            ("Fn::Split", [separator, text]) => self.split(stack, separator, text),
            ("Fn::Cidr", [block, count, bits]) => {
                let arguments = [block, count, bits].map(|one| self.evaluate(stack, one));
                cidr_blocks(&arguments)
            }
            ("Fn::ImportValue", _) => self.import(stack, argument),
            ("Fn::Join" | "Fn::If" | "Fn::Select" | "Fn::Split", _) => return None,
            _ => Node::Unknown(short(name)),
        })
    }

    fn reference(&self, stack: usize, name: &str) -> Node {
        let Some(of) = self.stacks.get(stack) else {
            return Node::NoValue;
        };
        if let Some(pseudo) = name.strip_prefix("AWS::") {
            return self.pseudo_parameter(of, pseudo);
        }
        if let Some(parameter) = of.entry("Parameters", name) {
            return match self.argument(of, name) {
                Some(argument) => passed_value(parameter, argument),
                None => default_value(name, parameter),
            };
        }
        match of.resource(name) {
            Some(_) => Node::Reference(Reference {
                stack,
                logical_id: name.to_owned(),
                attribute: None,
            }),
            None => Node::Unknown(format!(
                "{}, which the template does not define",
                short(name)
            )),
        }
    }

    fn pseudo_parameter(&self, stack: &Stack, name: &str) -> Node {
        let environment = self.environment;
        let region = stack.region.as_ref().or(environment.region.as_ref());
        let partition = || {
            let given = environment.partition.clone();
            given.or_else(|| region.map(|region| partition_of(region).to_owned()))
        };
        let known = match name {
            "NoValue" => return Node::NoValue,
            "Region" => region.cloned(),
            "AccountId" => {
                let account = stack.account.as_ref().or(environment.account.as_ref());
                return account.map_or(Node::OwnAccount, Node::text);
            }
            "Partition" => partition(),
            "URLSuffix" => match partition().as_deref() {
                Some("aws-cn") => Some("amazonaws.com.cn".to_owned()),
                Some("aws" | "aws-us-gov") => Some("amazonaws.com".to_owned()),
                _ => None,
            },
            "StackName" => stack.name.clone(),
            _ => None,
        };
        known.map_or_else(
            || Node::Unknown(format!("AWS::{}", short(name))),
            Node::text,
        )
    }

    fn attribute(&self, stack: usize, argument: &Value) -> Option<Node> {
        let (id, name) = match (argument, argument.as_array().map(Vec::as_slice)) {
            (Value::String(text), _) => {
                let (id, name) = text.split_once('.')?;
                (id, Node::text(name))
            }
            (_, Some([id, name])) => (id.as_str()?, self.evaluate(stack, name)),
            _ => return None,
        };
        Some(match name.as_text() {
            Some(name) => self.attribute_of(stack, id, &name),
            None => Node::Unknown(format!("an attribute of {}", short(id))),
        })
    }

    fn attribute_of(&self, stack: usize, id: &str, name: &str) -> Node {
        let resource = self.stacks.get(stack).and_then(|stack| stack.resource(id));
        let Some(resource) = resource else {
            return Node::Unknown(format!("{}, which the template does not define", short(id)));
        };
        if let Some(output) = name.strip_prefix("Outputs.")
            && let Some(nested) = self.nested_stack(stack, id)
        {
            return self.output(nested, output);
        }
        // These return what the property was set to.
        let property = match (resource.resource_type.as_str(), name) {
            ("AWS::EC2::VPC", "CidrBlock") => Some("CidrBlock"),
            ("AWS::EC2::Subnet" | "AWS::EC2::SecurityGroup", "VpcId") => Some("VpcId"),
            ("AWS::EC2::Subnet", "AvailabilityZone") => Some("AvailabilityZone"),
            ("AWS::EC2::Subnet", "CidrBlock") => Some("CidrBlock"),
            _ => None,
        };
        if let Some(value) = property.and_then(|property| resource.properties.get(property)) {
            return self.evaluate(stack, value);
        }
        Node::Reference(Reference {
            stack,
            logical_id: id.to_owned(),
            attribute: Some(name.to_owned()),
        })
    }

    fn substitute(&self, stack: usize, text: &str, variables: &Value) -> Option<Node> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            parts.push(Node::text(before));
            let (name, after) = after.split_once('}')?;
            parts.push(match (name.strip_prefix('!'), variables.get(name)) {
                (Some(literal), _) => Node::text(format!("${{{literal}}}")),
                (None, Some(variable)) => self.evaluate(stack, variable),
                (None, None) => match name.split_once('.') {
                    Some((id, attribute)) => self.attribute_of(stack, id, attribute),
                    None => self.reference(stack, name),
                },
            });
            rest = after;
        }
        parts.push(Node::text(rest));
        Some(concatenate(parts, ""))
    }

    fn join(&self, stack: usize, separator: &Value, list: &Value) -> Option<Node> {
        Some(match self.evaluate(stack, list).items() {
            Ok(items) => concatenate(items.to_vec(), separator.as_str()?),
            Err(list) => Node::Unknown(why(list)),
        })
    }

    fn choose(&self, stack: usize, condition: &str, yes: &Value, no: &Value) -> Node {
        match self.condition(stack, condition) {
            Some(true) => self.evaluate(stack, yes),
            Some(false) => self.evaluate(stack, no),
            None => {
                let (yes, no) = (self.evaluate(stack, yes), self.evaluate(stack, no));
                match yes == no {
                    true => yes,
                    false => Node::Unknown(format!("condition {}", short(condition))),
                }
            }
        }
    }

    fn find_in_map(&self, stack: usize, keys: &[Value]) -> Node {
        // An extension of AWS::LanguageExtensions.
        let default = keys.get(3).and_then(|options| options.get("DefaultValue"));
        let keys = keys.iter().take(3).map(|key| self.evaluate(stack, key));
        let keys: Vec<Node> = keys.collect();
        let texts: Option<Vec<String>> = keys.iter().map(Node::as_text).collect();
        let found = texts.and_then(|texts| {
            let [map, first, second] = texts.as_slice() else {
                return None;
            };
            let mapping = self.stacks.get(stack)?.entry("Mappings", map)?;
            mapping.get(first)?.get(second)
        });
        let is_known = keys.iter().all(|key| key.as_text().is_some());
        match found.or(default.filter(|_| is_known)) {
            Some(value) => self.evaluate(stack, value),
            None => Node::Unknown(keys.iter().find_map(Node::unknown).map_or_else(
                || "an entry that Mappings does not have".to_owned(),
                str::to_owned,
            )),
        }
    }

    fn select(&self, stack: usize, index: &Value, list: &Value) -> Node {
        let index = self.evaluate(stack, index).as_text();
        let index = index.and_then(|index| index.parse::<usize>().ok());
        match (index, self.evaluate(stack, list)) {
            (Some(index), Node::List(items)) => match items.get(index) {
                Some(item) => item.clone(),
                None => Node::Unknown(format!("element {index} of a shorter list")),
            },
            (_, list) => Node::Unknown(why(&list)),
        }
    }

    fn split(&self, stack: usize, separator: &Value, text: &Value) -> Node {
        let text = self.evaluate(stack, text);
        match separator.as_str() {
            Some(separator) if !separator.is_empty() => split(&text, separator),
            _ => Node::Unknown(why(&text)),
        }
    }

    fn import(&self, stack: usize, argument: &Value) -> Node {
        let name = self.evaluate(stack, argument);
        let Some(name) = name.as_text() else {
            return Node::Unknown(why(&name));
        };
        let importing = &self.stacks[stack];
        // An account has the exports of a region once.
        let beside = self.stacks.iter().enumerate();
        for (at, exporting) in beside.filter(|(_, other)| other.may_share_exports(importing)) {
            for (_, output) in exporting.section("Outputs") {
                let export = &output["Export"]["Name"];
                if !export.is_null() && self.evaluate(at, export).as_text().as_ref() == Some(&name)
                {
                    return self.evaluate(at, &output["Value"]);
                }
            }
        }
        Node::Unknown(format!("the export {} of another stack", short(&name)))
    }
}

/// The macro whose result CloudFormation merges into the mapping around it.
///
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-transform.html>
pub fn merged_macro(fields: &Map<String, Value>) -> Option<String> {
    let mut names = fields.keys();
    let name = names.find(|name| *name == "Fn::Transform" || name.starts_with("Fn::ForEach::"));
    name.map(|name| format!("what {} adds", short(name)))
}
