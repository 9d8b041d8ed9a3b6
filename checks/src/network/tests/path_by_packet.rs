//! The whole path against a second evaluation that sends packets one by one, for each task and each of the endpoint's
//! interfaces.

mod made;
mod packets;

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::fact_index::FactIndex;
use crate::network::{endpoint_security_group, nacl, path, task_egress};
use aws_rules::iam::resolve_simulations;
use made::{Made, facts, made};
use model::check::Check;
use model::finding::Status;
use packets::{Arrival, arrival, is_captured};

/// What a check says of each task.
fn by_task(check: &'static Check, index: &FactIndex, arns: &[String]) -> BTreeMap<String, Status> {
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

fn expected(made: &Made, task: u32) -> Status {
    match arrival(made, task) {
        Arrival::Always => Status::Pass,
        Arrival::Sometimes => Status::Warn,
        Arrival::Never => Status::Fail,
        Arrival::Unknown => Status::Unknown,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn the_judgement_matches_a_packet_simulation(made in made()) {
        let (facts, arns) = facts(&made);
        let simulations = resolve_simulations(&facts);
        let index = FactIndex::new(&facts, &simulations);
        let found = by_task(&path::CHECK, &index, &arns);
        prop_assert_eq!(found.len(), arns.len());
        let hops = [&task_egress::CHECK, &nacl::CHECK, &endpoint_security_group::CHECK];
        let hops = hops.map(|check| by_task(check, &index, &arns));
        for (arn, task) in arns.iter().zip(&made.tasks) {
            let (found, expected) = (found[arn], expected(&made, *task));
            // On the way to the internet rules may be for some addresses only, and a private hosted zone may lead
            // elsewhere.
            let cautious = !is_captured(&made) && found == Status::Unknown && expected != Status::Pass;
            prop_assert!(found == expected || cautious, "{task}: found {found:?}, expected {expected:?}");
            let has_failed = hops.iter().any(|hop| hop.get(arn) == Some(&Status::Fail));
            prop_assert!(!has_failed || found == Status::Fail, "{task}: a hop is blamed, and packets arrive");
            let is_gone = made.closer.is_some_and(|closer| closer.gone);
            if is_captured(&made) && found == Status::Fail && !is_gone {
                prop_assert!(has_failed, "{task}: no hop is blamed, and no packet arrives");
            }
        }
    }
}
