//! The machine that the session starts from.

use super::Pattern::{Missing, Text};
use super::{KnownError, NextStep, Program};

pub const ERRORS: &[KnownError] = &[
    KnownError {
        patterns: &[
            Missing(Program::AwsCli),
            Text("aws cli … is not installed"),
            Text("aws cli is not found"),
            Text("no aws in ("),
        ],
        title: "The AWS CLI is not installed, or is not on PATH",
        meaning: "Whatever was started calls the program aws, and this machine does not find it. ecs-exec does not need the \
                  AWS CLI.",
        checks: &["local.aws-cli"],
        next: NextStep::Advice(
            "ecs-exec SERVICE opens a session without it; else install the AWS CLI and open a new terminal",
        ),
    },
    KnownError {
        patterns: &[Text(
            "the following arguments are required … --command OR --interactive OR --task",
        )],
        title: "The AWS CLI wants more arguments",
        meaning: "execute-command takes no defaults: it wants the cluster, the task, --interactive and --command.",
        checks: &[],
        next: NextStep::Advice(
            "aws ecs execute-command --cluster … --task … --container … --interactive --command /bin/sh; or ecs-exec SERVICE",
        ),
    },
    KnownError {
        patterns: &[
            Text("invalid choice … execute-command OR discover-poll-endpoint list-"),
            Text("invalid choice … discover-poll-endpoint | list-"),
            Text("unknown options … execute-command OR enable-execute-command"),
            Text("unknown parameter … enableexecutecommand"),
            Text("has no attribute 'execute_command'"),
            Text("executecommand is not a function"),
        ],
        title: "The AWS CLI is too old",
        meaning: "ECS Exec came in March 2021: AWS CLI 1.19.28 and 2.1.30, and SDKs of that time.",
        checks: &["local.aws-cli"],
        next: NextStep::Advice(
            "update the AWS CLI; which -a aws shows whether an old one comes first",
        ),
    },
    KnownError {
        patterns: &[
            Text("prefixing the command with 'winpty'"),
            Text("input device is not a tty"),
            Text("stdin is not a tty"),
            Text("winpty: command not found"),
        ],
        title: "The program has no terminal that it can use",
        meaning: "The window of Git Bash (mintty) is no console of Windows, and programs of Windows need winpty to use it. In \
                  CI, cron or a pipe there is no terminal at all.",
        checks: &[],
        next: NextStep::Advice(
            "winpty aws ecs execute-command …, or use PowerShell or Windows Terminal",
        ),
    },
    KnownError {
        patterns: &[
            Text("certificate_verify_failed"),
            Text("ssl validation failed"),
            Text("amazonaws.com … certificate signed by unknown authority OR x509:"),
            Text("unable to get local issuer certificate"),
            Text("self_signed_cert_in_chain"),
            Text("self-signed certificate in certificate chain"),
            Text("self signed certificate in certificate chain"),
            Text("pkix path building failed"),
            Text("unable_to_get_issuer_cert"),
        ],
        title: "A certificate on the way to AWS is not trusted",
        meaning: "Something reads the traffic and shows a certificate of its own, as company proxies do.",
        checks: &["local.endpoint-reachable"],
        next: NextStep::Advice(
            "export AWS_CA_BUNDLE=/path/to/the/company's/certificates.pem, then try again",
        ),
    },
    KnownError {
        patterns: &[
            Text("failed to connect to proxy"),
            Text("cannot connect to proxy"),
            Text("unable to connect to proxy"),
            Text("proxyconnectionerror"),
            Text("proxyconnect tcp"),
            Text("proxyerror"),
            Text("amazonaws.com … 407 proxy authentication"),
        ],
        title: "A proxy does not let the session through",
        meaning: "HTTP_PROXY or HTTPS_PROXY names a proxy that does not answer or refuses. The client's end of a session is a \
                  WebSocket to ssmmessages; a proxy has to pass it on, or be left out.",
        checks: &["local.endpoint-reachable"],
        next: NextStep::Advice(
            "export NO_PROXY=$NO_PROXY,ssmmessages.REGION.amazonaws.com, or let the proxy pass WebSockets on",
        ),
    },
];
