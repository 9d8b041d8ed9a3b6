use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Opens shells in ECS containers, and says why when it cannot.
#[derive(Parser)]
#[command(name = "ecs-exec", version, max_term_width = 100, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub global: Global,
}

const EXAMPLES: &str = "\
Examples:
  ecs-exec doctor coder              would a session into the service coder work? if not, why not?
  ecs-exec doctor                    the same for every service of the configuration
  ecs-exec doctor --all --cluster c  the same for a whole cluster
  ecs-exec doctor --demo             what a report looks like, without AWS
  ecs-exec explain TEXT              what an error of ECS Exec means";

#[derive(Subcommand)]
pub enum Command {
    /// Find out whether a session would work, and what stands in its way
    Doctor(Doctor),
    /// Say what a check is about, or what an error text means
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain {
        /// A check's ID, an error text, or `-` to read one from standard input
        #[arg(
            required = true,
            value_name = "CHECK | TEXT | -",
            allow_hyphen_values = true
        )]
        words: Vec<String>,
    },
    /// List every check
    Checks {
        /// What to write
        #[arg(long, default_value = "human", value_name = "FORMAT")]
        format: CatalogueFormat,
    },
}

const EXPLAIN_EXAMPLES: &str = "\
Exit status: 0 where it is known, 1 where it is not.

Examples:
  ecs-exec explain role.ssmmessages
  ecs-exec explain \"An error occurred (TargetNotConnectedException) when calling …\"
  aws ecs execute-command … 2>&1 | ecs-exec explain -";

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CatalogueFormat {
    Human,
    Json,
    Markdown,
}

#[derive(Args)]
pub struct Global {
    /// Cluster, by name or ARN
    #[arg(long, global = true, env = "ECS_EXEC_CLUSTER", help_heading = "AWS")]
    pub cluster: Option<String>,
    /// Region of the cluster
    #[arg(long, global = true, env = "ECS_EXEC_REGION", help_heading = "AWS")]
    pub region: Option<String>,
    /// Profile of ~/.aws/config to use
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
    #[arg(long, global = true, env = "ECS_EXEC_CONFIG", value_name = "FILE")]
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

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Args)]
#[command(after_help = DOCTOR_EXAMPLES)]
pub struct Doctor {
    /// Services, by short or full name; none: those of the configuration
    #[arg(value_name = "SERVICE", conflicts_with_all = ["all", "demo"])]
    pub services: Vec<String>,
    /// Every service of the cluster
    #[arg(long, conflicts_with_all = ["demo", "task"])]
    pub all: bool,
    /// A task, by ID or ARN, instead of a service
    #[arg(long, value_name = "ID", conflicts_with_all = ["services", "demo"])]
    pub task: Vec<String>,
    /// Only this container
    #[arg(long, short, value_name = "NAME")]
    pub container: Option<String>,

    /// What to write
    #[arg(
        long,
        default_value = "human",
        value_name = "FORMAT",
        help_heading = "Report"
    )]
    pub format: Format,
    /// Where to write it, instead of standard output
    #[arg(long, short, value_name = "FILE", help_heading = "Report")]
    pub output: Option<PathBuf>,

    /// Only these checks or areas
    #[arg(
        long,
        value_delimiter = ',',
        value_name = "CHECK,…",
        help_heading = "Checks"
    )]
    pub only: Vec<String>,
    /// All but these checks or areas
    #[arg(
        long,
        value_delimiter = ',',
        value_name = "CHECK,…",
        help_heading = "Checks"
    )]
    pub skip: Vec<String>,
    /// The least that makes the exit status 1
    #[arg(
        long,
        default_value = "fail",
        value_name = "STATUS",
        help_heading = "Checks"
    )]
    pub fail_on: FailOn,
    /// End with status 0, not 3, when something that matters could not be seen
    #[arg(long, help_heading = "Checks")]
    pub allow_unknown: bool,

    /// Facts that are built in: a healthy platform with one thing broken
    #[arg(
        long, value_name = "NAME", num_args = 0..=1, default_missing_value = "stale-tasks",
        require_equals = true, help_heading = "Facts", conflicts_with = "snapshot"
    )]
    pub demo: Option<String>,
    /// Facts from a file instead of AWS
    #[arg(long, value_name = "FILE", help_heading = "Facts")]
    pub snapshot: Option<PathBuf>,
    /// How long to wait for AWS: 30s, 2m
    #[arg(long, default_value = "30s", value_parser = duration, value_name = "TIME", help_heading = "Facts")]
    pub timeout: Duration,
}

const DOCTOR_EXAMPLES: &str = "\
Exit status:
  0  sessions would work        1  a check failed
  2  usage, configuration, credentials, or a target that does not exist
  3  inconclusive: something that matters could not be seen

Examples:
  ecs-exec doctor coder litellm
  ecs-exec doctor --task 0a1b2c3d4e5f67890a1b2c3d4e5f6789 --container app
  ecs-exec doctor --all --format json --output report.json
  ecs-exec doctor --skip local            in CI, where nobody opens a session";

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Human,
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    Warn,
    Fail,
}

fn duration(text: &str) -> Result<Duration, String> {
    let (digits, unit) = text.split_at(
        text.find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len()),
    );
    let number: u64 = digits
        .parse()
        .map_err(|_| "a number and a unit, like 30s or 2m".to_owned())?;
    let seconds = match unit {
        "s" | "" => Some(number),
        "m" => number.checked_mul(60),
        "ms" => return Ok(Duration::from_millis(number)),
        _ => None,
    };
    match seconds {
        Some(0) => Err("more than nothing".to_owned()),
        Some(seconds) if seconds <= 86_400 => Ok(Duration::from_secs(seconds)),
        _ => Err("a number and a unit, like 30s or 2m, and at most a day".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_commands_fit_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn durations() {
        assert_eq!(duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        for bad in ["", "s", "0s", "-1s", "30h", "99999999999999999999s"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
