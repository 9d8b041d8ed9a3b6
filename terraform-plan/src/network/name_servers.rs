//! Which DNS servers the tasks in a VPC will ask.

use model::facts::{Fact, besides_amazon};

use super::texts;
use crate::document::Extent;
use crate::instance::Instance;
use crate::known::{elsewhere, later, untold};
use crate::resolve::Resolver;
use crate::things::Thing;

/// The DNS servers that a VPC's DHCP options give to tasks, besides Amazon's own. `None`: the plan does not tell which
/// options it has.
pub fn own_name_servers(resolver: &Resolver, vpc: &str) -> Option<Fact<Vec<String>>> {
    let joins = resolver.plan.of_kind(&["aws_vpc_dhcp_options_association"]);
    for join in joins {
        match resolver.one(join, &["vpc_id"], Thing::Vpc) {
            Ok(Some(of)) if of == vpc => return Some(by(resolver, join, vpc)),
            Ok(_) => {}
            // Where it is not known which VPC it is, it may be any.
            Err(why) => return Some(Fact::Unavailable(why)),
        }
    }
    let managed = resolver.plan.find(Thing::Vpc.kinds(), vpc)?;
    let is_declared = resolver.plan.extent == Extent::Declared;
    (managed.is_made || is_declared).then(|| Fact::Known(Vec::new()))
}

fn by(resolver: &Resolver, join: &Instance, vpc: &str) -> Fact<Vec<String>> {
    let id = match resolver.one(join, &["dhcp_options_id"], Thing::DhcpOptions) {
        Ok(Some(id)) => id,
        Ok(None) => return Fact::Unavailable(later(format!("the options of {}", join.address))),
        Err(why) => return Fact::Unavailable(why),
    };
    let read = || {
        let mut read = resolver.plan.data_of_kind("aws_vpc_dhcp_options");
        read.find(|options| options.id() == Some(&id))
    };
    let managed = resolver.plan.find(Thing::DhcpOptions.kinds(), &id);
    let Some(options) = managed.or_else(read) else {
        return Fact::Unavailable(elsewhere(format!("the DHCP options set {id}")));
    };
    if options.kind == "aws_default_vpc_dhcp_options" {
        return Fact::Known(Vec::new());
    }
    match texts(options, &["domain_name_servers"]) {
        (servers, false) if !servers.is_empty() => {
            let cidr = resolver.plan.find(Thing::Vpc.kinds(), vpc);
            let cidr = cidr.and_then(|vpc| vpc.text(&["cidr_block"]).ok().flatten());
            Fact::Known(besides_amazon(servers.iter().map(String::as_str), cidr))
        }
        (_, false) => {
            Fact::Unavailable(untold(format!("{} names no DNS servers", options.address)))
        }
        _ => Fact::Unavailable(later(format!(
            "which DNS servers {} names",
            options.address
        ))),
    }
}
