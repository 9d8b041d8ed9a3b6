//! Connections from this machine to AWS. Without the name of a host of AWS the connection may be any program's.

use super::Pattern::Text;
use super::{KnownError, NextStep};

pub const ERRORS: &[KnownError] = &[KnownError {
    patterns: &[
        Text("could not connect to the endpoint url"),
        Text("endpointconnectionerror"),
        Text("enotfound OR econnrefused OR etimedout OR unknownhostexception … amazonaws.com"),
        Text("could not resolve host: OR failed to lookup address … amazonaws.com"),
        Text("amazonaws.com … enotfound OR econnrefused OR etimedout OR no such host"),
        Text("amazonaws.com … connection refused OR connection reset OR i/o timeout"),
        Text("amazonaws.com … deadline exceeded OR name or service not known"),
        Text("amazonaws.com … failed to resolve OR name resolution"),
        Text("connect timeout on endpoint"),
        Text("read timeout on endpoint"),
    ],
    title: "AWS cannot be reached under this address",
    meaning: "The region in it is misspelt or has no such service, or this machine has no way to AWS: no network, a \
              firewall, a proxy that is not set. In the agent's log: the task has no way to it.",
    checks: &["local.endpoint-reachable", "local.region", "network.path"],
    next: NextStep::Advice(
        "compare the region in the address with the cluster's; then ecs-exec doctor --only local",
    ),
}];

pub const GENERAL: &[KnownError] = &[KnownError {
    patterns: &[
        Text("connection was closed before we received a valid response"),
        Text("nodename nor servname provided"),
        Text("operation error ecs OR operation error ssm … dial tcp"),
        Text("cannot perform start session … dial tcp"),
        Text("operation error ecs … deadline exceeded"),
        Text("dispatch failure"),
        Text("failed to dial websocket"),
        Text("requesterror: send request failed"),
    ],
    title: "A connection could not be made",
    meaning: "On this machine: AWS cannot be reached, or the region is misspelt. In the agent's log: the task has no way \
              to ssmmessages.",
    checks: &["local.endpoint-reachable", "local.region", "network.path"],
    next: NextStep::Doctor,
}];
