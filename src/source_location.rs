//! Where a finding can be fixed: the block of the Terraform sources that most likely creates its subject, else the plan
//! or template that describes it. Else the file of the repository that made the program look at the subject: the
//! configuration, or the workflow that runs it. Code scanning of GitHub accepts no result without a file.

mod fallback;
mod plan_files;

use std::fs;
use std::path::{Path, PathBuf};

use diagnosis::Report;
use hcl_edit::Span;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, Body};
use hcl_edit::template::Element;
use model::{Finding, arn};

use crate::cli_error::CliError;
use fallback::Configuration;
use plan_files::PlanFiles;

/// Larger files are not written by people, in bytes.
const MAX_BYTES: u64 = 4 << 20;
const MAX_DEPTH: usize = 12;

/// Lines of a file, counted from 1.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceLocation {
    pub file: String,
    pub line: usize,
    pub end_line: usize,
}

/// The Terraform resources that findings may be about.
#[derive(Default)]
pub struct SourceLocations {
    resources: Vec<Resource>,
    plan: Option<PlanFiles>,
    configuration: Option<Configuration>,
    workflow: SourceLocation,
}

/// A name as the sources write it, in parts; `None` is an interpolation.
type NamePattern = Vec<Option<String>>;

struct Resource {
    kind: String,
    label: String,
    names: Vec<NamePattern>,
    location: SourceLocation,
}

/// Attributes that set a resource's name in AWS.
const NAME_ATTRIBUTES: [&str; 6] = [
    "name",
    "name_prefix",
    "family",
    "bucket",
    "service_name",
    "key_id",
];

impl SourceLocations {
    /// Reads all `.tf` files of a folder, and the project's configuration. `plan`: the file or folder that was checked.
    pub fn read(
        terraform: Option<&Path>,
        plan: Option<&Path>,
        configuration: Option<&Path>,
    ) -> Result<SourceLocations, CliError> {
        let mut files = Vec::new();
        if let Some(folder) = terraform {
            find_sources(folder, 0, &mut files).map_err(|error| {
                CliError::new(
                    format!("cannot read {}: {error}", folder.display()),
                    "--terraform takes a folder with .tf files.",
                )
            })?;
            files.sort();
        }
        Ok(SourceLocations {
            resources: files
                .iter()
                .filter_map(|file| resources(file))
                .flatten()
                .collect(),
            configuration: configuration.and_then(Configuration::read),
            plan: plan.map(PlanFiles::of),
            workflow: fallback::workflow(),
        })
    }

    /// The location in the Terraform sources.
    pub fn find(&self, finding: &Finding) -> Option<&SourceLocation> {
        let subject = &finding.subject;
        let by_name = || {
            let mut kinds = kinds(&subject.kind, finding.check.id).iter();
            kinds.find_map(|kind| self.by_name(kind, last_part(&subject.id)))
        };
        let by_service = || self.by_name("aws_ecs_service", subject.service.as_deref()?);
        let resource = self.by_address(&subject.id).or_else(by_name);
        Some(&resource.or_else(by_service)?.location)
    }

    /// The location in the Terraform sources, else the plan, else the best file of the repository.
    pub fn find_or_repository(&self, report: &Report, finding: &Finding) -> SourceLocation {
        let service = finding.subject.service.as_deref();
        let planned = || Some(self.plan.as_ref()?.locate(report, finding));
        let configured = || Some(self.configuration.as_ref()?.locate(service));
        let terraform = self.find(finding).cloned();
        terraform
            .or_else(planned)
            .or_else(configured)
            .unwrap_or_else(|| self.workflow.clone())
    }

    /// The ID of a subject from a plan is its address.
    fn by_address(&self, id: &str) -> Option<&Resource> {
        let mut parts = id.split('.').rev();
        let label = parts.next()?.split('[').next()?;
        let kind = parts.next()?;
        let same = |resource: &&Resource| resource.kind == kind && resource.label == label;
        let resources = self.resources.iter().filter(same);
        resources.max_by_key(|resource| common_words(id, &resource.location.file))
    }

    /// The resource whose name matches best, else the only one of its kind if its name is not known.
    fn by_name(&self, kind: &str, name: &str) -> Option<&Resource> {
        let same_kind = self
            .resources
            .iter()
            .filter(|resource| resource.kind == kind);
        let matches = same_kind.clone().filter_map(|resource| {
            let lengths = resource
                .names
                .iter()
                .filter_map(|pattern| matched(pattern, name));
            Some((lengths.max()?, resource))
        });
        // Of equal matches the first, where `max_by_key` takes the last.
        let best = matches.rev().max_by_key(|(length, _)| *length);
        let mut unnamed = same_kind;
        best.map(|(_, resource)| resource)
            .or_else(|| match (unnamed.next(), unnamed.next()) {
                (Some(only), None) if !only.has_plain_name() => Some(only),
                _ => None,
            })
    }
}

impl Resource {
    fn has_plain_name(&self) -> bool {
        let mut names = self.names.iter();
        names.any(|name| name.iter().all(Option::is_some))
    }
}

impl SourceLocation {
    fn at_line(file: String, line: usize) -> SourceLocation {
        SourceLocation {
            file,
            line,
            end_line: line,
        }
    }

    /// The file as a URI reference.
    pub fn uri(&self) -> String {
        const UNESCAPED: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
            .remove(b'/')
            .remove(b'-')
            .remove(b'_')
            .remove(b'.')
            .remove(b'~');
        percent_encoding::utf8_percent_encode(&self.file, UNESCAPED).to_string()
    }
}

fn find_sources(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if entry.file_type()?.is_dir() {
            if depth < MAX_DEPTH {
                find_sources(&path, depth + 1, found)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "tf") {
            found.push(path);
        }
    }
    Ok(())
}

/// The resources of a file; `None` if it is no regular file, too large, or no HCL, which `terraform validate` reports.
fn resources(file: &Path) -> Option<Vec<Resource>> {
    let metadata = fs::metadata(file).ok()?;
    if !metadata.is_file() || metadata.len() > MAX_BYTES {
        return None;
    }
    let text = fs::read_to_string(file).ok()?;
    let body = text.parse::<Body>().ok()?;
    let blocks = body.blocks();
    let blocks = blocks.filter(|block| block.ident.as_str() == "resource");
    let resources = blocks.filter_map(|block| {
        let [kind, label] = block.labels.as_slice() else {
            return None;
        };
        Some(Resource {
            kind: kind.as_str().to_owned(),
            label: label.as_str().to_owned(),
            names: name_patterns(block),
            location: location(block, file, &text),
        })
    });
    Some(resources.collect())
}

fn name_patterns(block: &Block) -> Vec<NamePattern> {
    let attributes = NAME_ATTRIBUTES.iter();
    let attributes = attributes.filter_map(|name| block.body.get_attribute(name));
    let names = attributes.filter_map(|attribute| match &attribute.value {
        Expression::String(text) => Some(vec![Some(text.value().to_string())]),
        Expression::StringTemplate(template) => {
            let parts = template.iter().map(|element| match element {
                Element::Literal(text) => Some(text.value().to_string()),
                Element::Interpolation(_) | Element::Directive(_) => None,
            });
            Some(parts.collect())
        }
        _ => None,
    });
    names.collect()
}

/// The number of characters that a name and a pattern share; `None` if they differ or the pattern matches everything.
fn matched(pattern: &NamePattern, name: &str) -> Option<usize> {
    let length: usize = pattern.iter().flatten().map(String::len).sum();
    let parts = pattern.iter();
    let glob: String = parts.map(|part| part.as_deref().unwrap_or("*")).collect();
    (length > 0 && aws_rules::iam::like(&glob, name)).then_some(length)
}

fn location(block: &Block, file: &Path, text: &str) -> SourceLocation {
    let span = block.span().unwrap_or(0..0);
    let line_of = |at: usize| {
        1 + text
            .get(..at)
            .map_or(0, |before| before.matches('\n').count())
    };
    let end = text
        .get(span.clone())
        .map_or(span.end, |block| span.start + block.trim_end().len());
    let line = line_of(span.start);
    SourceLocation {
        file: relative(file),
        line,
        end_line: line_of(end).max(line),
    }
}

/// A path relative to the working folder, with slashes.
fn relative(file: &Path) -> String {
    let folder = std::env::current_dir().unwrap_or_default();
    let file = file.strip_prefix(&folder).unwrap_or(file);
    let file = file.to_string_lossy().replace('\\', "/");
    file.strip_prefix("./").unwrap_or(&file).to_owned()
}

/// The resource types that may create a subject, the likeliest first.
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

/// The name in an ARN, without a revision.
fn last_part(id: &str) -> &str {
    let name = arn::name(id);
    match name.rsplit_once(':') {
        Some((family, revision)) if revision.chars().all(|c| c.is_ascii_digit()) => family,
        _ => name,
    }
}

/// How many parts of an address are folders: `module.vpc.…` is likely in `modules/vpc/`.
fn common_words(address: &str, file: &str) -> usize {
    let words = address.split(['.', '[', ']', '"']);
    words
        .filter(|word| file.split('/').any(|part| part == *word))
        .count()
}
