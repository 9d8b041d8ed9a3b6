use crate::fact_index::FactIndex;
use crate::per_subject::container_definition::each_container_definition;
use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::facts::{ExecLog, Fact};
use model::finding::{Finding, Severity};

pub const CHECK: Check = Check {
    id: "container.log-tools",
    area: Area::Container,
    title: "The image has the tools that record sessions",
    why: "The agent records a session with the `script` and `cat` of the image. If they are missing, the session works, and its log stays empty.",
    how: "The content of an image is not visible from outside. If the cluster logs sessions, this stays unknown.",
    actions: &["ecs:DescribeClusters"],
    remedy: "Install script and cat in the image.",
    docs: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec-best-practices.html",
    ],
    explains: &[],
    masks: &[],
    severity: Severity::Low,
    on_plan: OnPlan::Judges,
    inference: Inference::Inferred,
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    each_container_definition(index, &CHECK, |defined| {
        let name = &defined.container.name;
        if let Fact::Unavailable(why) = &index.facts.cluster {
            return CHECK.unknown(defined.subject, why);
        }
        let is_recorded = |log: &&ExecLog| log.log_group.is_some() || log.bucket.is_some();
        match index.exec_log().filter(is_recorded) {
            Some(_) => CHECK.unknown_because(
                defined.subject,
                format!(
                    "Whether the image of {name} has script and cat is not visible from outside"
                ),
            ),
            None => CHECK.skip(
                defined.subject,
                "The cluster configures no log destination of its own for sessions",
            ),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::finding::Status;

    #[test]
    fn unknown_if_sessions_are_logged_else_skipped() {
        let mut facts = healthy_coder();
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
        let recorded = with_log_group(false);
        let finding = &run(&CHECK, &recorded)[0];
        assert_eq!(finding.status, Status::Unknown);
        assert!(!finding.leaves_open(), "sessions work nevertheless");
        facts.cluster = denied("ecs:DescribeClusters");
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
