//! Resolves what the user named to services and tasks by their full names.

use std::collections::BTreeMap;

use model::arn;
use model::distinct::unique;
use model::facts::{Fact, Service, ServiceTarget};
use model::text;
use terraform_plan::ExistingResources;

use crate::cli::{PrincipalArn, Targets};
use crate::cli_error::CliError;
use crate::config::{ServiceSettings, Settings};

/// What to read facts about.
#[derive(Debug, Clone, Default)]
pub struct GatherRequest {
    pub services: Services,
    /// IDs or ARNs.
    pub tasks: Vec<String>,
    pub container: Option<String>,
    /// Accept that the services, or even the cluster, do not exist.
    pub allow_empty: bool,
    /// The principal to judge instead of the caller.
    pub as_principal: Option<PrincipalArn>,
    /// What planned tasks refer to, in addition to what runs.
    pub planned: ExistingResources,
}

/// The services to read facts about.
#[derive(Debug, Clone, Default)]
pub enum Services {
    #[default]
    None,
    /// Every service of the cluster.
    All,
    /// Short or full names.
    Named(Vec<NameCandidates>),
}

/// A service as the user wrote it, and the full names that this may stand for, the likeliest first.
#[derive(Debug, Clone, PartialEq)]
pub struct NameCandidates {
    pub written: String,
    pub names: Vec<String>,
    pub container: Option<String>,
    pub shell: Option<String>,
    /// Named on the command line, not by the configuration.
    pub explicit: bool,
}

impl GatherRequest {
    /// What the arguments of a command name.
    pub fn from_args(targets: &Targets, settings: &Settings) -> Result<GatherRequest, CliError> {
        let container = targets.container.as_deref();
        let tasks = &targets.task;
        // A task of a service is only that task.
        let services = match tasks.is_empty() {
            true => targets.services.as_slice(),
            false => &[],
        };
        GatherRequest::new(settings, services, tasks, targets.all, container)
    }

    /// Named services, else named tasks, else the configuration's services, else the whole cluster.
    pub fn new(
        settings: &Settings,
        services: &[String],
        tasks: &[String],
        all: bool,
        container: Option<&str>,
    ) -> Result<GatherRequest, CliError> {
        let location = Location::from_settings(settings);
        for name in services.iter().chain(tasks) {
            location.ensure_same_location(name)?;
        }
        let named = |names: &[String], explicit| {
            let candidates = unique(names).into_iter();
            let candidates = candidates.map(|name| name_candidates(settings, name, explicit));
            Services::Named(candidates.collect())
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
        Ok(GatherRequest {
            services,
            tasks: tasks.to_vec(),
            container: container.map(str::to_owned),
            ..GatherRequest::default()
        })
    }

    /// Services and tasks as the user wrote them.
    pub fn written(&self) -> impl Iterator<Item = &str> {
        let services = match &self.services {
            Services::Named(candidates) => candidates.as_slice(),
            Services::None | Services::All => &[],
        };
        let services = services.iter().map(|candidate| candidate.written.as_str());
        services.chain(self.tasks.iter().map(String::as_str))
    }
}

/// The cluster that names are looked up in.
pub struct Location<'a> {
    pub cluster: &'a str,
    /// `None` if it is not known yet.
    pub region: Option<&'a str>,
    /// `None` if it is not known yet.
    pub account: Option<&'a str>,
}

impl<'a> Location<'a> {
    /// What the settings say, without asking AWS.
    pub fn from_settings(settings: &'a Settings) -> Location<'a> {
        Location {
            cluster: &settings.cluster,
            region: settings.region.as_ref().map(|region| region.value.as_str()),
            account: arn::account(&settings.cluster),
        }
    }

    /// Rejects an empty name, and an ARN of another cluster, region or account: the same name may exist here too.
    pub fn ensure_same_location(&self, name: &str) -> Result<(), CliError> {
        if arn::name(name).is_empty() {
            return Err(CliError::new("the name of a service or task is empty", ""));
        }
        let differs = |named: Option<&'_ str>, own: Option<&str>| {
            let (named, own) = (named?, own?);
            (named != own).then(|| (named.to_owned(), own.to_owned()))
        };
        let cluster = arn::kind(name)
            .and_then(|kind| kind.split_once('/'))
            .map(|(_, cluster)| cluster);
        if let Some((named, own)) = differs(cluster, Some(arn::name(self.cluster))) {
            return Err(CliError::new(
                format!("{name} is in cluster {named}, not in {own}"),
                format!("Name its cluster with --cluster {named}."),
            ));
        }
        if let Some((named, own)) = differs(arn::region(name), self.region) {
            return Err(CliError::new(
                format!("{name} is in region {named}, not in {own}"),
                format!("Name its region with --region {named}."),
            ));
        }
        if let Some((named, own)) = differs(arn::account(name), self.account) {
            return Err(CliError::new(
                format!("{name} is in account {named}, but the credentials are of account {own}"),
                "Choose credentials of that account with --profile.",
            ));
        }
        Ok(())
    }
}

/// The full names that a written name may stand for, with the prefix first.
pub fn name_candidates(settings: &Settings, written: &str, explicit: bool) -> NameCandidates {
    let plain = arn::name(written);
    let prefix = &settings.service_prefix;
    let names = if prefix.is_empty() || plain.starts_with(prefix.as_str()) {
        vec![plain.to_owned()]
    } else {
        vec![format!("{prefix}{plain}"), plain.to_owned()]
    };
    let ServiceTarget {
        container, shell, ..
    } = service_target(settings, plain);
    NameCandidates {
        container,
        shell,
        written: written.to_owned(),
        names,
        explicit,
    }
}

/// A service by its full name, with the container and the shell that the configuration sets for it.
pub fn service_target(settings: &Settings, name: &str) -> ServiceTarget {
    let configured = service_settings(settings, name);
    let shell = configured.and_then(|service| service.shell.clone());
    ServiceTarget {
        name: name.to_owned(),
        container: configured.and_then(|service| service.container.clone()),
        shell: shell.or_else(|| settings.shell.clone()),
    }
}

/// The configuration of a service, under its short name or its full one.
fn service_settings<'s>(settings: &'s Settings, name: &str) -> Option<&'s ServiceSettings> {
    let services = &settings.services;
    let short = short(&settings.service_prefix, name);
    services.get(short).or_else(|| services.get(name))
}

/// Whether the shell of a service, or of tasks without one, comes from the project's file.
pub fn is_shell_of_project(settings: &Settings, service: Option<&str>) -> bool {
    let Some(project) = &settings.project else {
        return false;
    };
    let has_shell = |name: &&str| {
        service_settings(settings, name).is_some_and(|service| service.shell.is_some())
    };
    match service.filter(has_shell) {
        Some(name) => {
            let short = short(&settings.service_prefix, name);
            project.sets_shell_of(short) || project.sets_shell_of(name)
        }
        None => project.sets_shell(),
    }
}

fn short<'n>(prefix: &str, name: &'n str) -> &'n str {
    name.strip_prefix(prefix)
        .filter(|rest| !rest.is_empty())
        .unwrap_or(name)
}

impl NameCandidates {
    /// The first name that exists; the likeliest if none does.
    pub fn resolve(&self, known: &BTreeMap<String, Fact<Service>>) -> ServiceTarget {
        let service = |name: &String| known.get(name)?.known();
        let exists = |name: &&String| service(name).is_some_and(|service| !service.is_deleted());
        let is_listed = |name: &&String| service(name).is_some();
        let mut names = self.names.iter();
        let name = names
            .find(exists)
            .or_else(|| self.names.iter().find(is_listed))
            .unwrap_or(&self.names[0]);
        ServiceTarget {
            name: name.clone(),
            container: self.container.clone(),
            shell: self.shell.clone(),
        }
    }
}

/// The service that the user named does not exist; `existing` are those that do.
pub fn no_such_service(candidate: &NameCandidates, cluster: &str, existing: &[String]) -> CliError {
    let plain = candidate.names.last().map_or("", String::as_str);
    let prefix = candidate.names[0].strip_suffix(plain).unwrap_or("");
    let short_names = existing.iter().map(|name| short(prefix, name));
    let near: Vec<&str> = nearest(plain, short_names)
        .into_iter()
        .filter_map(|near| existing.iter().find(|name| short(prefix, name) == near))
        .map(String::as_str)
        .collect();
    let hint = if !near.is_empty() {
        format!("Did you mean {}?", near.join(" or "))
    } else if existing.is_empty() {
        format!("The caller can list no services in {cluster}.")
    } else {
        format!("Its services: {}.", text::short_list(existing, 12))
    };
    let names = candidate.names.join(" or ");
    CliError::new(
        format!("there is no service {names} in cluster {cluster}"),
        hint,
    )
}

/// The IDs of several tasks start with what the user wrote.
pub fn ambiguous_task(written: &str, ids: &[&str]) -> CliError {
    CliError::new(
        format!("the IDs of {} tasks start with {written}", ids.len()),
        format!("They are {}.", text::short_list(ids, 12)),
    )
}

/// How similar two names are, from 0 to 1, whatever their case.
pub fn similarity(one: &str, other: &str) -> f64 {
    strsim::normalized_damerau_levenshtein(&one.to_lowercase(), &other.to_lowercase())
}

/// Up to three known names that are similar to a wrong one, the most similar first.
pub fn nearest<'n>(wrong: &str, known: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
    let mut near: Vec<(f64, &str)> = known
        .into_iter()
        .map(|name| (similarity(wrong, name), name))
        .filter(|(similarity, _)| *similarity >= 0.6)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    near.truncate(3);
    near.into_iter().map(|(_, name)| name).collect()
}

/// Whether this is a task's ARN or full ID, not the start of an ID.
pub fn is_whole_task(id: &str) -> bool {
    id.contains('/') || id.len() >= 32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(name: &str) -> (String, Fact<Service>) {
        (name.to_owned(), Fact::Known(Service::default()))
    }

    fn candidate(names: &[&str]) -> NameCandidates {
        NameCandidates {
            written: names[0].to_owned(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            container: None,
            shell: None,
            explicit: true,
        }
    }

    #[test]
    fn the_prefixed_name_wins_if_both_exist() {
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
    fn a_misspelled_service_gets_suggestions() {
        let existing = [
            "coder-production-coder".to_owned(),
            "coder-production-litellm".to_owned(),
        ];
        let error = no_such_service(
            &candidate(&["coder-production-codr", "codr"]),
            "c",
            &existing,
        );
        assert!(
            error.hint().contains("Did you mean coder-production-coder"),
            "{}",
            error.hint()
        );
    }
}
