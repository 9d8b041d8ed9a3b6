use crate::fact_index::FactIndex;
use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::finding::{Finding, Severity, Subject};

pub const CHECK: Check = Check {
    id: "local.aws-cli",
    area: Area::Local,
    title: "The AWS CLI is installed",
    why: "This program does not need it. It is what `aws ecs execute-command` and the commands of the fixes are run with.",
    how: "Looks for aws on PATH.",
    actions: &[],
    remedy: "Install the AWS CLI, if the commands of the fixes are to be run on this machine.",
    docs: &["https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html"],
    explains: &[],
    masks: &[],
    severity: Severity::Low,
    on_plan: OnPlan::NotInPlan,
    inference: Inference::Direct,
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    vec![CHECK.judge(
        Subject::new("machine", "local"),
        &index.facts.local.aws_cli,
        |subject| CHECK.skip(subject, "The AWS CLI is not installed, and is not needed"),
        |subject, path| {
            CHECK
                .pass(subject, "The AWS CLI is installed")
                .evidence("path", path.as_str())
        },
    )]
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::facts::Fact;
    use model::finding::Status;

    #[test]
    fn there_not_there_and_not_looked() {
        let mut facts = healthy();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        facts.local.aws_cli = Fact::Absent;
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
        facts.local.aws_cli = denied("PATH");
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
