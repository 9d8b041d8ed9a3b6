use crate::fact_index::FactIndex;
use crate::per_definition::each_defined;
use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::facts::{ExecLog, Fact};
use model::finding::{Finding, Severity};

pub const CHECK: Check = Check {
    id: "container.log-tools",
    area: Area::Container,
    title: "The image has what records sessions",
    why: "The agent records a session with the image's own `script` and `cat`: where they are missing the session works, and its record stays empty.",
    how: "What is in an image cannot be seen from outside: where the cluster demands records this stays unknown, until a live session has looked.",
    actions: &["ecs:DescribeClusters"],
    remedy: "Put script and cat into the image.",
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
    each_defined(index, &CHECK, |defined| {
        let name = &defined.container.name;
        if let Fact::Unavailable(why) = &index.facts.cluster {
            return CHECK.unknown(defined.subject, why);
        }
        let is_recorded = |log: &&ExecLog| log.log_group.is_some() || log.bucket.is_some();
        match index.exec_log().filter(is_recorded) {
            Some(_) => CHECK.unknown_because(
                defined.subject,
                format!(
                    "Whether the image of {name} has script and cat cannot be seen from outside"
                ),
            ),
            None => CHECK.skip(
                defined.subject,
                "The cluster names no place of its own to record sessions in",
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
    fn only_where_records_are_demanded_and_never_known() {
        let mut facts = healthy_coder();
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
        let recorded = with_log_group(false);
        let finding = &run(&CHECK, &recorded)[0];
        assert_eq!(finding.status, Status::Unknown);
        assert!(!finding.leaves_open(), "sessions work all the same");
        facts.cluster = denied("ecs:DescribeClusters");
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
