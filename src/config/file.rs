//! What an `ecs-exec.toml` can say. Which of its keys need trust is decided in [`super::keys`].

use std::collections::BTreeMap;
use std::path::Path;

use custom_checks::expressions::{self, Expression};
use model::facts::Expect;
use serde::Deserialize;
use serde::de::{Deserializer, Error};

use crate::cli_error::CliError;

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct File {
    #[serde(default, deserialize_with = "filled")]
    pub cluster: Option<String>,
    #[serde(default, deserialize_with = "filled")]
    pub region: Option<String>,
    #[serde(default, deserialize_with = "filled")]
    pub profile: Option<String>,
    pub service_prefix: Option<String>,
    /// Terraform plans have all that there is.
    pub plan_is_complete: Option<bool>,
    #[serde(default, deserialize_with = "named")]
    pub services: BTreeMap<String, ServiceSettings>,
    /// What a session starts where the service's own table does not say.
    #[serde(default, deserialize_with = "filled")]
    pub shell: Option<String>,
    /// The key that begins those of this program in a session, or `none`.
    #[serde(default, deserialize_with = "filled")]
    pub escape: Option<String>,
    #[serde(default, deserialize_with = "named")]
    pub recipes: BTreeMap<String, Recipe>,
    pub expect: Option<Expect>,
    /// The user's own checks, which [`expressions`] reads out of the text itself.
    pub checks: Option<toml::Table>,
    pub plugins: Option<PluginSettings>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct ServiceSettings {
    #[serde(default, deserialize_with = "filled")]
    pub container: Option<String>,
    /// What a session starts.
    #[serde(default, deserialize_with = "filled")]
    pub shell: Option<String>,
}

/// A command that is run often in one service.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct Recipe {
    /// Short or full name.
    #[serde(deserialize_with = "filled_text")]
    pub service: String,
    #[serde(default)]
    pub description: String,
    pub container: Option<String>,
    /// A program and its arguments, as they are: no shell takes them apart.
    #[serde(deserialize_with = "command_line")]
    pub command: Vec<String>,
    /// It is a session for a person, not a command whose output is printed.
    #[serde(default)]
    pub interactive: bool,
}

/// Whether and how programs `ecs-exec-check-NAME` are run.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct PluginSettings {
    pub enabled: Option<bool>,
    /// For each of them.
    #[serde(default, deserialize_with = "positive")]
    pub timeout_seconds: Option<u64>,
}

const EMPTY: &str = "this value is empty; give it one, or leave the key out";

fn filled<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    filled_text(from).map(Some)
}

fn filled_text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    match text.trim().is_empty() {
        true => Err(D::Error::custom(EMPTY)),
        false => Ok(text),
    }
}

fn command_line<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let words = Vec::<String>::deserialize(from)?;
    match words.first().is_none_or(|word| word.trim().is_empty()) {
        true => Err(D::Error::custom(EMPTY)),
        false => Ok(words),
    }
}

fn positive<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    match u64::deserialize(from)? {
        0 => Err(D::Error::custom(
            "must be greater than 0; `enabled = false` turns the programs off",
        )),
        seconds => Ok(Some(seconds)),
    }
}

fn named<'de, D, T>(from: D) -> Result<BTreeMap<String, T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let tables = BTreeMap::deserialize(from)?;
    match tables.contains_key("") {
        true => Err(D::Error::custom("the name of a table is empty")),
        false => Ok(tables),
    }
}

/// `path` is how errors call the text.
pub fn parse(text: &str, path: &Path) -> Result<File, CliError> {
    toml::from_str(text).map_err(|error| parse_error(error, text, path))
}

/// The user's own checks, compiled.
pub fn custom_checks(text: &str, path: &Path) -> Result<Vec<Expression>, CliError> {
    expressions::load(text, &path.display().to_string()).map_err(|error| {
        let help = error.help.clone().unwrap_or_default();
        CliError::new(error.to_string(), help)
    })
}

/// File, line, column, key and the line itself; an unknown key gets its nearest known one.
fn parse_error(mut error: toml::de::Error, text: &str, path: &Path) -> CliError {
    error.set_input(Some(text));
    let shown = error.to_string();
    let mut lines = shown.lines();
    let place = lines.next().and_then(place);
    let (line, column) = place.unwrap_or((1, 1));
    let excerpt: Vec<&str> = match place {
        Some(_) => lines.take(3).collect(),
        None => Vec::new(),
    };
    // Without the text the error names the key instead.
    error.set_input(None);
    let named = error.to_string();
    let key = named
        .lines()
        .last()
        .and_then(|last| last.strip_prefix("in `")?.strip_suffix('`'));
    let (message, help) = reword(error.message(), key);
    let at = format!("{}:{line}:{column}", path.display());
    CliError::new(format!("{at}: {message}"), help).with_excerpt(excerpt.join("\n"))
}

/// Line and column in toml's own heading.
fn place(heading: &str) -> Option<(usize, usize)> {
    let place = heading.strip_prefix("TOML parse error at line ")?;
    let (line, column) = place.split_once(", column ")?;
    Some((line.parse().ok()?, column.parse().ok()?))
}

fn reword(message: &str, key: Option<&str>) -> (String, String) {
    let message = message.trim().replace('\n', ", ");
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let named = |message: String| match key {
        Some(key) => format!("{key}: {message}"),
        None => message,
    };
    match quoted.as_slice() {
        [unknown, known @ ..] if message.starts_with("unknown variant") => {
            let key = key.unwrap_or("this key");
            let known = known.join("`, `");
            let message = format!("invalid value `{unknown}` for {key} (expected `{known}`)");
            (message, String::new())
        }
        [unknown, known @ ..] if message.starts_with("unknown field") => {
            let help = match crate::target::nearest(unknown, known.iter().copied()).first() {
                Some(near) => format!("Did you mean `{near}`?"),
                None => format!("Known keys: {}.", known.join(", ")),
            };
            (format!("unknown key `{unknown}`"), help)
        }
        _ => (named(message), String::new()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refused(text: &str) -> CliError {
        parse(text, Path::new("x.toml")).unwrap_err()
    }

    #[test]
    fn an_unknown_key_names_file_line_and_nearest_key() {
        let trouble = refused("cluster = \"a\"\nservice_prefx = \"b\"");
        assert_eq!(trouble.what, "x.toml:2:1: unknown key `service_prefx`");
        assert_eq!(trouble.help, "Did you mean `service_prefix`?");
        let trouble = refused("cluster = [");
        assert!(
            trouble.what.starts_with("x.toml:1:12: "),
            "{}",
            trouble.what
        );
    }

    #[test]
    fn an_error_shows_its_place_and_its_key() {
        let trouble = refused("cluster = 7");
        assert_eq!(
            trouble.to_string(),
            "error: x.toml:1:11: cluster: invalid type: integer `7`, expected a string\n  \
               |\n1 | cluster = 7\n  |           ^"
        );
        for (text, message) in [
            (
                "[expect]\ntraffic = \"nat\"",
                "x.toml:2:11: invalid value `nat` for expect.traffic (expected `endpoint`)",
            ),
            (
                "services = 3",
                "x.toml:1:12: services: invalid type: integer `3`, expected a map",
            ),
            (
                "services.web = 3",
                "services.web: invalid type: integer `3`, expected a table",
            ),
            (
                "[services.web]\nshell = \" \"",
                "x.toml:2:9: services.web.shell: this value is empty",
            ),
            (
                "[recipes.a]\nservice = \"w\"\ncommand = []",
                "x.toml:3:11: recipes.a.command: ",
            ),
            (
                "[recipes.a]\nservice = \"w\"",
                "x.toml:1:1: recipes.a: missing field `command`",
            ),
            (
                "[plugins]\ntimeout_seconds = 0",
                "x.toml:2:19: plugins.timeout_seconds: must be",
            ),
            ("[services.\"\"]", "services: the name of a table is empty"),
        ] {
            let trouble = refused(text);
            assert!(trouble.what.contains(message), "{text}: {}", trouble.what);
            assert!(trouble.to_string().contains(" | "), "{text}: {trouble}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        /// Whatever stands in a file, it is used or refused in one line that names the file.
        #[test]
        fn any_text(text in "(\\[(services|recipes|checks|expect|plugins)(\\.[a-z]{1,3})?\\]\n|[a-z_]{1,9} = (\"\\PC{0,6}\"|[0-9]{1,20}|\\[|true|\\{\\})\n|\\PC{0,8}\n){0,6}") {
            if let Err(trouble) = parse(&text, Path::new("x.toml")) {
                prop_assert!(trouble.what.starts_with("x.toml:"));
                prop_assert!(!trouble.what.contains('\n'));
            }
            let _ = expressions::load(&text, "x.toml");
        }

        /// A file that is written well, with one thing replaced.
        #[test]
        fn the_built_in_one_with_a_change(at in 0..4000usize, with in "\\PC{0,5}|[\\[\\]=\"'\n{}]") {
            let mut text = super::super::BUILT_IN.to_owned();
            let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            text.insert_str(at, &with);
            if let Err(trouble) = parse(&text, Path::new("x.toml")) {
                prop_assert!(trouble.what.starts_with("x.toml:"));
            }
        }
    }
}
