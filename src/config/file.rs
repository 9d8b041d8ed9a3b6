//! `ecs-exec.toml`: where it is looked for, and what may stand in it.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};

use ecs_exec_checks::facts::Expect;
use ecs_exec_own::expressions::{self, Expression};
use serde::Deserialize;

use super::{Plugins, Recipe, ServiceSettings};
use crate::cli::Global;
use crate::environment::variable;
use crate::misfit::told;
use crate::trouble::Trouble;

const FILE_NAME: &str = "ecs-exec.toml";

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    pub cluster: Option<String>,
    pub region: Option<String>,
    pub profile: Option<String>,
    pub service_prefix: Option<String>,
    #[serde(default)]
    pub services: BTreeMap<String, ServiceSettings>,
    /// What a session starts where the service's own table does not say.
    pub shell: Option<String>,
    /// The key that begins those of this program in a session, or `none`.
    pub escape: Option<String>,
    #[serde(default)]
    pub recipes: BTreeMap<String, Recipe>,
    pub expect: Option<Expect>,
    /// The user's own checks, which [`ecs_exec_own`] reads out of the text itself.
    #[serde(rename = "checks")]
    _checks: Option<toml::Table>,
    #[serde(skip)]
    pub own: Vec<Expression>,
    pub plugins: Option<Plugins>,
}

impl File {
    /// Values that say nothing, and could only be slips.
    fn refuse_empty(&self, path: &Path) -> Result<(), Trouble> {
        let texts = [
            ("cluster", &self.cluster),
            ("region", &self.region),
            ("profile", &self.profile),
            ("shell", &self.shell),
            ("escape", &self.escape),
        ];
        let mut empty: Vec<String> = texts
            .into_iter()
            .filter(|(_, value)| is_blank(value))
            .map(|(key, _)| key.to_owned())
            .collect();
        for (name, service) in &self.services {
            let values = [("shell", &service.shell), ("container", &service.container)];
            let blank = values.iter().filter(|(_, value)| is_blank(value));
            empty.extend(blank.map(|(key, _)| format!("{key} of services.{name}")));
        }
        for (name, recipe) in &self.recipes {
            if recipe.service.trim().is_empty() {
                empty.push(format!("service of recipes.{name}"));
            }
            if recipe
                .command
                .first()
                .is_none_or(|word| word.trim().is_empty())
            {
                empty.push(format!("command of recipes.{name}"));
            }
        }
        if self.services.contains_key("") || self.recipes.contains_key("") {
            empty.push("the name of a table".to_owned());
        }
        if let Some(what) = empty.first() {
            return Err(Trouble::new(
                format!("{}: {what} is empty", path.display()),
                "Give it a value, or leave it out.",
            ));
        }
        if self
            .plugins
            .as_ref()
            .is_some_and(|plugins| plugins.timeout_seconds == 0)
        {
            return Err(Trouble::new(
                format!("{}: timeout_seconds of plugins is 0", path.display()),
                "Give the programs a second at least, or switch them off with enabled = false.",
            ));
        }
        Ok(())
    }
}

fn is_blank(value: &Option<String>) -> bool {
    value.as_ref().is_some_and(|value| value.trim().is_empty())
}

/// The files that count, the strongest first.
pub fn paths(global: &Global) -> Result<Vec<PathBuf>, Trouble> {
    if let Some(path) = &global.config {
        return Ok(vec![path.clone()]);
    }
    let mut paths = Vec::new();
    paths.extend(project_file(global));
    paths.extend(user_file().filter(|path| path.symlink_metadata().is_ok()));
    Ok(paths)
}

/// The file that was named, or the one of the folder and those above it.
pub fn project_file(global: &Global) -> Option<PathBuf> {
    if global.config.is_some() {
        return global.config.clone();
    }
    let here = env::current_dir().ok()?;
    here.ancestors()
        .map(|folder| folder.join(FILE_NAME))
        .find(|path| path.symlink_metadata().is_ok())
}

/// `$XDG_CONFIG_HOME/ecs-exec/ecs-exec.toml`, or the same under `~/.config` or `%APPDATA%`.
fn user_file() -> Option<PathBuf> {
    let folder = variable("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| env::var_os("APPDATA").map(PathBuf::from))
        .or_else(|| Some(env::home_dir()?.join(".config")))?;
    Some(folder.join("ecs-exec").join(FILE_NAME))
}

pub fn read(path: &Path) -> Result<File, Trouble> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Trouble::new(
            format!(
                "the configuration {} cannot be read: {error}",
                path.display()
            ),
            "Name another file with --config, or mend this one.",
        )
    })?;
    let mut file = parse(&text, path)?;
    file.refuse_empty(path)?;
    file.own = expressions::load(&text, &path.display().to_string()).map_err(|error| {
        let help = error.help.clone().unwrap_or_default();
        Trouble::new(error.to_string(), help)
    })?;
    Ok(file)
}

pub fn parse(text: &str, path: &Path) -> Result<File, Trouble> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| {
            text[..span.start.min(text.len())].matches('\n').count() + 1
        });
        let (message, help) = reword(error.message());
        Trouble::new(format!("{}:{line}: {message}", path.display()), help)
    })
}

/// An unknown key gets its nearest known one.
fn reword(message: &str) -> (String, String) {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match quoted.as_slice() {
        [unknown, known @ ..] if message.starts_with("unknown variant") => (
            format!("`{unknown}` is not known here"),
            format!("Known: {}.", known.join(", ")),
        ),
        [unknown, known @ ..] if message.starts_with("unknown field") => {
            let help = match crate::target::nearest(unknown, known.iter().copied()).first() {
                Some(near) => format!("Did you mean `{near}`?"),
                None => format!("Known keys: {}.", known.join(", ")),
            };
            (format!("unknown key `{unknown}`"), help)
        }
        _ => (
            told(message.trim(), "a table").replace('\n', " "),
            String::new(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_unknown_key_names_file_line_and_nearest_key() {
        let trouble = parse(
            "cluster = \"a\"\nservice_prefx = \"b\"",
            Path::new("x.toml"),
        )
        .unwrap_err();
        assert_eq!(trouble.what, "x.toml:2: unknown key `service_prefx`");
        assert_eq!(trouble.help, "Did you mean `service_prefix`?");
        let trouble = parse("cluster = [", Path::new("x.toml")).unwrap_err();
        assert!(trouble.what.starts_with("x.toml:1: "), "{}", trouble.what);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        /// Whatever stands in a file, it is used or refused in one line that names the file.
        #[test]
        fn any_text(text in "(\\[(services|recipes|checks|expect|plugins)(\\.[a-z]{1,3})?\\]\n|[a-z_]{1,9} = (\"\\PC{0,6}\"|[0-9]{1,20}|\\[|true|\\{\\})\n|\\PC{0,8}\n){0,6}") {
            if let Err(trouble) = parse(&text, Path::new("x.toml")) {
                prop_assert!(trouble.what.starts_with("x.toml:"));
                prop_assert!(!trouble.what.contains('\n'));
            }
            let _ = expressions::load(&text, "x.toml");
        }

        /// A file that is written well, with one thing replaced.
        #[test]
        fn the_built_in_one_with_a_change(at in 0..4000usize, with in "\\PC{0,5}|[\\[\\]=\"'\n{}]") {
            let mut text = super::super::BUILT_IN.to_owned();
            let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            text.insert_str(at, &with);
            if let Err(trouble) = parse(&text, Path::new("x.toml")) {
                prop_assert!(trouble.what.starts_with("x.toml:"));
            }
        }
    }
}
