//! Where the plan's resources are: clusters and account, as far as it tells.

use std::collections::BTreeSet;

use crate::ecs::{EXPRESS, cluster_of};
use crate::plan::TerraformPlan;
use crate::plan::resource::Resource;
use crate::resolve::Resolver;

const SERVICES: [&str; 2] = ["aws_ecs_service", EXPRESS];

/// A cluster of the plan, in a region as far as the plan tells.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClusterLocation {
    pub cluster: String,
    pub region: Option<String>,
}

impl TerraformPlan {
    /// Names of the clusters that the plan's services are in.
    pub fn clusters(&self) -> Vec<String> {
        let names: BTreeSet<String> = self
            .places()
            .into_iter()
            .map(|place| place.cluster)
            .collect();
        names.into_iter().collect()
    }

    /// The clusters that the plan's services are in, those of each region apart. Where it has no services, those that
    /// it takes services away from; else the clusters themselves.
    pub fn places(&self) -> Vec<ClusterLocation> {
        let resolver = Resolver::new(self, "aws", "", None);
        let of_services = |services: &mut dyn Iterator<Item = &Resource>| {
            let known = services.filter_map(|service| {
                let cluster = cluster_of(&resolver, service).ok()?;
                Some((cluster, self.region_of_resource(service)))
            });
            known.collect::<BTreeSet<_>>()
        };
        let is_service = |one: &&Resource| one.is(&SERVICES);
        let mut named = of_services(
            &mut self
                .of_type(&SERVICES)
                .chain(self.deferred.iter().filter(is_service)),
        );
        if named.is_empty() {
            named = of_services(&mut self.before_of_type(&SERVICES));
        }
        if named.is_empty() {
            let clusters = self.of_type(&["aws_ecs_cluster"]);
            let clusters = clusters.filter_map(|one| {
                let name = one.text(&["name"]).ok()??.to_owned();
                Some((name, self.region_of_resource(one)))
            });
            named = clusters.collect();
        }
        let places = named.iter().filter(|(cluster, region)| {
            // One whose region is not told is in that of the others.
            let mut same = named.iter().filter(|(other, _)| other == cluster);
            region.is_some() || same.all(|(_, region)| region.is_none())
        });
        places
            .map(|(cluster, region)| ClusterLocation {
                cluster: cluster.clone(),
                region: region.clone().or_else(|| self.region_of(cluster)),
            })
            .collect()
    }

    /// There is no service, neither before apply nor after it.
    pub(crate) fn is_without_service(&self) -> bool {
        let mut deferred = self.deferred.iter();
        self.of_type(&SERVICES).next().is_none()
            && self.before_of_type(&SERVICES).next().is_none()
            && !deferred.any(|one| one.is(&SERVICES))
    }

    /// The account of a cluster and its services, if the plan tells.
    pub fn account_of(&self, cluster: &str) -> Option<String> {
        let resolver = Resolver::new(self, "aws", "", None);
        let services = self
            .of_type(&["aws_ecs_service"])
            .filter(|service| cluster_of(&resolver, service).as_deref() == Ok(cluster));
        let clusters = self
            .of_type(&["aws_ecs_cluster"])
            .filter(|one| one.text(&["name"]) == Ok(Some(cluster)));
        let mut own = services.chain(clusters);
        own.find_map(|one| self.part_of_arn(one, 4)).or_else(|| {
            // With several providers, what one of them tells may be of another account.
            self.account().filter(|_| self.aws_providers().count() < 2)
        })
    }

    /// An account that the plan tells of.
    pub(crate) fn account(&self) -> Option<String> {
        let mut identities = self.data_of_type("aws_caller_identity");
        let told = identities.find_map(|identity| identity.text(&["account_id"]).ok().flatten());
        let of_arn = || {
            let mut resources =
                self.of_type(&["aws_ecs_service", "aws_ecs_cluster", "aws_iam_role"]);
            resources.find_map(|resource| self.part_of_arn(resource, 4))
        };
        told.map(str::to_owned).or_else(of_arn)
    }

    pub(crate) fn part_of_arn(&self, instance: &Resource, part: usize) -> Option<String> {
        let names = ["arn", "id"];
        let mut known = names
            .iter()
            .filter_map(|name| instance.text(&[name]).ok().flatten());
        let arn = known.find(|text| text.starts_with("arn:"))?;
        let part = arn.split(':').nth(part)?;
        (!part.is_empty()).then(|| part.to_owned())
    }
}
