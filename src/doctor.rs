//! One run of the doctor: settings and selected checks, then facts, then findings and root causes.

mod file_targets;
mod gather;
mod left_out_service;
mod selected_checks;

use std::path::Path;
use std::time::{Duration, Instant};

use checks::registry;
use diagnosis::baseline::Baseline;
use diagnosis::report::{Report, RootCause};
use diagnosis::{Selection, examine, examine_with};
use model::distinct::distinct;
use model::text::sanitize_line;
use model::{Area, Facts, Finding, Status};

use crate::cli::{Doctor, Global};
use crate::cli_error::CliError;
use crate::collect::plan::Plan;
use crate::config::{self, Settings, Use};
use crate::place;
use selected_checks::{SelectedChecks, may_include};

/// A run whose arguments, settings and baselines are valid; AWS has not been asked yet.
pub struct DoctorRun<'a> {
    arguments: &'a Doctor,
    /// `None` for the demo, which ignores the configuration.
    settings: Option<Settings>,
    checks: SelectedChecks,
    /// One for each cluster of the earlier report.
    baselines: Vec<Baseline>,
    /// Services to look at instead of what the arguments name.
    service_override: Vec<String>,
    plan: Option<&'a Plan>,
}

/// The facts of a run, and the report about them.
pub struct DoctorOutcome {
    pub facts: Facts,
    pub report: Report,
}

impl<'a> DoctorRun<'a> {
    /// Loads the settings, selects the checks and reads the baseline.
    pub async fn new(arguments: &'a Doctor, global: &Global) -> Result<DoctorRun<'a>, CliError> {
        let mut settings = match arguments.facts.demo {
            Some(_) if global.config.is_none() => None,
            // The demo does not use the file, but must not hide that it is wrong.
            Some(_) => config::load(global, &[]).await.map(|_| None)?,
            None => Some(config::load(global, &uses(arguments)).await?),
        };
        let checks =
            SelectedChecks::new(&arguments.checks, settings.as_mut(), excluded(arguments))?;
        if let Some(without_cluster) = settings.take_if(|_| reads_cluster(arguments, &checks)) {
            let uses = uses(arguments);
            settings = Some(place::with_cluster(without_cluster, global, &uses).await?);
        }
        Ok(DoctorRun {
            arguments,
            checks,
            settings,
            baselines: baselines(arguments.report.baseline.as_deref())?,
            service_override: Vec::new(),
            plan: None,
        })
    }

    /// Lets the user choose what to report on, if nothing says so.
    pub async fn with_chosen_service(mut self, global: &Global) -> Result<Self, CliError> {
        let settings = self.settings.as_ref();
        let read = settings.filter(|_| reads_cluster(self.arguments, &self.checks));
        if let Some(settings) = read {
            let chosen = left_out_service::choose(self.arguments, settings, global).await?;
            self.service_override = chosen.into_iter().collect();
        }
        Ok(self)
    }

    /// Takes the facts from a plan.
    pub fn with_plan(self, plan: Option<&'a Plan>) -> DoctorRun<'a> {
        DoctorRun { plan, ..self }
    }

    /// `None` for the demo.
    pub fn settings(&self) -> Option<&Settings> {
        self.settings.as_ref()
    }

    /// Gathers the facts, runs the checks, and finds the root causes.
    pub async fn examine(
        &self,
        global: &Global,
        timeout: Duration,
    ) -> Result<DoctorOutcome, CliError> {
        let started = Instant::now();
        let (gathered, source) = self.gather(global, timeout).await?;
        let facts = capture::without_secrets(gathered.facts);
        let mut report = self.check(&facts, timeout).await?;
        report.source = source;
        report.api_calls = gathered.calls;
        report = self.since_baseline(report)?;
        report.duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(DoctorOutcome { facts, report })
    }

    /// The report of all checks: a check that is not selected may find the root cause.
    pub fn full_report(&self, outcome: &DoctorOutcome) -> Report {
        examine(&outcome.facts, &Selection::default())
    }

    /// Whether a selected check finds this root cause.
    pub fn includes(&self, cause: &RootCause) -> bool {
        let selection = &self.checks.selection;
        registry::find(cause.check).is_some_and(|check| selection.includes(check))
    }

    /// Looks at the services of the named tasks from now on: a fix replaces the tasks.
    pub fn follow_services(&mut self, facts: &Facts) {
        let tasks = facts.target.tasks.iter();
        let tasks = tasks.filter_map(|arn| facts.tasks.get(arn)?.known());
        let services = distinct(tasks.filter_map(|task| task.service_name().map(str::to_owned)));
        if !services.is_empty() {
            self.service_override = services;
        }
    }

    async fn check(&self, facts: &Facts, timeout: Duration) -> Result<Report, CliError> {
        let removes_all_services =
            facts.planned && facts.target.services.is_empty() && facts.unlisted.is_none();
        if removes_all_services {
            say!("The plan removes every ECS service: no sessions are left to check.");
            let services = Selection::new(vec!["service".to_owned()], Vec::new());
            return Ok(examine(facts, &services.unwrap_or_default()));
        }
        let custom = self.run_custom_checks(facts, timeout).await;
        let report = examine_with(facts, &self.checks.selection, |_| custom);
        ensure_something_was_checked(&report)?;
        Ok(report)
    }

    async fn run_custom_checks(&self, facts: &Facts, timeout: Duration) -> Vec<Finding> {
        if self.checks.custom.is_empty() {
            return Vec::new();
        }
        let (custom, facts) = (self.checks.custom.clone(), facts.clone());
        let findings = tokio::task::spawn_blocking(move || custom.findings(&facts, timeout));
        findings.await.unwrap_or_default()
    }

    /// Keeps what is new since the baseline of the same cluster.
    fn since_baseline(&self, report: Report) -> Result<Report, CliError> {
        let baselines = &self.baselines;
        let mut same = baselines
            .iter()
            .filter(|baseline| baseline.mismatch(&report).is_none());
        if let Some(baseline) = same.next() {
            return Ok(report.since(baseline));
        }
        let why = match baselines.as_slice() {
            [] => return Ok(report),
            [only] => only.mismatch(&report).unwrap_or_default(),
            _ => "none of its reports is about this cluster".to_owned(),
        };
        Err(unusable_baseline(
            self.arguments.report.baseline.as_deref(),
            &why,
        ))
    }
}

/// Whether the run reads the cluster of the settings from AWS.
fn reads_cluster(arguments: &Doctor, checks: &SelectedChecks) -> bool {
    let facts = &arguments.facts;
    let is_offline = facts.snapshot.is_some() || facts.plan.is_some();
    !is_offline && !checks.selection.is_within(Area::Local)
}

/// The area whose checks say nothing of the principal that is judged: this machine is not its own.
fn excluded(arguments: &Doctor) -> Option<Area> {
    let is_judged = arguments.facts.as_principal.is_some();
    is_judged.then_some(Area::Local)
}

/// What the run uses of an untrusted project file.
fn uses(arguments: &Doctor) -> Vec<Use<'static>> {
    let facts = &arguments.facts;
    let is_offline = facts.snapshot.is_some() || facts.plan.is_some();
    let asks_aws = !is_offline || facts.plan_over_live;
    [
        (asks_aws, Use::Credentials),
        (may_include(&arguments.checks, Area::Custom), Use::Checks),
        (may_include(&arguments.checks, Area::Program), Use::Programs),
    ]
    .into_iter()
    .filter_map(|(is_used, one)| is_used.then_some(one))
    .collect()
}

/// A run that checks nothing must not pass a CI job.
fn ensure_something_was_checked(report: &Report) -> Result<(), CliError> {
    let mut findings = report.findings.iter();
    if findings.any(|finding| finding.status != Status::Skip) {
        return Ok(());
    }
    let hint = match report.findings.first() {
        Some(first) => format!("{}: {}.", first.check.id, sanitize_line(&first.title)),
        None => {
            "Checks of the area policy need [expect] in ecs-exec.toml; checks of tasks need tasks."
                .to_owned()
        }
    };
    Err(CliError::new(
        "no selected check applies to these targets",
        hint,
    ))
}

fn baselines(path: Option<&Path>) -> Result<Vec<Baseline>, CliError> {
    if path.is_none() {
        return Ok(Vec::new());
    }
    let json = std::fs::read(path.unwrap_or(Path::new("")));
    json.map_err(|error| error.to_string())
        .and_then(|json| Baseline::read(&json))
        .map_err(|why| unusable_baseline(path, &why))
}

fn unusable_baseline(path: Option<&Path>, why: &str) -> CliError {
    let path = path.unwrap_or(Path::new("")).display();
    CliError::new(
        format!("cannot use the baseline {path}: {why}"),
        "A baseline is a report of the same cluster, written by `ecs-exec doctor --format json`.",
    )
}
