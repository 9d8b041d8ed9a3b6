use super::subject;
use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "local.aws-cli",
    title: "The AWS CLI is installed",
    why: "ecs-exec does not need the AWS CLI, but the printed commands of fixes and `aws ecs execute-command` do.",
    how: "Searches PATH for aws.",
    actions: &[],
    remedy: "Install the AWS CLI to run the commands of fixes on this machine.",
    docs: &["https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html"],
    severity: Severity::Low,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    vec![CHECK.judge(
        subject(),
        &index.facts.local.aws_cli,
        |subject| CHECK.skip(subject, "The AWS CLI is not installed"),
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
    fn a_missing_cli_is_skipped() {
        let mut facts = healthy();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        facts.local.aws_cli = Fact::Absent;
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
        facts.local.aws_cli = denied("PATH");
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
