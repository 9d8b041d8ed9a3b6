//! What may be one of several things that the plan makes: nobody can tell which before apply. Where the checks say the
//! same of each of them, that is what they say.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use diagnosis::{Selection, examine};
use model::Status;
use model::facts::Facts;

use crate::instance::Instance;
use crate::things::Thing;

/// An attribute of a resource: type, path and address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Point {
    kind: String,
    path: String,
    address: String,
}

/// Which of its options each attribute is taken for.
pub(crate) type Assumed = BTreeMap<Point, usize>;

/// Attributes that may name one thing or another, with how many options they have.
pub(crate) type Met = BTreeMap<Point, usize>;

#[derive(Default)]
pub(crate) struct Choices {
    pub assumed: Assumed,
    pub met: RefCell<Met>,
}

/// More combinations than these are not tried.
const MOST: usize = 16;

impl Choices {
    /// The option that is assumed; none where nothing is.
    pub fn choose(
        &self,
        of: &Instance,
        path: &[&str],
        thing: Thing,
        mut options: Vec<Vec<String>>,
    ) -> Option<Vec<String>> {
        if !decides_alone(thing) || options.is_empty() || options.len() > MOST {
            return None;
        }
        let point = Point {
            kind: of.kind.clone(),
            path: path.join("."),
            address: of.address.clone(),
        };
        if let Some(at) = self.assumed.get(&point) {
            let last = options.len() - 1;
            return Some(options.swap_remove((*at).min(last)));
        }
        self.met.borrow_mut().insert(point, options.len());
        None
    }
}

/// What a task is given, or goes through. Where things are is not tried: it would have to fit with all the rest.
fn decides_alone(thing: Thing) -> bool {
    !matches!(
        thing,
        Thing::Vpc
            | Thing::RouteTable
            | Thing::NetworkAcl
            | Thing::Endpoint
            | Thing::Cluster
            | Thing::DhcpOptions
            | Thing::HostedZone
            | Thing::GroupRule
    )
}

/// Every choice of so many names.
pub(crate) fn choices_of(count: usize, names: &[String]) -> Vec<Vec<String>> {
    let mut chosen: Vec<Vec<String>> = vec![Vec::new()];
    for (at, name) in names.iter().enumerate() {
        let left = names.len() - at;
        let with = chosen.iter().filter(|some| some.len() < count);
        let with: Vec<Vec<String>> = with
            .map(|some| some.iter().chain([name]).cloned().collect())
            .collect();
        chosen.retain(|some| some.len() + left > count || some.len() == count);
        chosen.extend(with);
        if chosen.len() > 4 * MOST {
            return Vec::new();
        }
    }
    chosen.retain(|some| some.len() == count);
    chosen
}

/// How many resources are read anew, all trials together: a plan of any size is judged in about the same time.
const TRIALS: usize = 60_000;

/// The facts, with what may be one thing or another taken for one of them where the checks say the same of all.
pub(crate) fn settled(size: usize, build: impl Fn(&Assumed) -> (Facts, Met)) -> Facts {
    let (facts, met) = build(&Assumed::new());
    if met.is_empty() {
        return facts;
    }
    let mut settle = Settle {
        build,
        left: (TRIALS / size.max(1)).max(12),
        assumed: Assumed::new(),
    };
    settle.run(met, facts)
}

struct Settle<B> {
    build: B,
    left: usize,
    assumed: Assumed,
}

impl<B: Fn(&Assumed) -> (Facts, Met)> Settle<B> {
    fn run(&mut self, mut met: Met, mut facts: Facts) -> Facts {
        let first = facts.clone();
        let mut tried: BTreeSet<Point> = BTreeSet::new();
        loop {
            let mut is_more = false;
            for class in classes(&met, &tried) {
                tried.extend(class.keys().cloned());
                if self.settle(&class) {
                    is_more = true;
                } else if class.len() > 1 {
                    for (point, options) in class {
                        is_more |= self.settle(&Met::from([(point, options)]));
                    }
                }
            }
            if !is_more {
                break;
            }
            (facts, met) = (self.build)(&self.assumed);
        }
        match self.is_the_same_by_the_last(&facts) {
            true => facts,
            false => first,
        }
    }

    /// Assumes the first options of these attributes, if all options come to the same.
    fn settle(&mut self, class: &Met) -> bool {
        let options = class.values().copied().max().unwrap_or(0);
        if self.left < options {
            return false;
        }
        let with = |at: usize| {
            let mut assumed = self.assumed.clone();
            assumed.extend(class.keys().map(|point| (point.clone(), at)));
            assumed
        };
        self.left -= options;
        let first = verdicts(&(self.build)(&with(0)).0);
        let are_alike = (1..options).all(|at| verdicts(&(self.build)(&with(at)).0) == first);
        if are_alike {
            self.assumed = with(0);
        }
        are_alike
    }

    /// Together they must not come to something else than each alone.
    fn is_the_same_by_the_last(&self, facts: &Facts) -> bool {
        let last = self.assumed.keys().map(|point| (point.clone(), usize::MAX));
        let last: Assumed = last.collect();
        last.is_empty() || verdicts(&(self.build)(&last).0) == verdicts(facts)
    }
}

/// Attributes of one type at one place, which mostly come from one module that is used often: they are tried together.
fn classes(met: &Met, tried: &BTreeSet<Point>) -> Vec<Met> {
    let mut classes: BTreeMap<(&str, &str), Met> = BTreeMap::new();
    for (point, options) in met.iter().filter(|(point, _)| !tried.contains(point)) {
        let class = classes.entry((&point.kind, &point.path)).or_default();
        class.insert(point.clone(), *options);
    }
    classes.into_values().collect()
}

/// What the checks say of each service.
fn verdicts(facts: &Facts) -> BTreeSet<(&'static str, Status, String)> {
    let report = examine(facts, &Selection::default());
    let mut verdicts = BTreeSet::new();
    for finding in &report.findings {
        if finding.status == Status::Skip {
            continue;
        }
        let tasks = finding.tasks.arns().unwrap_or_default().iter();
        let mut services: BTreeSet<String> = tasks
            .filter_map(|name| facts.tasks.get(name)?.known()?.service_name())
            .map(str::to_owned)
            .collect();
        if services.is_empty() {
            let service = finding.subject.service.as_ref();
            services.insert(
                service
                    .map(|service| service.to_string())
                    .unwrap_or_default(),
            );
        }
        for service in services {
            verdicts.insert((finding.check.id, finding.status, service));
        }
    }
    verdicts
}
