//! Errors with many causes.

use super::KnownError;
use super::NextStep::{Advice, Doctor};
use super::Pattern::Text;

pub const ERRORS: &[KnownError] = &[
    KnownError {
        patterns: &[
            Text("throttling OR requestlimitexceeded"),
            Text("rate exceeded"),
            Text("too many requests"),
        ],
        title: "AWS is throttling requests",
        meaning: "The account has used up its rate of API calls; the caller may be any program. This says nothing \
                  about the task.",
        checks: &[],
        next: Advice("wait a minute, then try again"),
    },
    KnownError {
        patterns: &[
            Text("serverexception OR internalfailure OR internalservererror"),
            Text("service unavailable"),
        ],
        title: "AWS itself returned an error",
        meaning: "Most server errors are temporary.",
        checks: &[],
        next: Advice("try again in a minute; https://health.aws.amazon.com lists larger outages"),
    },
    KnownError {
        patterns: &[
            Text("accessdenied OR unauthorizedoperation"),
            Text("is not authorized to perform"),
        ],
        title: "AWS denied a call",
        meaning: "The principal in the text lacks permission for the action in the text.",
        checks: &["caller.execute-command", "role.ssmmessages"],
        next: Doctor,
    },
    KnownError {
        patterns: &[Text("invalidparameterexception"), Text("clientexception")],
        title: "ECS rejected the request",
        meaning: "Usually the task has no running exec agent. Otherwise a name or a parameter is wrong.",
        checks: &[
            "task.exec-enabled",
            "container.agent-running",
            "container.exists",
        ],
        next: Doctor,
    },
];
