//! Blocks of Terraform, formatted as `terraform fmt` does.

use serde_json::{Value, json};

use model::text::sanitize_line;

/// A new resource. Its label is made from `name`; values are expressions.
pub fn resource(kind: &str, name: &str, arguments: &[(&str, String)]) -> String {
    let width = arguments.iter().map(|(name, _)| name.len()).max();
    let width = width.unwrap_or_default();
    let lines: String = arguments
        .iter()
        .map(|(name, value)| format!("  {name:width$} = {value}\n"))
        .collect();
    format!("resource \"{kind}\" \"{}\" {{\n{lines}}}", label(name))
}

/// Lines to change in a resource that the user's code has.
pub fn change(kind: &str, name: &str, lines: &str) -> String {
    format!(
        "resource \"{kind}\" \"{}\" {{\n  # …\n  {}\n}}",
        label(name),
        lines.replace('\n', "\n  ")
    )
}

/// A hint at what to change in a resource that the user's code has: `place`, and perhaps a line to add there.
pub fn hint(kind: &str, name: &str, place: &str, line: &str) -> String {
    let line = match line {
        "" => String::new(),
        line => format!(":\n  # {line}"),
    };
    format!(
        "resource \"{kind}\" \"{}\" {{\n  # … {place}{line}\n}}",
        label(name)
    )
}

/// A label made from a name: letters, digits and underscores.
pub fn label(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect()
}

/// A string literal in which `${` and `%{` have no meaning.
pub fn quoted(text: &str) -> String {
    escaped(&json!(sanitize_line(text)).to_string())
}

/// A list of string literals.
pub fn list<T: AsRef<str>>(items: &[T]) -> String {
    let items: Vec<String> = items.iter().map(|item| quoted(item.as_ref())).collect();
    format!("[{}]", items.join(", "))
}

/// A call of `jsonencode`. JSON is valid HCL, except for HCL's interpolation sequences.
pub fn jsonencode(document: &Value) -> String {
    let json = serde_json::to_string_pretty(document).unwrap_or_default();
    format!("jsonencode({})", escaped(&json).replace('\n', "\n  "))
}

fn escaped(text: &str) -> String {
    text.replace("${", "$${").replace("%{", "%%{")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_stays_one_string() {
        let hostile = "a\"\n}\nresource ${file(\"k\")} %{if}";
        assert_eq!(
            quoted(hostile),
            r#""a\" } resource $${file(\"k\")} %%{if}""#
        );
        assert_eq!(list(&["a", "b"]), r#"["a", "b"]"#);
    }

    #[test]
    fn arguments_are_aligned() {
        let block = resource("k", "l", &[("a", "1".into()), ("long", "2".into())]);
        assert_eq!(block, "resource \"k\" \"l\" {\n  a    = 1\n  long = 2\n}");
    }
}
