use super::subject;
use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "local.credentials",
    title: "AWS accepts this machine's credentials",
    why: "Without valid credentials AWS rejects every call, and no session opens.",
    how: "sts:GetCallerIdentity, which needs no permission, returns the caller's ARN.",
    actions: &[],
    remedy: "Sign in again, for example with aws sso login.",
    docs: &["https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html"],
    severity: Severity::High,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    const MISSING: &str = "There are no AWS credentials on this machine";
    vec![CHECK.judge(
        subject(),
        &index.facts.local.credentials,
        |subject| {
            CHECK
                .fail(subject, MISSING)
                .detail("Sign in (aws sso login), choose a profile with --profile or AWS_PROFILE, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.")
                .group_title(MISSING)
        },
        |subject, ()| match index.facts.caller.known() {
            Some(caller) => CHECK
                .pass(
                    subject,
                    format!("AWS identifies the caller as {}", caller.arn),
                )
                .evidence("arn", caller.arn.as_str()),
            None => CHECK.pass(subject, "AWS accepts the credentials"),
        },
    )]
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{denied, healthy, statuses};
    use model::facts::Fact;
    use model::finding::Status;

    #[test]
    fn missing_credentials_fail() {
        let mut facts = healthy();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        facts.local.credentials = Fact::Absent;
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
        facts.local.credentials = denied("sts:GetCallerIdentity");
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
