//! Connections from this machine to AWS. Without the name of a host of AWS the connection may be any program's.

use super::Pattern::Words;
use super::{KnownError, NextStep};

pub const ERRORS: &[KnownError] = &[KnownError {
    patterns: &[
        Words(&["could not connect to the endpoint url"]),
        Words(&["endpointconnectionerror"]),
        Words(&["enotfound", "amazonaws.com"]),
        Words(&["econnrefused", "amazonaws.com"]),
        Words(&["etimedout", "amazonaws.com"]),
        Words(&["amazonaws.com", "enotfound"]),
        Words(&["amazonaws.com", "econnrefused"]),
        Words(&["amazonaws.com", "etimedout"]),
        Words(&["unknownhostexception", "amazonaws.com"]),
        Words(&["connect timeout on endpoint"]),
        Words(&["read timeout on endpoint"]),
        Words(&["amazonaws.com", "no such host"]),
        Words(&["amazonaws.com", "connection refused"]),
        Words(&["amazonaws.com", "connection reset"]),
        Words(&["amazonaws.com", "i/o timeout"]),
        Words(&["amazonaws.com", "deadline exceeded"]),
        Words(&["amazonaws.com", "name or service not known"]),
        Words(&["amazonaws.com", "failed to resolve"]),
        Words(&["could not resolve host:", "amazonaws.com"]),
        Words(&["failed to lookup address", "amazonaws.com"]),
        Words(&["amazonaws.com", "name resolution"]),
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
        Words(&["connection was closed before we received a valid response"]),
        Words(&["nodename nor servname provided"]),
        Words(&["operation error ecs", "dial tcp"]),
        Words(&["operation error ssm", "dial tcp"]),
        Words(&["operation error ecs", "deadline exceeded"]),
        Words(&["dispatch failure"]),
        Words(&["cannot perform start session", "dial tcp"]),
        Words(&["failed to dial websocket"]),
        Words(&["requesterror: send request failed"]),
    ],
    title: "A connection could not be made",
    meaning: "On this machine: AWS cannot be reached, or the region is misspelt. In the agent's log: the task has no way \
              to ssmmessages.",
    checks: &["local.endpoint-reachable", "local.region", "network.path"],
    next: NextStep::Doctor,
}];
