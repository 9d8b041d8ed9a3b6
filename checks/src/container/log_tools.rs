use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "container.log-tools",
    title: "The image has the tools that record sessions",
    why: "The agent records a session with the `script` and `cat` of the image. If they are missing, the session works, and its log stays empty.",
    how: "The content of an image is not visible from outside. If the cluster logs sessions, this stays unknown.",
    actions: &["ecs:DescribeClusters"],
    remedy: "Install script and cat in the image.",
    docs: &[aws_pages::BEST_PRACTICES],
    severity: Severity::Low,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    index.each_container_definition(&CHECK, |defined| {
        if let Fact::Unavailable(why) = &index.facts.cluster {
            return CHECK.unknown(defined.subject, why);
        }
        let log = index.exec_log();
        if log.is_none_or(|log| log.log_group.is_none() && log.bucket.is_none()) {
            let title = "The cluster configures no log destination of its own for sessions";
            return CHECK.skip(defined.subject, title);
        }
        let name = &defined.container.name;
        let title =
            format!("Whether the image of {name} has script and cat is not visible from outside");
        CHECK.unknown_because(defined.subject, title)
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
