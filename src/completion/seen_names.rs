//! The names of clusters, services and containers that commands read from AWS, kept for a day so that shells can complete
//! them. Only names: no IDs, no account numbers, no states.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::config::short_name;
use crate::state_file;

const FILE: &str = "seen-names.json";
/// Seconds after which a name that was not seen again is forgotten.
const LIFETIME: i64 = 24 * 60 * 60;
/// How many services are kept: those of the largest cluster that is pleasant to complete.
const MOST_SERVICES: usize = 2000;

/// What was seen lately.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct SeenNames {
    clusters: Vec<SeenCluster>,
}

#[derive(Debug, Serialize, Deserialize)]
struct SeenCluster {
    name: String,
    region: String,
    /// When it was seen last, in seconds since 1970.
    seen_at: i64,
    services: BTreeMap<String, SeenService>,
}

#[derive(Debug, Serialize, Deserialize)]
struct SeenService {
    seen_at: i64,
    containers: BTreeSet<String>,
}

/// Remembers that a cluster has services with containers. `cluster`: a name or an ARN.
pub fn remember<'n>(
    region: &str,
    cluster: &str,
    services: impl IntoIterator<Item = (&'n str, Option<&'n str>)>,
) {
    let now = Timestamp::now().as_second();
    let mut seen = read();
    seen.add(now, region, cluster, services);
    state_file::write(FILE, &seen);
}

/// Remembers that a region has these clusters.
pub fn remember_clusters(region: &str, clusters: &[String]) {
    let now = Timestamp::now().as_second();
    let mut seen = read();
    for cluster in clusters {
        seen.add(now, region, cluster, []);
    }
    state_file::write(FILE, &seen);
}

/// What was seen within a day.
pub fn read() -> SeenNames {
    let mut seen: SeenNames = state_file::read(FILE);
    seen.forget_old(Timestamp::now().as_second());
    seen
}

impl SeenNames {
    fn add<'n>(
        &mut self,
        now: i64,
        region: &str,
        cluster: &str,
        services: impl IntoIterator<Item = (&'n str, Option<&'n str>)>,
    ) {
        let name = short_name(cluster);
        let is_same = |known: &SeenCluster| known.name == name && known.region == region;
        let at = self.clusters.iter().position(is_same).unwrap_or_else(|| {
            self.clusters.push(SeenCluster {
                name: name.to_owned(),
                region: region.to_owned(),
                seen_at: now,
                services: BTreeMap::new(),
            });
            self.clusters.len() - 1
        });
        let known = &mut self.clusters[at];
        known.seen_at = now;
        for (service, container) in services {
            if known.services.len() >= MOST_SERVICES && !known.services.contains_key(service) {
                continue;
            }
            let service = known.services.entry(service.to_owned());
            let service = service.or_insert_with(|| SeenService {
                seen_at: now,
                containers: BTreeSet::new(),
            });
            service.seen_at = now;
            service.containers.extend(container.map(str::to_owned));
        }
    }

    /// A time in the future comes from a clock that was wrong.
    fn forget_old(&mut self, now: i64) {
        let is_new = |seen_at: i64| (now - LIFETIME..=now).contains(&seen_at);
        self.clusters.retain(|cluster| is_new(cluster.seen_at));
        for cluster in &mut self.clusters {
            cluster
                .services
                .retain(|_, service| is_new(service.seen_at));
        }
    }

    /// The services with their containers. `None`: of any cluster, of any region.
    pub fn services(
        &self,
        cluster: Option<&str>,
        region: Option<&str>,
    ) -> impl Iterator<Item = (&str, impl Iterator<Item = String>)> {
        let clusters = self.clusters.iter().filter(move |known| {
            cluster.is_none_or(|name| known.name == name)
                && region.is_none_or(|region| known.region == region)
        });
        clusters.flat_map(|cluster| {
            let services = cluster.services.iter();
            services.map(|(name, service)| (name.as_str(), service.containers.iter().cloned()))
        })
    }

    /// Whether any cluster has a service of this full name.
    pub fn has_service(&self, name: &str) -> bool {
        self.services(None, None).any(|(known, _)| known == name)
    }

    /// The names of the clusters of a region, or of all.
    pub fn clusters(&self, region: Option<&str>) -> impl Iterator<Item = String> {
        let clusters = self.clusters.iter();
        let clusters =
            clusters.filter(move |known| region.is_none_or(|region| known.region == region));
        clusters.map(|known| known.name.clone())
    }

    /// The regions with clusters.
    pub fn regions(&self) -> impl Iterator<Item = String> + use<> {
        let regions = self.clusters.iter().map(|known| known.region.clone());
        regions.collect::<BTreeSet<String>>().into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn services(seen: &SeenNames, cluster: &str) -> Vec<(String, Vec<String>)> {
        seen.services(Some(cluster), None)
            .map(|(name, containers)| (name.to_owned(), containers.collect()))
            .collect()
    }

    #[test]
    fn names_add_up_and_expire_after_a_day() {
        let mut seen = SeenNames::default();
        seen.add(1_000, "r", "arn:aws:ecs:r:1:cluster/c", [("old", None)]);
        let two = [("web", Some("app")), ("web", Some("proxy"))];
        seen.add(50_000, "r", "c", two);
        let web = ("web".to_owned(), vec!["app".to_owned(), "proxy".to_owned()]);
        assert_eq!(
            services(&seen, "c"),
            [("old".to_owned(), vec![]), web.clone()]
        );
        assert_eq!(services(&seen, "other"), []);
        seen.forget_old(1_001 + LIFETIME);
        assert_eq!(services(&seen, "c"), [web]);
        seen.forget_old(50_001 + LIFETIME);
        assert_eq!(seen.clusters(None).count(), 0);
    }
}
