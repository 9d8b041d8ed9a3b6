//! Compares the evaluation of the path with a simulation that sends packets one by one, for each task and each
//! interface of the endpoint.

mod generator;
mod packets;

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::fact_index::FactIndex;
use crate::network::{endpoint_security_group, nacl, path, task_egress};
use aws_rules::iam::resolve_simulations;
use generator::{GeneratedNetwork, facts, generated_network};
use model::check::Check;
use model::finding::Status;
use packets::{Arrival, arrival, uses_endpoint};

/// The status of each task.
fn status_by_task(
    check: &'static Check,
    index: &FactIndex,
    arns: &[String],
) -> BTreeMap<String, Status> {
    let mut all = BTreeMap::new();
    for finding in crate::testing::run_on(check, index) {
        let names = finding.tasks.arns().map(|names| {
            let names = names.iter().map(|name| name.to_string());
            names.collect::<Vec<_>>()
        });
        for arn in names.unwrap_or_else(|| arns.to_vec()) {
            let other = all.insert(arn, finding.status);
            assert!(other.is_none(), "{} says two things of one task", check.id);
        }
    }
    all
}

fn expected(network: &GeneratedNetwork, task: u32) -> Status {
    match arrival(network, task) {
        Arrival::Always => Status::Pass,
        Arrival::Sometimes => Status::Warn,
        Arrival::Never => Status::Fail,
        Arrival::Unknown => Status::Unknown,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn the_judgement_matches_a_packet_simulation(network in generated_network()) {
        let (facts, arns) = facts(&network);
        let simulations = resolve_simulations(&facts);
        let index = FactIndex::new(&facts, &simulations);
        let found = status_by_task(&path::CHECK, &index, &arns);
        prop_assert_eq!(found.len(), arns.len());
        let hops = [&task_egress::CHECK, &nacl::CHECK, &endpoint_security_group::CHECK];
        let hops = hops.map(|check| status_by_task(check, &index, &arns));
        for (arn, task) in arns.iter().zip(&network.tasks) {
            let (found, expected) = (found[arn], expected(&network, *task));
            // On the path to the internet, the doctor can be unsure: rules can cover some addresses only, and a
            // private hosted zone can resolve the name to another address.
            let cautious = !uses_endpoint(&network) && found == Status::Unknown && expected != Status::Pass;
            prop_assert!(found == expected || cautious, "{task}: found {found:?}, expected {expected:?}");
            let has_failed = hops.iter().any(|hop| hop.get(arn) == Some(&Status::Fail));
            prop_assert!(!has_failed || found == Status::Fail, "{task}: a hop fails, but packets arrive");
            let has_blackhole = network.specific_route.is_some_and(|specific_route| specific_route.is_blackhole);
            if uses_endpoint(&network) && found == Status::Fail && !has_blackhole {
                prop_assert!(has_failed, "{task}: no hop fails, but no packet arrives");
            }
        }
    }
}
