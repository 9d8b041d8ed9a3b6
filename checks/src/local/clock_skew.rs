use super::subject;
use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "local.clock-skew",
    title: "This machine's clock is right",
    why: "AWS rejects signatures that are more than five minutes off: \"Signature expired\" or \"not yet current\". The AWS SDK corrects the clock for its calls, but not for the connection of a session.",
    how: "The Date header of AWS's responses, compared with this machine's clock.",
    actions: &["sts:GetCallerIdentity"],
    remedy: "Set the clock, preferably with NTP.",
    docs: &["https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html"],
    severity: Severity::Medium,
    ..super::DEFAULTS
};

/// The skew in seconds from which AWS rejects signatures.
const REJECTED_SECONDS: i64 = 300;
const RISKY_SECONDS: i64 = 60;

pub fn run(index: &FactIndex) -> Vec<Finding> {
    let local = &index.facts.local;
    vec![CHECK.judge(
        subject(),
        &local.clock_ahead_seconds,
        |subject| CHECK.skip(subject, "AWS's responses have no date"),
        |subject, ahead| {
            let direction = if *ahead >= 0 { "ahead" } else { "behind" };
            let skew = ahead.abs();
            let title = format!("This machine's clock is {} {direction}", text::span(skew));
            let finding = match skew {
                REJECTED_SECONDS.. => CHECK
                    .fail(subject, title)
                    .detail("AWS rejects signatures that are more than five minutes off. Set the clock, preferably with NTP.")
                    .group_title("This machine's clock is wrong")
                    .fix(fixes::clock::synchronize(&local.os)),
                RISKY_SECONDS.. => CHECK
                    .warn(subject, title)
                    .detail("AWS rejects signatures that are more than five minutes off.")
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
    fn five_minutes_fail_and_one_minute_warns() {
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
