//! The machine that the session starts from: AWS CLI, terminal, certificates, proxy, amazon-ecs-exec-checker.

use super::NextStep::{Advice, Doctor};
use super::Pattern::{Missing, Text};
use super::{KnownError, Program};

pub const ERRORS: &[KnownError] = &[
    KnownError {
        patterns: &[
            Missing(Program::AwsCli),
            Text("aws cli … is not installed"),
            Text("aws cli is not found"),
            Text("no aws in ("),
        ],
        title: "The AWS CLI is not installed or not on PATH",
        meaning: "A program calls aws, and this machine does not find it. ecs-exec does not need the AWS CLI.",
        checks: &["local.aws-cli"],
        next: Advice(
            "ecs-exec SERVICE opens a session without it; otherwise install the AWS CLI and open a new terminal",
        ),
    },
    KnownError {
        patterns: &[Text(
            "the following arguments are required … --command OR --interactive OR --task",
        )],
        title: "Arguments of aws ecs execute-command are missing",
        meaning: "execute-command needs --task, --interactive and --command, and --cluster unless the cluster is \
                  named default.",
        checks: &[],
        next: Advice(
            "aws ecs execute-command --cluster … --task … --container … --interactive --command /bin/sh; or ecs-exec SERVICE",
        ),
    },
    KnownError {
        patterns: &[
            Text("invalid choice … execute-command"),
            // The CLI lists its operations, and execute-command is missing in between.
            Text("invalid choice … discover-poll-endpoint list- OR discover-poll-endpoint | list-"),
            Text("unknown options … execute-command"),
            Text("unknown parameter … enableexecutecommand"),
            Text("has no attribute 'execute_command'"),
            Text("executecommand is not a function"),
            Text("ecs exec requires the aws cli v"),
        ],
        title: "The AWS CLI is too old",
        meaning: "ECS Exec needs AWS CLI 1.19.28 or 2.1.30, or an SDK of March 2021, or later.",
        checks: &["local.aws-cli"],
        next: Advice(
            "update the AWS CLI; which -a aws shows whether an old one comes first on PATH",
        ),
    },
    KnownError {
        patterns: &[
            Text("prefixing the command with 'winpty' OR winpty: command not found"),
            Text("input device is not a tty"),
            Text("stdin is not a tty"),
        ],
        title: "The program has no usable terminal",
        meaning: "Git Bash (mintty) is not a Windows console, and Windows programs need winpty to use it. In CI, \
                  cron or a pipe there is no terminal at all.",
        checks: &[],
        next: Advice("winpty aws ecs execute-command …, or use PowerShell or Windows Terminal"),
    },
    KnownError {
        patterns: &[
            Text("certificate_verify_failed OR self_signed_cert_in_chain"),
            Text("ssl validation failed"),
            Text("amazonaws.com … certificate signed by unknown authority OR x509:"),
            Text("unable to get local issuer certificate"),
            Text("self-signed certificate in certificate chain"),
            Text("self signed certificate in certificate chain"),
            Text("pkix path building failed"),
            Text("unable_to_get_issuer_cert"),
        ],
        title: "The certificate of the connection to AWS is not trusted",
        meaning: "Something intercepts the traffic and presents its own certificate, as company proxies do.",
        checks: &["local.endpoint-reachable"],
        next: Advice("export AWS_CA_BUNDLE=/path/to/company-certificates.pem, then try again"),
    },
    KnownError {
        patterns: &[
            Text("failed to connect to proxy OR cannot connect to proxy"),
            Text("unable to connect to proxy"),
            Text("proxyconnectionerror OR proxyerror"),
            Text("proxyconnect tcp"),
            Text("amazonaws.com … 407 proxy authentication"),
        ],
        title: "A proxy blocks the session",
        meaning: "HTTP_PROXY or HTTPS_PROXY names a proxy that does not answer or refuses the connection. A \
                  session is a WebSocket to ssmmessages: the proxy must support it, or be bypassed.",
        checks: &["local.endpoint-reachable"],
        next: Advice(
            "export NO_PROXY=$NO_PROXY,ssmmessages.REGION.amazonaws.com, or configure the proxy to pass \
             WebSockets",
        ),
    },
    KnownError {
        patterns: &[
            Text("jq: error"),
            Text("'jq' command is missing"),
            Text("associated with the caller … is not supported"),
        ],
        title: "amazon-ecs-exec-checker itself failed",
        meaning: "check-ecs-exec.sh stopped because AWS returned something that it does not expect, such as an \
                  empty list, or because a program that it needs is missing. This says nothing about ECS Exec.",
        checks: &[],
        next: Doctor,
    },
];
