//! Groups findings that say the same, so that each sentence is shown once.

use model::{Finding, Status, text};

/// Several findings that say the same.
pub struct FindingLine<'r> {
    pub finding: &'r Finding,
    count: usize,
    /// IDs of the checks that say it.
    pub checks: Vec<&'r str>,
    services: Vec<&'r str>,
}

impl FindingLine<'_> {
    /// The services and a colon, unless the title names the only one.
    pub fn services(&self) -> String {
        match self.services.as_slice() {
            [] => String::new(),
            [only] if self.finding.title.contains(only) => String::new(),
            services => format!("{}: ", text::short_list(services, 3)),
        }
    }

    /// ` (and 2 more like it)` of the same service.
    pub fn more(&self) -> String {
        match self.count - self.checks.len() {
            more if more > 0 && self.services.len() < 2 => format!(" (and {more} more like it)"),
            _ => String::new(),
        }
    }

    /// Whether a finding goes on this line: the same check of the same service, the same sentence of the same check, or
    /// the same reason for not knowing.
    fn says_the_same(&self, finding: &Finding) -> bool {
        let first = self.finding;
        let same_check = first.check.id == finding.check.id;
        let same_service = first.subject.service == finding.subject.service;
        let same_title = first.title == finding.title;
        let is_unknown = finding.status == Status::Unknown;
        first.status == finding.status
            && first.caused_by == finding.caused_by
            && (same_check && same_service || same_title && (same_check || is_unknown))
    }
}

/// The lines of an area: one for each finding if verbose, else only what needs attention.
pub fn lines<'r>(findings: &[&'r Finding], verbose: bool) -> Vec<FindingLine<'r>> {
    let mut lines: Vec<FindingLine> = Vec::new();
    for &finding in findings {
        if !verbose && !finding.status.needs_attention() {
            continue;
        }
        let service = finding.subject.service.as_deref();
        let mut same = lines.iter_mut();
        match same.find(|line| !verbose && line.says_the_same(finding)) {
            Some(line) => {
                line.count += 1;
                if !line.checks.contains(&finding.check.id) {
                    line.checks.push(finding.check.id);
                }
                let is_new = |service: &&str| !line.services.contains(service);
                let new = service.filter(is_new);
                line.services.extend(new);
            }
            None => lines.push(FindingLine {
                finding,
                count: 1,
                checks: vec![finding.check.id],
                services: service.into_iter().collect(),
            }),
        }
    }
    lines
}
