use super::judge_caller;
use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "caller.execute-command-scope",
    title: "The caller can open sessions in this cluster only",
    why: "A policy that allows ecs:ExecuteCommand on * opens every container of the account.",
    how: "IAM's policy simulator, asked about a cluster of another name.",
    actions: &["iam:SimulatePrincipalPolicy"],
    remedy: "Name the clusters and tasks in the policy instead of *.",
    docs: &[aws_pages::BEST_PRACTICES],
    severity: Severity::Low,
    ..super::DEFAULTS
};

const ACTION: &str = "ecs:ExecuteCommand";

pub fn run(index: &FactIndex) -> Vec<Finding> {
    judge_caller(index, &CHECK, judge)
}

fn judge(index: &FactIndex, subject: Subject, caller: &Caller, arn: &str) -> Finding {
    if let Some(finding) = iam_answers::no_answer_finding(index, &CHECK, &subject, arn, ACTION) {
        return finding;
    }
    let Some(cluster) = index.facts.cluster_arn() else {
        return CHECK.unknown_because(subject, "The cluster's ARN is unknown");
    };
    let elsewhere = another_cluster(&cluster);
    let answers = index.decisions(arn, ACTION, &elsewhere).iter();
    let decisions: Vec<&Decision> = answers.map(|answer| answer.decision).collect();
    if decisions.is_empty() {
        let title = "IAM's policy simulator was not asked about other clusters";
        return CHECK.unknown_because(subject, title);
    }
    // An Allow with conditions does not reach everything; one that a Deny may override may.
    let mut conditional = decisions.iter();
    if let Some(open) = conditional.find(|one| one.may_be_allowed() && one.is_undecided()) {
        let what = "the caller is allowed to open sessions in every cluster";
        return CHECK.unknown_because(subject, text::depends_on(what, &open.missing_context));
    }
    if !decisions.into_iter().any(Decision::is_allowed) {
        return CHECK.pass(subject, "The caller cannot open sessions in every cluster");
    }
    CHECK
        .warn(subject, "The caller can open sessions in every cluster")
        .detail("The caller's policies allow ecs:ExecuteCommand on a cluster of any name. Restrict them to the clusters and tasks that the caller needs.")
        .group_title("The caller can open sessions in every cluster")
        .fix(fixes::caller::narrow(index.facts, caller, &cluster))
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
    fn an_allow_on_every_cluster_is_a_warning() {
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
