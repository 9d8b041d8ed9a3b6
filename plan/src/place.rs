//! Where the plan's resources are: clusters and account, as far as it tells.

use std::collections::BTreeSet;

use crate::document::Plan;
use crate::ecs::cluster_of;
use crate::instance::Instance;
use crate::resolve::Resolver;

impl Plan {
    /// Names of the clusters that the plan's services are in.
    pub fn clusters(&self) -> Vec<String> {
        let resolver = Resolver::new(self, "aws", "", None);
        let services = self.of_kind(&["aws_ecs_service"]);
        let names: BTreeSet<String> = services
            .filter_map(|service| cluster_of(&resolver, service).ok())
            .collect();
        names.into_iter().collect()
    }

    /// The account of a cluster and its services, if the plan tells.
    pub fn account_of(&self, cluster: &str) -> Option<String> {
        let resolver = Resolver::new(self, "aws", "", None);
        let services = self
            .of_kind(&["aws_ecs_service"])
            .filter(|service| cluster_of(&resolver, service).as_deref() == Ok(cluster));
        let clusters = self
            .of_kind(&["aws_ecs_cluster"])
            .filter(|one| one.text(&["name"]) == Ok(Some(cluster)));
        let mut own = services.chain(clusters);
        own.find_map(|one| self.part_of_arn(one, 4)).or_else(|| {
            // With several providers, what one of them tells may be of another account.
            self.account().filter(|_| self.aws_providers().count() < 2)
        })
    }

    /// An account that the plan tells of.
    pub(crate) fn account(&self) -> Option<String> {
        let mut identities = self.data_of_kind("aws_caller_identity");
        let told = identities.find_map(|identity| identity.text(&["account_id"]).ok().flatten());
        let of_arn = || {
            let mut resources =
                self.of_kind(&["aws_ecs_service", "aws_ecs_cluster", "aws_iam_role"]);
            resources.find_map(|resource| self.part_of_arn(resource, 4))
        };
        told.map(str::to_owned).or_else(of_arn)
    }

    pub(crate) fn part_of_arn(&self, instance: &Instance, part: usize) -> Option<String> {
        let names = ["arn", "id"];
        let mut known = names
            .iter()
            .filter_map(|name| instance.text(&[name]).ok().flatten());
        let arn = known.find(|text| text.starts_with("arn:"))?;
        let part = arn.split(':').nth(part)?;
        (!part.is_empty()).then(|| part.to_owned())
    }
}
