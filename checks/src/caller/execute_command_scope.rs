use super::judge_caller;
use crate::fact_index::FactIndex;
use crate::fixes;
use crate::iam_answers::{self, NoAnswer};
use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::facts::Decision;
use model::finding::{Finding, Severity};
use model::text;

pub const CHECK: Check = Check {
    id: "caller.execute-command-scope",
    area: Area::Caller,
    title: "The caller may open sessions in this cluster only",
    why: "A right to ecs:ExecuteCommand on everything lets its holder into every container of the account, whatever runs in it.",
    how: "IAM's policy simulator, asked about a cluster of another name.",
    actions: &["iam:SimulatePrincipalPolicy"],
    remedy: "Name the clusters and tasks in the policy instead of *.",
    docs: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec-best-practices.html",
    ],
    explains: &[],
    masks: &[],
    severity: Severity::Low,
    on_plan: OnPlan::NotInPlan,
    inference: Inference::Inferred,
};

const ACTION: &str = "ecs:ExecuteCommand";

pub fn run(index: &FactIndex) -> Vec<Finding> {
    judge_caller(index, &CHECK, |subject, caller, arn| {
        match iam_answers::no_answer(index, arn, ACTION) {
            None => {}
            Some(NoAnswer::Unavailable(why)) => return CHECK.unknown(subject, why),
            Some(_) => return CHECK.unknown_because(subject, "The policy simulator was not asked"),
        }
        let Some(cluster) = index.facts.cluster_arn() else {
            return CHECK.unknown_because(subject, "The cluster's ARN is not known");
        };
        let elsewhere = another_cluster(&cluster);
        let answers = index.decisions(arn, ACTION).on(&elsewhere);
        if answers.is_empty() {
            return CHECK.unknown_because(
                subject,
                "The policy simulator was not asked about other clusters",
            );
        }
        let mut decisions = answers.iter().map(|answer| answer.decision);
        // A right with conditions is not one to everything; one that a Deny may take away may be.
        let open = |decision: &&Decision| decision.may_be_allowed() && decision.is_undecided();
        if let Some(open) = decisions.clone().find(open) {
            let what = "the caller is allowed to open sessions in every cluster";
            return CHECK.unknown_because(subject, text::depends_on(what, &open.missing_context));
        }
        if !decisions.any(Decision::is_allowed) {
            return CHECK.pass(
                subject,
                "The caller's right to open sessions does not reach every cluster",
            );
        }
        CHECK
            .warn(subject, "The caller may open sessions in every cluster")
            .detail("Its policies allow ecs:ExecuteCommand on a cluster of any name. Name the clusters and tasks that are meant.")
            .group_title("The caller may open sessions in every cluster")
            .fix(fixes::caller::narrow(index.facts, caller, &cluster))
    })
}

/// The ARN of a cluster that does not exist, in the same account and region.
pub fn another_cluster(cluster_arn: &str) -> String {
    match cluster_arn.split_once(":cluster/") {
        Some((before, _)) => format!("{before}:cluster/ecs-exec-doctor-asks-about-another"),
        None => cluster_arn.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::facts::Outcome;
    use model::finding::Status;

    #[test]
    fn narrow_wide_and_unreadable() {
        let mut facts = healthy_coder();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        decide(&mut facts, "ecs:ExecuteCommand", "another", |decision| {
            decision.outcome = Outcome::Allowed;
        });
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
        for simulation in &mut facts.simulations {
            simulation.decisions = denied("iam:SimulatePrincipalPolicy");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
