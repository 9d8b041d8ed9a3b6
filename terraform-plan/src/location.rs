//! The clusters of a plan, with their regions and accounts.

use std::collections::BTreeSet;

use crate::ecs::{SERVICE_TYPES, cluster_of};
use crate::plan::TerraformPlan;
use crate::plan::resource::Resource;
use crate::resolve::Resolver;

/// A cluster of the plan.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClusterLocation {
    /// The name of the cluster.
    pub cluster: String,
    /// `None` if the plan does not show it.
    pub region: Option<String>,
    /// The ID of the account, if the plan is for several.
    pub account: Option<String>,
}

impl TerraformPlan {
    /// The names of the clusters that have services in the plan.
    pub fn clusters(&self) -> Vec<String> {
        let locations = self.cluster_locations().into_iter();
        let names: BTreeSet<String> = locations.map(|location| location.cluster).collect();
        names.into_iter().collect()
    }

    /// The clusters that have services in the plan, one for each region. Without services, those that the plan deletes
    /// services from; else the clusters that are resources of the plan.
    pub fn cluster_locations(&self) -> Vec<ClusterLocation> {
        let resolver = Resolver::for_names(self);
        let locate = |resource: &Resource| {
            Some(ClusterLocation {
                cluster: match resource.resource_type.as_str() {
                    "aws_ecs_cluster" => resource.known_text("name")?.to_owned(),
                    _ => cluster_of(&resolver, resource).ok()?,
                },
                region: self.region_of_resource(resource),
                account: None,
            })
        };
        let services = self.resources.of_types(&SERVICE_TYPES);
        let services = services.chain(self.deferred.of_types(&SERVICE_TYPES));
        let mut found: BTreeSet<ClusterLocation> = services.filter_map(locate).collect();
        if found.is_empty() {
            let deleted = self.before.of_types(&SERVICE_TYPES);
            found.extend(deleted.filter_map(locate));
        }
        if found.is_empty() {
            let clusters = self.resources.of_type("aws_ecs_cluster");
            found.extend(clusters.filter_map(locate));
        }
        let regions = found.iter().filter(|one| one.region.is_some());
        let with_region: BTreeSet<String> = regions.map(|one| one.cluster.clone()).collect();
        // A service of unknown region belongs to the cluster whose region is known.
        found.retain(|one| one.region.is_some() || !with_region.contains(&one.cluster));
        let located = found.into_iter().map(|one| ClusterLocation {
            region: one.region.or_else(|| self.region_of(&one.cluster)),
            cluster: one.cluster,
            account: None,
        });
        located.collect()
    }

    /// The region of a cluster; `None` if the plan does not show it, or has clusters of that name in several regions.
    pub fn region_of(&self, cluster: &str) -> Option<String> {
        let members = self.services_and_cluster(cluster).into_iter();
        let mut regions: BTreeSet<String> = members
            .filter_map(|one| self.region_of_resource(one))
            .collect();
        match regions.len() {
            // With several providers, the other resources may be in another region.
            0 if self.aws_providers().count() < 2 => self.region(),
            1 => regions.pop_first(),
            _ => None,
        }
    }

    /// The account ID of a cluster, if the plan shows it.
    pub fn account_of(&self, cluster: &str) -> Option<String> {
        let mut members = self.services_and_cluster(cluster).into_iter();
        members.find_map(|one| one.arn_part(4)).or_else(|| {
            // With several providers, the other resources may be in another account.
            self.account().filter(|_| self.aws_providers().count() < 2)
        })
    }

    /// The account ID of any of the plan's resources.
    pub(crate) fn account(&self) -> Option<String> {
        let mut identities = self.data.of_type("aws_caller_identity");
        let account = identities.find_map(|identity| identity.known_text("account_id"));
        account.map(str::to_owned).or_else(|| {
            let types = ["aws_ecs_service", "aws_ecs_cluster", "aws_iam_role"];
            self.resources
                .of_types(&types)
                .find_map(|one| one.arn_part(4))
        })
    }

    fn services_and_cluster(&self, cluster: &str) -> Vec<&Resource> {
        let resolver = Resolver::for_names(self);
        let services = self.resources.of_type("aws_ecs_service");
        let services = services.filter(|one| cluster_of(&resolver, one).as_deref() == Ok(cluster));
        let clusters = self.resources.of_type("aws_ecs_cluster");
        services
            .chain(clusters.filter(|one| one.has_text("name", cluster)))
            .collect()
    }
}
