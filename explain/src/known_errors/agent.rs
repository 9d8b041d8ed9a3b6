//! What the agent in the container prints, and what ECS says of it.

use super::Pattern::Text;
use super::{KnownError, NextStep};

/// What the agent says through the session.
pub const IN_SESSION: &[KnownError] = &[
    KnownError {
        patterns: &[
            Text("not supported by this version of ssm agent"),
            Text("please update agent to latest version"),
        ],
        title: "The agent on the other side is too old for this kind of session",
        meaning: "The text comes from the SSM agent in the container or on the instance, not from the Session Manager plugin \
                  on this machine. Port forwarding, for example, needs a newer agent.",
        checks: &["task.agent-version", "task.platform-version"],
        next: NextStep::Advice(
            "start a new task, which gets the agent of its platform; on EC2 update the AMI or the agent first",
        ),
    },
    KnownError {
        patterns: &[
            Text("document worker timed out"),
            Text("plugin with name … not found"),
            Text("worker process did not start properly"),
        ],
        title: "The agent in the container is broken",
        meaning: "It took the session and could not serve it. The \"plugin\" is a part of the agent, not the Session Manager \
                  plugin on this machine. Disk or memory of the container may be used up (a full /tmp is known to do this), or \
                  parts of the agent are of different versions. A new task gets a new agent.",
        checks: &["container.agent-running", "container.resources"],
        next: NextStep::Doctor,
    },
    KnownError {
        patterns: &[
            Text("connection to destination port failed"),
            Text("unable to connect to specified port"),
            Text("connection to destination host failed"),
            Text("unable to dial connection to server"),
        ],
        title: "Nothing listens on that port in the container",
        meaning: "The session works, and the agent reached no program on the port. The program is not up, listens on another \
                  port, or listens on another address than 127.0.0.1.",
        checks: &["container.running"],
        next: NextStep::Advice(
            "open a shell in the container and list its ports: ss -ltn, or cat /proc/net/tcp",
        ),
    },
    KnownError {
        patterns: &[
            Text("setting up data channel … accessdenied OR forbidden"),
            Text("createdatachannel … accessdenied OR not authenticated"),
        ],
        title: "The task role may not use ssmmessages",
        meaning: "The agent has a control channel, and Systems Manager refused it the session's data channel. The task role \
                  lacks ssmmessages:CreateDataChannel or ssmmessages:OpenDataChannel, or its credentials are not accepted.",
        checks: &[
            "role.ssmmessages",
            "network.endpoint-policy",
            "role.present",
        ],
        next: NextStep::Doctor,
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
        title: "The task role may not use ssmmessages",
        meaning: "The agent's own call was refused: the task role lacks one of the four ssmmessages actions, or the \
                  endpoint's policy does not let it through.",
        checks: &[
            "role.ssmmessages",
            "role.present",
            "network.endpoint-policy",
        ],
        next: NextStep::Doctor,
    },
    KnownError {
        patterns: &[
            Text("controlchannel … throttl OR rate exceeded"),
            Text("createdatachannel … throttl"),
        ],
        title: "AWS is being asked too often",
        meaning: "Systems Manager throttles the agents of this account and region: very many tasks with ECS Exec start at \
                  once. The agent tries again by itself.",
        checks: &["container.agent-running"],
        next: NextStep::Advice("wait some minutes, then try again; start fewer tasks at a time"),
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
        meaning: "The task has no way to ssmmessages on port 443: no endpoint and no NAT, a security group or network ACL in \
                  between, or a name that does not resolve.",
        checks: &[
            "network.path",
            "network.endpoint-present",
            "network.endpoint-security-group",
            "network.task-egress",
            "network.vpc-dns",
            "container.proxy-env",
        ],
        next: NextStep::Doctor,
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
        meaning: "The agent takes the task role's credentials from 169.254.170.2. The task has no task role, ECS cannot assume \
                  it, a proxy stands before that address, or AWS_CONTAINER_CREDENTIALS_FULL_URI in the container's \
                  environment points elsewhere.",
        checks: &[
            "role.present",
            "role.trust",
            "role.ssmmessages",
            "container.proxy-env",
            "container.aws-credentials-env",
        ],
        next: NextStep::Doctor,
    },
    KnownError {
        patterns: &[
            Text("/var/lib/amazon OR /var/log/amazon OR /managed-agents … read-only file system"),
            Text("agent … read-only file system"),
            Text("/var/lib/amazon … no space left on device OR permission denied"),
            Text("/var/log/amazon … no space left on device OR permission denied"),
            Text("read-only root filesystem … readonly"),
        ],
        title: "The agent cannot write to the container",
        meaning: "It keeps its files below /var/lib/amazon and /var/log/amazon. The root file system is read-only, or full.",
        checks: &["container.read-only-root"],
        next: NextStep::Doctor,
    },
    KnownError {
        patterns: &[
            Text("could not find certs"),
            Text("no valid versions were found in"),
        ],
        title: "The instance lacks what ECS Exec needs, so the agent did not start",
        meaning: "The ECS agent on the instance copies the exec agent, its configuration and certificates into the container, \
                  and does not find them below /var/lib/ecs/deps. The AMI is too old or custom, or the ECS agent was installed \
                  without its dependencies.",
        checks: &["task.agent-version", "container.agent-running"],
        next: NextStep::Advice(
            "use a current ECS-optimized AMI, or install ecs-init with its exec dependencies; then start a new task",
        ),
    },
    KnownError {
        patterns: &[
            Text("cannotstartmanagedagenterror"),
            Text("executecommandagent process exited"),
            Text("executecommandagent initialization failed"),
            Text("executecommandagent cannot be"),
            Text("unable to start executecommandagent"),
            Text("failed to start executecommandagent"),
            Text("execcommandagent process"),
            Text("failed to start execcommandagent"),
            Text("could not generate execagent"),
            Text("stopped (reason:"),
            Text("'name':'executecommandagent' … 'laststatus':'stopped'"),
        ],
        title: "The agent did not start, or stopped",
        meaning: "ECS could not start the agent in the container: the root file system is read-only, memory is short, the \
                  instance's ECS agent is too old, or the image lacks what it needs.",
        checks: &[
            "container.agent-running",
            "container.read-only-root",
            "container.resources",
            "task.agent-version",
        ],
        next: NextStep::Doctor,
    },
    KnownError {
        patterns: &[
            Text("health channel … address in use"),
            Text("amazon/ssm/ipc"),
        ],
        title: "Two agents share the container's files",
        meaning: "Containers that share a volume or a PID namespace get in each other's way: one exec agent is all that fits.",
        checks: &["task.pid-mode"],
        next: NextStep::Doctor,
    },
];
