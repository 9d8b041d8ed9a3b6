//! Whether a task role is allowed to record sessions: in CloudWatch Logs, or in S3.

use std::collections::BTreeSet;

use crate::iam_answers::PermissionAnswer;
use crate::prelude::*;
use aws_rules::iam;
use aws_rules::required_permissions::RequiredPermission;

/// The permissions to record sessions in one destination.
pub struct RecordPermission {
    pub check: &'static Check,
    /// `CloudWatch Logs`.
    pub destination: &'static str,
    /// The prefix of its IAM actions.
    pub service: &'static str,
    /// Empty if the destination records no sessions.
    pub needs: Vec<RequiredPermission>,
    /// The action without which sessions end at their start, and why.
    pub required: Option<(&'static str, &'static str)>,
    /// What happens without the other actions.
    pub consequence: &'static str,
    pub group_title: &'static str,
}

impl RecordPermission {
    pub fn judge(&self, index: &FactIndex, subject: Subject, role: &str) -> Finding {
        let (check, destination, name) = (self.check, self.destination, arn::name(role));
        if let Fact::Unavailable(why) = &index.facts.cluster {
            return check.unknown(subject, why);
        }
        let Some(first) = self.needs.first() else {
            return check.skip(
                subject,
                format!("Sessions are not recorded in {destination}"),
            );
        };
        let no_answer = iam_answers::no_answer_finding(index, check, &subject, role, first.action);
        if let Some(finding) = no_answer {
            return finding;
        }
        let needs = self.needs.iter();
        let needs: Vec<(&str, &str)> = needs.map(|one| (one.action, &*one.resource)).collect();
        let answer = iam_answers::permission_answer(index, role, &needs, |_| true);
        if !answer.denied.is_empty() {
            return self.denied_finding(index, subject, role, &answer);
        }
        let mut unanswered = answer.unanswered.iter();
        let no_answer = unanswered.find_map(|(action, _)| {
            iam_answers::no_answer_finding(index, check, &subject, role, action)
        });
        if let Some(finding) = no_answer {
            return finding;
        }
        let question = format!("{name} is allowed to record sessions in {destination}");
        let undecided = answer.undecided_finding(check, &subject, &question);
        let title = format!("Task role {question}");
        undecided.unwrap_or_else(|| check.pass(subject, title))
    }

    fn denied_finding(
        &self,
        index: &FactIndex,
        subject: Subject,
        role: &str,
        answer: &PermissionAnswer,
    ) -> Finding {
        let is_denied = |need: &&RequiredPermission| {
            let mut denied = answer.denied.iter();
            denied.any(|one| one.action == need.action && *one.resource == *need.resource)
        };
        let missing: Vec<RequiredPermission> =
            self.needs.iter().filter(is_denied).cloned().collect();
        let actions: BTreeSet<&str> = missing.iter().map(|need| need.action).collect();
        let actions: Vec<&str> = actions.into_iter().collect();
        let title = format!(
            "Task role {} is not allowed to call {}",
            arn::name(role),
            text::list(&actions)
        );
        let (finding, detail) = match self.required {
            Some((required, why)) if actions.contains(&required) => {
                (self.check.fail(subject, title), why)
            }
            _ => (self.check.warn(subject, title), self.consequence),
        };
        let (fix, literal) = match answer.blocker() {
            Some(blocker) => (fixes::role::unblock_for(role, blocker, &missing), None),
            None => (
                fixes::role::allow(index.facts, role, self.service, &missing),
                iam::literal_wildcard::find_in_policies(index.facts, role, &actions),
            ),
        };
        let detail = match literal {
            Some(why) => format!("{detail} {why}"),
            None => detail.to_owned(),
        };
        finding
            .detail(detail)
            .group_title(self.group_title)
            .evidence("denied", actions)
            .fix(fix)
    }
}
