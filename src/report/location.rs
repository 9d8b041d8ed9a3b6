//! Where a finding is at home: the block of the Terraform sources that most probably made its subject, else the
//! configuration file.

use std::fs;
use std::path::{Path, PathBuf};

use hcl_edit::Span;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, Body};
use hcl_edit::template::{Element, StringTemplate};
use model::{Finding, arn};

use crate::cli_error::CliError;

/// No source that a person wrote is larger, in bytes.
const MOST_BYTES: u64 = 4 << 20;
const DEEPEST: usize = 12;

/// Lines of a file, counted from 1.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Location {
    pub file: String,
    pub line: usize,
    pub end_line: usize,
}

/// The locations that findings may have.
#[derive(Default)]
pub struct Locations {
    resources: Vec<Resource>,
    configuration: Location,
}

struct Resource {
    kind: String,
    label: String,
    /// What its naming attributes say, with `None` for what is worked out at apply.
    names: Vec<Vec<Option<String>>>,
    location: Location,
}

/// Attributes by which AWS's names of things are given.
const NAMING: [&str; 6] = [
    "name",
    "name_prefix",
    "family",
    "bucket",
    "service_name",
    "key_id",
];

impl Locations {
    /// Without sources every location is the configuration file.
    pub fn read(
        terraform: Option<&Path>,
        configuration: Option<&Path>,
    ) -> Result<Locations, CliError> {
        let file = configuration.unwrap_or(Path::new("ecs-exec.toml"));
        let mut locations = Locations {
            resources: Vec::new(),
            configuration: Location {
                file: relative(file),
                line: 1,
                end_line: 1,
            },
        };
        if let Some(directory) = terraform {
            let mut files = Vec::new();
            sources(directory, 0, &mut files).map_err(|error| {
                CliError::new(
                    format!("{} cannot be read: {error}", directory.display()),
                    "--terraform takes a folder with .tf files.",
                )
            })?;
            files.sort();
            for file in files {
                locations.add(&file);
            }
        }
        Ok(locations)
    }

    /// A file that is no HCL, or too large, has no locations; `terraform validate` is the one to complain of it.
    fn add(&mut self, file: &Path) {
        // Pipes and devices have no end.
        let is_source =
            fs::metadata(file).is_ok_and(|found| found.is_file() && found.len() <= MOST_BYTES);
        if !is_source {
            return;
        }
        let Ok(text) = fs::read_to_string(file) else {
            return;
        };
        let Ok(body) = text.parse::<Body>() else {
            return;
        };
        for block in body
            .blocks()
            .filter(|block| block.ident.as_str() == "resource")
        {
            let [kind, label] = block.labels.as_slice() else {
                continue;
            };
            self.resources.push(Resource {
                kind: kind.as_str().to_owned(),
                label: label.as_str().to_owned(),
                names: names(block),
                location: location_of(block, file, &text),
            });
        }
    }

    /// The location in the Terraform sources, where one is told.
    pub fn of(&self, finding: &Finding) -> Option<Location> {
        let subject = &finding.subject;
        if let Some(resource) = self.by_address(&subject.id) {
            return Some(resource.location.clone());
        }
        let own = kinds(&subject.kind, finding.check.id)
            .iter()
            .find_map(|kind| self.by_name(kind, last_part(&subject.id)));
        let of_service = || self.by_name("aws_ecs_service", subject.service.as_deref()?);
        own.or_else(of_service)
            .map(|resource| resource.location.clone())
    }

    pub fn of_or_configuration(&self, finding: &Finding) -> Location {
        self.of(finding)
            .unwrap_or_else(|| self.configuration.clone())
    }

    /// A subject out of a plan is called by its address.
    fn by_address(&self, id: &str) -> Option<&Resource> {
        let mut parts = id.split('.').rev();
        let label = parts.next()?.split('[').next()?;
        let kind = parts.next()?;
        self.resources
            .iter()
            .filter(|resource| resource.kind == kind && resource.label == label)
            .max_by_key(|resource| common_words(id, &resource.location.file))
    }

    /// The resource whose name fits best, or the only one of its kind.
    fn by_name(&self, kind: &str, name: &str) -> Option<&Resource> {
        let of_kind = || {
            self.resources
                .iter()
                .filter(|resource| resource.kind == kind)
        };
        // The first of those that fit alike.
        let mut best: Option<(usize, &Resource)> = None;
        for resource in of_kind() {
            let fits = resource
                .names
                .iter()
                .filter_map(|pattern| fit(pattern, name))
                .max();
            if let Some(known) = fits
                && best.is_none_or(|(most, _)| known > most)
            {
                best = Some((known, resource));
            }
        }
        match best {
            Some((_, resource)) => Some(resource),
            // The only one of its kind, unless it has another name.
            None if of_kind().count() == 1 => of_kind().find(|resource| !resource.is_named()),
            None => None,
        }
    }
}

impl Resource {
    /// Some naming attribute says a name by itself.
    fn is_named(&self) -> bool {
        self.names
            .iter()
            .any(|name| name.iter().all(Option::is_some))
    }
}

impl Location {
    /// As a URI reference relative to the folder of the run.
    pub fn uri(&self) -> String {
        const KEPT: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
            .remove(b'/')
            .remove(b'-')
            .remove(b'_')
            .remove(b'.')
            .remove(b'~');
        percent_encoding::utf8_percent_encode(&self.file, KEPT).to_string()
    }
}

fn sources(directory: &Path, depth: usize, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let path = entry.path();
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if hidden {
            continue;
        }
        if entry.file_type()?.is_dir() {
            if depth < DEEPEST {
                sources(&path, depth + 1, found)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "tf") {
            found.push(path);
        }
    }
    Ok(())
}

fn names(block: &Block) -> Vec<Vec<Option<String>>> {
    NAMING
        .iter()
        .filter_map(|name| block.body.get_attribute(name))
        .filter_map(|attribute| match &attribute.value {
            Expression::String(text) => Some(vec![Some(text.value().to_string())]),
            Expression::StringTemplate(template) => Some(pattern(template)),
            _ => None,
        })
        .collect()
}

fn pattern(template: &StringTemplate) -> Vec<Option<String>> {
    template
        .iter()
        .map(|element| match element {
            Element::Literal(text) => Some(text.value().to_string()),
            Element::Interpolation(_) | Element::Directive(_) => None,
        })
        .collect()
}

/// How many characters of the pattern's own the name agrees with; `None` where it does not fit, or fits all.
fn fit(pattern: &[Option<String>], name: &str) -> Option<usize> {
    let known: usize = pattern.iter().flatten().map(String::len).sum();
    let glob: String = pattern
        .iter()
        .map(|part| part.as_deref().unwrap_or("*"))
        .collect();
    (known > 0 && aws_rules::iam::like(&glob, name)).then_some(known)
}

fn location_of(block: &Block, file: &Path, text: &str) -> Location {
    let span = block.span().unwrap_or(0..0);
    let line_of = |at: usize| {
        1 + text.as_bytes()[..at.min(text.len())]
            .iter()
            .filter(|b| **b == b'\n')
            .count()
    };
    let line = line_of(span.start);
    let end = text
        .get(span.clone())
        .map_or(span.end, |block| span.start + block.trim_end().len());
    Location {
        file: relative(file),
        line,
        end_line: line_of(end).max(line),
    }
}

/// Relative to the folder of the run, with slashes, as annotations want it.
fn relative(file: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let file = file.strip_prefix(&here).unwrap_or(file);
    let file = file.to_string_lossy().replace('\\', "/");
    file.strip_prefix("./").map_or(file.clone(), str::to_owned)
}

/// The resource types that may have made a subject, the likeliest first.
fn kinds(subject: &str, check: &str) -> &'static [&'static str] {
    match (subject, check) {
        (_, "network.endpoint-present") => &["aws_vpc_endpoint", "aws_vpc"],
        ("service" | "task" | "tasks", _) => &["aws_ecs_service"],
        ("container" | "container-definition" | "task-definition", _) => {
            &["aws_ecs_task_definition"]
        }
        ("cluster", _) => &["aws_ecs_cluster"],
        ("role", _) => &["aws_iam_role"],
        ("vpc", _) => &["aws_vpc"],
        ("subnet", _) => &["aws_subnet"],
        ("security-group", _) => &["aws_security_group"],
        ("endpoint", _) => &["aws_vpc_endpoint"],
        ("kms-key", _) => &["aws_kms_key"],
        ("log-group", _) => &["aws_cloudwatch_log_group"],
        ("bucket", _) => &["aws_s3_bucket"],
        _ => &[],
    }
}

/// A name out of an ARN, without a revision.
fn last_part(id: &str) -> &str {
    let name = arn::name(id);
    match name.rsplit_once(':') {
        Some((family, revision)) if revision.chars().all(|c| c.is_ascii_digit()) => family,
        _ => name,
    }
}

/// `module.vpc.…` is likelier to be in `modules/vpc/` than elsewhere.
fn common_words(address: &str, file: &str) -> usize {
    address
        .split(['.', '[', ']', '"'])
        .filter(|word| file.split('/').any(|part| part == *word))
        .count()
}
