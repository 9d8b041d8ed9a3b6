//! The values of an argument.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use checks::registry;
use clap::ValueEnum;
use clap_complete::engine::{CompletionCandidate, PathCompleter, ValueCompleter};
use model::Area;
use model::text::sanitize_line;

use super::{seen_names, typed_words};
use crate::cli::{Global, last_value};
use crate::collect::capture_file;
use crate::config::{self, Settings, short_name};
use crate::environment::variable;
use crate::formats::Format;

/// What an argument names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// `SERVICE:`, or a local path.
    CopySides,
    Checks,
    Clusters,
    Containers,
    Demos,
    Formats,
    Profiles,
    Recipes,
    Regions,
    Services,
    Files,
}

/// What the argument of this ID names. `None`: clap knows its values, or it has none.
pub fn values(argument: &str) -> Option<Values> {
    Some(match argument {
        "service" | "services" => Values::Services,
        "container" | "container_flag" => Values::Containers,
        "cluster" => Values::Clusters,
        "region" => Values::Regions,
        "profile" => Values::Profiles,
        "demo" => Values::Demos,
        "only" | "skip" | "words" => Values::Checks,
        "format" => Values::Formats,
        "name" => Values::Recipes,
        "from" | "to" => Values::CopySides,
        "config" => Values::Files,
        _ => return None,
    })
}

/// A value, and what it is.
type Described = (String, Option<String>);

impl Values {
    /// The values that begin with what is typed.
    pub fn complete(self, typed: &OsStr) -> Vec<CompletionCandidate> {
        let mut candidates = match self {
            Values::CopySides | Values::Files => PathCompleter::any().complete(typed),
            _ => Vec::new(),
        };
        let Some(typed) = typed.to_str() else {
            return candidates;
        };
        let matching = self
            .list(typed)
            .into_iter()
            .filter(|(value, _)| value.starts_with(typed) && value.chars().all(is_plain));
        candidates.extend(matching.map(|(value, what)| {
            let help = what.map(|what| sanitize_line(&what).into());
            CompletionCandidate::new(value).help(help)
        }));
        candidates
    }

    fn list(self, typed: &str) -> Vec<Described> {
        let described = |name: String| (name, None);
        match self {
            Values::Files => Vec::new(),
            Values::CopySides => {
                let services = Place::typed().services(typed).into_iter();
                services.map(|name| (format!("{name}:"), None)).collect()
            }
            Values::Services => (Place::typed().services(typed).into_iter())
                .map(described)
                .collect(),
            Values::Containers => (Place::typed().containers().into_iter())
                .map(described)
                .collect(),
            Values::Clusters => Place::typed()
                .clusters()
                .into_iter()
                // What is typed after `--cluster=` is the cluster of the command line.
                .filter(|name| name != typed)
                .map(described)
                .collect(),
            Values::Demos => capture_file::demo_names()
                .map(|name| (name.to_owned(), None))
                .collect(),
            Values::Regions => seen_names::read().regions().map(described).collect(),
            Values::Recipes => (Place::typed().settings.recipes.into_iter())
                .map(|(name, recipe)| (name, Some(recipe.description)))
                .collect(),
            Values::Checks => {
                let areas = Area::all().map(|area| (area.name().to_owned(), None));
                let checks = registry::all();
                let checks =
                    checks.map(|check| (check.id.to_owned(), Some(check.title.to_owned())));
                areas.chain(checks).collect()
            }
            Values::Formats => Format::value_variants()
                .iter()
                .filter_map(ValueEnum::to_possible_value)
                .map(|format| (format.get_name().to_owned(), None))
                .collect(),
            Values::Profiles => profiles().into_iter().map(described).collect(),
        }
    }
}

/// Shells insert a candidate as it is, so one with a character that a shell interprets is not offered.
fn is_plain(letter: char) -> bool {
    letter.is_alphanumeric() || "-_./:@+=,".contains(letter)
}

/// The cluster that the typed command line is about, and the names that are known in it.
struct Place {
    settings: Settings,
    region: Option<String>,
    seen: seen_names::SeenNames,
}

impl Place {
    fn typed() -> Place {
        let words = typed_words();
        let flag = |name, variable| flag_value(&words, name, variable);
        let global = Global {
            config: flag("--config", "ECS_EXEC_CONFIG").map(PathBuf::from),
            cluster: flag("--cluster", "ECS_EXEC_CLUSTER"),
            service_prefix: flag("--service-prefix", "ECS_EXEC_SERVICE_PREFIX"),
            ..Global::default()
        };
        Place {
            settings: config::settings_to_complete(&global),
            region: flag("--region", "ECS_EXEC_REGION"),
            seen: seen_names::read(),
        }
    }

    /// The cluster that a flag or a file names.
    fn cluster(&self) -> Option<&str> {
        Some(self.settings.cluster.as_str()).filter(|cluster| !cluster.is_empty())
    }

    /// Every known service with its containers, by short name, or by full name if the prefix is typed.
    fn known_services(&self, typed: &str) -> BTreeMap<String, Vec<String>> {
        let cluster = self.cluster().map(short_name);
        let mut services: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let prefix = self.settings.service_prefix.as_str();
        let is_full = !typed.is_empty() && !prefix.is_empty() && typed.starts_with(prefix);
        let key = |name: &str| match name.strip_prefix(prefix) {
            Some(short) if !is_full && !short.is_empty() => short.to_owned(),
            None if is_full => format!("{prefix}{name}"),
            Some(_) | None => name.to_owned(),
        };
        for (name, containers) in self.seen.services(cluster, self.region.as_deref()) {
            services.entry(key(name)).or_default().extend(containers);
        }
        for (name, service) in &self.settings.services {
            let containers = service.container.iter().cloned();
            services.entry(key(name)).or_default().extend(containers);
        }
        services
    }

    fn services(&self, typed: &str) -> Vec<String> {
        self.known_services(typed).into_keys().collect()
    }

    /// Those of the service that is typed, or of all.
    fn containers(&self) -> Vec<String> {
        let words = typed_words();
        let is_typed = |service: &String| {
            let full = format!("{}{service}", self.settings.service_prefix);
            words
                .iter()
                .any(|word| word == service.as_str() || *word == *full)
        };
        let services = self.known_services("");
        let one = services.iter().find(|(name, _)| is_typed(name));
        let mut containers: Vec<String> = match one {
            Some((_, containers)) => containers.clone(),
            None => services.into_values().flatten().collect(),
        };
        containers.sort();
        containers.dedup();
        containers
    }

    fn clusters(&self) -> Vec<String> {
        let configured = self.cluster().map(str::to_owned);
        let seen = self.seen.clusters(self.region.as_deref());
        let mut all: Vec<String> = configured.into_iter().chain(seen).collect();
        all.sort();
        all.dedup();
        all
    }
}

/// The value of `--flag value` or `--flag=value`, or of the variable.
fn flag_value(words: &[OsString], flag: &str, name: &str) -> Option<String> {
    last_value(words, flag)
        .or_else(|| variable(name)?.into_string().ok())
        .filter(|value| !value.is_empty())
}

/// The profiles of the AWS configuration files.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>
fn profiles() -> Vec<String> {
    let folder = std::env::home_dir().unwrap_or_default().join(".aws");
    let read = |name: &str, default: &Path| {
        let path = variable(name).map_or_else(|| default.to_owned(), PathBuf::from);
        std::fs::read_to_string(path).unwrap_or_default()
    };
    let config = read("AWS_CONFIG_FILE", &folder.join("config"));
    let credentials = read("AWS_SHARED_CREDENTIALS_FILE", &folder.join("credentials"));
    let mut names = profile_names(&config, true);
    names.extend(profile_names(&credentials, false));
    names.sort();
    names.dedup();
    names
}

/// `[profile NAME]` in the configuration file, `[NAME]` in the credentials file, and `[default]` in both.
fn profile_names(text: &str, is_config: bool) -> Vec<String> {
    let section = |line: &str| {
        let name = line.trim().strip_prefix('[')?.split(']').next()?.trim();
        match name.strip_prefix("profile ") {
            Some(name) if is_config => Some(name.trim().trim_matches('"').to_owned()),
            None if !is_config || name == "default" => Some(name.to_owned()),
            Some(_) | None => None,
        }
    };
    text.lines().filter_map(section).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_sections_with_the_word_profile() {
        let config = "[default]\nregion = x\n[profile dev]\n[ profile \"a b\" ] # note\n[sso-session s]\n[dev2]\n";
        assert_eq!(profile_names(config, true), ["default", "dev", "a b"]);
        assert_eq!(profile_names("[default]\n[ci]\n", false), ["default", "ci"]);
    }

    #[test]
    fn a_flag_has_its_value_after_a_space_or_an_equals_sign() {
        let value = |words: &[&str]| {
            let words: Vec<OsString> = words.iter().map(Into::into).collect();
            flag_value(&words, "--cluster", "NO_SUCH_VARIABLE")
        };
        assert_eq!(value(&["list", "--cluster", "a"]).as_deref(), Some("a"));
        assert_eq!(value(&["--cluster=b", "list"]).as_deref(), Some("b"));
        assert_eq!(value(&["--cluster=", "--clusters=c"]), None);
    }
}
