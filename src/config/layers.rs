//! Reads all configuration files, and decides whether the keys of a project's file that need trust count.

use std::path::{Path, PathBuf};

use custom_checks::ExprCheck;
use custom_checks::source::SourceFile;

use super::merge::{Layer, merge};
use super::safe_read::{FileOrigin, read};
use super::trust::ProjectFile;
use super::trusted_keys::{Split, split};
use super::{AWS_PROFILE, BUILT_IN, BUILT_IN_NAME, Settings, file, paths, validation};
use crate::aws::profile_region;
use crate::cli::Global;
use crate::cli_error::CliError;
use crate::output::{can_ask, confirm};
use crate::target;

/// What a command uses of the keys that need trust. Of an untrusted project file it gets only the other keys.
#[derive(Debug, Clone, Copy)]
pub enum Use<'a> {
    /// It calls AWS with the user's credentials.
    Credentials,
    /// It starts the shell of this service, as the user wrote it; `None`: of any.
    Shell(Option<&'a str>),
    Recipe(&'a str),
    /// It lists the recipes.
    Recipes,
    /// It evaluates the expressions of custom checks.
    Checks,
    /// It runs check programs.
    Programs,
}

/// The settings of a command. If it uses keys of a project's file that is not trusted, asks the user; without a
/// terminal that is an error.
pub async fn load(global: &Global, uses: &[Use<'_>]) -> Result<Settings, CliError> {
    let environment = |name: &str| std::env::var(name).ok();
    let built_in = file::parse(&SourceFile::new(BUILT_IN_NAME, BUILT_IN))?;
    let mut layers = read_layers(global.config.as_deref())?;
    let names_no_place = global.cluster.is_none() && layers.is_empty();
    let is_built_in = names_no_place && !is_region_known(global, &environment).await;
    let global = &match is_built_in {
        true => Global {
            cluster: built_in.cluster.clone(),
            ..global.clone()
        },
        false => global.clone(),
    };
    let mut settings = merge(global, &environment, &layers, &built_in);
    if let Some(at) = layers.iter().position(|layer| layer.is_project) {
        let project = ProjectFile::new(&layers[at].path, &layers[at].source.text);
        let Split {
            harmless,
            trusted_keys,
        } = split(&layers[at].file);
        if !trusted_keys.is_empty() && !project.is_trusted() {
            let full = std::mem::replace(&mut layers[at].file, harmless);
            let without = merge(global, &environment, &layers, &built_in);
            if uses.iter().any(|one| one.differs(&settings, &without)) {
                ask_for_trust(&project, &trusted_keys).await?;
                layers[at].file = full;
            } else {
                settings = without;
            }
        }
    }
    settings.custom_checks = custom_checks(&layers)?;
    settings.is_built_in = is_built_in;
    validation::validate(global, &environment, &settings)?;
    prefer_region_of_profile(&mut settings).await;
    Ok(settings)
}

/// The cluster of the built-in configuration.
pub fn built_in_cluster() -> Option<String> {
    let built_in = file::parse(&SourceFile::new(BUILT_IN_NAME, BUILT_IN));
    built_in.ok().and_then(|built_in| built_in.cluster)
}

/// The settings for shells to complete names. It asks no questions, so it reads also files that are not trusted; nothing
/// is run with them. Files that cannot be read count as missing.
pub fn settings_to_complete(global: &Global) -> Settings {
    let layers = read_layers(global.config.as_deref()).unwrap_or_default();
    let built_in = file::parse(&SourceFile::new(BUILT_IN_NAME, BUILT_IN)).unwrap_or_default();
    merge(global, &|_| None, &layers, &built_in)
}

/// Whether a flag, the environment or the AWS profile sets a region.
async fn is_region_known(global: &Global, environment: &impl Fn(&str) -> Option<String>) -> bool {
    let is_set = |name| environment(name).is_some_and(|value| !value.is_empty());
    let profile = global.profile.clone().or_else(|| environment(AWS_PROFILE));
    global.region.is_some()
        || is_set("AWS_REGION")
        || is_set("AWS_DEFAULT_REGION")
        || profile_region(profile.as_deref()).await.is_some()
}

/// The region of the AWS profile takes precedence over the built-in one.
async fn prefer_region_of_profile(settings: &mut Settings) {
    let region = settings.region.as_ref();
    if region.is_some_and(|region| region.source == BUILT_IN_NAME) {
        let profile = settings.profile.as_ref();
        let profile = profile.map(|profile| profile.value.as_str());
        if profile_region(profile).await.is_some() {
            settings.region = None;
        }
    }
}

/// The files that exist, the strongest first.
fn read_layers(named: Option<&Path>) -> Result<Vec<Layer>, CliError> {
    if let Some(path) = named {
        return Ok(vec![read_layer(path.to_owned(), FileOrigin::Named, false)?]);
    }
    let user = paths::user_file();
    let is_user_file = |path: &Path| {
        let user = user.as_ref().and_then(|user| user.canonicalize().ok());
        user.is_some() && path.canonicalize().ok() == user
    };
    let project = paths::discovered_file().filter(|path| !is_user_file(path));
    let project = project.map(|path| read_layer(path, FileOrigin::Discovered, true));
    let user = user.map(|path| read_layer(path, FileOrigin::Discovered, false));
    project.into_iter().chain(user).collect()
}

fn read_layer(path: PathBuf, origin: FileOrigin, is_project: bool) -> Result<Layer, CliError> {
    let source = SourceFile::new(path.display().to_string(), read(&path, origin)?);
    Ok(Layer {
        file: file::parse(&source)?,
        path,
        source,
        is_project,
    })
}

/// Of two checks with the same ID the user's own counts: a project cannot replace a check of the user.
fn custom_checks(layers: &[Layer]) -> Result<Vec<ExprCheck>, CliError> {
    let mut all: Vec<ExprCheck> = Vec::new();
    let (project, user): (Vec<&Layer>, Vec<&Layer>) =
        layers.iter().partition(|layer| layer.is_project);
    for layer in user.into_iter().chain(project) {
        if layer.file.checks.is_none() {
            continue;
        }
        for check in file::custom_checks(&layer.source)? {
            if !all.iter().any(|known| known.check().id == check.check().id) {
                all.push(check);
            }
        }
    }
    Ok(all)
}

impl Use<'_> {
    /// Whether the command behaves differently with and without the keys that need trust.
    fn differs(self, with: &Settings, without: &Settings) -> bool {
        let shell =
            |settings: &Settings, name: &str| target::name_candidates(settings, name, true).shell;
        match self {
            Use::Credentials => {
                with.profile != without.profile || with.endpoint_url != without.endpoint_url
            }
            Use::Shell(Some(name)) => shell(with, name) != shell(without, name),
            Use::Shell(None) => with.shell != without.shell || with.services != without.services,
            Use::Recipe(name) => with.recipes.get(name) != without.recipes.get(name),
            Use::Recipes => with.recipes != without.recipes,
            Use::Checks => with.has_checks != without.has_checks,
            Use::Programs => with.program_timeout != without.program_timeout,
        }
    }
}

/// Asks the user on the terminal, and remembers a yes.
async fn ask_for_trust(file: &ProjectFile, keys: &[String]) -> Result<(), CliError> {
    if !can_ask() {
        return Err(file.untrusted(keys));
    }
    say!(
        "{} is not trusted. It decides what is run, or as whom:",
        file.display()
    );
    for key in keys {
        say!("  {}", model::text::sanitize_line(key));
    }
    match confirm("Trust this file? [y/N] ").await {
        true => file.trust(),
        false => Err(file.untrusted(keys)),
    }
}
