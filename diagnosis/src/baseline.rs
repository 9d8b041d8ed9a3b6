//! Compares a report with an earlier one.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::report::{Report, SCHEMA_VERSION};
use model::finding::{Status, Subject};
use model::text::{count, sanitize_line};

/// An earlier report, as far as it is compared.
#[derive(Debug, Deserialize)]
pub struct Baseline {
    target: Target,
    findings: Vec<EarlierFinding>,
}

#[derive(Deserialize)]
struct Version {
    schema_version: String,
}

/// The JSON of `doctor`: a report, or those of several clusters.
#[derive(Deserialize)]
#[serde(untagged)]
enum BaselineFile {
    Several { reports: Vec<Baseline> },
    One(Baseline),
}

/// The cluster of the earlier report.
#[derive(Debug, Deserialize)]
struct Target {
    account: Option<String>,
    region: String,
    cluster: String,
}

#[derive(Debug, Deserialize)]
struct EarlierFinding {
    check: String,
    status: Status,
    title: String,
    subject: Subject,
}

/// How a report differs from its baseline.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Since {
    /// Findings that needed attention then and still do; they are left out of this report.
    pub known: usize,
    /// Findings that needed attention then and no longer do.
    pub gone: Vec<Gone>,
    /// Findings that needed attention then and could not be checked again: this report does not cover them, or sees
    /// less.
    pub untold: usize,
}

impl Since {
    /// How many of each kind, in words.
    pub fn summary(&self) -> String {
        let known = count(self.known, "known finding");
        let gone = self.gone.len();
        let unchecked = match self.untold {
            0 => String::new(),
            unchecked => format!(", {unchecked} not checked again"),
        };
        format!("{known} left out, {gone} gone{unchecked}")
    }
}

/// An earlier finding that is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Gone {
    /// ID of the check.
    pub check: String,
    /// Its status then.
    pub status: Status,
    /// Its title then.
    pub title: String,
    /// What it was about.
    pub subject: Subject,
}

/// The check, and the kind and lasting ID of its subject.
type Place = (String, String, String);

impl Baseline {
    /// Reads the JSON report of one cluster or of several. The error is a sentence without a subject.
    pub fn read(json: &[u8]) -> Result<Vec<Baseline>, String> {
        let not_a_report = |_| "it is not a JSON report of ecs-exec doctor".to_owned();
        let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
        let version: Version = serde_json::from_slice(json).map_err(not_a_report)?;
        if version.schema_version != SCHEMA_VERSION {
            return Err(format!(
                "its schema_version is {}, and this version compares with {SCHEMA_VERSION}",
                sanitize_line(&version.schema_version)
            ));
        }
        Ok(match serde_json::from_slice(json).map_err(not_a_report)? {
            BaselineFile::Several { reports } => reports,
            BaselineFile::One(report) => vec![report],
        })
    }

    /// Why it cannot be compared with a report: it is about another cluster. `None`: it can.
    pub fn mismatch(&self, report: &Report) -> Option<String> {
        let (then, now) = (&self.target, &report.target);
        let same_account = match (&then.account, &now.account) {
            (Some(then), Some(now)) => then == now,
            _ => true,
        };
        let is_same = then.cluster == now.cluster && then.region == now.region && same_account;
        let then = sanitize_line(&format!("{} in {}", then.cluster, then.region));
        (!is_same).then(|| {
            format!(
                "it is about the cluster {then}, and this is {} in {}",
                now.cluster, now.region
            )
        })
    }
}

impl Report {
    /// Keeps only what needs attention now and did not then.
    pub fn since(mut self, baseline: &Baseline) -> Report {
        let coverage = Coverage::of(&self);
        let (mut gone, mut untold) = (Vec::new(), 0);
        let mut before = BTreeSet::new();
        for earlier in &baseline.findings {
            let place = place(&earlier.check, &earlier.subject);
            if !earlier.status.needs_attention() || !before.insert((place.clone(), earlier.status))
            {
                continue;
            }
            if coverage.attention.contains(&place) {
                continue;
            }
            match coverage.includes(earlier, &place) {
                true => gone.push(earlier.gone()),
                false => untold += 1,
            }
        }
        let mut known = BTreeSet::new();
        self.findings.retain(|finding| {
            let key = (place(finding.check.id, &finding.subject), finding.status);
            let is_known = before.contains(&key);
            if is_known {
                known.insert(key);
            }
            finding.status.needs_attention() && !is_known
        });
        self.since = Some(Since {
            known: known.len(),
            gone,
            untold,
        });
        self.retain_what_findings_need();
        self
    }
}

/// What a report covers.
struct Coverage {
    /// Where something needs attention, in whatever way: a failure that is now unknown is not gone.
    attention: BTreeSet<Place>,
    /// Where a check gave a result.
    checked: BTreeSet<Place>,
    /// The checks that saw everything that they look at.
    complete_checks: BTreeSet<&'static str>,
    services: BTreeSet<String>,
}

impl Coverage {
    fn of(report: &Report) -> Coverage {
        let findings = || report.findings.iter();
        let place = |finding: &model::Finding| place(finding.check.id, &finding.subject);
        let mut complete_checks: BTreeSet<&str> =
            findings().map(|finding| finding.check.id).collect();
        for finding in findings().filter(|finding| finding.status == Status::Unknown) {
            complete_checks.remove(finding.check.id);
        }
        Coverage {
            attention: findings()
                .filter(|finding| finding.status.needs_attention())
                .map(place)
                .collect(),
            checked: findings().map(place).collect(),
            complete_checks,
            services: report.target.services.iter().cloned().collect(),
        }
    }

    /// Whether the report would have found an earlier finding again.
    fn includes(&self, earlier: &EarlierFinding, place: &Place) -> bool {
        let service = earlier.subject.service.as_deref();
        self.checked.contains(place)
            || (self.complete_checks.contains(earlier.check.as_str())
                && service.is_none_or(|service| self.services.contains(service)))
    }
}

impl EarlierFinding {
    fn gone(&self) -> Gone {
        Gone {
            check: sanitize_line(&self.check),
            status: self.status,
            title: sanitize_line(&self.title),
            subject: Subject {
                kind: sanitize_line(&self.subject.kind).into(),
                ..self.subject.clone()
            },
        }
    }
}

fn place(check: &str, subject: &Subject) -> Place {
    (
        check.to_owned(),
        subject.kind.to_string(),
        subject.lasting_id().to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Selection, Verdict, examine};
    use model::Facts;
    use model::facts::{Fact, Outcome, Reason, Unavailable};
    use test_facts::{decide, healthy, task};

    fn report(facts: &Facts) -> Report {
        examine(facts, &Selection::default())
    }

    fn baseline(facts: &Facts) -> Baseline {
        let json = serde_json::to_vec(&report(facts)).unwrap();
        Baseline::read(&json).unwrap().remove(0)
    }

    #[test]
    fn known_findings_are_omitted_even_on_a_new_task() {
        let mut facts = healthy();
        task(&mut facts).exec_enabled = false;
        let before = baseline(&facts);
        let old = task(&mut facts).arn.clone();
        let moved = serde_json::to_string(&facts)
            .unwrap()
            .replace(&*old, &format!("{old}x"));
        let facts: Facts = serde_json::from_str(&moved).unwrap();
        let since = report(&facts).since(&before);
        assert_eq!(since.verdict, Verdict::Pass);
        assert!(
            since.findings.is_empty() && since.root_causes.is_empty() && since.fixes.is_empty()
        );
        assert!(since.since.as_ref().unwrap().known > 0);
        assert!(since.since.unwrap().gone.is_empty());
    }

    #[test]
    fn new_findings_are_reported_and_solved_ones_counted() {
        let mut facts = healthy();
        task(&mut facts).exec_enabled = false;
        let before = baseline(&facts);
        let mut changed = healthy();
        decide(&mut changed, "ssmmessages:", "*", |decision| {
            decision.outcome = Outcome::ImplicitDeny;
        });
        let since = report(&changed).since(&before);
        assert_eq!(since.verdict, Verdict::Fail);
        assert!(
            since
                .findings
                .iter()
                .any(|finding| finding.check.id == "role.ssmmessages")
        );
        assert_eq!(since.root_causes[0].check, "role.ssmmessages");
        assert!(!since.fixes.is_empty());
        let gone = since.since.unwrap().gone;
        assert!(gone.iter().any(|gone| gone.check == "task.exec-enabled"));
    }

    /// A report with fewer readable facts cannot show that a finding is solved.
    #[test]
    fn findings_that_cannot_be_checked_again_are_not_gone() {
        let mut facts = healthy();
        task(&mut facts).exec_enabled = false;
        let before = baseline(&facts);
        let earlier = before.findings.iter();
        let failed = earlier.filter(|earlier| earlier.status.needs_attention());
        assert!(failed.count() > 0);

        let mut unseen = healthy();
        for task in unseen.tasks.values_mut() {
            *task = Fact::Unavailable(Unavailable::new("ecs:DescribeTasks", Reason::TimedOut, ""));
        }
        let since = report(&unseen).since(&before).since.unwrap();
        assert!(since.gone.is_empty(), "{:?}", since.gone);

        let mut elsewhere = healthy();
        let looked_at = elsewhere.target.services.len();
        let earlier = before.findings.iter();
        let services: Vec<&str> = earlier
            .filter(|earlier| earlier.status.needs_attention())
            .filter_map(|earlier| earlier.subject.service.as_deref())
            .collect();
        let services_left = &mut elsewhere.target.services;
        services_left.retain(|wanted| !services.contains(&wanted.name.as_str()));
        assert!(services_left.len() < looked_at);
        let since = report(&elsewhere).since(&before).since.unwrap();
        assert!(since.gone.is_empty() && since.untold > 0, "{since:?}");
    }

    /// The file may come from anywhere.
    #[test]
    fn a_gone_finding_is_harmless_to_print() {
        let mut facts = healthy();
        task(&mut facts).exec_enabled = false;
        let json = serde_json::to_string(&report(&facts)).unwrap();
        let json = json.replace("\"kind\":\"task\"", "\"kind\":\"task\\u001b[2J\"");
        let before = Baseline::read(json.as_bytes()).unwrap().remove(0);
        let gone = report(&healthy()).since(&before).since.unwrap().gone;
        let kinds: Vec<&str> = gone.iter().map(|gone| &*gone.subject.kind).collect();
        assert!(kinds.iter().any(|kind| kind.starts_with("task")));
        assert!(
            !kinds.iter().any(|kind| kind.contains('\u{1b}')),
            "{kinds:?}"
        );
    }

    #[test]
    fn a_report_of_several_clusters_has_a_baseline_for_each() {
        let one = serde_json::to_value(report(&healthy())).unwrap();
        let several = serde_json::json!({"schema_version": "1", "reports": [one, one]});
        let read = Baseline::read(&serde_json::to_vec(&several).unwrap());
        assert_eq!(read.unwrap().len(), 2);
    }

    #[test]
    fn other_files_are_refused() {
        for bad in ["", "{}", "[]", "{\"schema_version\":\"2\",\"findings\":[]}"] {
            assert!(Baseline::read(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_summary_counts_known_gone_and_unchecked_findings() {
        let since = |untold| Since {
            known: 2,
            gone: Vec::new(),
            untold,
        };
        assert_eq!(since(0).summary(), "2 known findings left out, 0 gone");
        assert_eq!(
            since(3).summary(),
            "2 known findings left out, 0 gone, 3 not checked again"
        );
    }

    #[test]
    fn reports_of_other_clusters_are_not_compared() {
        let mismatch = |change: fn(&mut Facts)| {
            let mut facts = healthy();
            change(&mut facts);
            baseline(&healthy()).mismatch(&report(&facts))
        };
        assert_eq!(mismatch(|_| {}), None);
        assert_eq!(mismatch(|facts| facts.account = None), None);
        assert!(mismatch(|facts| facts.account = Some("210987654321".into())).is_some());
        assert!(mismatch(|facts| facts.region = "eu-north-1".into()).is_some());
        let why = mismatch(|facts| facts.cluster_name = "other".into()).unwrap();
        assert!(why.contains("and this is other in "), "{why}");
    }

    #[test]
    fn passed_findings_are_neither_gone_nor_unchecked() {
        let since = report(&healthy())
            .since(&baseline(&healthy()))
            .since
            .unwrap();
        assert_eq!((since.gone, since.untold), (Vec::new(), 0));
    }

    /// The check is unknown for another task.
    #[test]
    fn a_finding_that_passes_is_gone_even_if_the_check_is_incomplete() {
        let mut facts = healthy();
        task(&mut facts).exec_enabled = false;
        let arn = task(&mut facts).arn.to_string();
        let before = baseline(&facts);
        task(&mut facts).exec_enabled = true;
        let other = facts.tasks.iter_mut().find(|(other, _)| **other != arn);
        *other.unwrap().1 =
            Fact::Unavailable(Unavailable::new("ecs:DescribeTasks", Reason::TimedOut, ""));
        let gone = report(&facts).since(&before).since.unwrap().gone;
        assert!(gone.iter().any(|gone| gone.check == "task.exec-enabled"));
    }
}
