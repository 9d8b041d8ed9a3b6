//! The fixes that checks offer, one file per thing that is changed.

pub mod caller;
pub mod cluster;
pub mod definition;
pub mod endpoint;
mod inline;
pub mod machine;
pub mod network_acl;
pub mod plugin;
pub mod role;
pub mod security_group;
pub mod service;
mod statement;
pub mod task;
#[cfg(test)]
mod together;

use model::facts::Facts;
use model::step::{Call, Command, Word};

/// Builds a call in the words of the AWS CLI.
#[derive(Clone)]
struct Aws(Call);

impl Aws {
    /// `operation` is the service and the operation: `ecs update-service`.
    fn new(operation: &str) -> Aws {
        Aws(Call {
            operation: operation.to_owned(),
            options: Vec::new(),
            into: None,
        })
    }

    fn flag(self, name: &str) -> Aws {
        self.words(name, Vec::new())
    }

    fn option(self, name: &str, value: &str) -> Aws {
        self.words(name, vec![Word::Text(value.to_owned())])
    }

    fn options<'v>(self, name: &str, values: impl IntoIterator<Item = &'v str>) -> Aws {
        let words = values.into_iter().map(|value| Word::Text(value.to_owned()));
        self.words(name, words.collect())
    }

    /// Takes what an earlier step put into a variable.
    fn variable(self, name: &str, variable: &'static str) -> Aws {
        self.words(name, vec![Word::Variable(variable)])
    }

    fn words(mut self, name: &str, words: Vec<Word>) -> Aws {
        self.0.options.push((name.to_owned(), words));
        self
    }

    fn region(self, facts: &Facts) -> Command {
        self.option("--region", &facts.region).0.into()
    }
}

/// A Terraform label out of a name: letters, digits and underscores.
pub(crate) fn label(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect()
}

/// A string of Terraform's language, in which nothing of the text means anything.
fn quoted(text: &str) -> String {
    let json = serde_json::json!(model::text::sanitize_line(text)).to_string();
    json.replace("${", "$${").replace("%{", "%%{")
}

/// A list of such strings.
fn list<T: AsRef<str>>(items: &[T]) -> String {
    let items: Vec<String> = items.iter().map(|item| quoted(item.as_ref())).collect();
    format!("[{}]", items.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_strings() {
        let hostile = "a\"\n}\nresource ${file(\"k\")} %{if}";
        assert_eq!(
            quoted(hostile),
            r#""a\" } resource $${file(\"k\")} %%{if}""#
        );
        assert_eq!(list(&["a", "b"]), r#"["a", "b"]"#);
    }
}
