use std::collections::BTreeMap;

use diagnosis::pattern;
use model::{Finding, Status, text};

use super::MAX_NAMED;

/// From this number of groups on, those whose titles differ in names become one.
const MANY_GROUPS: usize = 3;

/// Findings that say the same.
pub struct FindingGroup<'r> {
    /// The first of them.
    pub finding: &'r Finding,
    /// IDs of the checks that say it.
    pub checks: Vec<&'r str>,
    /// The services that it is about.
    pub services: Vec<&'r str>,
    /// The sentence of all findings.
    pub title: String,
    count: usize,
}

/// Groups findings that say the same, in the order of the first of each group.
pub fn group_findings<'r>(findings: impl Iterator<Item = &'r Finding>) -> Vec<FindingGroup<'r>> {
    let mut groups: Vec<FindingGroup> = Vec::new();
    let mut places: BTreeMap<_, usize> = BTreeMap::new();
    for finding in findings {
        let place = keys(finding)
            .into_iter()
            .find_map(|key| places.get(&key).copied());
        let place = place.unwrap_or_else(|| {
            groups.push(FindingGroup::empty(finding));
            groups.len() - 1
        });
        // All findings of a group say the same as its first.
        let group = &mut groups[place];
        if group.count == 0 {
            keys(finding)
                .into_iter()
                .for_each(|key| _ = places.entry(key).or_insert(place));
        }
        group.add(finding);
    }
    let groups = merge(groups, 2, |finding| {
        pattern::of_service(finding, &finding.title)
    });
    merge(groups, MANY_GROUPS, |finding| match finding.group_title {
        "" => pattern::of_finding(finding, &finding.title),
        title => title.to_owned(),
    })
}

type Key<'r> = (Status, &'r [&'static str], &'r str, Option<&'r str>);

/// Findings that share a key say the same: the same check of the same service, the same sentence of the same check, or
/// the same reason for not knowing.
fn keys(finding: &Finding) -> Vec<(Key<'_>, &str)> {
    let (status, causes) = (finding.status, finding.caused_by.as_slice());
    let (check, title) = (finding.check.id, finding.title.as_str());
    let service = Some(finding.subject.service.as_deref().unwrap_or_default());
    let mut keys = vec![
        ((status, causes, check, service), ""),
        ((status, causes, check, None), title),
    ];
    if status == Status::Unknown {
        keys.push(((status, causes, "", None), title));
    }
    keys
}

/// Makes one of the groups of a check whose sentences have the same pattern, if there are at least `least`.
fn merge<'r>(
    groups: Vec<FindingGroup<'r>>,
    least: usize,
    pattern: impl Fn(&Finding) -> String,
) -> Vec<FindingGroup<'r>> {
    let key = |group: &FindingGroup<'r>| {
        let finding = group.finding;
        let causes = finding.caused_by.as_slice();
        (finding.status, causes, finding.check.id, pattern(finding))
    };
    let mut sizes = BTreeMap::new();
    for group in &groups {
        *sizes.entry(key(group)).or_insert(0) += 1;
    }
    let mut merged: Vec<FindingGroup> = Vec::new();
    let mut places: BTreeMap<_, usize> = BTreeMap::new();
    for group in groups {
        let key = key(&group);
        if sizes[&key] < least {
            merged.push(group);
            continue;
        }
        match places.get(&key) {
            Some(place) => merged[*place].absorb(group, &key.3),
            None => {
                places.insert(key, merged.len());
                merged.push(group);
            }
        }
    }
    merged
}

impl<'r> FindingGroup<'r> {
    /// A group of one.
    pub fn of(finding: &'r Finding) -> FindingGroup<'r> {
        let mut group = FindingGroup::empty(finding);
        group.add(finding);
        group
    }

    fn empty(finding: &'r Finding) -> FindingGroup<'r> {
        FindingGroup {
            finding,
            checks: Vec::new(),
            services: Vec::new(),
            title: finding.title.clone(),
            count: 0,
        }
    }

    fn add(&mut self, finding: &'r Finding) {
        self.count += 1;
        if !self.checks.contains(&finding.check.id) {
            self.checks.push(finding.check.id);
        }
        let is_new = |service: &&str| !self.services.contains(service);
        let new = finding.subject.service.as_deref().filter(is_new);
        self.services.extend(new);
    }

    fn absorb(&mut self, other: FindingGroup<'r>, pattern: &str) {
        self.count += other.count;
        let services = other.services.into_iter();
        let new: Vec<&str> = services
            .filter(|service| !self.services.contains(service))
            .collect();
        self.services.extend(new);
        if self.title != other.title {
            self.title = match self.finding.group_title {
                "" => pattern.to_owned(),
                title => title.to_owned(),
            };
        }
    }

    /// The services and a colon, unless the title names the only one. Those of a failure are named at its root cause.
    pub fn services_prefix(&self) -> String {
        match self.services.as_slice() {
            [] => String::new(),
            [only] if self.title.contains(only) => String::new(),
            many if many.len() > MAX_NAMED && self.finding.status == Status::Fail => {
                format!("{}: ", text::count(many.len(), "service"))
            }
            services => format!("{}: ", text::short_list(services, MAX_NAMED)),
        }
    }

    /// ` (and 2 more like it)` of the same service.
    pub fn more(&self) -> String {
        match self.count - self.checks.len() {
            more if more > 0 && self.services.len() < 2 => format!(" (and {more} more like it)"),
            _ => String::new(),
        }
    }
}
