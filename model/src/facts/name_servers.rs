//! DNS servers, as DHCP options name them.

use std::net::Ipv4Addr;

/// Where Amazon's resolver answers in every VPC.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html>
const EVERYWHERE: [&str; 3] = ["AmazonProvidedDNS", "169.254.169.253", "fd00:ec2::253"];

/// Those of these DNS servers that are not Amazon's own. `cidr`: the first IPv4 range of the VPC.
pub fn besides_amazon<'s>(
    servers: impl IntoIterator<Item = &'s str>,
    cidr: Option<&str>,
) -> Vec<String> {
    let amazon = cidr.and_then(resolver);
    let own = servers.into_iter().filter(|&server| {
        let address = server.parse().ok();
        !EVERYWHERE.contains(&server) && (address.is_none() || address != amazon)
    });
    own.map(str::to_owned).collect()
}

/// The address of Amazon's resolver in a VPC: its range's base plus two.
fn resolver(cidr: &str) -> Option<Ipv4Addr> {
    let base: Ipv4Addr = cidr.split('/').next()?.parse().ok()?;
    Some(Ipv4Addr::from(u32::from(base).checked_add(2)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_of_the_amazon_resolver_is_recognized() {
        let own = |servers: &[&str]| besides_amazon(servers.iter().copied(), Some("10.1.0.0/16"));
        for amazon in [
            "AmazonProvidedDNS",
            "169.254.169.253",
            "10.1.0.2",
            "fd00:ec2::253",
        ] {
            assert_eq!(own(&[amazon]), [""; 0], "{amazon}");
        }
        assert_eq!(own(&["10.1.0.2", "10.0.0.2", "dns"]), ["10.0.0.2", "dns"]);
        assert_eq!(besides_amazon(["10.1.0.2"], None), ["10.1.0.2"]);
    }
}
