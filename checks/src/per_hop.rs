//! Checks that look at one hop of the path to ssmmessages.

use crate::prelude::*;
use crate::vpc_path::{Destination, Hop, HopOutcome, Placement, outcomes, resolve_ssmmessages};

/// Findings for the tasks of each placement, by what the hop does to them.
pub fn judge_hop<'a>(
    index: &FactIndex<'a>,
    check: &'static Check,
    hop: Hop,
    subject: impl Fn(&Group<'a>, &Placement<'a>) -> Subject,
    judge: impl Fn(&FactIndex<'a>, &HopOutcome, Subject) -> Finding,
) -> Vec<Finding> {
    index.each_placement(check, |group, placement| {
        let network = &index.network;
        let subject = subject(group, placement);
        let finding = match resolve_ssmmessages(network, placement) {
            Ok(Destination::Internet) if !placement.egress.reaches_internet() => check.skip(
                subject,
                "There is no known path to the internet whose rules could be judged",
            ),
            Ok(destination) => {
                let outcomes = outcomes(network, placement, &destination, hop);
                let findings = outcomes.iter().map(|outcome| {
                    let finding = judge(index, outcome, subject.clone());
                    finding.on(outcome.tasks.scope(placement))
                });
                return findings.collect();
            }
            Err(why) => check.unknown(subject, &why),
        };
        vec![finding.on(placement.scope())]
    })
}
