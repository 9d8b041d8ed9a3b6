//! Flags, environment and files → settings: of each the strongest that says something.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ecs_exec_own::expressions::Expression;

use super::file::File;
use super::{AWS_PROFILE, Settings, Sourced, short_name};
use crate::cli::Global;

pub fn merge(
    global: &Global,
    environment: &impl Fn(&str) -> Option<String>,
    files: Vec<(File, PathBuf)>,
    built_in: File,
) -> Settings {
    let first = |pick: fn(&File) -> &Option<String>| {
        files.iter().find_map(|(file, path)| {
            let value = pick(file).clone()?;
            Some(Sourced {
                value,
                source: path.display().to_string(),
            })
        })
    };
    let built_in_cluster = built_in.cluster.unwrap_or_default();
    let cluster = global
        .cluster
        .clone()
        .or_else(|| first(|file| &file.cluster).map(|sourced| sourced.value))
        .unwrap_or_else(|| built_in_cluster.clone());
    let is_built_in = short_name(&cluster) == built_in_cluster;

    let region = flag(&global.region, "--region")
        .or_else(|| region_of_arn(&cluster))
        .or_else(|| from_environment(environment, "AWS_REGION"))
        .or_else(|| from_environment(environment, "AWS_DEFAULT_REGION"))
        .or_else(|| first(|file| &file.region))
        .or_else(|| {
            let value = built_in.region.filter(|_| is_built_in)?;
            Some(Sourced {
                value,
                source: "the built-in configuration".to_owned(),
            })
        });

    let named: Vec<String> = files
        .iter()
        .flat_map(|(file, _)| file.services.keys().cloned())
        .collect();
    let default_services = if !named.is_empty() {
        crate::target::distinct(named)
    } else if is_built_in {
        built_in.services.keys().cloned().collect()
    } else {
        Vec::new()
    };
    let mut services = match is_built_in {
        true => built_in.services,
        false => BTreeMap::new(),
    };
    for (file, _) in files.iter().rev() {
        services.extend(file.services.clone());
    }
    let mut recipes = match is_built_in {
        true => built_in.recipes,
        false => BTreeMap::new(),
    };
    for (file, _) in files.iter().rev() {
        recipes.extend(file.recipes.clone());
    }

    Settings {
        cluster,
        region,
        profile: flag(&global.profile, "--profile").or_else(|| {
            // Keys in the environment beat a profile that nobody named just now.
            let has_keys = from_environment(environment, "AWS_ACCESS_KEY_ID").is_some();
            let others = || {
                from_environment(environment, AWS_PROFILE).or_else(|| first(|file| &file.profile))
            };
            (!has_keys).then(others).flatten()
        }),
        service_prefix: global
            .service_prefix
            .clone()
            .or_else(|| first(|file| &file.service_prefix).map(|sourced| sourced.value))
            .or(built_in.service_prefix.filter(|_| is_built_in))
            .unwrap_or_default(),
        endpoint_url: global.endpoint_url.clone(),
        services,
        escape: first(|file| &file.escape).map(|escape| escape.value),
        shell: first(|file| &file.shell)
            .map(|sourced| sourced.value)
            .or(built_in.shell),
        recipes,
        expect: files
            .iter()
            .find_map(|(file, _)| file.expect.clone())
            .unwrap_or_default(),
        plugins: files
            .iter()
            .find_map(|(file, _)| file.plugins.clone())
            .unwrap_or_default(),
        own: own(files),
        default_services,
    }
}

/// The nearest file comes first.
fn own(files: Vec<(File, PathBuf)>) -> Vec<Expression> {
    let mut own: Vec<Expression> = Vec::new();
    for expression in files.into_iter().flat_map(|(file, _)| file.own) {
        if !own
            .iter()
            .any(|known| known.check().id == expression.check().id)
        {
            own.push(expression);
        }
    }
    own
}

fn flag(value: &Option<String>, name: &str) -> Option<Sourced> {
    Some(Sourced {
        value: value.clone()?,
        source: name.to_owned(),
    })
}

fn from_environment(environment: &impl Fn(&str) -> Option<String>, name: &str) -> Option<Sourced> {
    let value = environment(name).filter(|value| !value.is_empty())?;
    Some(Sourced {
        value,
        source: name.to_owned(),
    })
}

pub fn region_of_arn(cluster: &str) -> Option<Sourced> {
    let mut parts = cluster.strip_prefix("arn:")?.split(':');
    let value = parts.nth(2).filter(|region| !region.is_empty())?;
    Some(Sourced {
        value: value.to_owned(),
        source: "the cluster's ARN".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::BUILT_IN;
    use super::super::file::parse;
    use super::*;

    fn global() -> Global {
        Global {
            cluster: None,
            region: None,
            profile: None,
            service_prefix: None,
            endpoint_url: None,
            config: None,
            color: crate::cli::Color::Auto,
            quiet: false,
            verbose: false,
        }
    }

    fn settings(global: &Global, variables: &[(&str, &str)], files: &[&str]) -> Settings {
        let files = files
            .iter()
            .map(|text| (parse(text, Path::new("f")).unwrap(), PathBuf::from("f")))
            .collect();
        let environment = |name: &str| {
            variables
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        };
        merge(
            global,
            &environment,
            files,
            parse(BUILT_IN, Path::new("b")).unwrap(),
        )
    }

    #[test]
    fn the_runbook_s_platform_is_built_in() {
        let settings = settings(&global(), &[], &[]);
        assert_eq!(settings.cluster, "coder-production-cluster");
        assert_eq!(settings.region.unwrap().value, "us-west-2");
        assert_eq!(settings.service_prefix, "coder-production-");
        assert_eq!(settings.default_services.len(), 6);
    }

    #[test]
    fn flags_beat_environment_beats_files_beats_the_built_in() {
        let project = "region = \"eu-west-1\"\ncluster = \"mine\"";
        let user = "region = \"eu-north-1\"\nprofile = \"me\"";
        let mut global = global();
        let with = |global: &Global, variables: &[(&str, &str)]| {
            settings(global, variables, &[project, user])
        };
        assert_eq!(with(&global, &[]).region.unwrap().value, "eu-west-1");
        assert_eq!(
            with(&global, &[])
                .profile
                .map(|profile| profile.value)
                .as_deref(),
            Some("me")
        );
        let variables = [("AWS_REGION", "sa-east-1")];
        assert_eq!(with(&global, &variables).region.unwrap().value, "sa-east-1");
        global.region = Some("ap-south-1".into());
        assert_eq!(
            with(&global, &variables).region.unwrap().value,
            "ap-south-1"
        );
    }

    #[test]
    fn another_cluster_is_not_where_the_built_in_one_is() {
        let mut global = global();
        global.cluster = Some("mine".into());
        let settings = settings(&global, &[], &[]);
        assert!(settings.region.is_none());
        assert!(settings.default_services.is_empty() && settings.services.is_empty());
        assert_eq!(settings.service_prefix, "");
    }

    #[test]
    fn a_cluster_s_arn_tells_its_region() {
        let mut global = global();
        global.cluster = Some("arn:aws:ecs:eu-west-3:123456789012:cluster/mine".into());
        assert_eq!(
            settings(&global, &[], &[]).region.unwrap().value,
            "eu-west-3"
        );
    }
}
