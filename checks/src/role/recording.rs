//! Whether a task role may record sessions: in CloudWatch Logs, or in S3.

use crate::fact_index::FactIndex;
use crate::fixes;
use crate::iam_answers::{self, NoAnswer};
use aws_rules::iam;
use aws_rules::needs::Need;
use model::arn;
use model::check::Check;
use model::distinct::distinct;
use model::finding::{Finding, Subject};
use model::fix::Fix;
use model::text;

/// Where sessions are recorded, and what the agent needs for it.
pub struct Recording<'a> {
    pub check: &'static Check,
    /// As sentences name it.
    pub place: &'static str,
    /// As IAM names it.
    pub service: &'static str,
    pub needs: &'a [Need],
    /// The action without which sessions end at their start, and why; `None` where none does.
    pub fatal: Option<(&'static str, &'static str)>,
    /// What becomes of sessions without the others.
    pub otherwise: &'static str,
    pub cause: &'static str,
}

pub fn judge(index: &FactIndex, role: &str, subject: Subject, recording: &Recording) -> Finding {
    let Recording {
        check,
        place,
        needs,
        ..
    } = recording;
    let name = arn::name(role);
    let Some(first) = needs.first() else {
        return check.skip(subject, format!("Sessions are not recorded in {place}"));
    };
    match iam_answers::no_answer(index, role, first.action) {
        None => {}
        Some(NoAnswer::Unavailable(why)) => return check.unknown(subject, why),
        Some(_) => {
            let title = format!("The policy simulator was not asked about this role and {place}");
            return check.unknown_because(subject, title);
        }
    }
    let asked: Vec<(&str, &str)> = needs
        .iter()
        .map(|need| (need.action, need.resource.as_str()))
        .collect();
    let answer = iam_answers::permission_answer(index, role, &asked, |_| true);
    if !answer.denied.is_empty() {
        let is_denied = |need: &&Need| {
            let mut denied = answer.denied.iter();
            denied.any(|decision| {
                decision.action == need.action && *decision.resource == *need.resource
            })
        };
        let missing: Vec<Need> = needs.iter().filter(is_denied).cloned().collect();
        let fix = match answer.blocker() {
            Some(blocker) => fixes::role::unblock_for(role, blocker, &missing),
            None => fixes::role::allow(index.facts, role, recording.service, &missing),
        };
        let literal = match answer.blocker() {
            Some(_) => None,
            None => {
                let actions: Vec<&str> = missing.iter().map(|need| need.action).collect();
                iam::literal::in_policies_of(index.facts, role, &actions)
            }
        };
        let finding = refused(role, subject, recording, &missing, fix);
        return match literal {
            Some(why) => {
                let detail = format!("{} {why}", finding.detail);
                finding.detail(detail)
            }
            None => finding,
        };
    }
    if !answer.undecided.is_empty() {
        let keys = answer.missing_keys();
        let what = format!("{name} is allowed to record sessions in {place}");
        let title = text::depends_on(&what, &keys);
        return check
            .unknown_because(subject, title)
            .evidence("missingContextKeys", keys);
    }
    if !answer.unanswered.is_empty() {
        let title = "The policy simulator did not answer for every action";
        return check.unknown_because(subject, title);
    }
    check.pass(
        subject,
        format!("Task role {name} may record sessions in {place}"),
    )
}

fn refused(
    role: &str,
    subject: Subject,
    recording: &Recording,
    missing: &[Need],
    fix: Fix,
) -> Finding {
    let actions = distinct(missing.iter().map(|need| need.action.to_owned()));
    let name = arn::name(role);
    let title = format!("Task role {name} may not call {}", text::list(&actions));
    let check = recording.check;
    let finding = match recording.fatal {
        Some((fatal, why)) if actions.iter().any(|action| action == fatal) => {
            check.fail(subject, title).detail(why)
        }
        _ => check.warn(subject, title).detail(recording.otherwise),
    };
    finding
        .group_title(recording.cause)
        .evidence("denied", actions)
        .fix(fix)
}
