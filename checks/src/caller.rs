pub mod describe_tasks;
pub mod execute_command;
pub mod execute_command_scope;
pub mod kms_generate_data_key;
pub mod start_session_restricted;

use crate::fact_index::FactIndex;
use model::check::Check;
use model::facts::{Caller, Fact, Principal};
use model::finding::{Finding, Subject};

/// A finding about the caller, where IAM can be asked about it; `judge` is given its ARN as IAM knows it.
fn judge_caller(
    index: &FactIndex,
    check: &'static Check,
    judge: impl FnOnce(Subject, &Caller, &str) -> Finding,
) -> Vec<Finding> {
    match &index.facts.caller {
        Fact::Known(caller) if caller.principal == Principal::Root => vec![check.skip(
            Subject::new("principal", caller.arn.as_str()),
            "The caller is the account's root user, whom no policy of the account binds",
        )],
        _ => judge_caller_or_root(index, check, judge),
    }
}

/// The same where the account's root user is bound too: by the policy of a resource.
fn judge_caller_or_root(
    index: &FactIndex,
    check: &'static Check,
    judge: impl FnOnce(Subject, &Caller, &str) -> Finding,
) -> Vec<Finding> {
    let subject = |arn: &str| Subject::new("principal", arn);
    let caller = match &index.facts.caller {
        Fact::Known(caller) => caller,
        Fact::Absent => return vec![check.skip(subject("nobody"), "There is no caller")],
        Fact::Unavailable(why) => return vec![check.unknown(subject("unknown"), why)],
    };
    let subject = subject(&caller.arn);
    vec![match (&caller.principal, caller.policy_arn()) {
        (Principal::Root, _) => judge(subject, caller, &caller.arn),
        (_, Fact::Known(arn)) => judge(subject, caller, &arn),
        (_, Fact::Unavailable(why)) => check.unknown(subject, &why),
        (_, Fact::Absent) => check.unknown_because(
            subject,
            "IAM's policy simulator cannot evaluate this kind of caller",
        ),
    }]
}
