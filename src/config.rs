//! What the user configured: flags beat environment, that beats the project's `ecs-exec.toml`, that the
//! user's, that the built-in one.

mod file;
mod merge;
mod refuse;

use std::collections::BTreeMap;
use std::path::Path;

use ecs_exec_checks::arn;
use ecs_exec_checks::facts::Expect;
use ecs_exec_own::expressions::Expression;
use serde::Deserialize;

use crate::cli::Global;
use crate::trouble::Trouble;

pub use file::project_file;
pub use refuse::is_region;

const BUILT_IN: &str = include_str!("../config/coder-production.toml");

/// Everything that is settled before AWS is asked.
#[derive(Debug, Clone)]
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
    /// The key that begins those of this program in a session, or `none`.
    pub escape: Option<String>,
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

/// Reads all layers.
pub fn load(global: &Global) -> Result<Settings, Trouble> {
    let environment = |name: &str| std::env::var(name).ok();
    let built_in = file::parse(BUILT_IN, Path::new("the built-in configuration"))?;
    let mut files = Vec::new();
    for path in file::paths(global)? {
        files.push((file::read(&path)?, path));
    }
    let settings = merge::merge(global, &environment, files, built_in);
    refuse::refuse_nonsense(global, &environment, &settings)?;
    Ok(settings)
}

/// A cluster's name out of its name or ARN.
pub fn short_name(cluster: &str) -> &str {
    arn::name(cluster)
}
