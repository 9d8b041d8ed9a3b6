//! What the user named → services and tasks by their full names.

use std::collections::BTreeMap;

use model::arn;
use model::facts::{Fact, Service, ServiceTarget};
use model::text;
use terraform_plan::ExistingResources;

use crate::cli::Targets;
use crate::cli_error::CliError;
use crate::config::{ServiceSettings, Settings};

/// What is to be looked at.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub services: Services,
    /// IDs or ARNs.
    pub tasks: Vec<String>,
    pub container: Option<String>,
    /// That there is nothing, not even the cluster, is an answer too.
    pub may_be_nothing: bool,
    /// What planned tasks refer to, beside what runs.
    pub planned: ExistingResources,
}

#[derive(Debug, Clone, Default)]
pub enum Services {
    #[default]
    None,
    /// Every service of the cluster.
    All,
    /// Short or full names.
    Named(Vec<Candidate>),
}

/// A service as the user wrote it, and the full names that this may stand for, the likeliest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    pub written: String,
    pub names: Vec<String>,
    pub container: Option<String>,
    pub shell: Option<String>,
    /// Named on the command line; otherwise by the configuration.
    pub explicit: bool,
}

impl Request {
    /// What the flags of a command name.
    pub fn of(targets: &Targets, settings: &Settings) -> Result<Request, CliError> {
        Request::new(
            settings,
            &targets.services,
            &targets.task,
            targets.all,
            targets.container.as_deref(),
        )
    }

    /// Named services, else named tasks, else the configuration's services, else the whole cluster.
    pub fn new(
        settings: &Settings,
        services: &[String],
        tasks: &[String],
        all: bool,
        container: Option<&str>,
    ) -> Result<Request, CliError> {
        let here = Here::of(settings);
        for name in services.iter().chain(tasks) {
            here.refuse_elsewhere(name)?;
        }
        let named = |names: &[String], explicit| {
            Services::Named(
                distinct(names.to_vec())
                    .iter()
                    .map(|name| candidate(settings, name, explicit))
                    .collect(),
            )
        };
        let services = if all {
            Services::All
        } else if !services.is_empty() {
            named(services, true)
        } else if !tasks.is_empty() {
            Services::None
        } else if settings.default_services.is_empty() {
            Services::All
        } else {
            named(&settings.default_services, false)
        };
        Ok(Request {
            services,
            tasks: tasks.to_vec(),
            container: container.map(str::to_owned),
            ..Request::default()
        })
    }
}

impl Request {
    /// Services and tasks as they were written.
    pub fn written(&self) -> impl Iterator<Item = &str> {
        let services = match &self.services {
            Services::Named(candidates) => candidates.as_slice(),
            Services::None | Services::All => &[],
        };
        let services = services.iter().map(|candidate| candidate.written.as_str());
        services.chain(self.tasks.iter().map(String::as_str))
    }
}

/// Where things are looked for.
pub struct Here<'a> {
    pub cluster: &'a str,
    /// `None` where it is not known yet.
    pub region: Option<&'a str>,
    /// `None` where it is not known yet.
    pub account: Option<&'a str>,
}

impl<'a> Here<'a> {
    /// As far as the settings tell.
    pub fn of(settings: &'a Settings) -> Here<'a> {
        Here {
            cluster: &settings.cluster,
            region: settings.region.as_ref().map(|region| region.value.as_str()),
            account: arn::account(&settings.cluster),
        }
    }

    /// An empty name, or an ARN that lies elsewhere: what is here under its last part would be something else.
    pub fn refuse_elsewhere(&self, name: &str) -> Result<(), CliError> {
        if arn::name(name).is_empty() {
            return Err(CliError::new("the name of a service or task is empty", ""));
        }
        let cluster = arn::name(self.cluster);
        let named = arn::kind(name).and_then(|kind| kind.split_once('/'));
        if let Some((_, named)) = named
            && named != cluster
        {
            return Err(CliError::new(
                format!("{name} is in cluster {named}, not in {cluster}"),
                format!("Name its cluster with --cluster {named}."),
            ));
        }
        if let (Some(named), Some(region)) = (arn::region(name), self.region)
            && named != region
        {
            return Err(CliError::new(
                format!("{name} is in region {named}, not in {region}"),
                format!("Name its region with --region {named}."),
            ));
        }
        if let (Some(named), Some(account)) = (arn::account(name), self.account)
            && named != account
        {
            return Err(CliError::new(
                format!("{name} is of account {named}, and these credentials are of {account}"),
                "Choose that account's with --profile.",
            ));
        }
        Ok(())
    }
}

pub fn candidate(settings: &Settings, written: &str, explicit: bool) -> Candidate {
    let plain = arn::name(written);
    let prefix = &settings.service_prefix;
    let names = if prefix.is_empty() || plain.starts_with(prefix.as_str()) {
        vec![plain.to_owned()]
    } else {
        vec![format!("{prefix}{plain}"), plain.to_owned()]
    };
    let configured = service_settings(settings, plain);
    Candidate {
        container: configured.and_then(|service| service.container.clone()),
        shell: shell_of(settings, configured),
        written: written.to_owned(),
        names,
        explicit,
    }
}

/// A service by its full name, with what the configuration says of sessions into it.
pub fn wanted(settings: &Settings, name: &str) -> ServiceTarget {
    let configured = service_settings(settings, name);
    ServiceTarget {
        name: name.to_owned(),
        container: configured.and_then(|service| service.container.clone()),
        shell: shell_of(settings, configured),
    }
}

/// What the configuration says of a service, under its short name or its full one.
fn service_settings<'s>(settings: &'s Settings, name: &str) -> Option<&'s ServiceSettings> {
    let services = &settings.services;
    let short = short(&settings.service_prefix, name);
    services.get(short).or_else(|| services.get(name))
}

fn shell_of(settings: &Settings, service: Option<&ServiceSettings>) -> Option<String> {
    service
        .and_then(|service| service.shell.clone())
        .or_else(|| settings.shell.clone())
}

/// Whether the shell of a service, or of tasks without one, comes from the project's file.
pub fn is_shell_of_project(settings: &Settings, service: Option<&str>) -> bool {
    let Some(project) = &settings.project else {
        return false;
    };
    let own = service.and_then(|name| service_settings(settings, name));
    match (service, own.is_some_and(|own| own.shell.is_some())) {
        (Some(name), true) => {
            let short = short(&settings.service_prefix, name);
            project.sets_shell_of(short) || project.sets_shell_of(name)
        }
        _ => project.sets_shell(),
    }
}

fn short<'n>(prefix: &str, name: &'n str) -> &'n str {
    name.strip_prefix(prefix)
        .filter(|rest| !rest.is_empty())
        .unwrap_or(name)
}

impl Candidate {
    /// Picks the name that exists; the likeliest where nobody could tell.
    pub fn resolve(&self, known: &BTreeMap<String, Fact<Service>>) -> ServiceTarget {
        let exists = |name: &&String| matches!(known.get(*name), Some(Fact::Known(service)) if !service.is_deleted());
        let listed = |name: &&String| matches!(known.get(*name), Some(Fact::Known(_)));
        let name = self
            .names
            .iter()
            .find(exists)
            .or_else(|| self.names.iter().find(listed))
            .unwrap_or(&self.names[0]);
        ServiceTarget {
            name: name.clone(),
            container: self.container.clone(),
            shell: self.shell.clone(),
        }
    }
}

/// The service that the user named does not exist; `existing` are those that do.
pub fn no_such_service(candidate: &Candidate, cluster: &str, existing: &[String]) -> CliError {
    let plain = candidate.names.last().map_or("", String::as_str);
    let prefix = candidate.names[0].strip_suffix(plain).unwrap_or("");
    let short_names = existing.iter().map(|name| short(prefix, name));
    let near: Vec<&str> = nearest(plain, short_names)
        .into_iter()
        .filter_map(|near| existing.iter().find(|name| short(prefix, name) == near))
        .map(String::as_str)
        .collect();
    let help = if !near.is_empty() {
        format!("Did you mean {}?", near.join(" or "))
    } else if existing.is_empty() {
        format!("{cluster} has no services that this caller may list.")
    } else {
        format!("Its services: {}.", text::short_list(existing, 12))
    };
    CliError::new(
        format!(
            "there is no service {} in cluster {cluster}",
            candidate.names.join(" or ")
        ),
        help,
    )
}

/// Several tasks have IDs that begin as the user wrote.
pub fn ambiguous_task(written: &str, ids: &[&str]) -> CliError {
    CliError::new(
        format!("{} tasks begin with {written}", ids.len()),
        format!("They are {}.", text::short_list(ids, 12)),
    )
}

/// Names that a misspelt one may have meant, the nearest first.
pub fn nearest<'n>(wrong: &str, known: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
    let mut near: Vec<(f64, &str)> = known
        .into_iter()
        .map(|name| (strsim::normalized_damerau_levenshtein(wrong, name), name))
        .filter(|(likeness, _)| *likeness >= 0.6)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    near.truncate(3);
    near.into_iter().map(|(_, name)| name).collect()
}

pub fn distinct(items: Vec<String>) -> Vec<String> {
    let mut seen = Vec::new();
    for item in items {
        if !seen.contains(&item) {
            seen.push(item);
        }
    }
    seen
}

/// A task's ARN, or its ID in full; otherwise it is the beginning of one.
pub fn is_whole_task(id: &str) -> bool {
    id.contains('/') || id.len() >= 32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(name: &str) -> (String, Fact<Service>) {
        (name.to_owned(), Fact::Known(Service::default()))
    }

    fn candidate(names: &[&str]) -> Candidate {
        Candidate {
            written: names[0].to_owned(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            container: None,
            shell: None,
            explicit: true,
        }
    }

    #[test]
    fn the_prefixed_name_wins_where_both_exist() {
        let both = [service("p-web"), service("web")].into();
        assert_eq!(candidate(&["p-web", "web"]).resolve(&both).name, "p-web");
        let plain = [("p-web".to_owned(), Fact::Absent), service("web")].into();
        assert_eq!(candidate(&["p-web", "web"]).resolve(&plain).name, "web");
        assert_eq!(
            candidate(&["p-web", "web"]).resolve(&BTreeMap::new()).name,
            "p-web"
        );
    }

    #[test]
    fn a_misspelt_service_gets_its_neighbours() {
        let existing = [
            "coder-production-coder".to_owned(),
            "coder-production-litellm".to_owned(),
        ];
        let trouble = no_such_service(
            &candidate(&["coder-production-codr", "codr"]),
            "c",
            &existing,
        );
        assert!(
            trouble.help.contains("Did you mean coder-production-coder"),
            "{}",
            trouble.help
        );
    }
}
