//! Where configuration files are, and where state is kept.

use std::env;
use std::path::PathBuf;

use crate::cli::Global;
use crate::environment::variable;

/// What configuration files are called.
pub const FILE_NAME: &str = "ecs-exec.toml";

/// The file that was named, or else the discovered one.
pub fn project_file(global: &Global) -> Option<PathBuf> {
    match &global.config {
        Some(named) => Some(named.clone()),
        None => discovered_file(),
    }
}

/// The nearest file in the working folder or above it.
pub fn discovered_file() -> Option<PathBuf> {
    let folder = env::current_dir().ok()?;
    let mut candidates = folder.ancestors().map(|folder| folder.join(FILE_NAME));
    candidates.find(|path| path.symlink_metadata().is_ok())
}

/// `$XDG_CONFIG_HOME/ecs-exec/ecs-exec.toml`, or the same under `~/.config` or `%APPDATA%`.
pub fn user_file() -> Option<PathBuf> {
    let folder = user_folder("XDG_CONFIG_HOME", "APPDATA", ".config")?;
    Some(folder.join("ecs-exec").join(FILE_NAME)).filter(|path| path.symlink_metadata().is_ok())
}

/// `$XDG_STATE_HOME`, or `~/.local/state` or `%LOCALAPPDATA%`.
pub fn state_folder() -> Option<PathBuf> {
    user_folder("XDG_STATE_HOME", "LOCALAPPDATA", ".local/state")
}

/// <https://specifications.freedesktop.org/basedir-spec/latest/>. Relative paths are ignored: they would lead into the
/// working folder, which can belong to anybody.
fn user_folder(unix: &str, windows: &str, in_home: &str) -> Option<PathBuf> {
    let absolute = |path: &PathBuf| path.is_absolute();
    let named = |name: &str| variable(name).map(PathBuf::from).filter(absolute);
    named(unix)
        .or_else(|| named(windows))
        .or_else(|| Some(env::home_dir()?.join(in_home)).filter(absolute))
}
