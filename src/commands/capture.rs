//! `ecs-exec capture`: writes the facts of a run to a file.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use capture::Pseudonyms;
use diagnosis::{Selection, examine};
use model::facts::{Facts, Reason};
use model::text;
use model::text::sanitize_line;

use crate::cli::{Capture, Global};
use crate::cli_error::CliError;
use crate::collect;
use crate::config::Use;
use crate::files::{unwritable, write_file};
use crate::output::{self, Progress};
use crate::place;
use crate::target::GatherRequest;

/// `ecs-exec capture`
pub async fn run(arguments: &Capture, global: &Global) -> Result<ExitCode, CliError> {
    let settings = place::load(global, &[Use::Credentials]).await?;
    let request = GatherRequest::from_args(&arguments.targets, &settings)?;
    let progress = Progress::start(global, &format!("Reading {} from AWS", settings.cluster));
    let gathered = collect::gather(&settings, &request, arguments.timeout).await;
    progress.end();
    let mut facts = capture::capture(&gathered?.facts, env!("CARGO_PKG_VERSION"));
    if arguments.anonymize {
        let (anonymous, names) = anonymized(&facts)?;
        if let Some(path) = &arguments.names {
            write_private(path, &names)?;
        }
        facts = anonymous;
    }
    write(&arguments.output, &facts)?;
    print_summary(&arguments.output, &facts, global);
    Ok(ExitCode::SUCCESS)
}

/// Replaces the names, unless that would change the findings.
fn anonymized(facts: &Facts) -> Result<(Facts, Pseudonyms), CliError> {
    let (anonymous, names) = capture::anonymize(facts);
    match verdicts(facts) == verdicts(&anonymous) {
        true => Ok((anonymous, names)),
        false => Err(CliError::new(
            "cannot anonymize this capture: the doctor's findings would change",
            "A pattern in a policy matches part of a name. Capture without --anonymize, and replace the names by hand.",
        )),
    }
}

/// Every status and every root cause.
fn verdicts(facts: &Facts) -> Vec<String> {
    let report = examine(facts, &Selection::default());
    let findings = report.findings.iter();
    let findings = findings.map(|finding| format!("{} {:?}", finding.check.id, finding.status));
    let causes = report.root_causes.iter();
    let causes = causes.map(|cause| cause.check.to_owned());
    let mut verdicts: Vec<String> = findings.chain(causes).collect();
    verdicts.sort();
    verdicts
}

/// Writes a new file that only its owner can read.
fn write_private(path: &Path, names: &Pseudonyms) -> Result<(), CliError> {
    let json = serde_json::to_string_pretty(names).unwrap_or_default() + "\n";
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options
        .open(path)
        .and_then(|mut file| file.write_all(json.as_bytes()));
    written.map_err(|error| unwritable(path, &error))
}

fn write(path: &Path, facts: &Facts) -> Result<(), CliError> {
    let json = serde_json::to_string_pretty(facts)
        .map_err(|error| CliError::file(format!("cannot write the facts: {error}")))?;
    match path == Path::new("-") {
        true => output::print(&(json + "\n")),
        false => write_file(path, &(json + "\n")),
    }
}

/// Says what the capture holds, and what it lacks.
fn print_summary(path: &Path, facts: &Facts, global: &Global) {
    if global.quiet {
        return;
    }
    let manifest = facts.manifest.as_ref();
    let names = match manifest.is_some_and(|manifest| manifest.anonymized) {
        true => "names, account IDs and public addresses are made up",
        false => "names and account IDs are real; use --anonymize to replace them",
    };
    let shown = match path == Path::new("-") {
        true => "the capture".to_owned(),
        false => path.display().to_string(),
    };
    say!("Wrote {shown}: no values of variables or tags, no secrets; {names}.");
    let unseen = manifest.iter().flat_map(|manifest| &manifest.unseen);
    let mut denied: Vec<String> = unseen.filter_map(|why| why.missing_permission()).collect();
    denied.dedup();
    if !denied.is_empty() {
        say!("Missing permissions: {}", text::list(&denied));
    }
    print_failures(facts);
    let path = path.display();
    say!("Read it with: ecs-exec doctor --snapshot {path}");
}

/// Says what could not be read for other reasons than a missing permission.
fn print_failures(facts: &Facts) {
    let unseen = facts.manifest.iter().flat_map(|manifest| &manifest.unseen);
    let failed: Vec<String> = unseen
        .filter(|why| !matches!(why.reason, Reason::Denied | Reason::NotAsked))
        .map(|why| sanitize_line(&why.to_string()))
        .collect();
    if let [first, others @ ..] = failed.as_slice() {
        let others = match others.len() {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        say!("Incomplete: {first}{others}.");
    }
}
