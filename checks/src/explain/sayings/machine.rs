//! The machine that the session starts from.

use super::{Next, Saying};

/// Before what a container says of a program that it does not have.
pub const PLUGIN: &[Saying] = &[Saying {
    marks: &[
        &["sessionmanagerplugin is not found"],
        &["session-manager-plugin", "executable file not found"],
        &["session-manager-plugin", "command not found"],
        &["session-manager-plugin", "not found"],
        &["session-manager-plugin", "no such file"],
    ],
    title: "The Session Manager plugin is not installed",
    meaning: "The AWS CLI hands the session to a program of its own, which is not on PATH. It belongs on this machine, \
                  not into the container.",
    checks: &["local.plugin-installed"],
    next: Next::DoctorLocal,
}];

pub const SAYINGS: &[Saying] = &[
    Saying {
        marks: &[&["could not connect to the endpoint url"]],
        title: "AWS cannot be reached under this address",
        meaning: "The region in it is misspelt or has no such service, or this machine has no way to AWS: no network, a \
                  firewall, a proxy that is not set.",
        checks: &["local.endpoint-reachable", "local.region"],
        next: Next::Do(
            "compare the region in the address with the cluster's; then ecs-exec doctor --only local",
        ),
    },
    Saying {
        marks: &[
            &["the following arguments are required", "--command"],
            &["the following arguments are required", "--interactive"],
        ],
        title: "The AWS CLI wants more arguments",
        meaning: "execute-command takes no defaults: it wants the cluster, the task, --interactive and --command.",
        checks: &[],
        next: Next::Do(
            "aws ecs execute-command --cluster … --task … --container … --interactive --command /bin/sh; or ecs-exec SERVICE",
        ),
    },
    Saying {
        marks: &[
            &["session-manager-plugin", "bad cpu type"],
            &["session-manager-plugin", "exec format"],
            &["session-manager-plugin", "cannot be opened"],
            &["session-manager-plugin", "non-zero exit status"],
            &["session-manager-plugin", "died with"],
        ],
        title: "The Session Manager plugin does not run",
        meaning: "It is made for another processor, is blocked by the system, or was ended from outside, as when a pipe that \
                  it writes to is closed.",
        checks: &["local.plugin-installed", "local.plugin-version"],
        next: Next::DoctorLocal,
    },
    Saying {
        marks: &[
            &["latest version of the session manager plugin"],
            &["upgrade", "plugin"],
            &["update", "plugin"],
            &["plugin", "version", "support"],
        ],
        title: "The Session Manager plugin is too old",
        meaning: "Systems Manager drops old plugins, and old ones lack encryption of ECS sessions.",
        checks: &["local.plugin-version"],
        next: Next::DoctorLocal,
    },
    Saying {
        marks: &[
            &["invalid choice", "execute-command"],
            &["unknown options", "execute-command"],
            &["unknown parameter", "enableexecutecommand"],
        ],
        title: "The AWS CLI is too old",
        meaning: "ECS Exec came in March 2021: AWS CLI 1.19.28 and 2.1.30.",
        checks: &["local.aws-cli"],
        next: Next::Do("update the AWS CLI; which -a aws shows whether an old one comes first"),
    },
    Saying {
        marks: &[
            &["cannot perform start session: eof"],
            &["/dev/stdin"],
            &["start session", "eof"],
        ],
        title: "The session had no terminal to read from",
        meaning: "Standard input was closed or is no terminal, as in CI, under cron, or in ssh without -t. The command may \
                  have run all the same.",
        checks: &[],
        next: Next::Do("give it a terminal: script -qec 'aws ecs execute-command …' /dev/null"),
    },
    Saying {
        marks: &[
            &["certificate_verify_failed"],
            &["ssl validation failed"],
            &["certificate signed by unknown authority"],
            &["unable to get local issuer certificate"],
        ],
        title: "A certificate on the way to AWS is not trusted",
        meaning: "Something reads the traffic and shows a certificate of its own, as company proxies do.",
        checks: &["local.endpoint-reachable"],
        next: Next::Do(
            "export AWS_CA_BUNDLE=/path/to/the/company's/certificates.pem, then try again",
        ),
    },
    Saying {
        marks: &[
            &["connect to proxy"],
            &["proxyerror"],
            &["websocket: bad handshake"],
        ],
        title: "A proxy does not let the session through",
        meaning: "The client's end of a session is a WebSocket to ssmmessages; a proxy has to pass it on, or be left out.",
        checks: &["local.endpoint-reachable"],
        next: Next::Do(
            "export NO_PROXY=$NO_PROXY,ssmmessages.REGION.amazonaws.com, or let the proxy pass WebSockets on",
        ),
    },
    Saying {
        marks: &[
            &["could not connect to the endpoint"],
            &["connect timeout on endpoint"],
            &["read timeout on endpoint"],
            &["connection was closed before"],
            &["connection refused"],
            &["name or service not known"],
            &["dial tcp"],
            &["i/o timeout"],
            &["no such host"],
        ],
        title: "A connection could not be made",
        meaning: "On this machine: AWS cannot be reached, or the region is misspelt. In the agent's log: the task has no way \
                  to ssmmessages.",
        checks: &["local.endpoint-reachable", "local.region", "network.path"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["throttl"],
            &["rate exceeded"],
            &["too many requests"],
            &["toomanyrequests"],
        ],
        title: "AWS is being asked too often",
        meaning: "The account's rate of calls is used up, by whoever it may be. Nothing is said about the task.",
        checks: &[],
        next: Next::Do("wait a minute, then try again"),
    },
];
