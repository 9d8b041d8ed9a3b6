//! Values of constants and parameters, and of texts that are put together.

use serde_json::Value;

use crate::node::Node;
use crate::yaml::short;

/// A text of the template, unless it stands for something that only the deployment knows.
pub fn constant(text: &str) -> Node {
    if text.contains("{{changeSet:KNOWN_AFTER_APPLY}}") {
        return Node::Unknown("what the deployment creates".to_owned());
    }
    match text.contains("{{resolve:") {
        true => Node::Unknown(format!("the dynamic reference {}", short(text))),
        false => Node::text(text),
    }
}

/// The default of a parameter: what its value will be unless whoever deploys the stack sets another.
pub fn default_value(name: &str, parameter: &Value) -> Node {
    let name = short(name);
    if parameter_type(parameter).starts_with(PARAMETER_STORE) {
        return Node::Unknown(format!(
            "parameter {name}, whose value is in Parameter Store"
        ));
    }
    let default = match &parameter["Default"] {
        Value::String(text) => text.clone(),
        value @ (Value::Number(_) | Value::Bool(_)) => value.to_string(),
        _ => return Node::Unknown(format!("parameter {name}, which has no default")),
    };
    match is_list(parameter) {
        false => constant(&default),
        true => listed(&constant(&default)),
    }
}

/// The value of a nested stack's parameter that the stack around it passes.
pub fn passed_value(parameter: &Value, argument: Node) -> Node {
    if parameter_type(parameter).starts_with(PARAMETER_STORE) {
        return Node::Unknown("a parameter whose value is in Parameter Store".to_owned());
    }
    match is_list(parameter) {
        false => argument,
        true => listed(&argument),
    }
}

const PARAMETER_STORE: &str = "AWS::SSM::Parameter";

fn parameter_type(parameter: &Value) -> &str {
    parameter["Type"].as_str().unwrap_or("String")
}

fn is_list(parameter: &Value) -> bool {
    let parameter_type = parameter_type(parameter);
    parameter_type.starts_with("List<") || parameter_type == "CommaDelimitedList"
}

/// The elements of a text with commas.
fn listed(text: &Node) -> Node {
    match split(text, ",") {
        Node::List(items) => {
            let items = items.into_iter().map(|item| match item.as_text() {
                Some(text) => Node::text(text.trim()),
                None => item,
            });
            Node::List(items.filter(|item| *item != Node::text("")).collect())
        }
        other => other,
    }
}

/// The parts of a text between separators. A list is split already.
pub fn split(text: &Node, separator: &str) -> Node {
    let pieces = match text {
        Node::List(_) => return text.clone(),
        Node::Joined(pieces) => pieces.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut parts: Vec<Vec<Node>> = vec![Vec::new()];
    for piece in pieces {
        match piece {
            Node::Scalar(_) => {
                let text = piece.as_text().unwrap_or_default();
                for (at, part) in text.split(separator).enumerate() {
                    if at > 0 {
                        parts.push(Vec::new());
                    }
                    if let Some(last) = parts.last_mut() {
                        last.push(Node::text(part));
                    }
                }
            }
            Node::Reference(_) | Node::OwnAccount => {
                if let Some(last) = parts.last_mut() {
                    last.push(piece.clone());
                }
            }
            other => return Node::Unknown(why(other)),
        }
    }
    let parts = parts.into_iter().map(|part| concatenate(part, ""));
    Node::List(parts.collect())
}

/// The text of parts with a separator between them.
pub fn concatenate(parts: Vec<Node>, separator: &str) -> Node {
    let is_opaque = |part: &&Node| !matches!(part, Node::OwnAccount | Node::Joined(_));
    let mut opaque = parts.iter().filter(is_opaque);
    if let Some(why) = opaque.find_map(Node::unknown) {
        return Node::Unknown(why.to_owned());
    }
    let mut joined: Vec<Node> = Vec::new();
    let mut push = |part: Node| match (joined.last_mut(), part.as_text()) {
        (_, Some(text)) if text.is_empty() => {}
        (Some(Node::Scalar(Value::String(last))), Some(text)) => last.push_str(&text),
        (_, Some(text)) => joined.push(Node::text(text)),
        (_, None) => joined.push(part),
    };
    for (at, part) in parts.into_iter().enumerate() {
        if at > 0 {
            push(Node::text(separator));
        }
        match part {
            Node::Joined(inner) => inner.into_iter().for_each(&mut push),
            Node::List(_) | Node::Map(_) | Node::NoValue => {
                return Node::Unknown("a text that is made from a list".to_owned());
            }
            part => push(part),
        }
    }
    match joined.len() {
        0 => Node::text(""),
        1 => joined.remove(0),
        _ => Node::Joined(joined),
    }
}

/// What something unknown depends on.
pub fn why(node: &Node) -> String {
    let why = node.unknown().map(str::to_owned);
    why.unwrap_or_else(|| "what the deployment creates".to_owned())
}
