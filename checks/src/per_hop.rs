//! Checks that look at one hop of the path to ssmmessages.

use crate::prelude::*;
use crate::vpc_path::connection::Hop;
use crate::vpc_path::destination::Destination;
use crate::vpc_path::hop_outcome::{HopOutcome, outcomes};
use crate::vpc_path::placement::Placement;
use crate::vpc_path::resolution::resolve_ssmmessages;

/// Findings for the tasks of a placement, by what the hop does to them.
pub fn judge_hop<'a>(
    check: &'static Check,
    index: &FactIndex<'a>,
    placement: &Placement<'a>,
    hop: Hop,
    subject: Subject,
    judge: impl Fn(&Destination<'a>, &HopOutcome, Subject) -> Finding,
) -> Vec<Finding> {
    let network = &index.network;
    let finding = match resolve_ssmmessages(network, placement) {
        Ok(Destination::Internet) if !placement.egress.reaches_internet() => check.skip(
            subject,
            "There is no known path to the internet whose rules could be judged",
        ),
        Ok(destination) => {
            return outcomes(network, placement, &destination, hop)
                .iter()
                .map(|outcome| {
                    let finding = judge(&destination, outcome, subject.clone());
                    finding.on(outcome.tasks.scope(placement))
                })
                .collect();
        }
        Err(why) => check.unknown(subject, &why),
    };
    vec![finding.on(placement.scope.clone())]
}
