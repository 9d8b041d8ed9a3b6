//! The permissions of whoever opens sessions.

pub mod describe_tasks;
pub mod execute_command;
pub mod execute_command_scope;
pub mod kms_generate_data_key;
pub mod start_session_restricted;

use crate::prelude::*;
use model::text::Sanitized;

/// What the checks of this area have in common. A plan says nothing about whoever opens sessions.
const DEFAULTS: Check = Check {
    area: Area::Caller,
    on_plan: OnPlan::NotInPlan,
    ..Check::DEFAULT
};

/// One finding about the caller, if policies of the account restrict it: they do not restrict the root user.
fn judge_caller(
    index: &FactIndex,
    check: &'static Check,
    judge: impl FnOnce(&FactIndex, Subject, &Caller, &str) -> Finding,
) -> Vec<Finding> {
    let judge = |subject, caller: &Caller, arn: &str| match caller.principal {
        Principal::Root => check.skip(
            subject,
            "The caller is the account's root user, which no policy of the account restricts",
        ),
        _ => judge(index, subject, caller, arn),
    };
    vec![judge_any_caller(index, check, None, judge)]
}

/// A finding about the caller, the root user included. `judge` receives the ARN that policies are attached to.
fn judge_any_caller(
    index: &FactIndex,
    check: &'static Check,
    service: Option<Sanitized>,
    judge: impl FnOnce(Subject, &Caller, &str) -> Finding,
) -> Finding {
    let subject = |arn: &str| Subject::new("principal", arn).of_service(service);
    let caller = match &index.facts.caller {
        Fact::Known(caller) => caller,
        Fact::Absent => return check.skip(subject("nobody"), "The facts contain no caller"),
        Fact::Unavailable(why) => return check.unknown(subject("unknown"), why),
    };
    let subject = subject(&caller.arn);
    match (&caller.principal, caller.policy_arn()) {
        (Principal::Root, _) => judge(subject, caller, &caller.arn),
        (_, Fact::Known(arn)) => judge(subject, caller, &arn),
        (_, Fact::Unavailable(why)) => check
            .unknown(subject, &why)
            .detail("The policy simulator needs the role's ARN with its path."),
        (Principal::AssumedRole { .. }, Fact::Absent) => {
            check.unknown_because(subject, "IAM no longer knows the caller's role")
        }
        (_, Fact::Absent) => check
            .unknown_because(
                subject,
                "IAM's policy simulator cannot evaluate this kind of caller",
            )
            .detail(format!("{} is neither a user nor a role.", caller.arn)),
    }
}
