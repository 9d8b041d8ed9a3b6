//! What fits many causes.

use super::Pattern::Text;
use super::{KnownError, NextStep};

pub const ERRORS: &[KnownError] = &[
    KnownError {
        patterns: &[
            Text("throttling"),
            Text("rate exceeded"),
            Text("too many requests"),
            Text("requestlimitexceeded"),
        ],
        title: "AWS is being asked too often",
        meaning: "The account's rate of calls is used up, by whoever it may be. Nothing is said about the task.",
        checks: &[],
        next: NextStep::Advice("wait a minute, then try again"),
    },
    KnownError {
        patterns: &[
            Text("serverexception"),
            Text("service unavailable"),
            Text("internalfailure"),
            Text("internalservererror"),
        ],
        title: "AWS itself has a fault",
        meaning: "Most such faults pass by themselves.",
        checks: &[],
        next: NextStep::Advice(
            "try again in a minute; https://health.aws.amazon.com tells of larger ones",
        ),
    },
    KnownError {
        patterns: &[
            Text("accessdenied"),
            Text("is not authorized to perform"),
            Text("unauthorizedoperation"),
        ],
        title: "A call was refused",
        meaning: "The principal that the text names lacks the action that it names.",
        checks: &["caller.execute-command", "role.ssmmessages"],
        next: NextStep::Doctor,
    },
    KnownError {
        patterns: &[Text("invalidparameterexception"), Text("clientexception")],
        title: "ECS does not accept the call as it is",
        meaning: "Most often the task has no running exec agent; else a name or a parameter is wrong.",
        checks: &[
            "task.exec-enabled",
            "container.agent-running",
            "container.exists",
        ],
        next: NextStep::Doctor,
    },
];
