//! What the JSON of a report says of a finding.

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::evidence::Evidence;
use crate::finding::{Finding, Severity, Status, Subject};

/// What a check says of one subject.
#[derive(Serialize, JsonSchema)]
pub struct FindingJson<'f> {
    /// ID of the check: `area.name`.
    check: &'static str,
    area: &'static str,
    status: Status,
    /// How much a failure matters, or not knowing.
    severity: Severity,
    /// One sentence.
    title: &'f str,
    /// Why we think so; empty where the title says it all.
    detail: &'f str,
    subject: &'f Subject,
    evidence: &'f Evidence,
    /// The IAM action that the caller lacks to answer.
    missing_permission: Option<&'f str>,
    /// IDs of the failing checks that explain this failure.
    caused_by: &'f [&'static str],
    /// IDs of fixes.
    fixes: Vec<&'f str>,
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let said = FindingJson {
            check: self.check.id,
            area: self.check.area.name(),
            status: self.status,
            severity: self.severity,
            title: &self.title,
            detail: &self.detail,
            subject: &self.subject,
            evidence: &self.evidence,
            missing_permission: self.missing_permission.as_deref(),
            caused_by: &self.caused_by,
            fixes: self.fix_ids().collect(),
        };
        said.serialize(serializer)
    }
}
