use super::{CHECKS_OF_USED_ENDPOINT, UNUSED_ENDPOINT_SYMPTOMS};
use crate::per_endpoint::{endpoint_fault, judge_endpoints};
use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "network.endpoint-available",
    title: "The ssmmessages endpoint is available",
    why: "An endpoint serves tasks only while it is available. One that was rejected or has failed never does.",
    how: "state in ec2:DescribeVpcEndpoints. A failure if tasks have no other path to ssmmessages; unknown while the endpoint is pending or partial, because an endpoint that is being changed keeps serving.",
    actions: &["ec2:DescribeVpcEndpoints"],
    remedy: "Wait while it is pending; create it again if it was rejected or has failed.",
    docs: &["https://docs.aws.amazon.com/vpc/latest/privatelink/concepts.html"],
    symptoms: UNUSED_ENDPOINT_SYMPTOMS,
    masks: CHECKS_OF_USED_ENDPOINT,
    severity: Severity::High,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    judge_endpoints(index, &CHECK, |endpoint, subject, fallback| {
        let (id, state) = (&endpoint.id, &endpoint.state);
        let finding = if endpoint.is_available() && endpoint.has_no_interface() {
            let fault =
                format!("The ssmmessages endpoint {id} is in no subnet, so it has no address");
            endpoint_fault(&CHECK, subject, fault, fallback)
                .group_title("The ssmmessages endpoint is in no subnet")
        } else if endpoint.is_available() {
            CHECK.pass(subject, format!("{id} is available"))
        } else if endpoint.is_changing() {
            CHECK
                .unknown_because(
                    subject,
                    format!("The ssmmessages endpoint {id} is {state}: it is being created or changed"),
                )
                .detail("An endpoint keeps serving while it is changed, but does not serve until it is created. Check again in a minute or two.")
        } else {
            let fault = format!("The ssmmessages endpoint {id} is {state}, not available");
            endpoint_fault(&CHECK, subject, fault, fallback)
                .group_title("The ssmmessages endpoint is not available")
                .fix(fixes::endpoint::replace(index.facts, endpoint))
        };
        finding.evidence("state", state.as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{
        denied, endpoint, healthy_coder, known, remove_default_routes, remove_endpoints,
        set_default_route, statuses, subnets,
    };
    use diagnosis::{Selection, Verdict, examine};
    use model::facts::RouteTarget;
    use model::finding::Status;

    #[test]
    fn the_state_of_the_endpoint_decides() {
        let mut facts = healthy_coder();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        for state in ["failed", "rejected", "pendingAcceptance"] {
            endpoint(&mut facts).state = state.into();
            assert_eq!(statuses(&CHECK, &facts), [Status::Warn], "{state}");
        }
        remove_default_routes(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
        for state in ["pending", "Partial"] {
            endpoint(&mut facts).state = state.into();
            assert_eq!(statuses(&CHECK, &facts), [Status::Unknown], "{state}");
            let report = examine(&facts, &Selection::default());
            assert_eq!(report.verdict, Verdict::Inconclusive, "{state}");
        }
    }

    #[test]
    fn an_endpoint_without_subnets_fails() {
        let mut facts = healthy_coder();
        remove_default_routes(&mut facts);
        endpoint(&mut facts).subnets.clear();
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
        endpoint(&mut facts).interfaces = vec!["eni-1".into()];
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
    }

    #[test]
    fn an_untraceable_path_makes_a_fault_unknown() {
        let mut facts = healthy_coder();
        endpoint(&mut facts).state = "failed".into();
        set_default_route(&mut facts, RouteTarget::Other("tgw-1".into()));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        remove_default_routes(&mut facts);
        subnets(&mut facts, |subnet| {
            subnet.owner = Some("999999999999".into())
        });
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }

    #[test]
    fn an_endpoint_in_use_is_preferred() {
        let mut facts = healthy_coder();
        remove_default_routes(&mut facts);
        let mut failed = endpoint(&mut facts).clone();
        failed.state = "failed".into();
        for at in [0, 2] {
            let mut facts = facts.clone();
            let endpoints = known(facts.network.endpoints.as_mut().unwrap());
            endpoints.push(endpoints[0].clone());
            endpoints.insert(at, failed.clone());
            assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        }
    }

    #[test]
    fn a_missing_endpoint_is_skipped_and_an_unreadable_one_unknown() {
        let mut facts = healthy_coder();
        remove_endpoints(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
        facts.network.endpoints = Some(denied("ec2:DescribeVpcEndpoints"));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
