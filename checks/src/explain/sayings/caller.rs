//! What the caller may do.

use super::{Next, Saying};

pub const SAYINGS: &[Saying] = &[
    Saying {
        marks: &[
            &["ecs:executecommand", "explicit deny"],
            &["executecommand", "explicit deny"],
        ],
        title: "A policy denies the caller sessions outright",
        meaning: "No further permission outweighs a Deny. Often it holds only without MFA, or comes from the organization.",
        checks: &["caller.execute-command"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["executecommand", "service control policy"],
            &["executecommand", "permissions boundary"],
            &["executecommand", "session policy"],
            &["executecommand", "vpc endpoint policy"],
        ],
        title: "Something above the caller's own policies does not allow sessions",
        meaning: "The text names it: the organization, the permissions boundary, the session or the VPC endpoint that the \
                  call went through has to allow ecs:ExecuteCommand too.",
        checks: &["caller.execute-command"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["not authorized to perform: ecs:executecommand"],
            &["accessdenied", "executecommand"],
        ],
        title: "The caller may not open sessions",
        meaning: "ecs:ExecuteCommand is authorised on the cluster and on the task. The text names the one that was \
                  refused; the policy has to allow both.",
        checks: &["caller.execute-command"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["accessdenied", "describetasks"],
            &["perform: ecs:describetasks"],
        ],
        title: "The caller may not describe tasks",
        meaning: "The session itself was granted; the client then looks the container's runtime up and may not.",
        checks: &["caller.describe-tasks"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["accessdenied", "startsession"],
            &["perform: ssm:startsession"],
        ],
        title: "The caller may not start sessions past ECS",
        meaning: "ECS Exec does not need ssm:StartSession, and it is well denied: use ecs execute-command. Port forwarding \
                  needs it.",
        checks: &["caller.start-session-restricted"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[&["perform: iam:passrole"]],
        title: "The caller may not hand out the task role",
        meaning: "Whoever registers a task definition with a role, or deploys it, needs iam:PassRole on that role.",
        checks: &[],
        next: Next::Do("ask whoever deploys the service to apply the change"),
    },
];
