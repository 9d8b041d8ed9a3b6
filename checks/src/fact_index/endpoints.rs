//! The endpoints of a VPC.

use super::FactIndex;
use model::facts::{Endpoint, Fact, Unavailable};

impl<'a> FactIndex<'a> {
    /// The endpoints of a service in a VPC that exist or are being created. If there may be others that the facts do
    /// not show, these count only if one of them is in use: then no other can answer to the service's name.
    pub fn endpoints_of(&self, vpc: &str, service: &str) -> Fact<Vec<&'a Endpoint>> {
        let may_be =
            |known: &Option<String>, name: &str| known.as_deref().is_none_or(|known| known == name);
        let mut unseen = self.facts.network.unseen_endpoints.iter();
        let unseen = unseen.find(|one| may_be(&one.vpc, vpc) && may_be(&one.service, service));
        self.seen_endpoints_of(vpc, service)
            .and_then(|seen| match unseen {
                Some(unseen) if !seen.iter().any(|endpoint| endpoint.is_in_use()) => {
                    Fact::Unavailable(unseen.why.clone())
                }
                _ => Fact::Known(seen),
            })
    }

    /// The same, whether or not there may be others.
    pub fn seen_endpoints_of(&self, vpc: &str, service: &str) -> Fact<Vec<&'a Endpoint>> {
        match &self.facts.network.endpoints {
            Some(fact) => fact.as_ref().map(|endpoints| {
                let is_of = |endpoint: &Endpoint| self.facts.is_endpoint_of(endpoint, service);
                endpoints
                    .iter()
                    .filter(|endpoint| endpoint.vpc == vpc && is_of(endpoint) && endpoint.is_live())
                    .collect()
            }),
            None => Fact::Unavailable(Unavailable::not_asked(
                "ec2:DescribeVpcEndpoints",
                "the VPC's endpoints were not read",
            )),
        }
    }
}
