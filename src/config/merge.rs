//! Merges flags, environment and files into settings. For each setting the strongest source counts.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use aws_rules::iam::like;
use custom_checks::programs::DEFAULT_TIMEOUT;
use custom_checks::source::SourceFile;
use model::distinct::unique;
use model::facts::Expect;

use super::file::{ConfigFile, PluginSettings, ServiceSettings};
use super::{AWS_PROFILE, BUILT_IN_NAME, Project, Settings, SourcedValue, short_name};
use crate::cli::Global;

/// One configuration file.
pub struct Layer {
    pub path: PathBuf,
    pub source: SourceFile,
    pub file: ConfigFile,
    /// Whether it was found in the working folder or above it.
    pub is_project: bool,
}

/// `layers`: the strongest first. If neither they nor a flag name a cluster, it is empty.
pub fn merge(
    global: &Global,
    environment: &impl Fn(&str) -> Option<String>,
    layers: &[Layer],
    built_in: &ConfigFile,
) -> Settings {
    let variable = |name: &str| sourced(environment(name).filter(|value| !value.is_empty()), name);
    let mut files: Vec<(&ConfigFile, String)> = layers
        .iter()
        .map(|layer| (&layer.file, layer.path.display().to_string()))
        .collect();
    let in_files = files.iter().find_map(|(file, _)| file.cluster.as_ref());
    let cluster = global.cluster.as_ref().or(in_files);
    let cluster = cluster.cloned().unwrap_or_default();
    // The built-in file describes one cluster.
    if built_in.cluster.as_deref() == Some(short_name(&cluster)) {
        files.push((built_in, BUILT_IN_NAME.to_owned()));
    }
    let first = |pick: fn(&ConfigFile) -> &Option<String>| {
        let mut values = files.iter();
        values.find_map(|(file, source)| sourced(pick(file).clone(), source))
    };
    let value = |pick| first(pick).map(|found| found.value);

    let region = sourced(global.region.clone(), "--region")
        .or_else(|| region_of_arn(&cluster))
        .or_else(|| variable("AWS_REGION"))
        .or_else(|| variable("AWS_DEFAULT_REGION"))
        .or_else(|| first(|file| &file.region));
    let profile_of_file = first(|file| &file.profile);
    let profile = sourced(global.profile.clone(), "--profile").or_else(|| {
        // Keys in the environment beat a profile that no flag names.
        let has_keys = variable("AWS_ACCESS_KEY_ID").is_some();
        let others = || variable(AWS_PROFILE).or_else(|| profile_of_file.clone());
        (!has_keys).then(others).flatten()
    });
    let project = layers.iter().find(|layer| layer.is_project);
    let project = project.map(|layer| Project {
        path: layer.path.clone(),
        file: layer.file.clone(),
        sets_cluster: global.cluster.is_none() && layer.file.cluster.is_some(),
        sets_profile: layer.file.profile.is_some() && profile == profile_of_file,
    });
    let mut recipes = BTreeMap::new();
    for (name, recipe) in files.iter().flat_map(|(file, _)| &file.recipes) {
        recipes.entry(name.clone()).or_insert(recipe.clone());
    }
    let services = services(files.iter().map(|(file, _)| *file));
    let named = layers.iter().flat_map(|layer| layer.file.services.keys());
    let mut default_services = unique(named.cloned());
    if default_services.is_empty() {
        default_services = services.keys().cloned().collect();
    }

    Settings {
        cluster_is_chosen: false,
        is_built_in: false,
        cluster,
        region,
        profile,
        service_prefix: (global.service_prefix.clone())
            .or_else(|| value(|file| &file.service_prefix))
            .unwrap_or_default(),
        plan_is_complete: (files.iter())
            .find_map(|(file, _)| file.plan_is_complete)
            .unwrap_or(false),
        endpoint_url: global.endpoint_url.clone(),
        services,
        escape: value(|file| &file.escape),
        shell: value(|file| &file.shell).or(built_in.shell.clone()),
        recipes,
        expect: strictest(files.iter().filter_map(|(file, _)| file.expect.as_ref())),
        program_timeout: program_timeout(
            files.iter().filter_map(|(file, _)| file.plugins.as_ref()),
        ),
        has_checks: layers.iter().any(|layer| layer.file.checks.is_some()),
        custom_checks: Vec::new(),
        default_services,
        project,
    }
}

/// For each key the value of the strongest file that has it.
fn services<'f>(files: impl Iterator<Item = &'f ConfigFile>) -> BTreeMap<String, ServiceSettings> {
    let mut services: BTreeMap<String, ServiceSettings> = BTreeMap::new();
    for (name, weaker) in files.flat_map(|file| &file.services) {
        let ServiceSettings { container, shell } = services.entry(name.clone()).or_default();
        *container = container.take().or_else(|| weaker.container.clone());
        *shell = shell.take().or_else(|| weaker.shell.clone());
    }
    services
}

/// All expectations of all files: no file takes back what another one expects.
fn strictest<'e>(all: impl Iterator<Item = &'e Expect>) -> Expect {
    let mut strictest = Expect::default();
    for one in all {
        let Expect {
            exec_forbidden,
            may_exec,
            traffic,
            session_logging,
        } = one;
        for pattern in exec_forbidden {
            if !strictest.exec_forbidden.contains(pattern) {
                strictest.exec_forbidden.push(pattern.clone());
            }
        }
        strictest.may_exec = match strictest.may_exec.is_empty() || may_exec.is_empty() {
            true => [strictest.may_exec, may_exec.clone()].concat(),
            false => narrower(&strictest.may_exec, may_exec),
        };
        strictest.traffic = strictest.traffic.or(*traffic);
        strictest.session_logging |= session_logging;
    }
    strictest
}

/// A pattern that no ARN matches.
pub const NO_PRINCIPAL: &str = "-";

/// The patterns of each list that the other one covers.
fn narrower(one: &[String], other: &[String]) -> Vec<String> {
    let covered = |patterns: &[String], by: &[String]| -> Vec<String> {
        let is_covered = |pattern: &&String| by.iter().any(|wide| like(wide, pattern));
        patterns.iter().filter(is_covered).cloned().collect()
    };
    let mut both = covered(one, other);
    both.extend(covered(other, one));
    match both.is_empty() {
        true => vec![NO_PRINCIPAL.to_owned()],
        false => unique(both),
    }
}

/// The shortest timeout of all files. `None` if a file turns programs off.
fn program_timeout<'p>(all: impl Iterator<Item = &'p PluginSettings>) -> Option<Duration> {
    let mut shortest: Option<u64> = None;
    for one in all {
        if one.enabled == Some(false) {
            return None;
        }
        shortest = shortest.into_iter().chain(one.timeout_seconds).min();
    }
    Some(shortest.map_or(DEFAULT_TIMEOUT, Duration::from_secs))
}

fn sourced(value: Option<String>, source: &str) -> Option<SourcedValue> {
    Some(SourcedValue {
        value: value?,
        source: source.to_owned(),
    })
}

/// The region in a cluster's ARN; `None` for a name.
pub fn region_of_arn(cluster: &str) -> Option<SourcedValue> {
    let mut parts = cluster.strip_prefix("arn:")?.split(':');
    let region = parts.nth(2).filter(|region| !region.is_empty())?;
    sourced(Some(region.to_owned()), "the cluster's ARN")
}

#[cfg(test)]
mod tests {
    use super::super::BUILT_IN;
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
            debug: false,
            cluster_of_target: None,
        }
    }

    fn parse(text: &str) -> ConfigFile {
        super::super::file::parse(&SourceFile::new("f", text)).unwrap()
    }

    /// The first file is the project's.
    fn settings(global: &Global, variables: &[(&str, &str)], files: &[&str]) -> Settings {
        let layer = |(at, text): (usize, &&str)| Layer {
            path: PathBuf::from(if at == 0 { "project" } else { "user" }),
            source: SourceFile::new("f", *text),
            file: parse(text),
            is_project: at == 0,
        };
        let layers: Vec<Layer> = files.iter().enumerate().map(layer).collect();
        let environment = |name: &str| {
            variables
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        };
        merge(global, &environment, &layers, &parse(BUILT_IN))
    }

    #[test]
    fn the_platform_of_the_runbook_is_built_in() {
        let mut global = global();
        global.cluster = Some("coder-production-cluster".into());
        let settings = settings(&global, &[], &[]);
        assert_eq!(settings.cluster, "coder-production-cluster");
        assert_eq!(settings.region.unwrap().value, "us-west-2");
        assert_eq!(settings.service_prefix, "coder-production-");
        assert_eq!(settings.default_services.len(), 6);
    }

    #[test]
    fn settings_have_the_documented_precedence() {
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
    fn built_in_settings_apply_only_to_their_cluster() {
        let mut global = global();
        global.cluster = Some("mine".into());
        let settings = settings(&global, &[], &[]);
        assert!(settings.region.is_none());
        assert!(settings.default_services.is_empty() && settings.services.is_empty());
        assert_eq!(settings.service_prefix, "");
    }

    #[test]
    fn a_cluster_s_arn_sets_the_region() {
        let mut global = global();
        global.cluster = Some("arn:aws:ecs:eu-west-3:123456789012:cluster/mine".into());
        assert_eq!(
            settings(&global, &[], &[]).region.unwrap().value,
            "eu-west-3"
        );
    }

    #[test]
    fn files_are_merged_key_by_key() {
        let files = [
            "cluster = \"c\"\n[services.web]\ncontainer = \"app\"",
            "[services.web]\ncontainer = \"other\"\nshell = \"/bin/ash\"\n[plugins]\ntimeout_seconds = 3",
        ];
        let settings = settings(&global(), &[], &files);
        let web = &settings.services["web"];
        assert_eq!(web.container.as_deref(), Some("app"));
        assert_eq!(web.shell.as_deref(), Some("/bin/ash"));
        assert_eq!(settings.program_timeout, Some(Duration::from_secs(3)));
    }

    #[test]
    fn a_project_cannot_loosen_the_user_s_expectations() {
        let user = "[plugins]\nenabled = false\ntimeout_seconds = 2\n[expect]\nexec_forbidden = [\"db-*\"]\ntraffic = \"endpoint\"\nsession_logging = true";
        for project in [
            "",
            "[plugins]\ntimeout_seconds = 5",
            "[plugins]\nenabled = true",
            "[expect]\nexec_forbidden = [\"web\"]\nsession_logging = false",
        ] {
            let settings = settings(&global(), &[], &[project, user]);
            assert_eq!(settings.program_timeout, None, "{project}");
            let expect = settings.expect;
            assert!(
                expect.exec_forbidden.contains(&"db-*".to_owned()),
                "{project}"
            );
            assert!(
                expect.traffic.is_some() && expect.session_logging,
                "{project}"
            );
        }
        let project = "[plugins]\nenabled = false\n[expect]\nexec_forbidden = [\"web\"]";
        let settings = settings(&global(), &[], &[project, user]);
        assert_eq!(settings.expect.exec_forbidden, ["web", "db-*"]);
        let alone = self::settings(&global(), &[], &[project, ""]);
        assert!(alone.program_timeout.is_none() && !alone.expect.session_logging);
        let may = |pattern: &str| format!("[expect]\nmay_exec = [\"{pattern}\"]");
        let may_exec = |project: &str, user: &str| {
            let files = [may(project), may(user)];
            let files = [files[0].as_str(), files[1].as_str()];
            self::settings(&global(), &[], &files).expect.may_exec
        };
        let (wide, narrow) = ("arn:aws:iam::*:role/*", "arn:aws:iam::*:role/ops-*");
        assert_eq!(may_exec(wide, narrow), [narrow]);
        assert_eq!(may_exec(narrow, wide), [narrow]);
        let user = "arn:aws:iam::*:user/jane";
        assert_eq!(may_exec(user, narrow), [super::NO_PRINCIPAL]);
        let nobody = "[expect]\nmay_exec = []";
        for (project, own) in [(nobody, may(narrow)), (&may("*"), nobody.to_owned())] {
            let settings = self::settings(&global(), &[], &[project, &own]);
            assert_eq!(settings.expect.may_exec, [super::NO_PRINCIPAL]);
        }
        let slower = "[plugins]\ntimeout_seconds = 5";
        let user = "[plugins]\ntimeout_seconds = 2";
        let settings = self::settings(&global(), &[], &[slower, user]);
        assert_eq!(settings.program_timeout, Some(Duration::from_secs(2)));
    }

    #[test]
    fn settings_record_the_keys_that_the_project_sets() {
        let project = "cluster = \"c\"\nprofile = \"ops\"";
        let identity = |global: &Global, variables: &[(&str, &str)], files: &[&str]| {
            let project = settings(global, variables, files).project.unwrap();
            project.identity().collect::<Vec<_>>()
        };
        assert_eq!(identity(&global(), &[], &[project]), ["cluster", "profile"]);
        assert_eq!(
            identity(&global(), &[("AWS_PROFILE", "me")], &[project]),
            ["cluster"]
        );
        assert_eq!(identity(&global(), &[], &["", project]), [""; 0]);
        let mut named = global();
        named.cluster = Some("c".into());
        assert_eq!(identity(&named, &[], &[project]), ["profile"]);
    }
}
