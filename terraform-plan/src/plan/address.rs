//! Parses addresses of modules and resources, and references to them.

use serde_json::Value;

/// The key of an instance of a resource or module: a number with `count`, a text with `for_each`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum InstanceKey {
    Number(u64),
    Text(String),
}

impl InstanceKey {
    /// The key in a JSON value; `None` if the value is neither a text nor a natural number.
    pub fn from_json(value: &Value) -> Option<InstanceKey> {
        match value {
            Value::Number(number) => number.as_u64().map(InstanceKey::Number),
            Value::String(text) => Some(InstanceKey::Text(text.clone())),
            _ => None,
        }
    }
}

/// Limits how deep a hostile plan can nest modules. Real ones nest a handful.
const MAX_MODULE_DEPTH: usize = 32;

/// One module call on the way from the root module.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ModuleStep {
    pub name: String,
    pub key: Option<InstanceKey>,
}

/// One part of a reference: `.name` or `[key]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReferencePart {
    Name(String),
    Index(InstanceKey),
}

impl ReferencePart {
    /// The name; `None` for a key.
    pub fn name(&self) -> Option<&str> {
        match self {
            ReferencePart::Name(name) => Some(name),
            ReferencePart::Index(_) => None,
        }
    }
}

/// The names at the start of a reference, before its first key.
pub fn leading_names(parts: &[ReferencePart]) -> Vec<&str> {
    parts.iter().map_while(ReferencePart::name).collect()
}

/// Splits a reference such as `module.m["u"].aws_subnet.a[0].id`; `None` if the text is not one.
pub fn parse_reference(text: &str) -> Option<Vec<ReferencePart>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            // A key is written as in JSON.
            let mut json = serde_json::Deserializer::from_str(inner).into_iter::<Value>();
            let key = InstanceKey::from_json(&json.next()?.ok()?)?;
            parts.push(ReferencePart::Index(key));
            rest = inner.get(json.byte_offset()..)?.strip_prefix(']')?;
        } else {
            let start = match parts.is_empty() {
                true => rest,
                false => rest.strip_prefix('.')?,
            };
            let (name, after) = start.split_at(start.find(['.', '[']).unwrap_or(start.len()));
            if name.is_empty() {
                return None;
            }
            parts.push(ReferencePart::Name(name.to_owned()));
            rest = after;
        }
    }
    Some(parts)
}

/// Parses the address of a module, such as `module.a.module.b["x"]`; the root module's is empty.
pub fn parse_module_path(text: &str) -> Option<Vec<ModuleStep>> {
    let parts = parse_reference(text)?;
    let mut path = Vec::new();
    let mut rest = parts.as_slice();
    while let [
        ReferencePart::Name(word),
        ReferencePart::Name(name),
        after @ ..,
    ] = rest
    {
        if word != "module" || path.len() == MAX_MODULE_DEPTH {
            return None;
        }
        let (key, after) = split_key(after);
        path.push(ModuleStep {
            name: name.clone(),
            key: key.cloned(),
        });
        rest = after;
    }
    rest.is_empty().then_some(path)
}

/// The key at the start of the parts, if there is one, and the parts after it.
pub fn split_key(parts: &[ReferencePart]) -> (Option<&InstanceKey>, &[ReferencePart]) {
    match parts.split_first() {
        Some((ReferencePart::Index(key), rest)) => (Some(key), rest),
        _ => (None, parts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> ReferencePart {
        ReferencePart::Name(text.into())
    }

    #[test]
    fn a_reference_splits_into_names_and_keys() {
        assert_eq!(
            parse_reference(r#"module.m["u.v"].out[0]"#).unwrap(),
            [
                name("module"),
                name("m"),
                ReferencePart::Index(InstanceKey::Text("u.v".into())),
                name("out"),
                ReferencePart::Index(InstanceKey::Number(0)),
            ]
        );
        assert_eq!(
            parse_reference(r#"aws_x.y["a\"]b"]"#).unwrap()[2],
            ReferencePart::Index(InstanceKey::Text("a\"]b".into()))
        );
        for broken in ["a..b", "a[", "a[x]", "a[\"", "a[0", ".", "a[0]b", "a[-1]"] {
            assert_eq!(parse_reference(broken), None, "{broken}");
        }
        assert_eq!(parse_reference("").unwrap(), []);
    }

    #[test]
    fn a_module_address_splits_into_steps() {
        assert_eq!(parse_module_path("").unwrap(), []);
        let path = parse_module_path(r#"module.a.module.b["x"]"#).unwrap();
        assert_eq!(path.len(), 2);
        assert_eq!(path[1].key, Some(InstanceKey::Text("x".into())));
        assert_eq!(parse_module_path("aws_vpc.main"), None);
        assert_eq!(parse_module_path("module"), None);
    }
}
