//! The task and container that were asked for.

use super::{Next, Saying};

pub const SAYINGS: &[Saying] = &[
    Saying {
        marks: &[
            &["execute command was not enabled"],
            &["execute command agent isn", "running"],
        ],
        title: "The task has no running exec agent",
        meaning: "Either the task was started before ECS Exec was enabled on its service, and keeps that for life, or \
                  its agent is not RUNNING. It does not mean that the plugin is missing.",
        checks: &[
            "task.exec-enabled",
            "service.exec-enabled",
            "container.agent-running",
            "container.read-only-root",
            "role.ssmmessages",
        ],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["targetnotconnected"],
            &["is not connected"],
            &["execute command failed due to an internal error"],
        ],
        title: "The agent in the container is not connected",
        meaning: "ECS took the call, but the agent has no channel to Systems Manager: its task role lacks an ssmmessages \
                  action, it cannot reach ssmmessages, it has crashed, or the task is only seconds old.",
        checks: &[
            "role.ssmmessages",
            "role.present",
            "network.path",
            "container.aws-credentials-env",
            "container.proxy-env",
            "container.read-only-root",
            "container.agent-running",
        ],
        next: Next::Doctor,
    },
    Saying {
        marks: &[&["valid taskrolearn is not being used"]],
        title: "The task definition has no task role",
        meaning: "ECS enables ECS Exec only on task definitions that name a task role. The execution role is another one.",
        checks: &["role.present"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["platformtaskdefinitionincompatibility"],
            &["platformunknownexception"],
            &["unsupportedfeatureexception"],
        ],
        title: "The Fargate platform does not know ECS Exec",
        meaning: "It needs platform 1.4.0 or later on Linux, 1.0.0 or later on Windows.",
        checks: &["task.platform-version", "task.operating-system"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[&["task length should be one of"]],
        title: "What was given as the task is no task ID",
        meaning: "ECS wants 32 or 36 characters. A service's name was given, or the answer of a command that found no task: \
                  None or null.",
        checks: &["service.running-tasks", "task.exists"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[&["maximum session limit"]],
        title: "Too many sessions are open in the container",
        meaning: "Each container takes a few at a time. One that hangs counts until it has been idle for 20 minutes.",
        checks: &[],
        next: Next::Do(
            "aws ssm describe-sessions --state Active, then aws ssm terminate-session --session-id ID",
        ),
    },
    Saying {
        marks: &[&["interactive is the only mode"]],
        title: "ECS Exec takes interactive sessions only",
        meaning: "interactive has to be true, for a single command too.",
        checks: &[],
        next: Next::Do("aws ecs execute-command --interactive …"),
    },
    Saying {
        marks: &[&["identifier is for", "your cluster is"]],
        title: "The task belongs to another cluster",
        meaning: "Its ARN names one cluster and the call another; without --cluster that is the one called default.",
        checks: &["cluster.exists", "task.exists"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[&["clusternotfound"], &["cluster not found"]],
        title: "There is no such cluster",
        meaning: "The name is misspelt, or the cluster lives in another region or account. Without --cluster the AWS CLI asks \
                  for one called default.",
        checks: &["cluster.exists", "local.region"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["servicenotfound"],
            &["servicenotactive"],
            &["service not found"],
        ],
        title: "There is no such service",
        meaning: "The name is misspelt, the service lives in another cluster, or it was deleted.",
        checks: &["service.exists"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[&["no running tasks found"], &["unable to place a task"]],
        title: "The service has no running task",
        meaning: "It is set to run none, its tasks do not stay up, or there is no room for them.",
        checks: &["service.running-tasks", "service.deployment-stable"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["task provided in the request was not found"],
            &["task was not found"],
            &["task not found"],
            &["task has been stopped"],
            &["taskstopped"],
            &["essential container in task exited"],
            &["failed container health checks"],
            &["spot task was interrupted"],
        ],
        title: "There is no such task any more",
        meaning: "The task stopped; ECS forgets it about an hour later.",
        checks: &["task.exists", "task.running", "service.running-tasks"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[&["outofmemoryerror"], &["killed due to memory usage"]],
        title: "The container was killed for lack of memory",
        meaning: "The exec agent and the shell count against the container's memory.",
        checks: &["container.resources", "container.running"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["container name", "multiple containers"],
            &["multiple containers"],
            &["container", "was not found"],
            &["container", "not found"],
            &["container", "is not running"],
        ],
        title: "The container cannot be entered",
        meaning: "It does not exist under this name, or it is not RUNNING, or the task has several and none was named.",
        checks: &["container.exists", "container.running"],
        next: Next::Doctor,
    },
];
