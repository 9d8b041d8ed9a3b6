//! Runs named commands of the configuration.

use std::process::ExitCode;

use model::text::sanitize_line;

use crate::aws::AwsClients;
use crate::cli::{Global, RecipeArguments};
use crate::cli_error::CliError;
use crate::config::{self, Recipe, Settings, Use};
use crate::output::print;
use crate::place;
use crate::session::{Context, RemoteCommand, TargetArgs};
use crate::target::nearest;
use crate::timeouts::SESSION_TIMEOUT;

/// `ecs-exec recipe`
pub async fn run(arguments: &RecipeArguments, global: &Global) -> Result<ExitCode, CliError> {
    let Some(name) = arguments.name.as_ref().filter(|_| !arguments.list) else {
        let settings = config::load(global, &[Use::Recipes]).await?;
        print(&table(&settings))?;
        return Ok(ExitCode::SUCCESS);
    };
    let uses = [Use::Credentials, Use::Recipe(name)];
    let settings = place::load(global, &uses).await?;
    let recipe = find(&settings, name)?;
    if recipe.interactive {
        return super::exec::recipe(name, recipe, arguments, &settings, global).await;
    }
    let aws = AwsClients::connect(&settings, SESSION_TIMEOUT).await?;
    let args = TargetArgs {
        service: Some(recipe.service.clone()),
        task: arguments.task.clone(),
        container: arguments
            .container
            .clone()
            .or_else(|| recipe.container.clone()),
        pick: false,
    };
    RemoteCommand {
        cx: Context::new(&aws, &settings, global),
        words: &recipe.command,
        timeout: None,
        ask_doctor: !arguments.no_doctor,
    }
    .run_in_one(&args, false)
    .await
}

fn find<'s>(settings: &'s Settings, name: &str) -> Result<&'s Recipe, CliError> {
    settings.recipes.get(name).ok_or_else(|| {
        let names = settings.recipes.keys().map(String::as_str);
        let help = match nearest(name, names).first() {
            Some(near) => format!("Did you mean {near}?"),
            None => "`ecs-exec recipe --list` shows all.".to_owned(),
        };
        CliError::new(format!("there is no recipe {name}"), help)
    })
}

fn table(settings: &Settings) -> String {
    if settings.recipes.is_empty() {
        return "There are no recipes. Add one with [recipes.NAME] in ecs-exec.toml.\n".to_owned();
    }
    let mut table = crate::output::table(&["RECIPE", "SERVICE", "DESCRIPTION"]);
    for (name, recipe) in &settings.recipes {
        let cells = [name, &recipe.service, &recipe.description];
        table.add_row(cells.map(|cell| sanitize_line(cell)));
    }
    crate::output::plain_table(&table)
}
