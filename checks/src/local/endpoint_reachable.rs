use crate::fact_index::FactIndex;
use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::facts::{Fact, Reach, Reason};
use model::finding::{Finding, Severity, Subject};

pub const CHECK: Check = Check {
    id: "local.endpoint-reachable",
    area: Area::Local,
    title: "This machine reaches ssmmessages",
    why: "The client's end of a session is a WebSocket to ssmmessages in the cluster's region. A firewall that lets the other AWS names through and not this one breaks sessions after ExecuteCommand was answered.",
    how: "A TCP connection to port 443 of the public name, closed at once. Behind a proxy it is not tried.",
    actions: &[],
    remedy: "Let ssmmessages.REGION.amazonaws.com:443 through the firewall, the VPN or the proxy.",
    docs: &["https://docs.aws.amazon.com/general/latest/gr/ssm.html"],
    explains: &[],
    masks: &[],
    severity: Severity::High,
    on_plan: OnPlan::NotInPlan,
    inference: Inference::Direct,
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    vec![CHECK.judge(
        Subject::new("machine", "local"),
        &index.facts.local.stream,
        |subject| {
            CHECK.skip(
                subject,
                "Calls go to an address of your own, and sessions with them",
            )
        },
        |subject, reach| judge(index, subject, reach),
    )]
}

fn judge(index: &FactIndex, subject: Subject, reach: &Reach) -> Finding {
    let host = &reach.host;
    let finding = match (&reach.failure, &reach.proxy) {
        (_, Some(proxy)) => CHECK
            .unknown_because(subject, format!("A proxy stands between this machine and {host}"))
            .detail(format!("{proxy} is set and NO_PROXY does not cover {host}. Sessions work if the proxy passes WebSockets on."))
            .severity(Severity::Low),
        (None, None) => CHECK.pass(subject, format!("This machine reaches {host}")),
        (Some(failure), None) => CHECK
            .fail(subject, format!("This machine cannot reach {host} on port 443"))
            .detail(format!("The connection failed: {failure}. {}", besides(index)))
            .group_title("This machine cannot reach ssmmessages"),
    };
    finding.evidence("host", host.as_str())
}

/// What the failure means beside what else of AWS could be reached.
fn besides(index: &FactIndex) -> &'static str {
    match &index.facts.caller {
        Fact::Known(_) => {
            "Other services of AWS are reached all the same: let this name through the firewall, or the VPN."
        }
        Fact::Unavailable(why) if matches!(why.reason, Reason::Unreachable | Reason::TimedOut) => {
            "Nor could STS be reached: this machine may be offline, or its way to AWS leads through a VPN or a proxy that is not set up."
        }
        Fact::Unavailable(_) | Fact::Absent => {
            "Other services of AWS may be reached all the same: let this name through the firewall, or the VPN."
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
    fn reached_not_reached_and_behind_a_proxy() {
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
        assert!(detail(&facts).contains("Other services of AWS are reached"));
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
