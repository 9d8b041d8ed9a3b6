//! Connections to AWS. Without a host name of AWS, any program may have failed to connect.

use super::KnownError;
use super::NextStep::{Advice, Doctor};
use super::Pattern::Text;

pub const ERRORS: &[KnownError] = &[KnownError {
    patterns: &[
        Text("could not connect to the endpoint url OR connect timeout on endpoint"),
        Text("endpointconnectionerror"),
        Text("enotfound OR econnrefused OR etimedout OR unknownhostexception … amazonaws.com"),
        Text("could not resolve host: OR failed to lookup address … amazonaws.com"),
        Text("amazonaws.com … enotfound OR econnrefused OR etimedout OR no such host"),
        Text("amazonaws.com … connection refused OR connection reset OR i/o timeout"),
        Text("amazonaws.com … deadline exceeded OR name or service not known"),
        Text("amazonaws.com … failed to resolve OR name resolution"),
        Text("read timeout on endpoint"),
    ],
    title: "AWS cannot be reached at this address",
    meaning: "The region in the address is misspelt or does not have the service, or this machine has no network \
              path to AWS: no network, a firewall, or a proxy that is not configured. In the agent's log, the \
              task has no network path.",
    checks: &["local.endpoint-reachable", "local.region", "network.path"],
    next: Advice(
        "compare the region in the address with the cluster's region; then run ecs-exec doctor --only local",
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
    title: "A connection to AWS failed",
    meaning: "On this machine, AWS cannot be reached or the region is misspelt. In the agent's log, the task has \
              no network path to ssmmessages.",
    checks: &["local.endpoint-reachable", "local.region", "network.path"],
    next: Doctor,
}];
