use crate::fact_index::FactIndex;
use crate::fixes;
use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::finding::{Finding, Severity, Subject};
use model::text;

pub const CHECK: Check = Check {
    id: "local.clock-skew",
    area: Area::Local,
    title: "This machine's clock is right",
    why: "AWS refuses requests whose signature is more than five minutes off: \"Signature expired\" or \"not yet current\". The AWS SDK corrects that for its calls; the signature of a session's connection is not corrected.",
    how: "The Date header of AWS's answers beside this machine's clock.",
    actions: &["sts:GetCallerIdentity"],
    remedy: "Set the clock, best by NTP.",
    docs: &["https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html"],
    explains: &[],
    masks: &[],
    severity: Severity::Medium,
    on_plan: OnPlan::NotInPlan,
    inference: Inference::Direct,
};

/// What AWS puts up with, in seconds.
const MOST: i64 = 300;
const MUCH: i64 = 60;

pub fn run(index: &FactIndex) -> Vec<Finding> {
    vec![CHECK.judge(
        Subject::new("machine", "local"),
        &index.facts.local.clock_ahead_seconds,
        |subject| CHECK.skip(subject, "AWS's answers tell no time"),
        |subject, ahead| {
            let direction = if *ahead >= 0 { "ahead" } else { "behind" };
            let by = text::span(ahead.abs());
            let finding = match ahead.abs() {
                off if off >= MOST => CHECK
                    .fail(subject, format!("This machine's clock is {by} {direction}"))
                    .detail("AWS refuses signatures that are five minutes off. Set the clock, best by NTP.")
                    .group_title("This machine's clock is wrong")
                    .fix(fixes::clock::synchronize(&index.facts.local.os)),
                off if off >= MUCH => CHECK
                    .warn(subject, format!("This machine's clock is {by} {direction}"))
                    .detail("AWS puts up with five minutes.")
                    .group_title("This machine's clock is wrong"),
                _ => CHECK.pass(subject, "This machine's clock agrees with AWS's"),
            };
            finding.evidence("secondsAhead", *ahead)
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
    fn right_off_and_far_off() {
        let mut facts = healthy();
        for (ahead, status) in [
            (0, Status::Pass),
            (-59, Status::Pass),
            (60, Status::Warn),
            (-299, Status::Warn),
            (300, Status::Fail),
            (-86_400, Status::Fail),
        ] {
            facts.local.clock_ahead_seconds = Fact::Known(ahead);
            assert_eq!(statuses(&CHECK, &facts), [status], "{ahead}");
        }
        facts.local.clock_ahead_seconds = Fact::Absent;
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
        facts.local.clock_ahead_seconds = denied("sts:GetCallerIdentity");
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
