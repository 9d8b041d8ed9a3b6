//! Flags of every command: which cluster, whose credentials, how it looks.

use std::path::{Path, PathBuf};

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, ValueEnum};

#[derive(Args, Clone)]
pub struct Global {
    /// Cluster, by name or ARN; the doctor takes several, separated by commas
    #[arg(long, global = true, env = "ECS_EXEC_CLUSTER", help_heading = "AWS")]
    pub cluster: Option<String>,
    /// Region of the cluster; for the doctor several
    #[arg(long, global = true, env = "ECS_EXEC_REGION", help_heading = "AWS")]
    pub region: Option<String>,
    /// Profile of ~/.aws/config to use; for the doctor several
    #[arg(long, global = true, env = "ECS_EXEC_PROFILE", help_heading = "AWS")]
    pub profile: Option<String>,
    /// What full service names begin with; `coder` then also means `PREFIXcoder`
    #[arg(
        long,
        global = true,
        env = "ECS_EXEC_SERVICE_PREFIX",
        help_heading = "AWS"
    )]
    pub service_prefix: Option<String>,
    /// Address to send all AWS calls to
    #[arg(long, global = true, help_heading = "AWS", value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Configuration file, instead of the ecs-exec.toml that is found
    #[arg(
        long,
        global = true,
        env = "ECS_EXEC_CONFIG",
        value_name = "FILE",
        value_parser = OsStringValueParser::new().map(PathBuf::from)
    )]
    pub config: Option<PathBuf>,
    /// When to use colour
    #[arg(long, global = true, default_value = "auto", value_name = "WHEN")]
    pub color: Color,
    /// Say nothing on standard error while facts are gathered
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Show every check, not only those that need attention
    #[arg(long, short, global = true)]
    pub verbose: bool,
}

impl Global {
    /// An empty variable counts as not set, as it does for the AWS SDK.
    pub fn forget_empty_variables(&mut self) {
        let is_empty = |name: &str| std::env::var_os(name).is_some_and(|value| value.is_empty());
        for (name, value) in [
            ("ECS_EXEC_CLUSTER", &mut self.cluster),
            ("ECS_EXEC_REGION", &mut self.region),
            ("ECS_EXEC_PROFILE", &mut self.profile),
            ("ECS_EXEC_SERVICE_PREFIX", &mut self.service_prefix),
        ] {
            if is_empty(name) && value.as_deref() == Some("") {
                *value = None;
            }
        }
        if is_empty("ECS_EXEC_CONFIG") {
            self.config = self.config.take().filter(|path| path != Path::new(""));
        }
    }

    /// The flags that say where, as they were given.
    pub fn whereabouts(&self) -> [(&'static str, Option<&str>); 3] {
        [
            ("--cluster", self.cluster.as_deref()),
            ("--region", self.region.as_deref()),
            ("--profile", self.profile.as_deref()),
        ]
    }

    /// What the command line itself names; the environment's is not meant for files.
    pub fn named_cluster(&self) -> Option<&str> {
        not_of_environment("ECS_EXEC_CLUSTER", &self.cluster)
    }

    pub fn named_region(&self) -> Option<&str> {
        not_of_environment("ECS_EXEC_REGION", &self.region)
    }

    pub fn named_profile(&self) -> Option<&str> {
        not_of_environment("ECS_EXEC_PROFILE", &self.profile)
    }

    /// Every combination of the clusters, regions and profiles that are named, separated by commas.
    pub fn places(&self) -> Vec<Global> {
        let named = |text: &Option<String>| -> Vec<Option<String>> {
            match text {
                Some(text) => {
                    let names = text.split(',').map(|one| one.trim().to_owned());
                    let names = crate::target::distinct(names.collect());
                    names.into_iter().map(Some).collect()
                }
                None => vec![None],
            }
        };
        let mut places = Vec::new();
        for profile in named(&self.profile) {
            for region in named(&self.region) {
                for cluster in named(&self.cluster) {
                    places.push(Global {
                        cluster,
                        region: region.clone(),
                        profile: profile.clone(),
                        quiet: true,
                        ..self.clone()
                    });
                }
            }
        }
        places
    }
}

fn not_of_environment<'a>(variable: &str, value: &'a Option<String>) -> Option<&'a str> {
    let value = value.as_deref()?;
    (std::env::var(variable).ok().as_deref() != Some(value)).then_some(value)
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}
