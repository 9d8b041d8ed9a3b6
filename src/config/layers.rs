//! Reads all layers, and decides whether what a project's file says is run counts.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use custom_checks::expressions::Expression;

use super::file::{self, File};
use super::merge::{Layer, merge};
use super::safe_read::{Chosen, read};
use super::trust::ProjectFile;
use super::trusted_keys::{Halves, halves};
use super::{BUILT_IN, Settings, paths, validation};
use crate::cli::Global;
use crate::cli_error::CliError;
use crate::output::ask;
use crate::target;

/// What a command takes from the configuration beside places. What it does not name here, it does not get from a
/// project's file that is not trusted.
#[derive(Debug, Clone, Copy)]
pub enum Use<'a> {
    /// It calls AWS with the user's credentials.
    Credentials,
    /// It starts the shell of this service, as the user wrote it; `None`: of any.
    Shell(Option<&'a str>),
    Recipe(&'a str),
    /// It lists them.
    Recipes,
    /// It evaluates the user's own checks.
    Checks,
    /// It runs programs that are checks.
    Programs,
}

/// Where a project's file says what is run and is not trusted, the user is asked; where nobody can be asked, it is
/// refused. A command that needs nothing of that goes on without it.
pub async fn load(global: &Global, uses: &[Use<'_>]) -> Result<Settings, CliError> {
    let environment = |name: &str| std::env::var(name).ok();
    let built_in = file::parse(BUILT_IN, Path::new("the built-in configuration"))?;
    let layered = |layers: &Layers| {
        let own = [&layers.named, &layers.project, &layers.user];
        let layers = own.map(|layer| layer.as_ref().map(Source::layer));
        let layers: Vec<Layer> = layers.into_iter().flatten().collect();
        merge(global, &environment, &layers, &built_in)
    };
    let mut layers = Layers::read(global)?;
    let mut settings = layered(&layers);
    if let Some(project) = layers.unknown_project() {
        let full = layers.project.replace(project.places);
        let without = layered(&layers);
        if uses.iter().any(|one| one.differs(&settings, &without)) {
            decide(&project.file, &project.commands).await?;
            layers.project = full;
        } else {
            settings = without;
        }
    }
    settings.own = layers.custom_checks()?;
    validation::refuse_nonsense(global, &environment, &settings)?;
    Ok(settings)
}

/// One file.
struct Source {
    path: PathBuf,
    text: String,
    file: File,
    is_project: bool,
}

impl Source {
    fn read(path: PathBuf, chosen: Chosen) -> Result<Source, CliError> {
        let text = read(&path, chosen)?;
        Ok(Source {
            file: file::parse(&text, &path)?,
            path,
            text,
            is_project: false,
        })
    }

    fn layer(&self) -> Layer<'_> {
        Layer {
            file: &self.file,
            path: &self.path,
            is_project: self.is_project,
        }
    }
}

/// The files there are, the strongest first.
struct Layers {
    named: Option<Source>,
    project: Option<Source>,
    user: Option<Source>,
}

/// A project's file that says what is run, and that nobody trusted yet.
struct Unknown {
    file: ProjectFile,
    commands: Vec<String>,
    places: Source,
}

impl Layers {
    fn read(global: &Global) -> Result<Layers, CliError> {
        let mut layers = Layers {
            named: None,
            project: None,
            user: None,
        };
        if let Some(path) = &global.config {
            layers.named = Some(Source::read(path.clone(), Chosen::ByName)?);
            return Ok(layers);
        }
        let user = paths::user_file();
        let is_user_s = |path: &PathBuf| {
            let user = user.as_ref().and_then(|user| user.canonicalize().ok());
            user.is_some() && path.canonicalize().ok() == user
        };
        if let Some(path) = paths::found().filter(|path| !is_user_s(path)) {
            layers.project = Some(Source {
                is_project: true,
                ..Source::read(path, Chosen::ByPlace)?
            });
        }
        if let Some(path) = user {
            layers.user = Some(Source::read(path, Chosen::ByPlace)?);
        }
        Ok(layers)
    }

    fn unknown_project(&self) -> Option<Unknown> {
        let project = self.project.as_ref()?;
        let Halves { places, commands } = halves(&project.file);
        let file = ProjectFile::new(&project.path, &project.text);
        (!commands.is_empty() && !file.is_trusted()).then(|| Unknown {
            file,
            commands,
            places: Source {
                file: places,
                path: project.path.clone(),
                text: project.text.clone(),
                is_project: true,
            },
        })
    }

    /// Of two with the same ID the user's own: a project cannot take a check away by its name.
    fn custom_checks(&self) -> Result<Vec<Expression>, CliError> {
        let mut all: Vec<Expression> = Vec::new();
        for layer in [&self.named, &self.user, &self.project]
            .into_iter()
            .flatten()
        {
            if layer.file.checks.is_none() {
                continue;
            }
            for check in file::custom_checks(&layer.text, &layer.path)? {
                if !all.iter().any(|known| known.check().id == check.check().id) {
                    all.push(check);
                }
            }
        }
        Ok(all)
    }
}

impl Use<'_> {
    /// Whether the command does something else with the one than with the other.
    fn differs(self, with: &Settings, without: &Settings) -> bool {
        let shell = |settings: &Settings, name: &str| target::candidate(settings, name, true).shell;
        match self {
            Use::Credentials => {
                with.profile != without.profile || with.endpoint_url != without.endpoint_url
            }
            Use::Shell(Some(name)) => shell(with, name) != shell(without, name),
            Use::Shell(None) => with.shell != without.shell || with.services != without.services,
            Use::Recipe(name) => with.recipes.get(name) != without.recipes.get(name),
            Use::Recipes => with.recipes != without.recipes,
            Use::Checks => with.has_checks != without.has_checks,
            Use::Programs => with.plugins != without.plugins,
        }
    }
}

/// Asks the user on the terminal, and remembers a yes.
async fn decide(file: &ProjectFile, commands: &[String]) -> Result<(), CliError> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(file.refusal(commands));
    }
    say!(
        "{} is not trusted. It sets what is run, or as whom:",
        file.shown()
    );
    for command in commands {
        say!("  {}", checks::text::clean_line(command));
    }
    let answer = ask("Trust this file? [y/N] ").await.unwrap_or_default();
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => file.trust(),
        _ => Err(file.refusal(commands)),
    }
}
