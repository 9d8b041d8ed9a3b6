//! Attributes in the three parts of a Terraform plan: values, marks of what is unknown, and expressions with references.

use serde_json::{Map, Value, json};

/// An attribute of a planned resource.
#[derive(Debug, Clone, Default)]
pub struct Attribute {
    pub value: Value,
    /// `true` where the value is unknown before deployment.
    pub unknown: Value,
    pub expression: Value,
}

/// A reference that leads nowhere: the value may be anything.
const NOWHERE: &str = "var.unknown";

impl Attribute {
    pub fn known(value: impl Into<Value>) -> Attribute {
        let value = value.into();
        Attribute {
            expression: json!({"constant_value": value}),
            unknown: false.into(),
            value,
        }
    }

    /// It may be anything.
    pub fn unknown() -> Attribute {
        Attribute::references(vec![NOWHERE.to_owned()])
    }

    /// It is what one of these references leads to.
    pub fn references(references: Vec<String>) -> Attribute {
        Attribute {
            value: Value::Null,
            unknown: true.into(),
            expression: json!({"references": references}),
        }
    }

    pub fn into_references(self) -> Vec<String> {
        let references = self.expression["references"].as_array();
        let references = references.into_iter().flatten().filter_map(Value::as_str);
        references.map(str::to_owned).collect()
    }

    /// A list. References to one resource count once.
    pub fn list(items: Vec<Attribute>) -> Attribute {
        let mut references: Vec<Value> = Vec::new();
        let (mut values, mut marks) = (Vec::new(), Vec::new());
        for item in items {
            let of_item = item.expression["references"].as_array();
            let of_item = of_item.map_or(&[][..], Vec::as_slice);
            let is_unknown = item.unknown == true;
            let is_repeated = of_item
                .first()
                .is_some_and(|first| references.contains(first));
            if is_unknown && is_repeated && of_item.first() != Some(&NOWHERE.into()) {
                continue;
            }
            references.extend_from_slice(of_item);
            values.push(item.value);
            marks.push(item.unknown);
        }
        let expression = match references.is_empty() {
            true => json!({"constant_value": values}),
            false => json!({"references": references}),
        };
        Attribute {
            value: values.into(),
            unknown: marks.into(),
            expression,
        }
    }

    /// The blocks with one more.
    pub fn with_block(mut self, block: Fields) -> Attribute {
        let (value, unknown, expression) = block.into_parts();
        for (list, part) in [
            (&mut self.value, value),
            (&mut self.unknown, unknown),
            (&mut self.expression, expression),
        ] {
            if let Value::Array(list) = list {
                list.push(part);
            }
        }
        self
    }

    /// Nested blocks.
    pub fn blocks(blocks: Vec<Fields>) -> Attribute {
        let (mut values, mut marks, mut expressions) = (Vec::new(), Vec::new(), Vec::new());
        for block in blocks {
            let (value, unknown, expression) = block.into_parts();
            values.push(value);
            marks.push(unknown);
            expressions.push(expression);
        }
        Attribute {
            value: values.into(),
            unknown: marks.into(),
            expression: expressions.into(),
        }
    }
}

/// Attributes by name.
#[derive(Debug, Clone, Default)]
pub struct Fields(Vec<(String, Attribute)>);

impl Fields {
    pub fn with(mut self, name: &str, attribute: Option<Attribute>) -> Fields {
        self.set(name, attribute);
        self
    }

    /// Sets an attribute; `None` leaves it out.
    pub fn set(&mut self, name: &str, attribute: Option<Attribute>) {
        self.0
            .extend(attribute.map(|attribute| (name.to_owned(), attribute)));
    }

    /// Makes every attribute unknown, except for these.
    pub fn forget_all_but(&mut self, kept: &[&str]) {
        for (name, attribute) in &mut self.0 {
            if !kept.contains(&name.as_str()) {
                *attribute = Attribute::unknown();
            }
        }
    }

    /// The values, the marks and the expressions.
    pub fn into_parts(self) -> (Value, Value, Value) {
        let (mut values, mut marks, mut expressions) = (Map::new(), Map::new(), Map::new());
        for (name, attribute) in self.0 {
            values.insert(name.clone(), attribute.value);
            marks.insert(name.clone(), attribute.unknown);
            expressions.insert(name, attribute.expression);
        }
        (values.into(), marks.into(), expressions.into())
    }
}
