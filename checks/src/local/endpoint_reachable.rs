use super::subject;
use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "local.endpoint-reachable",
    title: "This machine can reach ssmmessages",
    why: "The client connects a session's WebSocket to ssmmessages in the cluster's region. A firewall that allows other AWS names but not this one breaks sessions after ExecuteCommand succeeds.",
    how: "A TCP connection to port 443 of the public name, closed at once. Not tried behind a proxy.",
    actions: &[],
    remedy: "Allow ssmmessages.REGION.amazonaws.com:443 in the firewall, the VPN or the proxy.",
    docs: &["https://docs.aws.amazon.com/general/latest/gr/ssm.html"],
    severity: Severity::High,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    vec![CHECK.judge(
        subject(),
        &index.facts.local.stream,
        |subject| CHECK.skip(subject, "Sessions use a custom endpoint"),
        |subject, reach| judge(index, subject, reach),
    )]
}

fn judge(index: &FactIndex, subject: Subject, reach: &Reach) -> Finding {
    let host = &reach.host;
    let finding = match (&reach.failure, &reach.proxy) {
        (_, Some(proxy)) => CHECK
            .unknown_because(subject, format!("A proxy is between this machine and {host}"))
            .detail(format!("{proxy} is set and NO_PROXY does not cover {host}. Sessions work if the proxy allows WebSockets."))
            .severity(Severity::Low),
        (None, None) => CHECK.pass(subject, format!("This machine can reach {host}")),
        (Some(failure), None) => CHECK
            .fail(subject, format!("This machine cannot reach {host} on port 443"))
            .detail(format!("The connection failed: {failure}. {}", likely_cause(index)))
            .group_title("This machine cannot reach ssmmessages"),
    };
    finding.evidence("host", host.as_str())
}

/// What blocks the connection, given whether STS could be reached.
fn likely_cause(index: &FactIndex) -> &'static str {
    match &index.facts.caller {
        Fact::Known(_) => {
            "This machine reaches other AWS services: allow this name in the firewall or the VPN."
        }
        Fact::Unavailable(why) if matches!(why.reason, Reason::Unreachable | Reason::TimedOut) => {
            "It cannot reach STS either: this machine may be offline, or need a VPN or a proxy."
        }
        Fact::Unavailable(_) | Fact::Absent => {
            "If this machine reaches other AWS services, allow this name in the firewall or the VPN."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::facts::{Fact, Facts, Reach, Reason, Unavailable};
    use model::finding::Status;

    #[test]
    fn a_proxy_makes_a_failed_connection_unknown() {
        let mut facts = healthy();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        let reach = |failure: Option<&str>, proxy: Option<&str>| {
            Fact::Known(Reach {
                host: "ssmmessages.us-west-2.amazonaws.com".into(),
                failure: failure.map(str::to_owned),
                proxy: proxy.map(str::to_owned),
            })
        };
        facts.local.stream = reach(Some("timed out"), None);
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
        let detail = |facts: &Facts| run(&CHECK, facts)[0].detail.clone();
        assert!(detail(&facts).contains("reaches other AWS services"));
        let caller = std::mem::replace(
            &mut facts.caller,
            Fact::Unavailable(Unavailable::new("sts", Reason::Unreachable, "dns")),
        );
        assert!(detail(&facts).contains("this machine may be offline"));
        facts.caller = caller;
        facts.local.stream = reach(None, Some("HTTPS_PROXY"));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        facts.local.stream = Fact::Absent;
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
        facts.local.stream = denied("connect");
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
