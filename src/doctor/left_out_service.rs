//! The service to report on, if somebody at a terminal names none.

use std::io::{self, IsTerminal};

use crate::aws::AwsClients;
use crate::cli::{Doctor, Global};
use crate::cli_error::CliError;
use crate::config::Settings;
use crate::output::can_ask;
use crate::picker;
use crate::timeouts::SESSION_TIMEOUT;

/// Asks for a service of the cluster if neither the arguments nor the configuration say what to look at. `None`: all of
/// them, or nothing to ask. Does not ask where the report is for a program or a file.
pub async fn choose(
    arguments: &Doctor,
    settings: &Settings,
    global: &Global,
) -> Result<Option<String>, CliError> {
    let targets = &arguments.targets;
    let is_named = targets.all || !targets.services.is_empty() || !targets.task.is_empty();
    let report = &arguments.report;
    let is_for_reader = report.format.is_empty() && report.output.is_none();
    let may_ask = is_for_reader && !arguments.fix.yes && can_ask() && io::stdout().is_terminal();
    if is_named || !settings.default_services.is_empty() || !may_ask {
        return Ok(None);
    }
    let aws = AwsClients::connect(settings, SESSION_TIMEOUT).await?;
    picker::choose_reported_service(&aws, settings, global).await
}
