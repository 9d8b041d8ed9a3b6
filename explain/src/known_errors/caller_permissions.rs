//! What the caller may do.

use super::Pattern::{Call, Text};
use super::{KnownError, NextStep};

pub const ERRORS: &[KnownError] = &[
    KnownError {
        patterns: &[
            Text("perform: ecs:executecommand … explicit deny"),
            Call("ExecuteCommand", "explicit deny"),
            Text("ecs:executecommand: explicitdeny"),
        ],
        title: "A policy denies the caller sessions outright",
        meaning: "No further permission outweighs a Deny. Often it holds only without MFA, or comes from the organization (a \
                  service control policy).",
        checks: &["caller.execute-command"],
        next: NextStep::Doctor,
    },
    KnownError {
        patterns: &[
            Text("executecommand … service control policy OR resource control policy"),
            Text("executecommand … permissions boundary OR session policy OR vpc endpoint policy"),
        ],
        title: "Something above the caller's own policies does not allow sessions",
        meaning: "The text names it: the organization, the permissions boundary, the session or the VPC endpoint that the \
                  call went through has to allow ecs:ExecuteCommand too.",
        checks: &["caller.execute-command"],
        next: NextStep::Doctor,
    },
    KnownError {
        patterns: &[
            Text("not authorized to perform: ecs:executecommand"),
            Call("ExecuteCommand", "accessdenied"),
            Text("ecs:executecommand: implicitdeny"),
            Text("permissions required for using the execute command"),
        ],
        title: "The caller may not open sessions",
        meaning: "ecs:ExecuteCommand is authorised on the cluster and on the task. The text names the one that was \
                  refused; the policy has to allow both.",
        checks: &["caller.execute-command"],
        next: NextStep::Doctor,
    },
    KnownError {
        patterns: &[
            Call("DescribeTasks", "accessdenied"),
            Text("perform: ecs:describetasks"),
        ],
        title: "The caller may not describe tasks",
        meaning: "The session itself was granted; the client then looks the container's runtime up and is not allowed to.",
        checks: &["caller.describe-tasks"],
        next: NextStep::Doctor,
    },
    KnownError {
        patterns: &[
            Call("StartSession", "accessdenied"),
            Text("perform: ssm:startsession"),
        ],
        title: "The caller may not start sessions past ECS",
        meaning: "ECS Exec does not need ssm:StartSession, and it is well denied: use ecs execute-command. Port forwarding \
                  needs it.",
        checks: &["caller.start-session-restricted"],
        next: NextStep::Doctor,
    },
    KnownError {
        patterns: &[Text("perform: iam:passrole")],
        title: "The caller may not hand out the task role",
        meaning: "Whoever registers a task definition with a role, or deploys it, needs iam:PassRole on that role.",
        checks: &[],
        next: NextStep::Advice("ask whoever deploys the service to apply the change"),
    },
    KnownError {
        patterns: &[
            Text("perform: ecs:updateservice"),
            Text("perform: ecs:runtask"),
            Text("perform: ecs:createservice"),
            Text("perform: ecs:registertaskdefinition"),
            Call("UpdateService", "accessdenied"),
            Call("RunTask", "accessdenied"),
            Call("CreateService", "accessdenied"),
            Call("RegisterTaskDefinition", "accessdenied"),
        ],
        title: "The change was refused: the caller is not allowed to deploy",
        meaning: "Enabling ECS Exec changes the service and starts new tasks. That needs the action that the text names \
                  (ecs:UpdateService, ecs:RunTask and so on); opening sessions does not.",
        checks: &[],
        next: NextStep::Advice("ask whoever deploys the service to apply the change"),
    },
];
