//! Where a command works: the settings, and a cluster if they name none.

use model::arn;

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

/// Settings that name a cluster stay as they are. Otherwise it is that of a target named by its ARN, the only cluster of
/// the region, or the one that the user chooses; the settings are loaded again, because those of the built-in cluster
/// apply to no other.
pub async fn with_cluster(
    settings: Settings,
    global: &Global,
    uses: &[Use<'_>],
) -> Result<Settings, CliError> {
    if let Some(cluster) = &global.cluster_of_target
        && (settings.is_built_in || settings.cluster.is_empty())
    {
        return load_with_cluster(cluster, global, uses).await;
    }
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
    load_with_cluster(&cluster, global, uses).await
}

async fn load_with_cluster(
    cluster: &str,
    global: &Global,
    uses: &[Use<'_>],
) -> Result<Settings, CliError> {
    let region = arn::region(cluster).map(str::to_owned);
    let global = Global {
        cluster: Some(cluster.to_owned()),
        region: global.region.clone().or(region),
        ..global.clone()
    };
    let mut settings = config::load(&global, uses).await?;
    settings.cluster_is_chosen = true;
    Ok(settings)
}

fn say_unless_quiet(global: &Global, line: &str) {
    if !global.quiet {
        say!("{line}");
    }
}
