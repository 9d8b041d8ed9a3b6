//! Which DNS servers the tasks in a VPC will request.

use checks::facts::{Fact, besides_amazon};

use super::texts;
use crate::plan::Completeness;
use crate::plan::resource::Resource;
use crate::resolve::Resolver;
use crate::resolve::resource_kind::ResourceKind;
use crate::unavailable::{known_after_apply, not_in_plan, not_shown};

/// The DNS servers that a VPC's DHCP options give to tasks, besides Amazon's own. `None`: the plan does not tell which
/// options it has.
pub fn own_name_servers(resolver: &Resolver, vpc: &str) -> Option<Fact<Vec<String>>> {
    let joins = resolver.plan.of_type(&["aws_vpc_dhcp_options_association"]);
    for join in joins {
        match resolver.one(join, &["vpc_id"], ResourceKind::Vpc) {
            Ok(Some(of)) if of == vpc => return Some(by(resolver, join, vpc)),
            Ok(_) => {}
            // Where it is not known which VPC it is, it may be any.
            Err(why) => return Some(Fact::Unavailable(why)),
        }
    }
    let managed = resolver
        .plan
        .find(ResourceKind::Vpc.resource_types(), vpc)?;
    let is_declared = resolver.plan.completeness == Completeness::Declared;
    (managed.is_made || is_declared).then(|| Fact::Known(Vec::new()))
}

fn by(resolver: &Resolver, join: &Resource, vpc: &str) -> Fact<Vec<String>> {
    let id = match resolver.one(join, &["dhcp_options_id"], ResourceKind::DhcpOptions) {
        Ok(Some(id)) => id,
        Ok(None) => {
            return Fact::Unavailable(known_after_apply(format!(
                "the options of {}",
                join.address
            )));
        }
        Err(why) => return Fact::Unavailable(why),
    };
    let read = || {
        let mut read = resolver.plan.data_of_type("aws_vpc_dhcp_options");
        read.find(|options| options.id() == Some(&id))
    };
    let managed = resolver
        .plan
        .find(ResourceKind::DhcpOptions.resource_types(), &id);
    let Some(options) = managed.or_else(read) else {
        return Fact::Unavailable(not_in_plan(format!("the DHCP options set {id}")));
    };
    if options.resource_type == "aws_default_vpc_dhcp_options" {
        return Fact::Known(Vec::new());
    }
    match texts(options, &["domain_name_servers"]) {
        (servers, false) if !servers.is_empty() => {
            let cidr = resolver.plan.find(ResourceKind::Vpc.resource_types(), vpc);
            let cidr = cidr.and_then(|vpc| vpc.text(&["cidr_block"]).ok().flatten());
            Fact::Known(besides_amazon(servers.iter().map(String::as_str), cidr))
        }
        (_, false) => Fact::Unavailable(not_shown(format!(
            "{} names no DNS servers",
            options.address
        ))),
        _ => Fact::Unavailable(known_after_apply(format!(
            "which DNS servers {} names",
            options.address
        ))),
    }
}
