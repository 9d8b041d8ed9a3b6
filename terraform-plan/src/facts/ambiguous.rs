//! Settles ambiguous attributes: if the findings are the same whichever resource an attribute identifies, the facts take
//! the first one.

use std::collections::{BTreeMap, BTreeSet};

use diagnosis::{Selection, examine};
use model::Status;
use model::facts::Facts;

use crate::resolve::{AttributeId, Choices};

/// Limits the resources read in all trials together, so that judging any plan takes about the same time.
const MAX_RESOURCES_READ: usize = 60_000;
const MIN_TRIALS: usize = 12;

/// Builds the facts, with ambiguous attributes settled where possible. `build` returns the facts for some choices, and
/// the attributes that are ambiguous besides; `size` is the number of resources that it reads.
pub fn settle(size: usize, build: impl Fn(&Choices) -> (Facts, Choices)) -> Facts {
    let (facts, ambiguous) = build(&Choices::new());
    if ambiguous.is_empty() {
        return facts;
    }
    let mut settler = Settler {
        build,
        trials_left: (MAX_RESOURCES_READ / size.max(1)).max(MIN_TRIALS),
        choices: Choices::new(),
    };
    settler.run(ambiguous, facts)
}

struct Settler<B> {
    build: B,
    trials_left: usize,
    choices: Choices,
}

impl<B: Fn(&Choices) -> (Facts, Choices)> Settler<B> {
    fn run(&mut self, mut ambiguous: Choices, mut facts: Facts) -> Facts {
        let unsettled = facts.clone();
        let mut tried: BTreeSet<AttributeId> = BTreeSet::new();
        loop {
            let mut has_settled = false;
            for group in groups(&ambiguous, &tried) {
                tried.extend(group.keys().cloned());
                if self.settle_together(&group) {
                    has_settled = true;
                } else if group.len() > 1 {
                    for (attribute, options) in group {
                        has_settled |= self.settle_together(&Choices::from([(attribute, options)]));
                    }
                }
            }
            if !has_settled {
                break;
            }
            (facts, ambiguous) = (self.build)(&self.choices);
        }
        match self.last_options_agree(&facts) {
            true => facts,
            false => unsettled,
        }
    }

    /// Chooses the first options of these attributes if all options give the same findings.
    fn settle_together(&mut self, group: &Choices) -> bool {
        let options = group.values().copied().max().unwrap_or(0);
        if self.trials_left < options {
            return false;
        }
        self.trials_left -= options;
        let with = |option: usize| {
            let mut choices = self.choices.clone();
            choices.extend(group.keys().map(|attribute| (attribute.clone(), option)));
            choices
        };
        let outcomes = |option: usize| outcomes(&(self.build)(&with(option)).0);
        let first = outcomes(0);
        let are_equal = (1..options).all(|option| outcomes(option) == first);
        if are_equal {
            self.choices = with(0);
        }
        are_equal
    }

    /// Whether the last options together give the same findings as the first: each attribute was tried alone.
    fn last_options_agree(&self, facts: &Facts) -> bool {
        let last = self
            .choices
            .keys()
            .map(|attribute| (attribute.clone(), usize::MAX));
        let last: Choices = last.collect();
        last.is_empty() || outcomes(&(self.build)(&last).0) == outcomes(facts)
    }
}

/// The attributes by resource type and path: they mostly come from one module that is used often, and are tried
/// together.
fn groups(ambiguous: &Choices, tried: &BTreeSet<AttributeId>) -> Vec<Choices> {
    let mut groups: BTreeMap<(&str, &str), Choices> = BTreeMap::new();
    for (attribute, options) in ambiguous.iter().filter(|(one, _)| !tried.contains(one)) {
        let group = groups
            .entry((&attribute.resource_type, &attribute.path))
            .or_default();
        group.insert(attribute.clone(), *options);
    }
    groups.into_values().collect()
}

/// The status of each check for each service.
fn outcomes(facts: &Facts) -> BTreeSet<(&'static str, Status, String)> {
    let report = examine(facts, &Selection::default());
    let mut outcomes = BTreeSet::new();
    for finding in report
        .findings
        .iter()
        .filter(|one| one.status != Status::Skip)
    {
        let tasks = finding.tasks.arns().unwrap_or_default().iter();
        let mut services: BTreeSet<String> = tasks
            .filter_map(|name| facts.tasks.get(name)?.known()?.service_name())
            .map(str::to_owned)
            .collect();
        if services.is_empty() {
            let service = finding.subject.service.as_ref();
            services.insert(service.map(ToString::to_string).unwrap_or_default());
        }
        let outcome = |service| (finding.check.id, finding.status, service);
        outcomes.extend(services.into_iter().map(outcome));
    }
    outcomes
}
