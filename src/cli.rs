use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Opens shells in ECS containers, and says why when it cannot
#[derive(Parser)]
#[command(
    name = "ecs-exec",
    version,
    max_term_width = 100,
    override_usage = "ecs-exec [OPTIONS] SERVICE [CONTAINER] [COMMAND]\n       ecs-exec [OPTIONS] COMMAND …",
    after_help = EXAMPLES
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub global: Global,
}

const EXAMPLES: &str = "\
A service that has a command's name is reached with `ecs-exec exec NAME`.

Examples:
  ecs-exec coder                     a shell in the service coder
  ecs-exec litellm litellm \"/bin/sh -c 'curl localhost:4000/health'\"
  ecs-exec run coder -- cat /etc/os-release
  ecs-exec list                      services, their tasks and containers
  ecs-exec logs coder --follow
  ecs-exec doctor coder              would a session into the service coder work? if not, why not?
  ecs-exec doctor --all --cluster c  the same for a whole cluster
  ecs-exec doctor --plan plan.json   the same before terraform apply
  ecs-exec fix coder                 mend what stands in the way
  ecs-exec capture coder -o c.json   what the doctor knows, for somebody else
  ecs-exec doctor --demo             what a report looks like, without AWS
  ecs-exec explain TEXT              what an error of ECS Exec means";

#[derive(Subcommand)]
pub enum Command {
    /// Open a session: the explicit form of `ecs-exec SERVICE`
    #[command(after_help = EXEC_EXAMPLES)]
    Exec(Exec),
    /// Run a command, print its output, end with its exit status
    #[command(after_help = RUN_EXAMPLES)]
    Run(Run),
    /// Run a command that the configuration has a name for
    Recipe(RecipeArguments),
    /// List services, their tasks and containers, and whether they can be entered
    List(List),
    /// Print what a service's containers wrote to CloudWatch Logs
    #[command(after_help = LOGS_EXAMPLES)]
    Logs(Logs),
    /// Forward a port of this machine to one of a container, or to one that it can reach
    #[command(after_help = FORWARD_EXAMPLES)]
    PortForward(PortForward),
    /// Copy a file to or from a container
    #[command(after_help = CP_EXAMPLES)]
    Cp(Cp),
    /// Find out whether a session would work, and what stands in its way
    Doctor(Doctor),
    /// Mend what the doctor finds: the same as doctor --fix
    #[command(
        after_help = FIX_EXAMPLES,
        mut_arg("fix", |flag| flag.hide(true)),
        mut_arg("demo", |flag| flag.hide(true)),
        mut_arg("snapshot", |flag| flag.hide(true)),
        mut_arg("plan", |flag| flag.hide(true)),
        mut_arg("plan_over_live", |flag| flag.hide(true)),
        mut_arg("watch", |flag| flag.hide(true))
    )]
    Fix(Doctor),
    /// Write what the doctor knows to a file, without secrets, to be read elsewhere
    Capture(Capture),
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
    /// Write an ecs-exec.toml for a cluster
    Init(Init),
    /// Print the least policy for somebody who has a part in ECS Exec
    #[command(after_help = POLICY_EXAMPLES)]
    Policy(Policy),
    /// Print a script that completes commands and flags in a shell
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page; with a folder, write one for each command there
    Man {
        /// Where to write them
        #[arg(value_name = "DIR")]
        folder: Option<PathBuf>,
    },
    /// Print the JSON Schema of the doctor's report
    Schema,
    /// What `ecs-exec SERVICE [CONTAINER] [COMMAND]` stands for
    #[command(hide = true, name = SHORT_FORM)]
    Short(Short),
    #[command(external_subcommand)]
    Other(Vec<OsString>),
}

/// The hidden command into which `ecs-exec SERVICE …` is turned.
pub const SHORT_FORM: &str = "open-a-session";

/// `ecs-exec SERVICE [CONTAINER] [COMMAND]`
#[derive(Args)]
pub struct Short {
    /// Service, by short or full name
    pub service: String,
    /// Container; without it the configured one, or the only one
    pub container: Option<String>,
    /// What to run, as one text; without it a shell
    pub command: Option<String>,
    #[command(flatten)]
    pub session: SessionFlags,
}

#[derive(Args)]
pub struct Exec {
    /// Service, by short or full name
    #[arg(required_unless_present = "task")]
    pub service: Option<String>,
    /// Container; without it the configured one, or the only one
    #[arg(long, short, value_name = "NAME")]
    pub container: Option<String>,
    /// A program and its arguments; without it a shell
    #[arg(last = true, value_name = "CMD")]
    pub command: Vec<String>,
    #[command(flatten)]
    pub session: SessionFlags,
}

#[derive(Args)]
pub struct SessionFlags {
    /// Task, by ID, by ARN, or by the beginning of an ID; without it the newest that can be entered
    #[arg(long, value_name = "ID")]
    pub task: Option<String>,
    /// Choose the task, and the container, from a list
    #[arg(long)]
    pub pick: bool,
    /// What carries the session: this program itself, or the Session Manager plugin
    #[arg(long, default_value = "native", value_name = "NAME")]
    pub transport: Transport,
    /// Ask the doctor first, and open nothing where it finds a cause
    #[arg(long)]
    pub doctor: bool,
    /// Do not ask the doctor when the session cannot be opened
    #[arg(long, conflicts_with = "doctor")]
    pub no_doctor: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Transport {
    Native,
    Plugin,
}

const EXEC_EXAMPLES: &str = "\
Exit status: 0 when the session ended, 255 when it could not be opened. What the remote
command ended with ECS Exec does not tell; `ecs-exec run` finds out.

Examples:
  ecs-exec exec coder
  ecs-exec exec coder -c envoy -- /bin/sh -c 'ls /etc | head'
  ecs-exec exec --task 0a1b --pick";

#[derive(Args)]
pub struct Run {
    /// Service, by short or full name
    #[arg(required_unless_present = "task")]
    pub service: Option<String>,
    /// Container; without it the configured one, or the only one
    #[arg(long, short, value_name = "NAME")]
    pub container: Option<String>,
    /// Task, by ID, by ARN, or by the beginning of an ID; without it the newest that can be entered
    #[arg(long, value_name = "ID", conflicts_with = "all_tasks")]
    pub task: Option<String>,
    /// Run it in every task of the service at once, each line with the task's ID before it
    #[arg(long)]
    pub all_tasks: bool,
    /// End it after this time, with status 124
    #[arg(long, value_parser = duration, value_name = "TIME")]
    pub timeout: Option<Duration>,
    /// Do not ask the doctor when it cannot be run
    #[arg(long)]
    pub no_doctor: bool,
    /// A program and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    pub command: Vec<String>,
}

const RUN_EXAMPLES: &str = "\
The container needs /bin/sh and cat. Standard input is passed on where it is no terminal;
for that the container needs base64 and sed too.

Exit status: the command's; 124 after --timeout, 255 when it could not be run.

Examples:
  ecs-exec run coder -- cat /etc/os-release
  ecs-exec run litellm -- sh -c 'curl -s localhost:4000/health' | jq .
  ecs-exec run coder --all-tasks -- uptime
  ecs-exec run clickhouse -- clickhouse-client < query.sql";

#[derive(Args)]
pub struct RecipeArguments {
    /// The recipe's name
    #[arg(required_unless_present = "list")]
    pub name: Option<String>,
    /// Show the recipes that there are
    #[arg(long)]
    pub list: bool,
    /// Task, by ID, by ARN, or by the beginning of an ID; without it the newest that can be entered
    #[arg(long, value_name = "ID")]
    pub task: Option<String>,
    /// Do not ask the doctor when it cannot be run
    #[arg(long)]
    pub no_doctor: bool,
}

#[derive(Args)]
pub struct List {
    /// Services, by short or full name; none: those of the configuration, or the whole cluster, or the whole cluster
    #[arg(value_name = "SERVICE", conflicts_with = "all")]
    pub services: Vec<String>,
    /// Every service of the cluster
    #[arg(long)]
    pub all: bool,
    /// What to write
    #[arg(long, default_value = "human", value_name = "FORMAT")]
    pub format: TableFormat,
}

#[derive(Args)]
pub struct Logs {
    /// Service, by short or full name
    pub service: String,
    /// Only this container
    #[arg(long, short, value_name = "NAME")]
    pub container: Option<String>,
    /// Go on with what is written from now on, until Ctrl-C
    #[arg(long, short)]
    pub follow: bool,
    /// How far back to begin: 10m, 2h
    #[arg(long, default_value = "10m", value_parser = duration, value_name = "TIME")]
    pub since: Duration,
    /// Only events that match, in the filter language of CloudWatch Logs
    #[arg(long, value_name = "PATTERN")]
    pub filter: Option<String>,
}

const LOGS_EXAMPLES: &str = "\
Examples:
  ecs-exec logs coder --since 1h
  ecs-exec logs coder --follow --filter '?ERROR ?WARN'";

#[derive(Args)]
pub struct PortForward {
    /// Service, by short or full name
    pub service: String,
    /// LOCAL:REMOTE, or LOCAL:HOST:REMOTE to go through the container to a host
    pub ports: String,
    /// Container; without it the configured one, or the only one
    #[arg(long, short, value_name = "NAME")]
    pub container: Option<String>,
    /// Task, by ID, by ARN, or by the beginning of an ID; without it the newest that can be entered
    #[arg(long, value_name = "ID")]
    pub task: Option<String>,
}

const FORWARD_EXAMPLES: &str = "\
Needs the Session Manager plugin, and ssm:StartSession on the task: it goes past ECS.

Examples:
  ecs-exec port-forward litellm 8080:4000
  ecs-exec port-forward coder 5432:db.internal:5432";

#[derive(Args)]
pub struct Cp {
    /// SERVICE:PATH in a container, or a path of this machine
    pub from: String,
    /// SERVICE:PATH in a container, or a path of this machine
    pub to: String,
    /// Container; without it the configured one, or the only one
    #[arg(long, short, value_name = "NAME")]
    pub container: Option<String>,
    /// Task, by ID, by ARN, or by the beginning of an ID; without it the newest that can be entered
    #[arg(long, value_name = "ID")]
    pub task: Option<String>,
}

const CP_EXAMPLES: &str = "\
One file at a time, through a session; checked by its SHA-256 at both ends. The container needs
/bin/sh, cat, base64, sed and sha256sum.

Examples:
  ecs-exec cp coder:/etc/os-release .
  ecs-exec cp fix.sql clickhouse:/tmp/fix.sql";

#[derive(Args)]
pub struct Init {
    /// Where to write it
    #[arg(long, short, default_value = "ecs-exec.toml", value_name = "FILE")]
    pub output: PathBuf,
    /// Write over a file that is there
    #[arg(long)]
    pub force: bool,
}

const FIX_EXAMPLES: &str = "\
Only root causes are mended. Without --yes it asks; without a terminal and
without --yes nothing is changed, and the exit status is 2.

Exit status: as doctor's, of what is found afterwards.

Examples:
  ecs-exec fix coder
  ecs-exec fix coder --yes --timeout 20m      in CI: replace tasks, wait for the roll-out
  ecs-exec fix --all --allow-drift            change roles, endpoints and groups too";

#[derive(Args)]
pub struct Policy {
    /// Whom it is for
    #[arg(value_name = "WHOM")]
    pub kind: PolicyKind,
    /// What to write
    #[arg(long, default_value = "json", value_name = "FORMAT")]
    pub format: PolicyFormat,
    /// The account; without it AWS is asked who this is
    #[arg(long, value_name = "NUMBER", value_parser = account)]
    pub account: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PolicyKind {
    /// Who opens sessions
    Caller,
    /// The role that containers get
    TaskRole,
    /// Who runs `ecs-exec doctor`
    Doctor,
    /// The ssmmessages endpoint
    Endpoint,
    /// Keeps callers from opening sessions past ECS
    DenyStartSession,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PolicyFormat {
    Json,
    Terraform,
}

fn account(text: &str) -> Result<String, String> {
    match text.len() == 12 && text.chars().all(|c| c.is_ascii_digit()) {
        true => Ok(text.to_owned()),
        false => Err("an account number has 12 digits".to_owned()),
    }
}

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  ecs-exec completions bash > ~/.local/share/bash-completion/completions/ecs-exec
  ecs-exec completions zsh > ~/.zfunc/_ecs-exec
  ecs-exec completions fish > ~/.config/fish/completions/ecs-exec.fish";

const POLICY_EXAMPLES: &str = "\
Examples:
  ecs-exec policy caller
  ecs-exec policy doctor --format terraform --account 123456789012 > doctor.tf";

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

impl Global {
    /// Every combination of the clusters, regions and profiles that are named, separated by commas.
    pub fn places(&self) -> Vec<Global> {
        let named = |text: &Option<String>| -> Vec<Option<String>> {
            match text {
                Some(text) => text
                    .split(',')
                    .map(|one| Some(one.trim().to_owned()))
                    .collect(),
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

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

/// What is looked at.
#[derive(Args)]
pub struct Targets {
    /// Services, by short or full name; none: those of the configuration
    #[arg(value_name = "SERVICE", conflicts_with = "all")]
    pub services: Vec<String>,
    /// Every service of the cluster
    #[arg(long, conflicts_with = "task")]
    pub all: bool,
    /// A task, by ID or ARN, instead of a service
    #[arg(long, value_name = "ID", conflicts_with = "services")]
    pub task: Vec<String>,
    /// Only this container
    #[arg(long, short, value_name = "NAME")]
    pub container: Option<String>,
}

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
    /// How long to wait for AWS: 30s, 2m
    #[arg(long, default_value = "30s", value_parser = duration, value_name = "TIME")]
    pub timeout: Duration,
}

const CAPTURE_EXAMPLES: &str = "\
It holds names of environment variables and keys of tags, never their values,
and no texts that look like secrets.

Examples:
  ecs-exec capture coder -o coder.json
  ecs-exec capture --all --anonymize -o cluster.json
  ecs-exec doctor --snapshot coder.json       what the doctor says of it, anywhere, without AWS";

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
    /// Facts that are built in: a healthy platform with one thing broken
    #[arg(
        long, value_name = "NAME", num_args = 0..=1, default_missing_value = "stale-tasks",
        require_equals = true, help_heading = "Facts", conflicts_with_all = ["snapshot", "plan", "services", "all", "task"]
    )]
    pub demo: Option<String>,
    /// Facts that `ecs-exec capture` wrote, instead of AWS
    #[arg(long, value_name = "FILE", help_heading = "Facts")]
    pub snapshot: Option<PathBuf>,
    /// Facts of a Terraform plan, from `terraform show -json`: what would be after apply
    #[arg(long, value_name = "FILE", help_heading = "Facts", conflicts_with_all = ["snapshot", "task", "live"])]
    pub plan: Option<PathBuf>,
    /// Read from AWS what the plan does not manage
    #[arg(long, help_heading = "Facts", requires = "plan")]
    pub plan_over_live: bool,
    /// Look again and again while something rolls out, and end with the verdict
    #[arg(long, help_heading = "Facts", conflicts_with_all = ["demo", "snapshot", "plan", "fix"])]
    pub watch: bool,
    /// How long to wait for AWS (30s), and for what fixes roll out (15m)
    #[arg(long, value_parser = duration, value_name = "TIME", help_heading = "Facts")]
    pub timeout: Option<Duration>,

    #[command(flatten)]
    pub fix: FixFlags,
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
    /// Change also what infrastructure code probably owns: roles, endpoints, groups
    #[arg(long)]
    pub allow_drift: bool,
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
  ecs-exec doctor --skip local            in CI, where nobody opens a session";

/// What is written, and where.
#[derive(Args)]
#[command(next_help_heading = "Report")]
pub struct ReportFlags {
    /// human, json, markdown, junit, sarif or github; with =FILE it goes there. Can be given several times
    #[arg(long, value_name = "FORMAT[=FILE]", value_parser = wanted_format)]
    pub format: Vec<WantedFormat>,
    /// Where to write what has no file of its own, instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Report only what is new since this JSON report, and what is gone
    #[arg(long, value_name = "REPORT")]
    pub baseline: Option<PathBuf>,
    /// Terraform sources in which to look for the place of each finding, for sarif and github
    #[arg(long, value_name = "DIR")]
    pub terraform: Option<PathBuf>,
}

#[derive(Clone)]
pub struct WantedFormat {
    pub format: Format,
    pub file: Option<PathBuf>,
}

fn wanted_format(text: &str) -> Result<WantedFormat, String> {
    let (name, file) = match text.split_once('=') {
        Some((_, "")) => return Err("a file's name is missing after =".to_owned()),
        Some((name, file)) => (name, Some(PathBuf::from(file))),
        None => (text, None),
    };
    let format = Format::from_str(name, false)
        .map_err(|_| "one of human, json, markdown, junit, sarif, github".to_owned())?;
    Ok(WantedFormat { format, file })
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Human,
    Json,
    Markdown,
    Junit,
    Sarif,
    Github,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
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
        "h" => number.checked_mul(3600),
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
    fn formats() {
        let read = |text| wanted_format(text).map(|wanted| (wanted.format, wanted.file));
        assert!(matches!(read("json"), Ok((Format::Json, None))));
        let file = Some(PathBuf::from("a=b.md"));
        assert!(matches!(read("markdown=a=b.md"), Ok((Format::Markdown, f)) if f == file));
        for bad in ["", "xml", "json=", "=x"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn durations() {
        assert_eq!(duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        for bad in ["", "s", "0s", "-1s", "30d", "99999999999999999999s"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
