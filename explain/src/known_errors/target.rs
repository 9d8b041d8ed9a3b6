//! The cluster, service, task and container that the session is for.

use super::KnownError;
use super::NextStep::{Advice, Doctor};
use super::Pattern::{Call, Text};

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
        meaning: "Either ECS Exec was not enabled (enableExecuteCommand) when the task started, which cannot be \
                  changed while it runs, or its agent is not RUNNING. It does not mean that the plugin is \
                  missing.",
        checks: &[
            "task.exec-enabled",
            "service.exec-enabled",
            "container.agent-running",
            "container.read-only-root",
            "role.ssmmessages",
        ],
        next: Doctor,
    },
    KnownError {
        patterns: &[
            Text("targetnotconnected"),
            Text("ecs: … is not connected"),
            Text("execute command failed due to an internal error"),
        ],
        title: "The agent in the container is not connected",
        meaning: "ECS accepted the call, but the agent is not connected to Systems Manager: the task role lacks \
                  an ssmmessages action, the agent cannot reach ssmmessages, it has crashed, or the task started \
                  only seconds ago.",
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
        next: Doctor,
    },
    KnownError {
        patterns: &[Text("valid taskrolearn is not being used")],
        title: "The task definition has no task role",
        meaning: "ECS enables ECS Exec only for task definitions with a task role. The execution role does not \
                  count.",
        checks: &["role.present"],
        next: Doctor,
    },
    KnownError {
        patterns: &[
            Text("code_deploy deployment controller OR external deployment controller"),
            Text("use aws codedeploy to trigger a new deployment"),
        ],
        title: "CodeDeploy deploys this service, so ECS cannot force a new deployment",
        meaning: "ECS Exec applies to new tasks only, and with this deployment controller only a deployment of \
                  CodeDeploy (or of the external controller) starts new tasks.",
        checks: &["service.exec-enabled", "task.exec-enabled"],
        next: Advice(
            "aws ecs update-service --enable-execute-command … without --force-new-deployment, then aws deploy \
             create-deployment …",
        ),
    },
    KnownError {
        patterns: &[
            Text("platformtaskdefinitionincompatibility OR platformunknownexception"),
            Text("unsupportedfeatureexception"),
            Text("platform version … (required: >="),
        ],
        title: "The Fargate platform version does not support ECS Exec",
        meaning: "ECS Exec needs platform version 1.4.0 or later on Linux, 1.0.0 or later on Windows.",
        checks: &["task.platform-version", "task.operating-system"],
        next: Doctor,
    },
    KnownError {
        patterns: &[Text("ecs agent version … (required: >=")],
        title: "The instance's ECS agent is too old for ECS Exec",
        meaning: "ECS Exec on EC2 needs ECS agent 1.50.2 or later.",
        checks: &["task.agent-version"],
        next: Advice(
            "use a current ECS-optimized AMI, or aws ecs update-container-agent; then start a new task",
        ),
    },
    KnownError {
        patterns: &[
            Text("task length should be one of"),
            Text("invalid identifier … task"),
            Text("taskid … length should be one of"),
        ],
        title: "The task parameter contains no task ID",
        meaning: "ECS expects 32 or 36 characters, or the full ARN of the task. Often a service name was passed, \
                  or the output of a command that found no task: None or null.",
        checks: &["service.running-tasks", "task.exists"],
        next: Doctor,
    },
    KnownError {
        patterns: &[Text("maximum session limit")],
        title: "Too many sessions are open in the container",
        meaning: "Each container allows a few sessions at a time. A session that hangs counts until it has been \
                  idle for 20 minutes.",
        checks: &[],
        next: Advice(
            "aws ssm describe-sessions --state Active, then aws ssm terminate-session --session-id ID",
        ),
    },
    KnownError {
        patterns: &[Text("interactive is the only mode")],
        title: "ECS Exec supports interactive sessions only",
        meaning: "interactive must be true, even for a single command.",
        checks: &[],
        next: Advice("aws ecs execute-command --interactive …"),
    },
    KnownError {
        patterns: &[Text(
            "executing a command in a running container part of a service is not supported",
        )],
        title: "Services of this type do not support ECS Exec",
        meaning: "A Request-Driven Web Service of AWS Copilot runs on App Runner, not on ECS, and App Runner has \
                  no sessions.",
        checks: &[],
        next: Advice(
            "copilot svc logs, or deploy it as a Load Balanced Web Service, which runs on ECS",
        ),
    },
    KnownError {
        patterns: &[Text("identifier is for … your cluster is")],
        title: "The task belongs to another cluster",
        meaning: "The task's ARN names another cluster than the call. Without --cluster, the call uses the \
                  cluster named default.",
        checks: &["cluster.exists", "task.exists"],
        next: Doctor,
    },
    KnownError {
        patterns: &[
            Text("clusternotfound"),
            Text("cluster not found"),
            Text("default cluster does not exist"),
            Text("no clusters found"),
        ],
        title: "There is no such cluster",
        meaning: "The name is misspelt, or the cluster is in another region or account. Without --cluster, the \
                  AWS CLI uses the cluster named default.",
        checks: &["cluster.exists", "local.region"],
        next: Doctor,
    },
    KnownError {
        patterns: &[Text("servicenotfound"), Text("servicenotactive")],
        title: "There is no such service",
        meaning: "The name is misspelt, or the service is in another cluster or was deleted.",
        checks: &["service.exists"],
        next: Doctor,
    },
    KnownError {
        patterns: &[
            Text("no running task"),
            Text("no tasks found"),
            Text("unable to place a task"),
        ],
        title: "The service has no running task",
        meaning: "Its desired count is 0, its tasks keep stopping, or there is no capacity for them.",
        checks: &["service.running-tasks", "service.deployment-stable"],
        next: Doctor,
    },
    KnownError {
        patterns: &[
            Text("cannotpull OR resourceinitializationerror OR cannotstartcontainererror"),
            Text("cannotcreatecontainererror"),
        ],
        title: "The task did not start: ECS could not pull the image or prepare the task",
        meaning: "No container runs yet, so this says nothing about ECS Exec. The image does not exist, the \
                  execution role is not allowed to read it or a secret, or the task has no network path to the \
                  registry.",
        checks: &[
            "task.running",
            "service.deployment-stable",
            "service.running-tasks",
        ],
        next: Doctor,
    },
    KnownError {
        patterns: &[
            Text("task provided in the request was not found OR task was not found"),
            Text("task not found OR task is stopped"),
            Text("specified ecs task does not exist"),
            Text("task with id … not found"),
            Text("task has been stopped"),
            Text("taskstopped OR 'reason':'missing'"),
            Text("essential container in task exited"),
            Text("failed container health checks"),
            Text("spot task was interrupted"),
        ],
        title: "There is no such task, or it has stopped",
        meaning: "ECS forgets a stopped task about an hour after it stopped. The task may also be in another \
                  cluster.",
        checks: &["task.exists", "task.running", "service.running-tasks"],
        next: Doctor,
    },
    KnownError {
        patterns: &[
            Text("outofmemoryerror … container"),
            Text("killed due to memory usage"),
        ],
        title: "The container ran out of memory",
        meaning: "ECS or the kernel killed it. The exec agent and the shell use the container's memory too.",
        checks: &["container.resources", "container.running"],
        next: Doctor,
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
        title: "ECS cannot open a session in this container",
        meaning: "No container has this name, the container is not RUNNING, or the task has several containers \
                  and none was named.",
        checks: &["container.exists", "container.running"],
        next: Doctor,
    },
];
