//! The file of the repository that made the program look at a subject.

use std::fs;
use std::path::{Path, PathBuf};

use super::{MAX_BYTES, SourceLocation, relative};
use crate::environment::variable;

/// The project's configuration, under the name that it would have.
const CONFIGURATION: &str = "ecs-exec.toml";

/// The project's configuration file.
pub struct Configuration {
    file: String,
    text: String,
}

impl Configuration {
    /// Reads the file; `None` if it is no text of a reasonable size.
    pub fn read(path: &Path) -> Option<Configuration> {
        let metadata = fs::metadata(path).ok()?;
        let is_readable = metadata.is_file() && metadata.len() <= MAX_BYTES;
        Some(Configuration {
            text: is_readable.then(|| fs::read_to_string(path).ok())??,
            file: relative(path),
        })
    }

    /// The line that names the service, else that which names the cluster, else the first.
    pub fn locate(&self, service: Option<&str>) -> SourceLocation {
        let lines = || self.text.lines().map(str::trim).zip(1..);
        let tables = lines().filter_map(|(line, number)| {
            let name = line.strip_prefix("[services.")?.strip_suffix(']')?;
            Some((name.trim_matches(['"', '\'']), number))
        });
        let named = tables.filter(|(name, _)| {
            let suffix = format!("-{name}");
            service.is_some_and(|service| service == *name || service.ends_with(&suffix))
        });
        let named = named.max_by_key(|(name, _)| name.len());
        let cluster = || lines().find(|(line, _)| line.starts_with("cluster"));
        let line = named.or_else(cluster).map_or(1, |(_, number)| number);
        SourceLocation::at_line(self.file.clone(), line)
    }
}

/// The file of the running workflow of GitHub Actions: `OWNER/REPOSITORY/.github/workflows/ci.yml@refs/heads/main`.
/// <https://docs.github.com/en/actions/reference/workflows-and-actions/variables>
fn of_reference(reference: &str) -> Option<SourceLocation> {
    let (path, _) = reference.split_once('@')?;
    let file = path.splitn(3, '/').nth(2)?;
    file.starts_with(".github/")
        .then(|| SourceLocation::at_line(file.to_owned(), 1))
}

/// The workflow that runs the program; outside GitHub Actions, the first workflow of the working folder that names it.
/// Else the place for a configuration, because code scanning shows no result without a file.
pub fn workflow() -> SourceLocation {
    let running = variable("GITHUB_WORKFLOW_REF")
        .and_then(|reference| of_reference(&reference.to_string_lossy()));
    let named = || naming_this_program(Path::new(".github/workflows"));
    running
        .or_else(named)
        .unwrap_or_else(|| SourceLocation::at_line(CONFIGURATION.to_owned(), 1))
}

fn naming_this_program(folder: &Path) -> Option<SourceLocation> {
    let entries = fs::read_dir(folder).ok()?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    let names_it = |file: &&PathBuf| {
        let is_yaml = file
            .extension()
            .is_some_and(|extension| extension == "yml" || extension == "yaml");
        let text = is_yaml.then(|| Configuration::read(file)).flatten();
        text.is_some_and(|read| read.text.contains("ecs-exec"))
    };
    let file = files.iter().find(names_it)?;
    Some(SourceLocation::at_line(relative(file), 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_names_services_and_the_cluster() {
        let configuration = Configuration {
            file: "ecs-exec.toml".to_owned(),
            text: "# ours\ncluster = 'x'\n\n[services.web]\n[services.\"big-web\"]\n".to_owned(),
        };
        let line = |service| configuration.locate(service).line;
        assert_eq!(line(Some("production-web")), 4);
        assert_eq!(line(Some("big-web")), 5);
        assert_eq!(line(Some("api")), 2);
        assert_eq!(line(None), 2);
    }

    #[test]
    fn the_workflow_is_a_file_of_the_repository() {
        let file = |reference| of_reference(reference).map(|location| location.file);
        let ours = "owner/repo/.github/workflows/ci.yml@refs/heads/main";
        assert_eq!(file(ours), Some(".github/workflows/ci.yml".to_owned()));
        for other in ["", "owner/repo", "owner/repo/x.yml@main", "@"] {
            assert_eq!(file(other), None);
        }
    }
}
