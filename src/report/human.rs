use checks::registry::AREAS;
use diagnosis::report::{Report, RootCause, Source, Verdict};
use model::finding::Status;
use model::{Finding, Fix, text};

use super::Look;
use super::paint::Paint;

pub fn render(report: &Report, look: &Look) -> String {
    let mut page = Page::new(look);
    page.context(report);
    for area in AREAS.iter().chain(&custom_checks::AREAS) {
        page.area(report, area);
    }
    for (index, cause) in report.root_causes.iter().enumerate() {
        page.root_cause(report, cause, index);
    }
    page.last_fixes(report);
    page.since(report);
    page.blind_spots(report);
    page.verdict(report);
    page.finished(look)
}

/// A line for each cluster, where there are several.
pub fn overview(reports: &[Report]) -> String {
    if reports.len() < 2 {
        return String::new();
    }
    let lines = reports.iter().map(|report| {
        let target = &report.target;
        format!(
            "\n{} {}: {}",
            target.region,
            target.cluster,
            report.headline()
        )
    });
    lines.chain(["\n".to_owned()]).collect()
}

pub fn causes(report: &Report, look: &Look) -> String {
    let mut page = Page::new(look);
    for (index, cause) in report.root_causes.iter().enumerate() {
        page.root_cause(report, cause, index);
    }
    page.last_fixes(report);
    page.finished(look)
}

struct Page {
    text: String,
    paint: Paint,
    width: usize,
    verbose: bool,
}

/// A line of several findings that say the same.
struct Line<'r> {
    finding: &'r Finding,
    count: usize,
    /// IDs of the checks that say it.
    checks: Vec<&'r str>,
    /// Of which services it is said.
    services: Vec<&'r str>,
}

impl Page {
    fn new(look: &Look) -> Page {
        Page {
            text: String::new(),
            paint: Paint::new(look),
            width: look.width.clamp(40, 120),
            verbose: look.verbose,
        }
    }

    fn finished(self, look: &Look) -> String {
        match look.unicode {
            true => self.text,
            false => self.text.replace('—', "-").replace('…', "..."),
        }
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(&no_command(line.trim_end()));
        self.text.push('\n');
    }

    fn prose(&mut self, indent: usize, prose: &str) {
        let pad = " ".repeat(indent);
        for paragraph in prose.lines() {
            for line in wrap(paragraph, self.width, &pad) {
                self.line(&line);
            }
        }
    }

    fn context(&mut self, report: &Report) {
        let target = &report.target;
        let source = match report.source {
            Source::Live => None,
            Source::Snapshot => Some("from a snapshot"),
            Source::Plan => Some("from a plan"),
            Source::Demo => Some("demo facts"),
        };
        let parts: Vec<&str> = [
            Some(target.cluster.as_str()),
            Some(target.region.as_str()),
            target.account.as_deref(),
            source,
        ]
        .into_iter()
        .flatten()
        .collect();
        let line = parts.join(self.paint.separator());
        self.line(&self.paint.bold(&line));
        if let Some(arn) = &report.caller.arn {
            self.line(&self.paint.dim(&format!("as {arn}")));
        }
        self.line("");
    }

    fn area(&mut self, report: &Report, area: &str) {
        let findings: Vec<&Finding> = report
            .findings
            .iter()
            .filter(|finding| finding.check.area.name() == area)
            .collect();
        if findings.is_empty() {
            return;
        }
        let worst = worst(&findings);
        let heading = format!(
            "{} {area:<10} {}",
            self.paint.symbol(worst),
            tally(&findings)
        );
        self.line(&heading);
        for line in lines(&findings, self.verbose) {
            let Line { finding, count, .. } = line;
            let times = match count - line.checks.len() {
                more if more > 0 && line.services.len() < 2 => {
                    format!(" (and {more} more like it)")
                }
                _ => String::new(),
            };
            let symbol = self.paint.symbol(finding.status);
            let check = self.paint.dim(&text::short_list(&line.checks, 3));
            self.line(&format!("    {symbol} {check}"));
            let because = match finding.caused_by.as_slice() {
                [] => String::new(),
                causes => format!(" — because of {}", text::list(causes)),
            };
            let services = services(&line);
            self.prose(8, &format!("{services}{}{times}{because}", finding.title));
            // What is behind a failure of a built-in check stands at its root cause.
            let is_told_here = is_own(area) || (self.verbose && finding.status == Status::Warn);
            if is_told_here && finding.status != Status::Pass {
                self.prose(10, &finding.detail);
            }
            if self.verbose && finding.status == Status::Warn {
                for command in finding
                    .fix_ids()
                    .filter_map(|id| report.fix(id))
                    .flat_map(|fix| &fix.commands)
                {
                    self.line(&format!("          {}", self.paint.command(command)));
                }
            }
        }
    }

    fn root_cause(&mut self, report: &Report, cause: &RootCause, index: usize) {
        let heading = match report.root_causes.len() {
            1 => "Root cause".to_owned(),
            many => format!("Root cause {} of {many}", index + 1),
        };
        self.line("");
        let title = format!("{heading}: {}", cause.title);
        for line in wrap(&title, self.width, "") {
            self.line(&self.paint.bad(&line));
        }
        self.line(&format!("  {}", self.paint.dim(cause.check)));
        self.prose(2, &cause.detail);
        if !cause.symptoms.is_empty() {
            self.prose(
                2,
                &format!("It is behind: {}.", text::list(&cause.symptoms)),
            );
        }
        for fix in cause.fixes.iter().filter_map(|id| report.fix(id)) {
            match fix.is_last {
                true => self.last_fix(fix),
                false => self.fix(fix),
            }
        }
    }

    /// Only names a fix that is shown after all others.
    fn last_fix(&mut self, fix: &Fix) {
        self.line("");
        let title = format!(
            "Fix ({}), at the end: {}",
            fix.disposition.word(),
            fix.title
        );
        for line in wrap(&title, self.width - 2, "") {
            self.line(&format!("  {}", self.paint.bold(&line)));
        }
    }

    fn fix(&mut self, fix: &Fix) {
        self.line("");
        let title = format!("Fix ({}): {}", fix.disposition.word(), fix.title);
        for line in wrap(&title, self.width - 2, "") {
            self.line(&format!("  {}", self.paint.bold(&line)));
        }
        for command in &fix.commands {
            self.line(&format!("    {}", self.paint.command(command)));
        }
        if fix.commands.is_empty() {
            let exact = match (&fix.terraform, &fix.policy) {
                (Some(terraform), _) => terraform.clone(),
                (None, Some(policy)) => serde_json::to_string_pretty(policy).unwrap_or_default(),
                (None, None) => String::new(),
            };
            for line in exact.lines() {
                self.line(&format!("    {}", self.paint.command(line)));
            }
        }
        self.prose(4, &fix.explain);
    }

    /// Fixes that come after those of all causes.
    fn last_fixes(&mut self, report: &Report) {
        let mut fixes = report.last_fixes().peekable();
        if fixes.peek().is_none() {
            return;
        }
        self.line("");
        self.line(&self.paint.bold("After all other fixes"));
        for fix in fixes {
            self.fix(fix);
        }
    }

    fn since(&mut self, report: &Report) {
        let Some(since) = &report.since else { return };
        if !report.root_causes.is_empty() {
            self.line("");
        }
        self.prose(0, &format!("Since the baseline: {}.", since.summary()));
        for gone in &since.gone {
            self.line(&format!(
                "    {} {}",
                self.paint.symbol(Status::Pass),
                self.paint.dim(&gone.check)
            ));
            self.prose(8, &format!("No longer: {}", gone.title));
        }
    }

    /// Permissions that would have told more.
    fn blind_spots(&mut self, report: &Report) {
        let missing = super::missing_permissions(report);
        if !missing.is_empty() {
            self.line("");
            self.prose(
                0,
                &format!("With {} the doctor would see more.", text::list(&missing)),
            );
        }
    }

    fn verdict(&mut self, report: &Report) {
        self.line("");
        let status = match report.verdict {
            Verdict::Pass => Status::Pass,
            Verdict::Fail => Status::Fail,
            Verdict::Inconclusive => Status::Unknown,
        };
        let mut sentence = report.headline().to_owned();
        if let Some(first) = sentence.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        sentence.push('.');
        let symbol = self.paint.symbol(status);
        self.line(&format!("{symbol} {}", self.paint.bold(&sentence)));
    }
}

/// In the log of a CI server a line that begins like this would be a command, and texts of others may come to stand at
/// a line's beginning.
fn no_command(line: &str) -> String {
    let text = line.trim_start();
    let indent = &line[..line.len() - text.len()];
    for (command, harmless) in [("::", ": :"), ("##[", "## [")] {
        if let Some(rest) = text.strip_prefix(command) {
            return format!("{indent}{harmless}{rest}");
        }
    }
    line.to_owned()
}

/// Breaks at spaces only: names, addresses and ARNs stay whole.
pub fn wrap(text: &str, width: usize, indent: &str) -> Vec<String> {
    let options = textwrap::Options::new(width)
        .initial_indent(indent)
        .subsequent_indent(indent)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .word_separator(textwrap::WordSeparator::AsciiSpace);
    textwrap::wrap(text, options)
        .into_iter()
        .map(|line| line.into_owned())
        .collect()
}

fn worst(findings: &[&Finding]) -> Status {
    [Status::Fail, Status::Unknown, Status::Warn, Status::Pass]
        .into_iter()
        .find(|status| findings.iter().any(|finding| finding.status == *status))
        .unwrap_or(Status::Skip)
}

/// `4 passed, 1 failed`.
fn tally(findings: &[&Finding]) -> String {
    let words = [
        (Status::Fail, "failed"),
        (Status::Unknown, "unknown"),
        (Status::Warn, "doubtful"),
        (Status::Pass, "passed"),
        (Status::Skip, "skipped"),
    ];
    let parts: Vec<String> = words
        .into_iter()
        .filter_map(|(status, word)| {
            let count = findings.iter().filter(|f| f.status == status).count();
            (count > 0).then(|| format!("{count} {word}"))
        })
        .collect();
    parts.join(", ")
}

/// What is worth a line: everything when verbose, else what is not in order, each sentence once a service, and what
/// could not be seen for one reason once for all checks.
fn lines<'r>(findings: &[&'r Finding], verbose: bool) -> Vec<Line<'r>> {
    let mut lines: Vec<Line> = Vec::new();
    for &finding in findings {
        if !verbose && !finding.status.needs_attention() {
            continue;
        }
        let is_same = |line: &&mut Line| {
            let first = line.finding;
            let is_again = first.check.id == finding.check.id
                && first.subject.service == finding.subject.service;
            let is_unseen = finding.status == Status::Unknown;
            let says_the_same =
                first.title == finding.title && (is_unseen || first.check.id == finding.check.id);
            let is_alike = first.status == finding.status && first.caused_by == finding.caused_by;
            is_alike && (is_again || says_the_same)
        };
        let known = match verbose {
            true => None,
            false => lines.iter_mut().find(is_same),
        };
        match known {
            Some(line) => {
                line.count += 1;
                if let Some(service) = finding.subject.service.as_deref()
                    && !line.services.contains(&service)
                {
                    line.services.push(service);
                }
                if !line.checks.contains(&finding.check.id) {
                    line.checks.push(finding.check.id);
                }
            }
            None => lines.push(Line {
                finding,
                count: 1,
                checks: vec![finding.check.id],
                services: finding.subject.service.as_deref().into_iter().collect(),
            }),
        }
    }
    lines
}

fn is_own(area: &str) -> bool {
    custom_checks::AREAS.contains(&area)
}

/// The services, where the sentence does not name the only one.
fn services(line: &Line) -> String {
    match line.services.as_slice() {
        [] => String::new(),
        [only] if line.finding.title.contains(only) => String::new(),
        some => format!("{}: ", text::short_list(some, 3)),
    }
}
