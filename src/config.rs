//! What the user configured: flags beat environment, that beats the project's `ecs-exec.toml`, that the
//! user's, that the built-in one.

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

use checks::arn;
use checks::facts::Expect;
use custom_checks::expressions::Expression;

use file::File;
pub use file::{Recipe, ServiceSettings};
pub use layers::{Use, load};
pub use paths::{FILE_NAME, found, project_file};
pub use validation::is_region;

use paths::state_folder;

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
    /// Terraform plans have all that there is: what they do not contain is not there.
    pub plan_is_complete: bool,
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
    has_checks: bool,
    pub plugins: Plugins,
    /// Services to check when none is named: not the built-in ones when the cluster is another.
    pub default_services: Vec<String>,
    /// What comes from a file that was found in the working folder or above it.
    pub project: Option<Project>,
}

/// The variable that names a profile.
pub const AWS_PROFILE: &str = "AWS_PROFILE";

/// A value, and where it came from in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Sourced {
    pub value: String,
    pub source: String,
}

/// Whether and how programs `ecs-exec-check-NAME` are asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Plugins {
    pub enabled: bool,
    /// For each of them.
    pub timeout_seconds: u64,
}

impl Default for Plugins {
    fn default() -> Plugins {
        Plugins {
            enabled: true,
            timeout_seconds: custom_checks::programs::TIMEOUT.as_secs(),
        }
    }
}

/// A cluster's name out of its name or ARN.
pub fn short_name(cluster: &str) -> &str {
    arn::name(cluster)
}

/// A file that was found in the working folder or above it.
#[derive(Debug, Clone)]
pub struct Project {
    path: PathBuf,
    file: File,
    /// The file decided, not a flag or a variable.
    sets_cluster: bool,
    sets_profile: bool,
}

impl Project {
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Which of cluster and profile it decided.
    pub fn identity(&self) -> impl Iterator<Item = &'static str> {
        let cluster = self.sets_cluster.then_some("cluster");
        cluster
            .into_iter()
            .chain(self.sets_profile.then_some("profile"))
    }

    pub fn has_recipe(&self, name: &str) -> bool {
        self.file.recipes.contains_key(name)
    }

    /// Whether it says what a session starts in this service.
    pub fn sets_shell_of(&self, service: &str) -> bool {
        let service = self.file.services.get(service);
        service.is_some_and(|service| service.shell.is_some())
    }

    /// Whether it says what a session starts where no service's table does.
    pub fn sets_shell(&self) -> bool {
        self.file.shell.is_some()
    }
}
