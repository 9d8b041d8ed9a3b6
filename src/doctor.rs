//! The doctor's question: what it is put to, checked before AWS is asked anything, and its answer.

mod narrow;
mod selected_checks;

use std::path::Path;
use std::time::{Duration, Instant};

use checks::registry;
use diagnosis::baseline::Baseline;
use diagnosis::report::{Report, RootCause, Source};
use diagnosis::{Selection, examine, examine_with};
use model::facts::Expect;
use model::text::sanitize_line;
use model::{Facts, Finding, Status};

use custom_checks::{CUSTOM, PROGRAM};
use terraform_plan::TerraformPlan;

use crate::cli::{Doctor, Global, ReportFlags};
use crate::cli_error::CliError;
use crate::config::{self, Settings, Use};
use crate::facts::{self, Gathered, plan, snapshot};
use crate::output::Progress;
use crate::session;
use crate::target::{Request, Services};
use narrow::{narrowed, refuse_other_place};
use selected_checks::{Checks, may_include};

/// What the doctor is asked, checked before AWS is asked anything.
pub struct DoctorRun<'a> {
    arguments: &'a Doctor,
    /// `None` for the demo, which is the same everywhere.
    settings: Option<Settings>,
    checks: Checks,
    /// Earlier reports, of which one has to be of this cluster.
    baselines: Vec<Baseline>,
    /// Services that are asked about instead of what was named.
    instead: Vec<String>,
    /// The Terraform plan that the facts come from.
    plan: Option<&'a TerraformPlan>,
}

pub struct DoctorOutcome {
    pub facts: Facts,
    pub report: Report,
}

impl<'a> DoctorRun<'a> {
    pub async fn new(arguments: &'a Doctor, global: &Global) -> Result<DoctorRun<'a>, CliError> {
        let uses = uses(arguments);
        let mut settings = match arguments.demo {
            // It needs none, but one that is named and cannot be read is a mistake.
            Some(_) if global.config.is_none() => None,
            Some(_) => config::load(global, &[]).await.map(|_| None)?,
            None => Some(config::load(global, &uses).await?),
        };
        let checks = Checks::of(arguments, settings.as_mut())?;
        Ok(DoctorRun {
            arguments,
            settings,
            checks,
            baselines: baselines(&arguments.report)?,
            instead: Vec::new(),
            plan: None,
        })
    }

    pub fn of_plan(self, plan: Option<&'a TerraformPlan>) -> DoctorRun<'a> {
        DoctorRun { plan, ..self }
    }

    /// Without the user's own checks; `None` for the demo.
    pub fn settings(&self) -> Option<&Settings> {
        self.settings.as_ref()
    }

    /// Gathers the facts and judges them.
    pub async fn ask(&self, global: &Global, timeout: Duration) -> Result<DoctorOutcome, CliError> {
        let started = Instant::now();
        let (gathered, source) = self.gather(global, timeout).await?;
        let facts = capture::without_secrets(gathered.facts);
        let mut report = if leaves_nothing(&facts) {
            say!("The plan takes every ECS service away: nothing is left to enter.");
            examine(&facts, &only_services()?)
        } else {
            let own = self.ask_own_checks(&facts, timeout).await;
            let selection = &self.checks.chosen().selection;
            let report = examine_with(&facts, selection, |_| own);
            refuse_nothing(&report)?;
            report
        };
        report.source = source;
        report.api_calls = gathered.calls;
        if let Some(first) = self.baselines.first() {
            let mut same = self.baselines.iter();
            let Some(baseline) = same.find(|known| known.is_of_another(&report).is_none()) else {
                let why = match self.baselines.as_slice() {
                    [_] => first.is_of_another(&report).unwrap_or_default(),
                    _ => "none of its reports is about this cluster".to_owned(),
                };
                return Err(unusable(&self.arguments.report, &why));
            };
            report = report.since(baseline);
        }
        report.duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(DoctorOutcome { facts, report })
    }

    /// The causes as all checks together see them: what was left out may be behind one.
    pub fn whole(&self, examined: &DoctorOutcome) -> Report {
        examine(&examined.facts, &Selection::default())
    }

    /// Whether a cause is one of the selected checks.
    pub fn includes(&self, cause: &RootCause) -> bool {
        let selection = &self.checks.chosen().selection;
        registry::find(cause.check).is_some_and(|check| selection.includes(check))
    }

    /// From now on the services of the tasks that were named are asked about.
    pub fn follow_services(&mut self, facts: &Facts) {
        let named = facts
            .target
            .tasks
            .iter()
            .filter_map(|arn| facts.tasks.get(arn)?.known());
        let mut services: Vec<String> = named
            .filter_map(|task| task.service_name().map(str::to_owned))
            .collect();
        services.sort();
        services.dedup();
        if !services.is_empty() {
            self.instead = services;
        }
    }

    async fn ask_own_checks(&self, facts: &Facts, timeout: Duration) -> Vec<Finding> {
        let own = &self.checks.chosen().own;
        if own.is_empty() {
            return Vec::new();
        }
        let (own, facts) = (own.clone(), facts.clone());
        let findings = tokio::task::spawn_blocking(move || own.findings(&facts, timeout));
        findings.await.unwrap_or_default()
    }

    async fn gather(
        &self,
        global: &Global,
        timeout: Duration,
    ) -> Result<(Gathered, Source), CliError> {
        let arguments = self.arguments;
        let offline = |facts: Facts, source| {
            refuse_other_place(&facts, global)?;
            let facts = narrowed(facts, &arguments.targets)?;
            let calls = Default::default();
            Ok((Gathered { facts, calls }, source))
        };
        let Some(settings) = &self.settings else {
            let name = arguments.demo.as_deref().unwrap_or_default();
            return offline(snapshot::demo(name)?, Source::Demo);
        };
        if let Some(path) = &arguments.snapshot {
            let mut facts = snapshot::read(path)?;
            if settings.expect != Expect::default() {
                facts.expect = settings.expect.clone();
            }
            return offline(facts, Source::Snapshot);
        }
        if let Some(plan) = self.plan {
            return self.planned(plan, settings, global, timeout).await;
        }
        if self.checks.are_within("local")
            && let Some(facts) = facts::machine(settings, timeout).await
        {
            let calls = Default::default();
            return Ok((Gathered { facts, calls }, Source::Live));
        }
        let request = match self.instead.as_slice() {
            [] => Request::of(&arguments.targets, settings)?,
            services => {
                let container = arguments.targets.container.as_deref();
                Request::new(settings, services, &[], false, container)?
            }
        };
        let progress = Progress::start(global, &format!("Asking AWS about {}", settings.cluster));
        let gathered = facts::gather(settings, &request, timeout).await;
        progress.end();
        let mut gathered = gathered?;
        if arguments.live {
            let progress = Progress::start(global, "Opening sessions");
            let probed = session::probe(settings, global, &mut gathered).await;
            progress.end();
            probed?;
        }
        Ok((gathered, Source::Live))
    }
}

impl DoctorRun<'_> {
    /// What would be after apply.
    async fn planned(
        &self,
        plan: &TerraformPlan,
        settings: &Settings,
        global: &Global,
        timeout: Duration,
    ) -> Result<(Gathered, Source), CliError> {
        let targets = &self.arguments.targets;
        let plan_request = plan::request(plan, settings, global, targets.container.as_deref())?;
        let (facts, calls) = if self.arguments.plan_over_live {
            let request = Request {
                services: Services::All,
                // Before the first apply, nothing exists.
                may_be_nothing: true,
                planned: plan.existing_resources(&plan_request),
                ..Request::default()
            };
            let settings = &plan::live_settings(settings, &plan_request);
            let progress =
                Progress::start(global, "Reading from AWS what the plan does not manage");
            let live = facts::gather(settings, &request, timeout).await;
            progress.end();
            let live = live?;
            plan::check_account(plan, &plan_request, &live.facts)?;
            (plan.facts_over(live.facts, &plan_request), live.calls)
        } else {
            (plan.facts(&plan_request), Default::default())
        };
        let facts = narrowed(plan::with_configured_targets(facts, settings), targets)?;
        Ok((Gathered { facts, calls }, Source::Plan))
    }
}

/// A plan takes all services away.
fn leaves_nothing(facts: &Facts) -> bool {
    facts.planned && facts.target.services.is_empty() && facts.unlisted.is_none()
}

/// Where no service is left, nothing else matters to sessions.
fn only_services() -> Result<Selection, CliError> {
    Selection::new(vec!["service".to_owned()], Vec::new())
        .map_err(|unknown| CliError::new(unknown.to_string(), ""))
}

fn uses(arguments: &Doctor) -> Vec<Use<'static>> {
    let from_file = arguments.snapshot.is_some() || arguments.plan.is_some();
    let asks_aws = !from_file || arguments.plan_over_live;
    [
        (asks_aws, Use::Credentials),
        (may_include(arguments, CUSTOM), Use::Checks),
        (may_include(arguments, PROGRAM), Use::Programs),
    ]
    .into_iter()
    .filter_map(|(is_used, one)| is_used.then_some(one))
    .collect()
}

/// A gate that looks at nothing is not green.
fn refuse_nothing(report: &Report) -> Result<(), CliError> {
    let skipped = |finding: &Finding| finding.status == Status::Skip;
    if !report.findings.iter().all(skipped) {
        return Ok(());
    }
    let help = match report.findings.first() {
        Some(first) => format!("{}: {}.", first.check.id, sanitize_line(&first.title)),
        None => "Checks of policies look at what [expect] in ecs-exec.toml declares, those of tasks at what is there or named.".to_owned(),
    };
    Err(CliError::new(
        "the checks that are left have nothing to look at",
        help,
    ))
}

fn baselines(arguments: &ReportFlags) -> Result<Vec<Baseline>, CliError> {
    let Some(path) = &arguments.baseline else {
        return Ok(Vec::new());
    };
    let refused = |why: String| unusable(arguments, &why);
    let json = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
    Baseline::read(&json).map_err(refused)
}

fn unusable(arguments: &ReportFlags, why: &str) -> CliError {
    let path = arguments.baseline.as_deref().unwrap_or(Path::new(""));
    CliError::new(
        format!("the baseline {} cannot be used: {why}", path.display()),
        "It is a report of the same cluster that `ecs-exec doctor --format json` wrote.",
    )
}
