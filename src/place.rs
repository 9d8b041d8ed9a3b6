//! Where a command works: the settings, and a cluster if they name none.

use crate::aws::AwsClients;
use crate::cli::Global;
use crate::cli_error::CliError;
use crate::config::{self, Settings, Use, short_name};
use crate::picker;
use crate::timeouts::SESSION_TIMEOUT;

/// The settings of a command that needs a cluster.
///
/// # Errors
/// As of [`config::load`]; or no cluster is named, and the region has none, or several and there is no terminal to
/// choose on.
pub async fn load(global: &Global, uses: &[Use<'_>]) -> Result<Settings, CliError> {
    let settings = config::load(global, uses).await?;
    with_cluster(settings, global, uses).await
}

/// Settings that name a cluster stay as they are. Otherwise it is the only cluster of the region, or the user chooses
/// one; the settings are loaded again, because those of the built-in cluster apply to no other.
pub async fn with_cluster(
    settings: Settings,
    global: &Global,
    uses: &[Use<'_>],
) -> Result<Settings, CliError> {
    if settings.is_built_in {
        say_unless_quiet(
            global,
            &format!(
                "No ecs-exec.toml, cluster or region is set: using the built-in {}. `ecs-exec init` writes an ecs-exec.toml.",
                settings.cluster
            ),
        );
    }
    if !settings.cluster.is_empty() {
        return Ok(settings);
    }
    let aws = AwsClients::connect(&settings, SESSION_TIMEOUT).await?;
    let cluster = picker::choose_cluster(&aws, &settings, global).await?;
    say_unless_quiet(
        global,
        &format!("Cluster: {} in {}", short_name(&cluster), aws.region.value),
    );
    let global = Global {
        cluster: Some(cluster),
        ..global.clone()
    };
    config::load(&global, uses).await
}

fn say_unless_quiet(global: &Global, line: &str) {
    if !global.quiet {
        say!("{line}");
    }
}
