//! The fixes that checks offer, one file per thing that is changed.

pub mod caller;
pub mod cluster;
pub mod definition;
pub mod endpoint;
pub mod machine;
pub mod network_acl;
pub mod plugin;
pub mod role;
pub mod security_group;
pub mod service;
pub mod task;

use crate::facts::Facts;

/// One AWS CLI command with its words quoted for a POSIX shell.
#[derive(Clone)]
struct Aws {
    words: Vec<String>,
}

impl Aws {
    /// `command` is the service and the operation: `ecs update-service`.
    fn new(command: &str) -> Aws {
        Aws {
            words: vec![format!("aws {command}")],
        }
    }

    fn flag(mut self, name: &str) -> Aws {
        self.words.push(name.to_owned());
        self
    }

    fn option(mut self, name: &str, value: &str) -> Aws {
        self.words.push(name.to_owned());
        self.words.push(shell_words::quote(value).into_owned());
        self
    }

    fn options<'v>(mut self, name: &str, values: impl IntoIterator<Item = &'v str>) -> Aws {
        self.words.push(name.to_owned());
        for value in values {
            self.words.push(shell_words::quote(value).into_owned());
        }
        self
    }

    /// A word that the shell must see as it is, like `"$GROUP"`.
    fn raw(mut self, name: &str, word: &str) -> Aws {
        self.words.push(name.to_owned());
        self.words.push(word.to_owned());
        self
    }

    fn region(self, facts: &Facts) -> String {
        self.option("--region", &facts.region).build()
    }

    fn build(self) -> String {
        self.words.join(" ")
    }
}

/// A Terraform label out of a name: letters, digits and underscores.
fn label(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_stays_one_word() {
        let command = Aws::new("ecs update-service")
            .option("--service", "web; rm -rf $HOME 'x'")
            .build();
        let words = shell_words::split(&command).unwrap();
        assert_eq!(
            words,
            [
                "aws",
                "ecs",
                "update-service",
                "--service",
                "web; rm -rf $HOME 'x'"
            ]
        );
    }
}
