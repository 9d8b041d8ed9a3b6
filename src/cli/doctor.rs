//! What is looked at, and what is done about it.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::report::ReportFlags;

/// What is looked at.
#[derive(Args)]
pub struct Targets {
    /// Services, by short or full name; none: those of the configuration, or the whole cluster
    #[arg(value_name = "SERVICE", conflicts_with = "all")]
    pub services: Vec<String>,
    /// Every service of the cluster
    #[arg(long, conflicts_with = "task")]
    pub all: bool,
    /// A task, by ID (its beginning will do) or ARN, instead of a service
    #[arg(long, value_name = "ID", conflicts_with = "services")]
    pub task: Vec<String>,
    /// Only this container
    #[arg(long, short, value_name = "NAME")]
    pub container: Option<String>,
}

#[derive(Args)]
#[command(after_help = DOCTOR_EXAMPLES)]
pub struct Doctor {
    #[command(flatten)]
    pub targets: Targets,
    #[command(flatten)]
    pub report: ReportFlags,

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

    /// Open a session into each target and run a command in it: settles what can only be inferred otherwise
    #[arg(long, help_heading = "Facts", conflicts_with_all = ["demo", "snapshot"])]
    pub live: bool,
    /// Facts that are built in: a platform that is healthy, or has stale-tasks, task-role, caller-policy or no-endpoint
    /// broken
    #[arg(
        long, value_name = "NAME", num_args = 0..=1, default_missing_value = "stale-tasks",
        require_equals = true, help_heading = "Facts", conflicts_with_all = ["snapshot", "plan"]
    )]
    pub demo: Option<String>,
    /// Facts that `ecs-exec capture` wrote, instead of AWS
    #[arg(long, value_name = "FILE", help_heading = "Facts")]
    pub snapshot: Option<PathBuf>,
    /// Facts of a Terraform plan, from `terraform show -json`: what would be after apply
    #[arg(long, value_name = "FILE", help_heading = "Facts", conflicts_with_all = ["snapshot", "task", "live"])]
    pub plan: Option<PathBuf>,
    /// Read from AWS what the plan does not manage
    #[arg(long, help_heading = "Facts", requires = "plan", conflicts_with_all = ["demo", "snapshot"])]
    pub plan_over_live: bool,
    /// The plan has all that there is, so that what it does not contain is not there: no other stack adds endpoints,
    /// routes or policies to what the plan manages
    #[arg(long, help_heading = "Facts", requires = "plan")]
    pub plan_is_complete: bool,
    /// Look again and again while something rolls out, and end with the verdict
    #[arg(long, help_heading = "Facts", conflicts_with_all = ["demo", "snapshot", "plan", "fix"])]
    pub watch: bool,
    /// How long to wait for AWS (30s), and for what fixes roll out (15m)
    #[arg(long, value_parser = duration, value_name = "TIME", help_heading = "Facts")]
    pub timeout: Option<Duration>,

    #[command(flatten)]
    pub fix: FixFlags,
}

const DOCTOR_EXAMPLES: &str = "\
Exit status:
  0  sessions would work        1  a check failed
  2  usage, configuration, credentials, or a target that does not exist
  3  inconclusive: something that matters could not be seen

Examples:
  ecs-exec doctor coder litellm
  ecs-exec doctor --task 0a1b2c3d4e5f67890a1b2c3d4e5f6789 --container app
  ecs-exec doctor --all --format json=report.json --format markdown=ticket.md
  ecs-exec doctor coder --watch           during a roll-out
  ecs-exec doctor coder --live            opens a session, to be sure
  ecs-exec doctor --plan tfplan.json      before apply, without AWS
  ecs-exec doctor --skip local            in CI, which opens no session";

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    Warn,
    Fail,
}

/// Whether causes are mended.
#[derive(Args)]
#[command(next_help_heading = "Fix")]
pub struct FixFlags {
    /// Show what would mend the root causes, ask, do it, wait, and look again
    #[arg(long)]
    pub fix: bool,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
    /// Only show what would be changed
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
    /// Change also what infrastructure code probably owns: roles, endpoints, groups
    #[arg(long)]
    pub allow_drift: bool,
}

pub(super) const FIX_EXAMPLES: &str = "\
Only root causes are fixed. Without --yes it asks; without a terminal and
without --yes nothing is changed, and the exit status is 2. Tasks are replaced
last, and not at all while another cause stays broken on their service.

Exit status: as doctor's, of what is found afterwards.

Examples:
  ecs-exec fix coder
  ecs-exec fix coder --dry-run
  ecs-exec fix coder --yes --timeout 20m      in CI: waits for the roll-out
  ecs-exec fix --all --allow-drift            roles, endpoints and groups too";

#[derive(Args)]
#[command(after_help = CAPTURE_EXAMPLES)]
pub struct Capture {
    #[command(flatten)]
    pub targets: Targets,
    /// Where to write it; - is standard output
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
    /// Change names and account numbers, the same one wherever it stands
    #[arg(long)]
    pub anonymize: bool,
    /// New file for the real names behind the made-up ones: keep it to yourself
    #[arg(long, value_name = "FILE", requires = "anonymize")]
    pub names: Option<PathBuf>,
    /// How long to wait for AWS: 30s, 2m
    #[arg(long, default_value = "30s", value_parser = duration, value_name = "TIME")]
    pub timeout: Duration,
}

/// What somebody wrote about an anonymized capture, and the names behind it.
#[derive(Args)]
#[command(after_help = REAL_NAMES_EXAMPLES)]
pub struct RealNames {
    /// The file that `capture --names` wrote
    #[arg(value_name = "NAMES")]
    pub names: PathBuf,
    /// The answer: a report, a message; - is standard input
    #[arg(default_value = "-", value_name = "FILE")]
    pub answer: PathBuf,
}

const REAL_NAMES_EXAMPLES: &str = "\
Examples:
  ecs-exec capture web --anonymize -o web.json --names web.names.json
  ecs-exec real-names web.names.json answer.md
  ecs-exec doctor --snapshot web.json | ecs-exec real-names web.names.json";

const CAPTURE_EXAMPLES: &str = "\
It holds names of environment variables and keys of tags, never their values,
and no texts that look like secrets.

Examples:
  ecs-exec capture coder -o coder.json
  ecs-exec capture --all --anonymize -o cluster.json
  ecs-exec capture web --anonymize -o web.json --names web.names.json
  ecs-exec doctor --snapshot coder.json       the doctor, without AWS";

/// In milliseconds.
const A_DAY: u64 = 86_400_000;

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let (digits, unit) = text.split_at(
        text.find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len()),
    );
    let number: u64 = digits
        .parse()
        .map_err(|_| "a number and a unit, like 30s or 2m".to_owned())?;
    let milliseconds = match unit {
        "ms" => Some(number),
        "s" | "" => number.checked_mul(1_000),
        "m" => number.checked_mul(60_000),
        "h" => number.checked_mul(3_600_000),
        _ => None,
    };
    match milliseconds {
        Some(0) => Err("more than nothing".to_owned()),
        Some(milliseconds) if milliseconds <= A_DAY => Ok(Duration::from_millis(milliseconds)),
        _ => Err("a number and a unit (ms, s, m or h), like 30s or 2m, and at most 24h".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        for bad in [
            "",
            "s",
            "0s",
            "-1s",
            "30d",
            "99999999999999999999s",
            "0ms",
            "90000000ms",
        ] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
