//! The task and container that were asked for.

use super::Pattern::{Call, Text};
use super::{KnownError, NextStep};

pub const ERRORS: &[KnownError] = &[
    KnownError {
        patterns: &[
            Text("execute command was not enabled"),
            Text("execute command agent isn't running"),
            Text("'enableexecutecommand':false"),
            Text("enableexecutecommand: false"),
            Text("exec enabled for task | no"),
        ],
        title: "The task has no running exec agent",
        meaning: "Either the task was started before ECS Exec was enabled on its service (enableExecuteCommand), and keeps \
                  that for life, or its agent is not RUNNING. It does not mean that the plugin is missing.",
        checks: &[
            "task.exec-enabled",
            "service.exec-enabled",
            "container.agent-running",
            "container.read-only-root",
            "role.ssmmessages",
        ],
        next: NextStep::Doctor,
    },
    KnownError {
        patterns: &[
            Text("targetnotconnected"),
            Text("ecs: … is not connected"),
            Text("execute command failed due to an internal error"),
        ],
        title: "The agent in the container is not connected",
        meaning: "ECS took the call, but the agent has no channel to Systems Manager: its task role lacks an ssmmessages \
                  action, it cannot reach ssmmessages, it has crashed, or the task is only seconds old.",
        checks: &[
            "role.ssmmessages",
            "role.present",
            "network.path",
            "container.proxy-env",
            "container.read-only-root",
            "container.agent-running",
            "task.pid-mode",
            "container.aws-credentials-env",
        ],
        next: NextStep::Doctor,
    },
    KnownError {
        patterns: &[Text("valid taskrolearn is not being used")],
        title: "The task definition has no task role",
        meaning: "ECS enables ECS Exec only on task definitions that name a task role. The execution role is another one.",
        checks: &["role.present"],
        next: NextStep::Doctor,
    },
    KnownError {
        patterns: &[
            Text("code_deploy deployment controller"),
            Text("use aws codedeploy to trigger a new deployment"),
            Text("external deployment controller"),
        ],
        title: "CodeDeploy deploys this service, so ECS cannot force a new deployment",
        meaning: "ECS Exec holds for new tasks only, and with this deployment controller new tasks come from a deployment of \
                  CodeDeploy (or of the external controller).",
        checks: &["service.exec-enabled", "task.exec-enabled"],
        next: NextStep::Advice(
            "aws ecs update-service --enable-execute-command … without --force-new-deployment, then aws deploy create-deployment …",
        ),
    },
    KnownError {
        patterns: &[
            Text("platformtaskdefinitionincompatibility"),
            Text("platformunknownexception"),
            Text("unsupportedfeatureexception"),
            Text("platform version … (required: >="),
        ],
        title: "The Fargate platform does not know ECS Exec",
        meaning: "It needs platform 1.4.0 or later on Linux, 1.0.0 or later on Windows.",
        checks: &["task.platform-version", "task.operating-system"],
        next: NextStep::Doctor,
    },
    KnownError {
        patterns: &[Text("ecs agent version … (required: >=")],
        title: "The instance's ECS agent is too old for ECS Exec",
        meaning: "ECS Exec on EC2 needs ECS agent 1.50.2 or later.",
        checks: &["task.agent-version"],
        next: NextStep::Advice(
            "use a current ECS-optimized AMI, or aws ecs update-container-agent; then start a new task",
        ),
    },
    KnownError {
        patterns: &[
            Text("task length should be one of"),
            Text("invalid identifier … task"),
            Text("taskid … length should be one of"),
        ],
        title: "What was given as the task is no task ID",
        meaning: "ECS wants 32 or 36 characters, or the task's whole ARN. A service's name was given, or the answer of a \
                  command that found no task: None or null.",
        checks: &["service.running-tasks", "task.exists"],
        next: NextStep::Doctor,
    },
    KnownError {
        patterns: &[Text("maximum session limit")],
        title: "Too many sessions are open in the container",
        meaning: "Each container takes a few at a time. One that hangs counts until it has been idle for 20 minutes.",
        checks: &[],
        next: NextStep::Advice(
            "aws ssm describe-sessions --state Active, then aws ssm terminate-session --session-id ID",
        ),
    },
    KnownError {
        patterns: &[Text("interactive is the only mode")],
        title: "ECS Exec takes interactive sessions only",
        meaning: "interactive has to be true, for a single command too.",
        checks: &[],
        next: NextStep::Advice("aws ecs execute-command --interactive …"),
    },
    KnownError {
        patterns: &[Text(
            "executing a command in a running container part of a service is not supported",
        )],
        title: "Services of this type have no ECS Exec",
        meaning: "A Request-Driven Web Service of AWS Copilot runs on App Runner, not on ECS, and App Runner opens no sessions.",
        checks: &[],
        next: NextStep::Advice(
            "copilot svc logs, or deploy it as a Load Balanced Web Service, which runs on ECS",
        ),
    },
    KnownError {
        patterns: &[Text("identifier is for … your cluster is")],
        title: "The task belongs to another cluster",
        meaning: "Its ARN names one cluster and the call another; without --cluster that is the one called default.",
        checks: &["cluster.exists", "task.exists"],
        next: NextStep::Doctor,
    },
    KnownError {
        patterns: &[
            Text("clusternotfound"),
            Text("cluster not found"),
            Text("default cluster does not exist"),
            Text("no clusters found"),
        ],
        title: "There is no such cluster",
        meaning: "The name is misspelt, or the cluster lives in another region or account. Without --cluster the AWS CLI asks \
                  for one called default.",
        checks: &["cluster.exists", "local.region"],
        next: NextStep::Doctor,
    },
    KnownError {
        patterns: &[
            Text("servicenotfound"),
            Text("servicenotactive"),
            Call("UpdateService", "service not found"),
            Call("DescribeServices", "service not found"),
            Call("ListTasks", "service not found"),
        ],
        title: "There is no such service",
        meaning: "The name is misspelt, the service lives in another cluster, or it was deleted.",
        checks: &["service.exists"],
        next: NextStep::Doctor,
    },
    KnownError {
        patterns: &[
            Text("no running task"),
            Text("no tasks found"),
            Text("unable to place a task"),
        ],
        title: "The service has no running task",
        meaning: "It is set to run none, its tasks do not stay up, or there is no room for them.",
        checks: &["service.running-tasks", "service.deployment-stable"],
        next: NextStep::Doctor,
    },
    KnownError {
        patterns: &[
            Text("cannotpull"),
            Text("resourceinitializationerror"),
            Text("cannotstartcontainererror"),
            Text("cannotcreatecontainererror"),
        ],
        title: "The task did not start: ECS could not pull its image or prepare it",
        meaning: "Nothing is said about ECS Exec: there is no container yet to open a session into. The image does not exist, \
                  the execution role is not allowed to read it or a secret, or the task has no way to the registry.",
        checks: &[
            "task.running",
            "service.deployment-stable",
            "service.running-tasks",
        ],
        next: NextStep::Doctor,
    },
    KnownError {
        patterns: &[
            Text("task provided in the request was not found"),
            Text("task was not found"),
            Text("task not found"),
            Text("specified ecs task does not exist"),
            Text("task with id … not found"),
            Text("task has been stopped"),
            Text("task is stopped"),
            Text("taskstopped"),
            Text("essential container in task exited"),
            Text("failed container health checks"),
            Text("spot task was interrupted"),
            Text("'reason':'missing'"),
        ],
        title: "There is no such task any more",
        meaning: "The task stopped, or there is no such task in this cluster; ECS forgets a stopped task about an hour later.",
        checks: &["task.exists", "task.running", "service.running-tasks"],
        next: NextStep::Doctor,
    },
    KnownError {
        patterns: &[
            Text("outofmemoryerror … container"),
            Text("killed due to memory usage"),
        ],
        title: "The container was killed for lack of memory",
        meaning: "The exec agent and the shell count against the container's memory.",
        checks: &["container.resources", "container.running"],
        next: NextStep::Doctor,
    },
    KnownError {
        patterns: &[
            Call("ExecuteCommand", "container … multiple containers"),
            Call("ExecuteCommand", "container … not found"),
            Call("ExecuteCommand", "container … is not running"),
            Text("container name … multiple containers OR not found in task"),
            Text("multiple containers in the task"),
            Text("supplied container with name … not found"),
            Text("execute command … container … is not running"),
        ],
        title: "The container cannot be entered",
        meaning: "It does not exist under this name, or it is not RUNNING, or the task has several and none was named.",
        checks: &["container.exists", "container.running"],
        next: NextStep::Doctor,
    },
];
