//! Flags of every command: the cluster, the credentials, the look of the output.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Arg, Args, ValueEnum};

use model::distinct::unique;

/// Flags that every command accepts.
#[derive(Args, Clone, Default)]
pub struct Global {
    /// Cluster, by name or ARN
    #[arg(long, global = true, env = "ECS_EXEC_CLUSTER", help_heading = "AWS")]
    pub cluster: Option<String>,
    /// Region of the cluster
    #[arg(long, global = true, env = "ECS_EXEC_REGION", help_heading = "AWS")]
    pub region: Option<String>,
    /// AWS profile
    #[arg(long, global = true, env = "ECS_EXEC_PROFILE", help_heading = "AWS")]
    pub profile: Option<String>,
    /// Prefix of full service names: `coder` then also means `PREFIXcoder`
    #[arg(
        long,
        global = true,
        env = "ECS_EXEC_SERVICE_PREFIX",
        help_heading = "AWS",
        hide_short_help = true
    )]
    pub service_prefix: Option<String>,
    /// URL to send all AWS calls to
    #[arg(
        long,
        global = true,
        help_heading = "AWS",
        value_name = "URL",
        hide_short_help = true
    )]
    pub endpoint_url: Option<String>,
    /// Configuration file (default: the nearest ecs-exec.toml)
    #[arg(
        long,
        global = true,
        env = "ECS_EXEC_CONFIG",
        value_name = "FILE",
        hide_short_help = true,
        value_parser = OsStringValueParser::new().map(PathBuf::from)
    )]
    pub config: Option<PathBuf>,
    /// When to use color
    #[arg(
        long,
        global = true,
        default_value = "auto",
        value_name = "WHEN",
        hide_short_help = true
    )]
    pub color: Color,
    /// Print no progress and no notes to standard error
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Show more, such as what is in order
    #[arg(long, short, global = true)]
    pub verbose: bool,
    /// Print each call to AWS with its time and request ID to standard error
    #[arg(long, global = true, hide_short_help = true)]
    pub debug: bool,
    /// The ARN of the cluster that a service or task belongs to, if the command names one by its ARN.
    #[arg(skip)]
    pub cluster_of_target: Option<String>,
}

/// The flags about AWS for a command that asks nothing of AWS: it accepts them, and does not list them.
pub fn hidden_aws_flags() -> Vec<Arg> {
    let global = Global::augment_args(clap::Command::new(""));
    let flags = global.get_arguments();
    let of_aws = flags.filter(|flag| flag.get_help_heading() == Some("AWS"));
    of_aws.map(|flag| flag.clone().hide(true)).collect()
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
            value.take_if(|value| value.is_empty() && is_empty(name));
        }
        self.config
            .take_if(|path| path.as_os_str().is_empty() && is_empty("ECS_EXEC_CONFIG"));
    }

    /// The flags that name a cluster, with their values.
    pub fn whereabouts(&self) -> [(&'static str, Option<&str>); 3] {
        [
            ("--cluster", self.cluster.as_deref()),
            ("--region", self.region.as_deref()),
            ("--profile", self.profile.as_deref()),
        ]
    }

    /// The flags that say where to look, as a command line has them.
    pub fn as_arguments(&self) -> Vec<OsString> {
        let [cluster, region, profile] = self.whereabouts();
        let flags = [
            cluster,
            region,
            profile,
            ("--service-prefix", self.service_prefix.as_deref()),
            ("--endpoint-url", self.endpoint_url.as_deref()),
        ];
        let given = flags
            .into_iter()
            .filter_map(|(flag, value)| Some(format!("{flag}={}", value?).into()));
        let config = self.config.iter();
        let config = config.flat_map(|path| ["--config".into(), path.clone().into()]);
        given.chain(config).collect()
    }

    /// The cluster of the command line; one from the environment is not meant for facts from a file.
    pub fn named_cluster(&self) -> Option<&str> {
        unless_from_environment("ECS_EXEC_CLUSTER", self.cluster.as_deref())
    }

    /// The region of the command line, not of the environment.
    pub fn named_region(&self) -> Option<&str> {
        unless_from_environment("ECS_EXEC_REGION", self.region.as_deref())
    }

    /// The profile of the command line, not of the environment.
    pub fn named_profile(&self) -> Option<&str> {
        unless_from_environment("ECS_EXEC_PROFILE", self.profile.as_deref())
    }

    /// Every combination of the clusters, regions and profiles, which are lists separated by commas.
    pub fn places(&self) -> Vec<Global> {
        let mut places = Vec::new();
        for profile in items(self.profile.as_deref()) {
            for region in items(self.region.as_deref()) {
                for cluster in items(self.cluster.as_deref()) {
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

/// The distinct items of a list; `None` for a flag that is not given.
fn items(list: Option<&str>) -> Vec<Option<String>> {
    let Some(list) = list else { return vec![None] };
    let items = list.split(',').map(|item| item.trim().to_owned());
    unique(items).into_iter().map(Some).collect()
}

fn unless_from_environment<'a>(variable: &str, value: Option<&'a str>) -> Option<&'a str> {
    value.filter(|value| std::env::var(variable).as_deref() != Ok(*value))
}

/// When to use color.
#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    #[default]
    Auto,
    Always,
    Never,
}
