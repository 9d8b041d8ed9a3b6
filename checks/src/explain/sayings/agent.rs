//! What the agent in the container prints, and what ECS says of it.

use super::{Next, Saying};

pub const SAYINGS: &[Saying] = &[
    Saying {
        marks: &[
            &["controlchannel", "accessdenied"],
            &["createdatachannel", "accessdenied"],
            &["setting up data channel", "accessdenied"],
            &["not authorized to perform: ssmmessages:"],
        ],
        title: "The task role may not use ssmmessages",
        meaning: "The agent's own call was refused: the task role lacks one of the four ssmmessages actions, or the \
                  endpoint's policy does not let it through.",
        checks: &[
            "role.ssmmessages",
            "network.endpoint-policy",
            "role.present",
        ],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["controlchannel", "dial tcp"],
            &["controlchannel", "i/o timeout"],
            &["controlchannel", "no such host"],
            &["control-channel", "dial tcp"],
            &["createdatachannel", "dial tcp"],
            &["lookup ssmmessages", "no such host"],
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
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["no ec2 instance role found"],
            &["failed to sign the request"],
            &["find agent identity"],
            &["controlchannel", "unauthorized"],
            &["request is not authenticated"],
        ],
        title: "The agent has no credentials",
        meaning: "The task has no task role, ECS may not take it on, a proxy stands before 169.254.170.2, or AWS keys in the \
                  container's environment are taken instead.",
        checks: &[
            "role.present",
            "role.trust",
            "container.proxy-env",
            "container.aws-credentials-env",
        ],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["/var/lib/amazon", "read-only file system"],
            &["/var/log/amazon", "read-only file system"],
            &["read-only file system"],
            &["no space left on device"],
            &["/var/lib/amazon", "permission denied"],
        ],
        title: "The agent cannot write to the container",
        meaning: "It keeps its files below /var/lib/amazon and /var/log/amazon. The root file system is read-only, or full.",
        checks: &["container.read-only-root"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["cannotstartmanagedagenterror"],
            &["executecommandagent process exited"],
            &["executecommandagent initialization failed"],
            &["unable to start executecommandagent"],
            &["execcommandagent process stopped"],
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
        next: Next::Doctor,
    },
    Saying {
        marks: &[&["health channel", "address in use"], &["amazon/ssm/ipc"]],
        title: "Two agents share the container's files",
        meaning: "Containers that share a volume or a PID namespace get in each other's way: one exec agent is all that fits.",
        checks: &["task.pid-mode"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["document worker timed out"],
            &["plugin with name standard_stream not found"],
        ],
        title: "The agent in the container is broken",
        meaning: "It took the session and could not serve it. A new task gets a new agent.",
        checks: &["container.agent-running", "container.resources"],
        next: Next::Doctor,
    },
];
