//! The DNS servers of a VPC.

use model::facts::{Fact, besides_amazon};

use crate::plan::completeness::Completeness;
use crate::plan::resource::Resource;
use crate::resolve::{Resolver, ResourceKind};
use crate::unavailable::{PlanValue, known_after_apply, not_in_plan, not_shown};

/// The DNS servers that the DHCP options of a VPC set, besides Amazon's own. `None` if the plan does not show which
/// options the VPC has.
pub fn own_dns_servers(resolver: &Resolver, vpc: &str) -> Option<Fact<Vec<String>>> {
    const ASSOCIATION: &str = "aws_vpc_dhcp_options_association";
    // An association of an unknown VPC may be for this one.
    if let Some(association) = resolver
        .referring(ASSOCIATION, "vpc_id", ResourceKind::Vpc, vpc)
        .next()
    {
        let servers = association.and_then(|association| associated(resolver, association, vpc));
        return Some(servers.into());
    }
    let plan = resolver.plan;
    let managed = resolver.find(vpc, ResourceKind::Vpc)?;
    let has_default = managed.is_created || plan.completeness == Completeness::Declared;
    has_default.then(|| Fact::Known(Vec::new()))
}

fn associated(resolver: &Resolver, association: &Resource, vpc: &str) -> PlanValue<Vec<String>> {
    let kind = ResourceKind::DhcpOptions;
    let id = resolver.resolve(association, "dhcp_options_id", kind)?;
    let id = id.ok_or_else(|| {
        known_after_apply(format!("the DHCP options set of {}", association.address))
    })?;
    let options = resolver.find_or_data(&id, kind);
    let options = options.ok_or_else(|| not_in_plan(format!("the DHCP options set {id}")))?;
    if options.resource_type == "aws_default_vpc_dhcp_options" {
        return Ok(Vec::new());
    }
    let address = &options.address;
    match options.texts("domain_name_servers") {
        (servers, false) if !servers.is_empty() => {
            let vpc = resolver.find(vpc, ResourceKind::Vpc);
            let cidr = vpc.and_then(|vpc| vpc.known_text("cidr_block"));
            Ok(besides_amazon(servers.iter().map(String::as_str), cidr))
        }
        (_, false) => Err(not_shown(format!("{address} has no DNS servers"))),
        (_, true) => Err(options.known_after_apply("domain_name_servers")),
    }
}
