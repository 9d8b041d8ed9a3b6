//! The settings of a command. Flags beat the environment, which beats the project's `ecs-exec.toml`, then the user's, then
//! the built-in one.
//!
//! - `paths`: where the files are. `safe_read`: reads them if no other user can have written them.
//! - `file`, `expect_table`: the keys of a file. `trusted_keys`: which of them need trust. `trust`: which project files have it.
//! - `merge`: flags, environment and files to [`Settings`]. `validation`: refuses settings that cannot work.
//! - `layers`: all of these in order.

mod expect_table;
mod file;
mod layers;
mod merge;
mod paths;
mod safe_read;
pub mod trust;
mod trusted_keys;
mod validation;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use custom_checks::ExprCheck;
use model::arn;
use model::facts::Expect;

use file::ConfigFile;
pub use file::{Recipe, ServiceSettings};
pub use layers::{Use, built_in_cluster, load, settings_to_complete};
pub use paths::{FILE_NAME, discovered_file, project_file, state_folder};
pub use validation::is_region;

/// What messages call the built-in file.
const BUILT_IN_NAME: &str = "the built-in configuration";
const BUILT_IN: &str = include_str!("../config/coder-production.toml");

/// Everything that is known before the first AWS call.
#[derive(Debug, Clone)]
pub struct Settings {
    /// A name or an ARN; empty if none is named.
    pub cluster: String,
    /// No setting names the cluster: the user chose it, or it is the only one.
    pub cluster_is_chosen: bool,
    /// Nothing says where to work: the built-in cluster is used.
    pub is_built_in: bool,
    /// `None`: the region of the AWS profile.
    pub region: Option<SourcedValue>,
    /// `None`: the SDK decides.
    pub profile: Option<SourcedValue>,
    /// Users can omit it from service names.
    pub service_prefix: String,
    /// A Terraform plan contains all resources: what is not in it does not exist.
    pub plan_is_complete: bool,
    /// Replaces the endpoints of all AWS services.
    pub endpoint_url: Option<String>,
    /// By short name.
    pub services: BTreeMap<String, ServiceSettings>,
    /// The program that a session starts, unless the service's table names one.
    pub shell: Option<String>,
    /// The escape character of sessions, or `none`.
    pub escape: Option<String>,
    pub expect: Expect,
    /// By name.
    pub recipes: BTreeMap<String, Recipe>,
    /// Expressions only; programs are found later.
    pub custom_checks: Vec<ExprCheck>,
    has_checks: bool,
    /// How long each program `ecs-exec-check-NAME` can run. `None`: they are turned off.
    pub program_timeout: Option<Duration>,
    /// Services to check if none is named.
    pub default_services: Vec<String>,
    /// The file that was found in the working folder or above it.
    pub project: Option<Project>,
}

impl Settings {
    /// Whether the configuration names this service, by its short or full name.
    pub fn has_service(&self, name: &str) -> bool {
        let short = name.strip_prefix(&self.service_prefix).unwrap_or(name);
        self.services.contains_key(name) || self.services.contains_key(short)
    }
}

/// The environment variable with the AWS profile.
pub const AWS_PROFILE: &str = "AWS_PROFILE";

/// A value, and where it comes from, for messages.
#[derive(Debug, Clone, PartialEq)]
pub struct SourcedValue {
    pub value: String,
    pub source: String,
}

/// The cluster's name, from its name or ARN.
pub fn short_name(cluster: &str) -> &str {
    arn::name(cluster)
}

/// A file that was found in the working folder or above it.
#[derive(Debug, Clone)]
pub struct Project {
    path: PathBuf,
    file: ConfigFile,
    /// Whether the file decided, and not a flag or a variable.
    sets_cluster: bool,
    sets_profile: bool,
}

impl Project {
    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Which of cluster and profile it decides.
    pub fn identity(&self) -> impl Iterator<Item = &'static str> {
        let cluster = self.sets_cluster.then_some("cluster");
        cluster
            .into_iter()
            .chain(self.sets_profile.then_some("profile"))
    }

    /// Whether the file has a recipe of this name.
    pub fn has_recipe(&self, name: &str) -> bool {
        self.file.recipes.contains_key(name)
    }

    /// Whether it sets the shell of this service.
    pub fn sets_shell_of(&self, service: &str) -> bool {
        let service = self.file.services.get(service);
        service.is_some_and(|service| service.shell.is_some())
    }

    /// Whether it sets the shell of services without one of their own.
    pub fn sets_shell(&self) -> bool {
        self.file.shell.is_some()
    }
}
