//! Addresses of modules and resources, and references to them, taken apart.

use serde_json::Value;

/// What tells the instances of a resource or module apart: `count` gives numbers, `for_each` texts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum InstanceKey {
    Number(u64),
    Text(String),
}

impl InstanceKey {
    pub fn of(value: &Value) -> Option<InstanceKey> {
        match value {
            Value::Number(number) => number.as_u64().map(InstanceKey::Number),
            Value::String(text) => Some(InstanceKey::Text(text.clone())),
            _ => None,
        }
    }
}

/// Modules in modules; nobody nests them deeper.
const DEEPEST: usize = 32;

/// One module on the way from the root.
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
    pub fn name(&self) -> Option<&str> {
        match self {
            ReferencePart::Name(name) => Some(name),
            ReferencePart::Index(_) => None,
        }
    }
}

/// `module.m["u"].aws_subnet.a[0].id`, part by part; `None` for what is no such address.
pub fn parts(text: &str) -> Option<Vec<ReferencePart>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let (key, after) = key(inner)?;
            parts.push(ReferencePart::Index(key));
            rest = after.strip_prefix(']')?;
        } else {
            let start = match parts.is_empty() {
                true => rest,
                false => rest.strip_prefix('.')?,
            };
            let end = start.find(['.', '[']).unwrap_or(start.len());
            let (name, after) = start.split_at(end);
            if name.is_empty() {
                return None;
            }
            parts.push(ReferencePart::Name(name.to_owned()));
            rest = after;
        }
    }
    Some(parts)
}

/// A number or a quoted text, with what follows it.
fn key(text: &str) -> Option<(InstanceKey, &str)> {
    if !text.starts_with('"') {
        let end = text.find(']')?;
        let (number, after) = text.split_at(end);
        return Some((InstanceKey::Number(number.parse().ok()?), after));
    }
    let mut escaped = false;
    let end = text.char_indices().skip(1).find_map(|(at, character)| {
        let ends = character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        ends.then_some(at + 1)
    })?;
    let (quoted, after) = text.split_at(end);
    let text: String = serde_json::from_str(quoted).ok()?;
    Some((InstanceKey::Text(text), after))
}

/// `module.a.module.b["x"]`; nothing stands for the root.
pub fn module_path(text: &str) -> Option<Vec<ModuleStep>> {
    let parts = parts(text)?;
    let mut path = Vec::new();
    let mut rest = parts.as_slice();
    while let [
        ReferencePart::Name(word),
        ReferencePart::Name(name),
        after @ ..,
    ] = rest
    {
        if word != "module" {
            return None;
        }
        let (key, after) = match after {
            [ReferencePart::Index(key), after @ ..] => (Some(key.clone()), after),
            after => (None, after),
        };
        if path.len() == DEEPEST {
            return None;
        }
        path.push(ModuleStep {
            name: name.clone(),
            key,
        });
        rest = after;
    }
    rest.is_empty().then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> ReferencePart {
        ReferencePart::Name(text.into())
    }

    #[test]
    fn parts_of_references() {
        assert_eq!(
            parts(r#"module.m["u.v"].out[0]"#).unwrap(),
            [
                name("module"),
                name("m"),
                ReferencePart::Index(InstanceKey::Text("u.v".into())),
                name("out"),
                ReferencePart::Index(InstanceKey::Number(0)),
            ]
        );
        assert_eq!(
            parts(r#"aws_x.y["a\"]b"]"#).unwrap()[2],
            ReferencePart::Index(InstanceKey::Text("a\"]b".into()))
        );
        for broken in ["a..b", "a[", "a[x]", "a[\"", "a[0", ".", "a[0]b", "a[-1]"] {
            assert_eq!(parts(broken), None, "{broken}");
        }
        assert_eq!(parts("").unwrap(), []);
    }

    #[test]
    fn paths_of_modules() {
        assert_eq!(module_path("").unwrap(), []);
        let path = module_path(r#"module.a.module.b["x"]"#).unwrap();
        assert_eq!(path.len(), 2);
        assert_eq!(path[1].key, Some(InstanceKey::Text("x".into())));
        assert_eq!(module_path("aws_vpc.main"), None);
        assert_eq!(module_path("module"), None);
    }
}
