//! Permissions that the caller lacks.

use super::KnownError;
use super::NextStep::{Advice, Doctor};
use super::Pattern::{Call, Text};

pub const ERRORS: &[KnownError] = &[
    KnownError {
        patterns: &[
            Text("perform: ecs:executecommand … explicit deny"),
            Call("ExecuteCommand", "explicit deny"),
            Text("ecs:executecommand: explicitdeny"),
        ],
        title: "A policy explicitly denies the caller ecs:ExecuteCommand",
        meaning: "An explicit deny overrides all permissions. Often it applies only without MFA, or it comes from \
                  the organization (a service control policy).",
        checks: &["caller.execute-command"],
        next: Doctor,
    },
    KnownError {
        patterns: &[
            Text("executecommand … service control policy OR resource control policy"),
            Text("executecommand … permissions boundary OR session policy OR vpc endpoint policy"),
        ],
        title: "A policy beyond the caller's own does not allow sessions",
        meaning: "The text names the policy: one of the organization (a service control policy), a permissions \
                  boundary, a session policy or a VPC endpoint policy. It must allow ecs:ExecuteCommand too.",
        checks: &["caller.execute-command"],
        next: Doctor,
    },
    KnownError {
        patterns: &[
            Text("not authorized to perform: ecs:executecommand"),
            Call("ExecuteCommand", "accessdenied"),
            Text("ecs:executecommand: implicitdeny"),
            Text("permissions required for using the execute command"),
        ],
        title: "The caller may not open sessions",
        meaning: "IAM checks ecs:ExecuteCommand on both the cluster and the task. The text names the resource \
                  that was denied; the policy must allow both.",
        checks: &["caller.execute-command"],
        next: Doctor,
    },
    KnownError {
        patterns: &[
            Call("DescribeTasks", "accessdenied"),
            Text("perform: ecs:describetasks"),
        ],
        title: "The caller is not allowed to describe tasks",
        meaning: "The session itself was allowed. The client then looks up the runtime ID of the container with \
                  ecs:DescribeTasks, which was denied.",
        checks: &["caller.describe-tasks"],
        next: Doctor,
    },
    KnownError {
        patterns: &[
            Call("StartSession", "accessdenied"),
            Text("perform: ssm:startsession"),
        ],
        title: "The caller is not allowed to call ssm:StartSession",
        meaning: "ECS Exec does not need ssm:StartSession, and denying it is good practice: use aws ecs \
                  execute-command. Only port forwarding needs it.",
        checks: &["caller.start-session-restricted"],
        next: Doctor,
    },
    KnownError {
        patterns: &[Text("perform: iam:passrole")],
        title: "The caller is not allowed to pass the task role",
        meaning: "To hand out the task role, whoever registers or deploys a task definition needs iam:PassRole on \
                  that role.",
        checks: &[],
        next: Advice("ask whoever deploys the service to apply the change"),
    },
    KnownError {
        patterns: &[
            Text(
                "perform: ecs:updateservice OR perform: ecs:runtask OR perform: ecs:createservice",
            ),
            Text("perform: ecs:registertaskdefinition"),
            Call("UpdateService", "accessdenied"),
            Call("RunTask", "accessdenied"),
            Call("CreateService", "accessdenied"),
            Call("RegisterTaskDefinition", "accessdenied"),
        ],
        title: "The change was refused: the caller is not allowed to deploy",
        meaning: "Enabling ECS Exec changes the service and starts new tasks. That needs the action in the text \
                  (ecs:UpdateService, ecs:RunTask and so on). Opening sessions does not.",
        checks: &[],
        next: Advice("ask whoever deploys the service to apply the change"),
    },
];
