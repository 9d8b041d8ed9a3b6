//! The file of a plan, or the templates of a CDK assembly.

use std::fs;
use std::path::{Path, PathBuf};

use diagnosis::Report;
use model::Finding;

use super::{SourceLocation, relative};

const MANIFEST: &str = "manifest.json";
const TEMPLATE: &str = ".template.json";

/// What `--plan` names.
pub struct PlanFiles {
    /// The plan, or the manifest of the assembly.
    file: PathBuf,
    /// The folder of the templates.
    folder: PathBuf,
}

impl PlanFiles {
    pub fn of(plan: &Path) -> PlanFiles {
        match plan.is_dir() {
            true => PlanFiles {
                file: plan.join(MANIFEST),
                folder: plan.to_owned(),
            },
            false => PlanFiles {
                file: plan.to_owned(),
                folder: plan.parent().unwrap_or(Path::new("")).to_owned(),
            },
        }
    }

    /// The template that the fix of the finding or of its cause changes, else the only one of an assembly, else the plan.
    pub fn locate(&self, report: &Report, finding: &Finding) -> SourceLocation {
        let is_cause = |other: &&Finding| {
            finding.caused_by.contains(&other.check.id)
                && other.subject.service == finding.subject.service
        };
        let causes = report.findings.iter().filter(is_cause);
        let mut fixes = std::iter::once(finding)
            .chain(causes)
            .flat_map(Finding::fix_ids)
            .filter_map(|id| report.fix(id));
        let fixed = fixes.find_map(|fix| self.template(fix.template_file.as_deref()?));
        let file = fixed.or_else(|| self.only_template());
        let file = file.unwrap_or_else(|| self.file.clone());
        SourceLocation::at_line(relative(&file), 1)
    }

    /// A template that the manifest names; a nested one may be elsewhere.
    fn template(&self, name: &str) -> Option<PathBuf> {
        let file = self.folder.join(name);
        file.is_file().then_some(file)
    }

    fn only_template(&self) -> Option<PathBuf> {
        if !self.file.ends_with(MANIFEST) {
            return None;
        }
        let entries = fs::read_dir(&self.folder).ok()?;
        let files = entries.flatten().map(|entry| entry.path());
        let mut templates = files.filter(|file| file.to_string_lossy().ends_with(TEMPLATE));
        let only = templates.next()?;
        templates.next().is_none().then_some(only)
    }
}
