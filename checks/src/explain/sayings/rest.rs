//! What fits nothing above.

use super::{Next, Saying};

pub const SAYINGS: &[Saying] = &[
    Saying {
        marks: &[
            &["serverexception"],
            &["service unavailable"],
            &["internalfailure"],
        ],
        title: "AWS itself has a fault",
        meaning: "Most such faults pass by themselves.",
        checks: &[],
        next: Next::Do("try again in a minute; https://health.aws.amazon.com tells of larger ones"),
    },
    Saying {
        marks: &[
            &["accessdenied"],
            &["not authorized"],
            &["unauthorizedoperation"],
        ],
        title: "A call was refused",
        meaning: "The principal that the text names lacks the action that it names.",
        checks: &["caller.execute-command", "role.ssmmessages"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[&["invalidparameterexception"]],
        title: "ECS does not accept the call as it is",
        meaning: "Most often the task has no running exec agent; else a name or a parameter is wrong.",
        checks: &[
            "task.exec-enabled",
            "container.agent-running",
            "container.exists",
        ],
        next: Next::Doctor,
    },
];
