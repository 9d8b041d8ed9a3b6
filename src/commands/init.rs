//! `ecs-exec init`: writes an ecs-exec.toml for a cluster.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::process::ExitCode;

use model::facts::{Fact, Task};
use model::text;

use crate::aws::AwsClients;
use crate::cli::{Global, Init};
use crate::cli_error::CliError;
use crate::collect::{self, Workload, ecs};
use crate::config::trust::ProjectFile;
use crate::config::{self, Settings, Use, short_name};
use crate::place;
use crate::target::{GatherRequest, Services};
use crate::timeouts::SESSION_TIMEOUT;

/// `ecs-exec init`
pub async fn run(arguments: &Init, global: &Global) -> Result<ExitCode, CliError> {
    let settings = settings(global).await?;
    let aws = AwsClients::connect(&settings, SESSION_TIMEOUT).await?;
    let request = GatherRequest {
        services: Services::All,
        ..GatherRequest::default()
    };
    let workload = collect::workload(&aws, &settings, &request).await;
    aws.ensure_accepted()?;
    if let Some(why) = &workload.unlisted {
        let message = format!("cannot list the cluster's services: {why}");
        return Err(CliError::new(message, ""));
    }
    let cluster = short_name(&settings.cluster);
    if workload.services.is_empty() && ecs::cluster(&aws, &settings.cluster).await.is_absent() {
        return Err(collect::no_such_cluster(&aws, &settings).await);
    }
    let profile = settings.profile.as_ref();
    let profile = profile.map(|profile| profile.value.as_str());
    let text = render(cluster, &aws.region.value, profile, &workload);
    save(arguments, &text)?;
    // The user's AWS account and profile are the only sources of its content.
    if let Err(trouble) = ProjectFile::new(&arguments.output, &text).trust() {
        say!("{trouble}");
    }
    note!(
        "Wrote {} for {cluster}: {}.",
        arguments.output.display(),
        text::count(workload.services.len(), "service")
    );
    Ok(ExitCode::SUCCESS)
}

/// The settings with the cluster of the flags or of a file, unless that does not exist; else with the one that the user
/// chooses. The built-in cluster is nobody's choice.
async fn settings(global: &Global) -> Result<Settings, CliError> {
    let uses = [Use::Credentials];
    let mut settings = config::load(global, &uses).await?;
    if global.cluster.is_some() {
        return Ok(settings);
    }
    if settings.is_built_in {
        let aws = AwsClients::connect(&settings, SESSION_TIMEOUT).await?;
        if ecs::cluster(&aws, &settings.cluster)
            .await
            .known()
            .is_some()
        {
            return Ok(settings);
        }
        settings.cluster.clear();
        settings.is_built_in = false;
    }
    place::with_cluster(settings, global, &uses).await
}

/// The text of the file.
fn render(cluster: &str, region: &str, profile: Option<&str>, workload: &Workload) -> String {
    let names: Vec<&str> = workload.services.keys().map(String::as_str).collect();
    let prefix = common_prefix(&names);
    let mut lines = vec![
        "# ecs-exec configuration for this cluster. Flags and environment variables override it."
            .to_owned(),
        String::new(),
        format!("cluster = {}", toml_string(cluster)),
        format!("region = {}", toml_string(region)),
    ];
    lines.extend(profile.map(|profile| format!("profile = {}", toml_string(profile))));
    if !prefix.is_empty() {
        lines.push(format!("# `web` also means `{prefix}web`."));
    }
    lines.push(format!("service_prefix = {}", toml_string(&prefix)));
    lines.push("# `auto` tries /bin/bash, then /bin/sh.\nshell = \"auto\"".to_owned());
    for (name, containers) in containers(workload) {
        let short = name.strip_prefix(prefix.as_str()).unwrap_or(&name);
        lines.push(format!("\n[services.{}]", toml_string(short)));
        lines.push(match containers.as_slice() {
            [] => "# No task is running, so the container names are unknown.\n# container = \"…\""
                .to_owned(),
            [only] => format!("container = {}", toml_string(only)),
            [first, ..] => {
                let same = containers.iter().find(|name| *name == short);
                let likely = toml_string(same.unwrap_or(first));
                format!("# One of {}.\ncontainer = {likely}", containers.join(", "))
            }
        });
    }
    lines.join("\n") + "\n\n" + EXAMPLES
}

/// What else the file can set, commented out.
const EXAMPLES: &str = include_str!("init/examples.toml");

/// A TOML string. JSON strings are valid TOML strings.
fn toml_string(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}

fn containers(workload: &Workload) -> BTreeMap<String, Vec<String>> {
    let names = workload.services.keys().map(|name| {
        let arns = workload.service_tasks.get(name).and_then(Fact::known);
        let mut arns = arns.into_iter().flatten();
        let task: Option<&Task> = arns.find_map(|arn| workload.tasks.get(arn)?.known());
        let containers = task.into_iter().flat_map(Task::own_containers);
        let names = containers.map(|container| container.name.to_string());
        (name.clone(), names.collect())
    });
    names.collect()
}

/// The common beginning of all names, up to a hyphen. Empty for a single name.
fn common_prefix(names: &[&str]) -> String {
    let [first, rest @ ..] = names else {
        return String::new();
    };
    let is_common = |prefix: &&str| rest.iter().all(|name| name.starts_with(prefix));
    let mut prefixes = first.rmatch_indices('-').map(|(at, _)| &first[..=at]);
    let longest = prefixes.find(is_common).filter(|_| !rest.is_empty());
    longest.unwrap_or_default().to_owned()
}

fn save(arguments: &Init, text: &str) -> Result<(), CliError> {
    let path = &arguments.output;
    let written = match arguments.force {
        true => std::fs::write(path, text),
        false => std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(path)
            .and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes())),
    };
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => CliError::new(
            format!("{} already exists", path.display()),
            "Overwrite it with --force, or choose another file with --output.",
        ),
        _ => CliError::new(format!("cannot write {}: {error}", path.display()), ""),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_prefix_ends_with_a_hyphen() {
        assert_eq!(common_prefix(&["a-b-web", "a-b-worker", "a-b-x"]), "a-b-");
        assert_eq!(common_prefix(&["web", "worker"]), "");
        assert_eq!(common_prefix(&["prod-web"]), "");
        assert_eq!(common_prefix(&[]), "");
        assert_eq!(common_prefix(&["a-", "a-é"]), "a-");
    }

    #[test]
    fn toml_strings_are_escaped() {
        let parsed: toml::Table =
            toml::from_str(&format!("x = {}", toml_string("a\"'\n\\b"))).unwrap();
        assert_eq!(parsed["x"].as_str(), Some("a\"'\n\\b"));
    }
}
