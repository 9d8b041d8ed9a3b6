//! The facts of a run: from the demo, a capture, a plan, or AWS.

use std::time::Duration;

use diagnosis::report::Source;
use model::facts::Expect;
use model::{Area, Facts};

use super::DoctorRun;
use super::file_targets::{ensure_same_location, ensure_tasks_of_services, select_targets};
use crate::cli::Global;
use crate::cli_error::CliError;
use crate::collect::plan::{self, Plan};
use crate::collect::{self, Gathered, capture_file};
use crate::config::Settings;
use crate::output::Progress;
use crate::session;
use crate::target::{GatherRequest, Services};

impl DoctorRun<'_> {
    /// Reads the facts from the source that the flags name.
    pub(super) async fn gather(
        &self,
        global: &Global,
        timeout: Duration,
    ) -> Result<(Gathered, Source), CliError> {
        let flags = &self.arguments.facts;
        let Some(settings) = &self.settings else {
            let demo = capture_file::demo(flags.demo.as_deref().unwrap_or_default())?;
            return Ok((self.offline(demo, global)?, Source::Demo));
        };
        if let Some(path) = &flags.snapshot {
            let mut facts = capture_file::read(path)?;
            if settings.expect != Expect::default() {
                facts.expect = settings.expect.clone();
            }
            return Ok((self.offline(facts, global)?, Source::Capture));
        }
        if let Some(plan) = self.plan {
            let gathered = self.planned(plan, settings, global, timeout).await?;
            return Ok((gathered, Source::Plan));
        }
        // Without credentials the checks of this machine run all the same.
        if self.checks.selection.is_within(Area::Local)
            && let Some(facts) = collect::without_aws(settings, timeout).await
        {
            return Ok((without_calls(facts), Source::Live));
        }
        Ok((self.live(settings, global, timeout).await?, Source::Live))
    }

    fn offline(&self, facts: Facts, global: &Global) -> Result<Gathered, CliError> {
        ensure_same_location(&facts, global)?;
        Ok(without_calls(select_targets(
            facts,
            &self.arguments.targets,
        )?))
    }

    async fn live(
        &self,
        settings: &Settings,
        global: &Global,
        timeout: Duration,
    ) -> Result<Gathered, CliError> {
        let targets = &self.arguments.targets;
        let mut request = match self.service_override.as_slice() {
            [] => GatherRequest::from_args(targets, settings)?,
            services => {
                GatherRequest::new(settings, services, &[], false, targets.container.as_deref())?
            }
        };
        request
            .as_principal
            .clone_from(&self.arguments.facts.as_principal);
        let progress = Progress::start(global, &format!("Reading {} from AWS", settings.cluster));
        let mut gathered = collect::gather(settings, &request, timeout).await?;
        if self.service_override.is_empty() && !targets.task.is_empty() {
            ensure_tasks_of_services(&gathered.facts, &targets.services)?;
        }
        progress.end();
        if self.arguments.facts.live {
            let _progress = Progress::start(global, "Opening sessions");
            session::probe(settings, global, &mut gathered).await?;
        }
        Ok(gathered)
    }

    /// The facts as they will be after the deployment of the plan.
    async fn planned(
        &self,
        plan: &Plan,
        settings: &Settings,
        global: &Global,
        timeout: Duration,
    ) -> Result<Gathered, CliError> {
        let targets = &self.arguments.targets;
        let ask = plan::request(plan, settings, global, targets.container.as_deref())?;
        let Gathered { facts, calls } = if self.arguments.facts.plan_over_live {
            let request = GatherRequest {
                services: Services::All,
                // Before the first apply nothing exists.
                allow_empty: true,
                planned: plan.existing_resources(&ask),
                ..GatherRequest::default()
            };
            let settings = &plan::live_settings(settings, &ask);
            let progress = Progress::start(global, "Reading what the plan does not manage");
            let live = collect::gather(settings, &request, timeout).await?;
            progress.end();
            plan::check_account(plan, &ask, &live.facts)?;
            Gathered {
                facts: plan.facts_over(live.facts, &ask),
                calls: live.calls,
            }
        } else {
            without_calls(plan.facts(&ask))
        };
        let facts = select_targets(plan::with_configured_targets(facts, settings), targets)?;
        Ok(Gathered { facts, calls })
    }
}

fn without_calls(facts: Facts) -> Gathered {
    Gathered {
        facts,
        calls: Default::default(),
    }
}
