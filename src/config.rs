//! What the user configured: flags beat environment, that beats the project's `ecs-exec.toml`, that the
//! user's, that the built-in one.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};

use ecs_exec_checks::arn;
use ecs_exec_checks::facts::Expect;
use ecs_exec_own::expressions::{self, Expression};
use serde::Deserialize;

use crate::cli::Global;
use crate::trouble::Trouble;

const FILE_NAME: &str = "ecs-exec.toml";
const BUILT_IN: &str = include_str!("../config/coder-production.toml");

/// Everything that is settled before AWS is asked.
#[derive(Debug)]
pub struct Settings {
    pub cluster: String,
    /// `None`: whatever the AWS profile says.
    pub region: Option<Sourced>,
    /// The AWS profile that was named; `None`: what the SDK finds.
    pub profile: Option<Sourced>,
    pub service_prefix: String,
    pub endpoint_url: Option<String>,
    /// By short name.
    pub services: BTreeMap<String, ServiceSettings>,
    /// What a session starts where the service's own table does not say.
    pub shell: Option<String>,
    pub expect: Expect,
    /// Commands by name; those of files beside those that are built in.
    pub recipes: BTreeMap<String, Recipe>,
    /// The user's own checks; of two with the same ID the one of the nearer file.
    pub own: Vec<Expression>,
    pub plugins: Plugins,
    /// Services to check when none is named: not the built-in ones when the cluster is another.
    pub default_services: Vec<String>,
}

/// The variable that names a profile.
pub const AWS_PROFILE: &str = "AWS_PROFILE";

/// A value, and where it came from in words.
#[derive(Debug, Clone)]
pub struct Sourced {
    pub value: String,
    pub source: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceSettings {
    pub container: Option<String>,
    /// What a session starts.
    pub shell: Option<String>,
}

/// A command that is run often in one service.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Short or full name.
    pub service: String,
    #[serde(default)]
    pub description: String,
    pub container: Option<String>,
    /// A program and its arguments, as they are: no shell takes them apart.
    pub command: Vec<String>,
    /// It is a session for a person, not a command whose output is printed.
    #[serde(default)]
    pub interactive: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    cluster: Option<String>,
    region: Option<String>,
    profile: Option<String>,
    service_prefix: Option<String>,
    #[serde(default)]
    services: BTreeMap<String, ServiceSettings>,
    /// What a session starts where the service's own table does not say.
    shell: Option<String>,
    #[serde(default)]
    recipes: BTreeMap<String, Recipe>,
    expect: Option<Expect>,
    /// The user's own checks, which [`ecs_exec_own`] reads out of the text itself.
    #[serde(rename = "checks")]
    _checks: Option<toml::Table>,
    #[serde(skip)]
    own: Vec<Expression>,
    plugins: Option<Plugins>,
}

/// Whether and how programs `ecs-exec-check-NAME` are asked.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Plugins {
    pub enabled: bool,
    /// For each of them.
    pub timeout_seconds: u64,
}

impl Default for Plugins {
    fn default() -> Plugins {
        Plugins {
            enabled: true,
            timeout_seconds: ecs_exec_own::programs::TIMEOUT.as_secs(),
        }
    }
}

/// Reads all layers. `environment` is [`std::env::var`] outside tests.
pub fn load(
    global: &Global,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<Settings, Trouble> {
    let built_in = parse(BUILT_IN, Path::new("the built-in configuration"))?;
    let mut files = Vec::new();
    for path in paths(global)? {
        files.push((read(&path)?, path));
    }
    let settings = merge(global, &environment, files, built_in);
    refuse_nonsense(global, &environment, &settings)?;
    Ok(settings)
}

/// What no AWS could be asked with, and what contradicts itself.
fn refuse_nonsense(
    global: &Global,
    environment: &impl Fn(&str) -> Option<String>,
    settings: &Settings,
) -> Result<(), Trouble> {
    let several = [
        ("--cluster", &global.cluster),
        ("--region", &global.region),
        ("--profile", &global.profile),
    ];
    for (flag, value) in several {
        if value.as_deref().is_some_and(|value| value.contains(',')) {
            return Err(Trouble::new(
                format!("{flag} names several"),
                "Only `ecs-exec doctor` looks at several clusters at once.",
            ));
        }
    }
    if arn::kind(&settings.cluster).is_some_and(|kind| kind != "cluster") {
        return Err(Trouble::new(
            format!("{} is no cluster's ARN", settings.cluster),
            "It looks like arn:aws:ecs:REGION:ACCOUNT:cluster/NAME.",
        ));
    }
    if short_name(&settings.cluster).is_empty() {
        return Err(Trouble::new(
            "the cluster's name is empty",
            "Name one with --cluster.",
        ));
    }
    if let Some(Sourced { value, source }) = &settings.region {
        if !is_region(value) {
            return Err(Trouble::new(
                format!("{value} (from {source}) is no region"),
                "Regions look like us-west-2.",
            ));
        }
    }
    if let (Some(flag), Some(arn)) = (&global.region, region_of_arn(&settings.cluster))
        && *flag != arn.value
    {
        return Err(Trouble::new(
            format!(
                "--region says {flag}, and the cluster's ARN says {}",
                arn.value
            ),
            "Leave --region out, or correct one of them.",
        ));
    }
    match bad_address(environment, settings) {
        // The address itself may hold a password.
        Some(name) => Err(Trouble::new(
            format!("{name} is no address that AWS calls could be sent to"),
            "It has to begin with http:// or https://.",
        )),
        None => Ok(()),
    }
}

/// The flag or variable that names an address which is none.
fn bad_address(
    environment: &impl Fn(&str) -> Option<String>,
    settings: &Settings,
) -> Option<&'static str> {
    const VARIABLES: [&str; 9] = [
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS",
        "AWS_ENDPOINT_URL_EC2",
        "AWS_ENDPOINT_URL_ECS",
        "AWS_ENDPOINT_URL_IAM",
        "AWS_ENDPOINT_URL_KMS",
        "AWS_ENDPOINT_URL_S3",
        "AWS_ENDPOINT_URL_SSM",
        "AWS_ENDPOINT_URL_STS",
    ];
    let is_bad = |url: String| !url.is_empty() && !is_http(&url);
    if let Some(url) = &settings.endpoint_url {
        return is_bad(url.clone()).then_some("--endpoint-url");
    }
    let ignored = environment("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    if ignored.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return None;
    }
    let mut variables = VARIABLES.into_iter();
    variables.find(|name| environment(name).is_some_and(is_bad))
}

/// Whether a text has the form of a region's name.
pub fn is_region(value: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !value.is_empty() && value.chars().all(plain)
}

fn is_http(url: &str) -> bool {
    url.split_once("://").is_some_and(|(scheme, rest)| {
        matches!(scheme, "http" | "https")
            && !rest.is_empty()
            && !rest.contains(|c: char| c.is_whitespace() || c.is_control())
    })
}

fn merge(
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
    let mut services = built_in.services;
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
            .or(built_in.service_prefix)
            .unwrap_or_default(),
        endpoint_url: global.endpoint_url.clone(),
        services,
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

fn region_of_arn(cluster: &str) -> Option<Sourced> {
    let mut parts = cluster.strip_prefix("arn:")?.split(':');
    let value = parts.nth(2).filter(|region| !region.is_empty())?;
    Some(Sourced {
        value: value.to_owned(),
        source: "the cluster's ARN".to_owned(),
    })
}

/// A cluster's name out of its name or ARN.
pub fn short_name(cluster: &str) -> &str {
    cluster.rsplit('/').next().unwrap_or(cluster)
}

/// The files that count, the strongest first.
fn paths(global: &Global) -> Result<Vec<PathBuf>, Trouble> {
    if let Some(path) = &global.config {
        return Ok(vec![path.clone()]);
    }
    let mut paths = Vec::new();
    paths.extend(project_file(global));
    paths.extend(user_file().filter(|path| path.is_file()));
    Ok(paths)
}

/// The file that was named, or the one of the folder and those above it.
pub fn project_file(global: &Global) -> Option<PathBuf> {
    if global.config.is_some() {
        return global.config.clone();
    }
    let here = env::current_dir().ok()?;
    here.ancestors()
        .map(|folder| folder.join(FILE_NAME))
        .find(|path| path.is_file())
}

/// `$XDG_CONFIG_HOME/ecs-exec/ecs-exec.toml`, or the same under `~/.config` or `%APPDATA%`.
fn user_file() -> Option<PathBuf> {
    let folder = env::var_os("XDG_CONFIG_HOME")
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
        .or_else(|| env::var_os("APPDATA").map(PathBuf::from))
        .or_else(|| Some(env::home_dir()?.join(".config")))?;
    Some(folder.join("ecs-exec").join(FILE_NAME))
}

fn read(path: &Path) -> Result<File, Trouble> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Trouble::new(
            format!(
                "the configuration {} cannot be read: {error}",
                path.display()
            ),
            "Name another file with --config, or mend this one.",
        )
    })?;
    let mut file = parse(&text, path)?;
    file.own = expressions::load(&text, &path.display().to_string()).map_err(|error| {
        let help = error.help.clone().unwrap_or_default();
        Trouble::new(error.to_string(), help)
    })?;
    Ok(file)
}

fn parse(text: &str, path: &Path) -> Result<File, Trouble> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| {
            text[..span.start.min(text.len())].matches('\n').count() + 1
        });
        let (message, help) = reword(error.message());
        Trouble::new(format!("{}:{line}: {message}", path.display()), help)
    })
}

/// An unknown key gets its nearest known one.
fn reword(message: &str) -> (String, String) {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match quoted.as_slice() {
        [unknown, known @ ..] if message.starts_with("unknown variant") => (
            format!("`{unknown}` is not known here"),
            format!("Known: {}.", known.join(", ")),
        ),
        [unknown, known @ ..] if message.starts_with("unknown field") => {
            let help = match crate::target::nearest(unknown, known.iter().copied()).first() {
                Some(near) => format!("Did you mean `{near}`?"),
                None => format!("Known keys: {}.", known.join(", ")),
            };
            (format!("unknown key `{unknown}`"), help)
        }
        _ => (message.trim().replace('\n', " "), String::new()),
    }
}

#[cfg(test)]
mod tests {
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
        assert!(settings.default_services.is_empty());
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

    #[test]
    fn an_unknown_key_names_file_line_and_nearest_key() {
        let trouble = parse(
            "cluster = \"a\"\nservice_prefx = \"b\"",
            Path::new("x.toml"),
        )
        .unwrap_err();
        assert_eq!(trouble.what, "x.toml:2: unknown key `service_prefx`");
        assert_eq!(trouble.help, "Did you mean `service_prefix`?");
        let trouble = parse("cluster = [", Path::new("x.toml")).unwrap_err();
        assert!(trouble.what.starts_with("x.toml:1: "), "{}", trouble.what);
    }
}
