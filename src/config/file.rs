//! The keys of an `ecs-exec.toml`. [`super::trusted_keys`] decides which of them need trust.

use std::collections::BTreeMap;

use custom_checks::ExprCheck;
use custom_checks::expressions;
use custom_checks::source::{SourceError, SourceFile};
use model::facts::Expect;
use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::expect_table::expectations;
use crate::cli_error::CliError;

/// An `ecs-exec.toml`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct ConfigFile {
    /// A name or an ARN.
    #[serde(default, deserialize_with = "non_empty_option")]
    pub cluster: Option<String>,
    #[serde(default, deserialize_with = "non_empty_option")]
    pub region: Option<String>,
    #[serde(default, deserialize_with = "non_empty_option")]
    pub profile: Option<String>,
    /// Users can omit it from service names.
    pub service_prefix: Option<String>,
    /// A Terraform plan contains all resources: what is not in it does not exist.
    pub plan_is_complete: Option<bool>,
    #[serde(default, deserialize_with = "named_tables")]
    pub services: BTreeMap<String, ServiceSettings>,
    /// The program that a session starts, unless the service's table names one.
    #[serde(default, deserialize_with = "non_empty_option")]
    pub shell: Option<String>,
    /// The escape character of sessions, or `none`.
    #[serde(default, deserialize_with = "non_empty_option")]
    pub escape: Option<String>,
    #[serde(default, deserialize_with = "named_tables")]
    pub recipes: BTreeMap<String, Recipe>,
    #[serde(default, deserialize_with = "expectations")]
    pub expect: Option<Expect>,
    /// [`expressions`] reads these from the text again.
    pub checks: Option<toml::Table>,
    pub plugins: Option<PluginSettings>,
}

/// How sessions enter one service.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct ServiceSettings {
    #[serde(default, deserialize_with = "non_empty_option")]
    pub container: Option<String>,
    /// The program that a session starts.
    #[serde(default, deserialize_with = "non_empty_option")]
    pub shell: Option<String>,
}

/// A named command for one service.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct Recipe {
    /// The service's short or full name.
    #[serde(deserialize_with = "non_empty_string")]
    pub service: String,
    #[serde(default)]
    pub description: String,
    pub container: Option<String>,
    /// A program and its arguments. No shell interprets them.
    #[serde(deserialize_with = "command")]
    pub command: Vec<String>,
    /// Whether it needs a terminal.
    #[serde(default)]
    pub interactive: bool,
}

/// Whether, and for how long, programs `ecs-exec-check-NAME` run.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct PluginSettings {
    pub enabled: Option<bool>,
    /// For each program.
    #[serde(default, deserialize_with = "positive_seconds")]
    pub timeout_seconds: Option<u64>,
}

const EMPTY: &str = "this value is empty; set it or remove the key";

fn non_empty_option<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    non_empty_string(from).map(Some)
}

fn non_empty_string<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    match text.trim().is_empty() {
        true => Err(D::Error::custom(EMPTY)),
        false => Ok(text),
    }
}

fn command<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let words = Vec::<String>::deserialize(from)?;
    match words.first().is_none_or(|word| word.trim().is_empty()) {
        true => Err(D::Error::custom(EMPTY)),
        false => Ok(words),
    }
}

fn positive_seconds<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    match u64::deserialize(from)? {
        0 => Err(D::Error::custom(
            "must be greater than 0; use `enabled = false` to turn programs off",
        )),
        seconds => Ok(Some(seconds)),
    }
}

fn named_tables<'de, D, T>(from: D) -> Result<BTreeMap<String, T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let tables = BTreeMap::deserialize(from)?;
    match tables.contains_key("") {
        true => Err(D::Error::custom("a table has an empty name")),
        false => Ok(tables),
    }
}

/// Reads a configuration file.
pub fn parse(source: &SourceFile) -> Result<ConfigFile, CliError> {
    source.parse().map_err(cli_error)
}

/// Compiles the custom checks of a configuration file.
pub fn custom_checks(source: &SourceFile) -> Result<Vec<ExprCheck>, CliError> {
    expressions::load(source).map_err(cli_error)
}

fn cli_error(error: SourceError) -> CliError {
    let hint = error.hint.clone().unwrap_or_default();
    CliError::new(error.to_string(), hint).with_excerpt(error.snippet)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<ConfigFile, CliError> {
        super::parse(&SourceFile::new("x.toml", text))
    }

    fn parse_error(text: &str) -> CliError {
        parse(text).unwrap_err()
    }

    #[test]
    fn an_unknown_key_names_file_line_and_nearest_key() {
        let error = parse_error("cluster = \"a\"\nservice_prefx = \"b\"");
        assert_eq!(error.message(), "x.toml:2:1: unknown key `service_prefx`");
        assert_eq!(error.hint(), "Did you mean `service_prefix`?");
        let error = parse_error("cluster = [");
        assert!(
            error.message().starts_with("x.toml:1:12: "),
            "{}",
            error.message()
        );
    }

    #[test]
    fn an_error_shows_its_place_and_its_key() {
        let error = parse_error("cluster = 7");
        assert_eq!(
            error.to_string(),
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
            ("[services.\"\"]", "services: a table has an empty name"),
        ] {
            let error = parse_error(text);
            assert!(
                error.message().contains(message),
                "{text}: {}",
                error.message()
            );
            assert!(error.to_string().contains(" | "), "{text}: {error}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        /// Any text is parsed or gives a one-line error that names the file.
        #[test]
        fn no_text_makes_the_parser_panic(text in "(\\[(services|recipes|checks|expect|plugins)(\\.[a-z]{1,3})?\\]\n|[a-z_]{1,9} = (\"\\PC{0,6}\"|[0-9]{1,20}|\\[|true|\\{\\})\n|\\PC{0,8}\n){0,6}") {
            if let Err(error) = parse(&text) {
                prop_assert!(error.message().starts_with("x.toml:"));
                prop_assert!(!error.message().contains('\n'));
            }
            let _ = expressions::load(&SourceFile::new("x.toml", text));
        }

        /// A valid file with one change.
        #[test]
        fn no_changed_file_makes_the_parser_panic(at in 0..4000usize, with in "\\PC{0,5}|[\\[\\]=\"'\n{}]") {
            let mut text = super::super::BUILT_IN.to_owned();
            let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            text.insert_str(at, &with);
            if let Err(error) = parse(&text) {
                prop_assert!(error.message().starts_with("x.toml:"));
            }
        }
    }
}
