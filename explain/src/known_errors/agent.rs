//! Errors of the SSM agent in the container: in sessions, in its log, and in what ECS reports about it.

use super::KnownError;
use super::NextStep::{Advice, Doctor};
use super::Pattern::Text;

/// What the agent prints in a session.
pub const IN_SESSION: &[KnownError] = &[
    KnownError {
        patterns: &[
            Text("not supported by this version of ssm agent"),
            Text("please update agent to latest version"),
        ],
        title: "The SSM agent in the container is too old for this kind of session",
        meaning: "This text comes from the SSM agent in the container or on the instance, not from the Session \
                  Manager plugin on this machine. Port forwarding, for example, needs a newer agent.",
        checks: &["task.agent-version", "task.platform-version"],
        next: Advice(
            "start a new task, which gets the current agent of its platform; on EC2, update the AMI or the ECS \
             agent first",
        ),
    },
    KnownError {
        patterns: &[
            Text("document worker timed out"),
            Text("plugin with name … not found"),
            Text("worker process did not start properly"),
        ],
        title: "The agent in the container is broken",
        meaning: "The agent accepted the session but could not run it. \"Plugin\" in the text means a part of the \
                  agent, not the Session Manager plugin on this machine. The container may be out of disk space \
                  or memory (a full /tmp can cause this), or parts of the agent have different versions. A new \
                  task gets a new agent.",
        checks: &["container.agent-running", "container.resources"],
        next: Doctor,
    },
    KnownError {
        patterns: &[
            Text("connection to destination port failed OR connection to destination host failed"),
            Text("unable to connect to specified port"),
            Text("unable to dial connection to server"),
        ],
        title: "Nothing listens on that port in the container",
        meaning: "The session works, but the agent could not connect to the port. The program is not running, or \
                  it listens on another port or on another address than 127.0.0.1.",
        checks: &["container.running"],
        next: Advice(
            "open a shell in the container and list its ports: ss -ltn, or cat /proc/net/tcp",
        ),
    },
    KnownError {
        patterns: &[
            Text("setting up data channel … accessdenied OR forbidden"),
            Text("createdatachannel … accessdenied OR not authenticated"),
        ],
        title: "The task role is not allowed to use ssmmessages",
        meaning: "The agent has a control channel, but Systems Manager refused the data channel of the session. \
                  The task role lacks ssmmessages:CreateDataChannel or ssmmessages:OpenDataChannel, or its \
                  credentials are not valid.",
        checks: &[
            "role.ssmmessages",
            "network.endpoint-policy",
            "role.present",
        ],
        next: Doctor,
    },
];

pub const ERRORS: &[KnownError] = &[
    KnownError {
        patterns: &[
            Text("controlchannel … accessdenied"),
            Text("accessdenied … controlchannel"),
            Text("not authorized to perform: ssmmessages:"),
            Text("ssmmessages: … channel: implicitdeny OR channel: explicitdeny"),
            Text("insufficient permissions to execute command"),
        ],
        title: "The task role is not allowed to use ssmmessages",
        meaning: "AWS denied a call of the agent: the task role lacks one of the four ssmmessages actions, or the \
                  policy of the VPC endpoint does not allow it.",
        checks: &[
            "role.ssmmessages",
            "role.present",
            "network.endpoint-policy",
        ],
        next: Doctor,
    },
    KnownError {
        patterns: &[
            Text("controlchannel … throttl OR rate exceeded"),
            Text("createdatachannel … throttl"),
        ],
        title: "AWS is throttling requests",
        meaning: "Systems Manager throttles the agents of this account and region, because many tasks with ECS \
                  Exec start at once. The agents retry on their own.",
        checks: &["container.agent-running"],
        next: Advice("wait a few minutes, then try again; start fewer tasks at a time"),
    },
    KnownError {
        patterns: &[
            Text("controlchannel … dial tcp OR i/o timeout OR no such host OR deadline exceeded"),
            Text("controlchannel … connection refused OR x509"),
            Text("control-channel … dial tcp OR deadline exceeded"),
            Text("createdatachannel … dial tcp"),
            Text("lookup ssmmessages … no such host OR i/o timeout"),
        ],
        title: "The agent cannot reach ssmmessages",
        meaning: "The task has no network path to ssmmessages on port 443: there is no VPC endpoint and no NAT, a \
                  security group or network ACL blocks the path, or the name does not resolve.",
        checks: &[
            "network.path",
            "network.endpoint-present",
            "network.endpoint-security-group",
            "network.task-egress",
            "network.vpc-dns",
            "container.proxy-env",
        ],
        next: Doctor,
    },
    KnownError {
        patterns: &[
            Text("failed to sign the request"),
            Text("find agent identity"),
            Text("controlchannel … unauthorized OR nocredentialproviders"),
            Text("request is not authenticated"),
            Text("agent … no ec2 instance role found"),
        ],
        title: "The agent has no credentials",
        meaning: "The agent gets the credentials of the task role from 169.254.170.2. The task has no task role, \
                  ECS cannot assume it, a proxy intercepts requests to that address, or \
                  AWS_CONTAINER_CREDENTIALS_FULL_URI in the container's environment points elsewhere.",
        checks: &[
            "role.present",
            "role.trust",
            "role.ssmmessages",
            "container.proxy-env",
            "container.aws-credentials-env",
        ],
        next: Doctor,
    },
    KnownError {
        patterns: &[
            Text("/var/lib/amazon OR /var/log/amazon OR agent … read-only file system"),
            Text(
                "/var/lib/amazon OR /var/log/amazon … no space left on device OR permission denied",
            ),
            Text("read-only root filesystem … readonly"),
        ],
        title: "The agent cannot write to the container's file system",
        meaning: "The agent keeps its files in /var/lib/amazon and /var/log/amazon. The root file system is \
                  read-only or full.",
        checks: &["container.read-only-root"],
        next: Doctor,
    },
    KnownError {
        patterns: &[
            Text("could not find certs"),
            Text("no valid versions were found in"),
        ],
        title: "The agent did not start: files for ECS Exec are missing on the instance",
        meaning: "The ECS agent on the instance copies the exec agent, its configuration and certificates into \
                  the container, but did not find them in /var/lib/ecs/deps. The AMI is old or custom, or the ECS \
                  agent was installed without its dependencies.",
        checks: &["task.agent-version", "container.agent-running"],
        next: Advice(
            "use a current ECS-optimized AMI, or install ecs-init with its exec dependencies; then start a new task",
        ),
    },
    KnownError {
        patterns: &[
            Text("cannotstartmanagedagenterror"),
            Text("executecommandagent process exited"),
            Text(
                "executecommandagent initialization failed OR failed to start executecommandagent",
            ),
            Text("executecommandagent cannot be"),
            Text("unable to start executecommandagent"),
            Text("execcommandagent process"),
            Text("failed to start execcommandagent"),
            Text("could not generate execagent"),
            Text("stopped (reason:"),
            Text("'name':'executecommandagent' … 'laststatus':'stopped'"),
        ],
        title: "The agent did not start or has stopped",
        meaning: "ECS could not start the agent in the container: the root file system is read-only, memory is \
                  short, the ECS agent of the instance is too old, or the image lacks files that the agent needs.",
        checks: &[
            "container.agent-running",
            "container.read-only-root",
            "container.resources",
            "task.agent-version",
        ],
        next: Doctor,
    },
    KnownError {
        patterns: &[
            Text("health channel … address in use"),
            Text("amazon/ssm/ipc"),
        ],
        title: "Two agents use the same files",
        meaning: "Containers that share a volume or a PID namespace interfere with each other: only one of them \
                  can run the exec agent.",
        checks: &["task.pid-mode"],
        next: Doctor,
    },
];
