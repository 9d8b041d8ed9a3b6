use super::judge_caller;
use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "caller.describe-tasks",
    title: "The caller can describe tasks",
    why: "A client describes the task before it opens a session: it needs the containers and the runtime ID. To find the tasks of a service it lists them.",
    how: "The doctor's own call to ecs:DescribeTasks succeeds. If it does not, IAM's policy simulator. For --as the simulator is asked about ecs:ListTasks too, unless only tasks are named.",
    actions: &["ecs:DescribeTasks", "iam:SimulatePrincipalPolicy"],
    remedy: "Allow ecs:DescribeTasks and ecs:ListTasks.",
    docs: &["https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html"],
    severity: Severity::Medium,
    ..super::DEFAULTS
};

const ACTION: &str = "ecs:DescribeTasks";
const LIST: &str = "ecs:ListTasks";

pub fn run(index: &FactIndex) -> Vec<Finding> {
    let mut tasks = index.facts.tasks.values();
    if let Some(caller) = index.facts.caller.known()
        && index.facts.asked_by.is_none()
        && tasks.any(|task| task.known().is_some())
    {
        let subject = Subject::new("principal", caller.arn.as_str());
        let title = "The caller can describe tasks: the doctor just did";
        return vec![CHECK.pass(subject, title)];
    }
    judge_caller(index, &CHECK, judge)
}

/// Judges by the policies, because no task was described.
fn judge(index: &FactIndex, subject: Subject, caller: &Caller, arn: &str) -> Finding {
    let tasks = &index.facts.tasks;
    if tasks.is_empty() {
        return CHECK.skip(subject, "There is no task to describe");
    }
    let needs: Vec<(&str, &str)> = tasks.keys().map(|task| (ACTION, task.as_str())).collect();
    let no_answer = iam_answers::no_answer_finding(index, &CHECK, &subject, arn, ACTION);
    let answer = iam_answers::permission_answer(index, arn, &needs, |_| true);
    let cluster_arn = index.facts.cluster_arn().unwrap_or_default();
    let listing = Listing::of(index, arn, &cluster_arn);
    let cannot_describe = no_answer.is_none() && !answer.denied.is_empty();
    let cannot_list = listing == Listing::Denied;
    let denied = match (cannot_describe, cannot_list) {
        (true, false) => Some((
            "The caller is not allowed to call ecs:DescribeTasks",
            "No policy of the caller allows it on these tasks, and a client needs it to open a session.",
        )),
        (true, true) => Some((
            "The caller is not allowed to call ecs:DescribeTasks and ecs:ListTasks",
            "A client needs both to open a session into a service.",
        )),
        (false, true) => Some((
            "The caller is not allowed to call ecs:ListTasks",
            "A client needs it to find the tasks of a service. Only a session with --task and the whole ID of a task opens without it.",
        )),
        (false, false) => None,
    };
    if let Some((title, detail)) = denied {
        let [list_tasks, _] = required_permissions::list_tasks(&cluster_arn);
        let needs = [
            cannot_describe.then(|| required_permissions::describe_tasks(&cluster_arn)),
            cannot_list.then_some(list_tasks),
        ];
        let needs: Vec<_> = needs.into_iter().flatten().collect();
        let fix = fixes::caller::allow(index.facts, caller, "describe-tasks", &needs);
        return CHECK
            .fail(subject, title)
            .detail(detail)
            .group_title(title)
            .fix(fix);
    }
    if let Some(why) = tasks.values().find_map(Fact::unavailable) {
        return CHECK.unknown(subject, why);
    }
    let question = "the caller is allowed to describe tasks";
    no_answer
        .or_else(|| answer.undecided_finding(&CHECK, &subject, question))
        .or_else(|| listing.unknown_finding(index, &subject, arn))
        .unwrap_or_else(|| CHECK.pass(subject, "The caller can describe tasks"))
}

/// Whether the caller is allowed to list the tasks of a service.
#[derive(PartialEq)]
enum Listing {
    Allowed,
    Denied,
    Unknown,
}

impl Listing {
    /// The doctor's own calls list the tasks for the real caller; whoever names only tasks lists none.
    fn of(index: &FactIndex, arn: &str, cluster_arn: &str) -> Listing {
        if index.facts.asked_by.is_none() || index.facts.target.services.is_empty() {
            return Listing::Allowed;
        }
        if iam_answers::no_answer(index, arn, LIST).is_some() {
            return Listing::Unknown;
        }
        let needs = required_permissions::list_tasks(cluster_arn);
        let pairs = needs.each_ref().map(|need| (LIST, need.resource.as_str()));
        let answer = iam_answers::permission_answer(index, arn, &pairs, |_| true);
        if answer.is_allowed() {
            Listing::Allowed
        } else if answer.denied.len() == pairs.len() {
            Listing::Denied
        } else {
            Listing::Unknown
        }
    }

    fn unknown_finding(&self, index: &FactIndex, subject: &Subject, arn: &str) -> Option<Finding> {
        if *self != Listing::Unknown {
            return None;
        }
        let no_answer = iam_answers::no_answer_finding(index, &CHECK, subject, arn, LIST);
        Some(no_answer.unwrap_or_else(|| {
            let title = "Cannot determine whether the caller is allowed to call ecs:ListTasks";
            CHECK.unknown_because(subject.clone(), title).detail(
                "A client needs it to find the tasks of a service. The policies allow it under conditions, or on container instances only.",
            )
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::facts::{Facts, Outcome};
    use model::finding::Status;

    #[test]
    fn a_successful_call_passes_regardless_of_iam() {
        let mut facts = healthy_coder();
        decide(&mut facts, "ecs:DescribeTasks", "", |decision| {
            decision.outcome = Outcome::ImplicitDeny;
        });
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
    }

    #[test]
    fn a_successful_call_says_nothing_of_another_principal() {
        let mut facts = healthy_coder();
        facts.asked_by = Some("arn:aws:iam::123456789012:user/auditor".into());
        allow_caller(&mut facts, &["ecs:DescribeTasks"], "task/");
        decide(&mut facts, "ecs:DescribeTasks", "", |decision| {
            decision.outcome = Outcome::ImplicitDeny;
        });
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    }

    const LIST_RESOURCES: [&str; 2] = [
        "*",
        "arn:aws:ecs:us-west-2:123456789012:container-instance/coder-production-cluster/*",
    ];

    /// Another principal that can describe the tasks, and what it can list.
    fn judged(may_list: &[bool]) -> Facts {
        let mut facts = healthy_coder();
        facts.asked_by = Some("arn:aws:iam::123456789012:user/auditor".into());
        let caller = facts.caller.known().unwrap().policy_arn();
        let caller = caller.known().unwrap().clone();
        for (resource, may_list) in LIST_RESOURCES.iter().zip(may_list) {
            allow_on(&mut facts, &caller, &["ecs:ListTasks"], resource);
            let simulation = facts.simulations.last_mut().unwrap();
            if !may_list {
                known(&mut simulation.decisions)[0].outcome = Outcome::ImplicitDeny;
            }
        }
        facts
    }

    #[test]
    fn another_principal_needs_to_list_the_tasks_of_a_service() {
        assert_eq!(statuses(&CHECK, &judged(&[true, true])), [Status::Pass]);
        let finding = &run(&CHECK, &judged(&[false, false]))[0];
        assert_eq!(finding.status, Status::Fail);
        assert!(finding.title.contains("ecs:ListTasks"), "{}", finding.title);
        assert!(
            !finding.title.contains("ecs:DescribeTasks"),
            "{}",
            finding.title
        );
        // AWS authorizes either resource; nobody was asked.
        assert_eq!(statuses(&CHECK, &judged(&[false, true])), [Status::Unknown]);
        assert_eq!(statuses(&CHECK, &judged(&[])), [Status::Unknown]);
    }

    #[test]
    fn a_named_task_does_not_have_to_be_listed() {
        let mut facts = judged(&[false, false]);
        facts.target.services.clear();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        let mut own = judged(&[false, false]);
        own.asked_by = None;
        assert_eq!(statuses(&CHECK, &own), [Status::Pass]);
    }

    #[test]
    fn a_denied_call_fails_only_if_iam_denies_it() {
        let mut facts = healthy_coder();
        for task in facts.tasks.values_mut() {
            *task = denied("ecs:DescribeTasks");
        }
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Unknown);
        assert_eq!(
            finding.missing_permission.as_deref(),
            Some("ecs:DescribeTasks")
        );
        allow_caller(&mut facts, &["ecs:DescribeTasks"], "task/");
        decide(&mut facts, "ecs:DescribeTasks", "", |decision| {
            decision.outcome = Outcome::ImplicitDeny;
        });
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    }
}
