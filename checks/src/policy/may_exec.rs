use crate::prelude::*;
use aws_rules::iam::like;
use model::text::sanitize_line;

pub const CHECK: Check = Check {
    id: "policy.may-exec",
    title: "Only the expected principals can open sessions",
    why: "A session is a shell as root in production. A team can restrict it to certain users and roles, and IAM policies drift.",
    how: "may_exec in the configuration (patterns of ARNs), compared with every user and role whose policies allow ecs:ExecuteCommand (with kms:GenerateDataKey, if the cluster has a key) or ssm:StartSession on the tasks. Who can assume such a role is up to its trust policy: `ecs-exec who-can` shows it. Service control policies, session policies and the root user are not evaluated.",
    actions: &["iam:GetAccountAuthorizationDetails"],
    remedy: "Remove the permission from these principals, or add them to may_exec.",
    docs: &[aws_pages::BEST_PRACTICES],
    severity: Severity::High,
    ..super::DEFAULTS
};

/// More names are only counted.
const MAX_NAMES: usize = 5;

pub fn run(index: &FactIndex) -> Vec<Finding> {
    if index.facts.expect.may_exec.is_empty() {
        return Vec::new();
    }
    let subject = Subject::new("cluster", index.facts.cluster_name.as_str());
    if index.facts.planned {
        return vec![CHECK.skip(subject, "A plan does not contain this")];
    }
    vec![match &index.facts.session_principals {
        Some(Fact::Known(principals)) => judge(index, subject, principals),
        Some(Fact::Unavailable(why)) => CHECK.unknown(subject, why),
        Some(Fact::Absent) => CHECK.skip(subject, "There are no tasks to open sessions into"),
        None => CHECK.unknown_because(
            subject,
            "Cannot determine who can open sessions: the facts contain no principals of the account",
        ),
    }]
}

fn judge(index: &FactIndex, subject: Subject, principals: &[SessionPrincipal]) -> Finding {
    let patterns = &index.facts.expect.may_exec;
    let is_expected = |arn: &str| patterns.iter().any(|pattern| like(pattern, arn));
    let others = principals.iter().filter(|one| !is_expected(&one.arn));
    let (undecided, certain): (Vec<_>, Vec<_>) =
        others.partition(|one| one.access == Access::Undecided);
    if !certain.is_empty() {
        let count = text::count(certain.len(), "principal");
        return CHECK
            .fail(
                subject,
                format!("{count} can open sessions, but may_exec in the configuration does not list them"),
            )
            .detail(format!("{}.", names(&certain)))
            .group_title("Principals that may_exec does not list can open sessions")
            .evidence("principals", arns(&certain));
    }
    if !undecided.is_empty() {
        let count = text::count(undecided.len(), "principal");
        return CHECK
            .unknown_because(
                subject,
                format!("Cannot determine whether {count} outside may_exec can open sessions"),
            )
            .detail(format!(
                "{}. `ecs-exec who-can SERVICE` shows why.",
                names(&undecided)
            ))
            .evidence("principals", arns(&undecided));
    }
    let title = match principals.len() {
        0 => "No principal of the account can open sessions, except for the root user".to_owned(),
        count => {
            let is_undecided = |one: &SessionPrincipal| one.access == Access::Undecided;
            let or_may = match principals.iter().any(is_undecided) {
                true => " or may be able to",
                false => "",
            };
            format!(
                "{} can{or_may} open sessions, and may_exec lists all of them",
                text::count(count, "principal")
            )
        }
    };
    CHECK.pass(subject, title)
}

/// `role ops (only under conditions), user jane (by ssm:StartSession) and 3 more`.
fn names(principals: &[&SessionPrincipal]) -> String {
    let names = principals.iter().map(|one| {
        let kind = arn::resource_type(&one.arn).unwrap_or("principal");
        let mut notes = Vec::new();
        if !one
            .actions
            .iter()
            .any(|action| action == "ecs:ExecuteCommand")
        {
            notes.push(format!("by {}", text::list(&one.actions)));
        }
        if one.access == Access::Conditional {
            notes.push("only under conditions".to_owned());
        }
        let notes = match notes.is_empty() {
            true => String::new(),
            false => format!(" ({})", notes.join(", ")),
        };
        format!("{kind} {}{notes}", sanitize_line(arn::name(&one.arn)))
    });
    text::short_list(&names.collect::<Vec<_>>(), MAX_NAMES)
}

fn arns(principals: &[&SessionPrincipal]) -> Vec<String> {
    principals.iter().map(|one| one.arn.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::Facts;
    use model::facts::{Access, Fact, SessionPrincipal};
    use model::finding::Status;

    const OPS: &str = "arn:aws:iam::123456789012:role/ops-prod";
    const JANE: &str = "arn:aws:iam::123456789012:user/team/jane";

    fn facts(principals: &[(&str, Access)]) -> Facts {
        let mut facts = healthy_coder();
        facts.expect.may_exec = vec!["arn:aws:iam::*:role/ops-*".into()];
        let principals = principals.iter().map(|(arn, access)| SessionPrincipal {
            arn: (*arn).to_owned(),
            access: *access,
            actions: vec!["ecs:ExecuteCommand".into()],
        });
        facts.session_principals = Some(Fact::Known(principals.collect()));
        facts
    }

    #[test]
    fn without_patterns_there_are_no_findings() {
        let mut facts = facts(&[(JANE, Access::Allowed)]);
        facts.expect.may_exec.clear();
        assert_eq!(statuses(&CHECK, &facts), []);
        facts.planned = true;
        assert_eq!(statuses(&CHECK, &facts), []);
        facts.expect.may_exec.push("*".into());
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
    }

    #[test]
    fn principals_that_no_pattern_lists_fail_with_their_names() {
        use Access::{Allowed, Conditional, Undecided};
        assert_eq!(statuses(&CHECK, &facts(&[(OPS, Allowed)])), [Status::Pass]);
        assert_eq!(statuses(&CHECK, &facts(&[])), [Status::Pass]);
        let both = facts(&[(OPS, Allowed), (JANE, Conditional)]);
        let finding = &run(&CHECK, &both)[0];
        assert_eq!(finding.status, Status::Fail);
        assert_eq!(finding.detail, "user jane (only under conditions).");
        let undecided = facts(&[(OPS, Undecided), (JANE, Undecided)]);
        assert_eq!(statuses(&CHECK, &undecided), [Status::Unknown]);
    }

    #[test]
    fn a_session_past_ecs_counts() {
        let mut facts = facts(&[(JANE, Access::Allowed)]);
        let principals = facts.session_principals.as_mut().unwrap();
        principals.known_mut().unwrap()[0].actions = vec!["ssm:StartSession".into()];
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.detail, "user jane (by ssm:StartSession).");
    }

    #[test]
    fn what_was_not_read_is_unknown() {
        let mut facts = facts(&[]);
        facts.session_principals = Some(denied("iam:GetAccountAuthorizationDetails"));
        let finding = &run(&CHECK, &facts)[0];
        let missing = finding.missing_permission.as_deref();
        assert_eq!(missing, Some("iam:GetAccountAuthorizationDetails"));
        facts.session_principals = None;
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
