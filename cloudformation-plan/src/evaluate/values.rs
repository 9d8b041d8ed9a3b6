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
pub fn parameter_value(name: &str, parameter: &Value) -> Node {
    let name = short(name);
    let parameter_type = parameter["Type"].as_str().unwrap_or("String");
    if parameter_type.starts_with("AWS::SSM::Parameter") {
        return Node::Unknown(format!(
            "parameter {name}, whose value is in Parameter Store"
        ));
    }
    let is_list = parameter_type.starts_with("List<") || parameter_type == "CommaDelimitedList";
    let default = match &parameter["Default"] {
        Value::String(text) => text.clone(),
        value @ (Value::Number(_) | Value::Bool(_)) => value.to_string(),
        _ => return Node::Unknown(format!("parameter {name}, which has no default")),
    };
    match is_list {
        false => constant(&default),
        true if default.is_empty() => Node::List(Vec::new()),
        true => Node::List(
            default
                .split(',')
                .map(|item| constant(item.trim()))
                .collect(),
        ),
    }
}

/// The text of parts with a separator between them.
pub fn concatenate(parts: Vec<Node>, separator: &str) -> Node {
    if let Some(why) = parts.iter().find_map(Node::unknown) {
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
