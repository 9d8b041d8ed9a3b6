//! What changed since an earlier report.

use std::collections::{BTreeSet, HashSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::report::{Report, SCHEMA_VERSION, summary, verdict};
use model::finding::{Finding, Status, Subject};
use model::fix::Fix;
use model::text::{count, sanitize_line};

/// An earlier report, as far as it is compared.
#[derive(Debug, Deserialize)]
pub struct Baseline {
    target: Target,
    findings: Vec<Earlier>,
}

#[derive(Deserialize)]
struct Version {
    schema_version: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Several { reports: Vec<Baseline> },
    One(Baseline),
}

/// Where the earlier report looked.
#[derive(Debug, Deserialize)]
struct Target {
    account: Option<String>,
    region: String,
    cluster: String,
}

#[derive(Debug, Deserialize)]
struct Earlier {
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
    /// Findings that needed attention then and do not any more.
    pub gone: Vec<Gone>,
    /// Findings that needed attention then, and of which this report cannot tell: it does not look there, or sees less.
    pub untold: usize,
}

impl Since {
    /// How many of each kind, in words.
    pub fn told(&self) -> String {
        let known = count(self.known, "finding");
        let gone = self.gone.len();
        let untold = match self.untold {
            0 => String::new(),
            untold => format!(", {untold} that could not be looked at again"),
        };
        format!("{known} known before and left out, {gone} gone{untold}")
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Gone {
    pub check: String,
    pub status: Status,
    pub title: String,
    pub subject: Subject,
}

/// Check, and kind and name of what it was about.
type Place = (String, String, String);

/// What makes two findings the same one.
type Key = (String, Status, String, String);

impl Baseline {
    /// The report of one cluster, or those of several. Fails with a sentence.
    pub fn read(json: &[u8]) -> Result<Vec<Baseline>, String> {
        let refused = |_| "it is no JSON report of the doctor's".to_owned();
        let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
        let version: Version = serde_json::from_slice(json).map_err(refused)?;
        if version.schema_version != SCHEMA_VERSION {
            return Err(format!(
                "its schema_version is {}, and this version compares with {SCHEMA_VERSION}",
                sanitize_line(&version.schema_version)
            ));
        }
        let written: Written = serde_json::from_slice(json).map_err(refused)?;
        Ok(match written {
            Written::Several { reports } => reports,
            Written::One(report) => vec![report],
        })
    }

    /// Why it cannot be compared with a report, if it cannot: it is about something else.
    pub fn is_of_another(&self, report: &Report) -> Option<String> {
        let (then, now) = (&self.target, &report.target);
        let same_account = match (&then.account, &now.account) {
            (Some(then), Some(now)) => then == now,
            _ => true,
        };
        let is_same = then.cluster == now.cluster && then.region == now.region && same_account;
        let named =
            |target: &Target| sanitize_line(&format!("{} in {}", target.cluster, target.region));
        (!is_same).then(|| {
            format!(
                "it is about the cluster {}, and this is {} in {}",
                named(then),
                now.cluster,
                now.region
            )
        })
    }
}

impl Report {
    /// Only what needs attention and did not then.
    pub fn since(mut self, baseline: &Baseline) -> Report {
        let before: BTreeSet<Key> = baseline
            .findings
            .iter()
            .filter(|earlier| earlier.status.needs_attention())
            .map(Earlier::key)
            .collect();
        let now = Now::of(&self);
        let (mut gone, mut untold) = (Vec::new(), 0);
        let mut told = BTreeSet::new();
        for earlier in &baseline.findings {
            if !earlier.status.needs_attention() || !told.insert(earlier.key()) {
                continue;
            }
            match now.tells(earlier) {
                Tells::Still => {}
                Tells::Gone => gone.push(earlier.gone()),
                Tells::Nothing => untold += 1,
            }
        }
        let mut known = BTreeSet::new();
        self.findings.retain(|finding| {
            let key = key(finding.check.id, finding.status, &finding.subject);
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
        self.keep_what_findings_tell();
        self
    }

    fn keep_what_findings_tell(&mut self) {
        let findings = self.findings.iter();
        let told: HashSet<(&str, &Subject)> = findings
            .map(|finding| (finding.check.id, &finding.subject))
            .collect();
        for cause in &mut self.root_causes {
            let check = cause.check;
            cause
                .subjects
                .retain(|subject| told.contains(&(check, subject)));
        }
        self.root_causes.retain(|cause| !cause.subjects.is_empty());
        let of_causes = self.root_causes.iter().flat_map(|cause| &cause.fixes);
        let of_findings = self.findings.iter().flat_map(Finding::fix_ids);
        let told: HashSet<&str> = of_causes.map(String::as_str).chain(of_findings).collect();
        let told = |fix: &Fix| told.contains(fix.id.as_str());
        self.fixes.retain(told);
        self.index_fixes();
        self.summary = summary(&self.findings);
        self.verdict = verdict(&self.findings);
    }
}

/// What a report says of places where an earlier one found something.
struct Now<'r> {
    /// Where something needs attention, in whatever way: a failure that is now unknown is not gone.
    attention: BTreeSet<Place>,
    /// Where something was looked at.
    seen: BTreeSet<Place>,
    /// Checks that could not see everything.
    blind: BTreeSet<&'r str>,
    checks: BTreeSet<&'r str>,
    services: BTreeSet<&'r str>,
}

/// What a report says of an earlier finding.
enum Tells {
    Still,
    Gone,
    Nothing,
}

impl<'r> Now<'r> {
    fn of(report: &'r Report) -> Now<'r> {
        let findings = &report.findings;
        let places = |needs: fn(Status) -> bool| {
            findings
                .iter()
                .filter(|finding| needs(finding.status))
                .map(|finding| place(finding.check.id, &finding.subject))
                .collect()
        };
        let unknown = findings
            .iter()
            .filter(|finding| finding.status == Status::Unknown);
        Now {
            attention: places(Status::needs_attention),
            seen: places(|_| true),
            blind: unknown.map(|finding| finding.check.id).collect(),
            checks: findings.iter().map(|finding| finding.check.id).collect(),
            services: report.target.services.iter().map(String::as_str).collect(),
        }
    }

    fn tells(&self, earlier: &Earlier) -> Tells {
        let place = place(&earlier.check, &earlier.subject);
        if self.attention.contains(&place) {
            return Tells::Still;
        }
        let check = earlier.check.as_str();
        let service = earlier.subject.service.as_deref();
        let looks_there = self.checks.contains(check)
            && !self.blind.contains(check)
            && service.is_none_or(|service| self.services.contains(service));
        match self.seen.contains(&place) || looks_there {
            true => Tells::Gone,
            false => Tells::Nothing,
        }
    }
}

impl Earlier {
    fn key(&self) -> Key {
        key(&self.check, self.status, &self.subject)
    }

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

fn key(check: &str, status: Status, subject: &Subject) -> Key {
    let id = subject.lasting_id().to_owned();
    (check.to_owned(), status, subject.kind.to_string(), id)
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
    fn what_was_known_is_left_out_even_on_a_new_task() {
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
    fn what_is_new_and_what_is_gone_are_told() {
        let mut facts = healthy();
        task(&mut facts).exec_enabled = false;
        let before = baseline(&facts);
        let mut mended = healthy();
        decide(&mut mended, "ssmmessages:", "*", |decision| {
            decision.outcome = Outcome::ImplicitDeny;
        });
        let since = report(&mended).since(&before);
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

    /// Who sees less than the earlier report cannot say that anything is mended.
    #[test]
    fn what_cannot_be_seen_again_is_not_gone() {
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

    /// A report of several clusters is a baseline for each.
    #[test]
    fn the_reports_of_several_clusters() {
        let one = serde_json::to_value(report(&healthy())).unwrap();
        let several = serde_json::json!({"schema_version": "1", "reports": [one, one]});
        let read = Baseline::read(&serde_json::to_vec(&several).unwrap());
        assert_eq!(read.unwrap().len(), 2);
    }

    #[test]
    fn what_is_no_report_is_refused() {
        for bad in ["", "{}", "[]", "{\"schema_version\":\"2\",\"findings\":[]}"] {
            assert!(Baseline::read(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
