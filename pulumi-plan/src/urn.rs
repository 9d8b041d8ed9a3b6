//! URNs of Pulumi resources, and what findings call the resources.
//!
//! <https://www.pulumi.com/docs/iac/concepts/resources/names/#urns>

use std::collections::BTreeMap;

use model::text::sanitize_line;

/// The parts of a URN that identify a resource for its author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Urn<'u> {
    /// Such as `aws:ecs/service:Service`, without the types of its parents.
    pub resource_type: &'u str,
    /// The logical name in the program.
    pub name: &'u str,
}

impl<'u> Urn<'u> {
    /// Splits `urn:pulumi:STACK::PROJECT::PARENT_TYPE$TYPE::NAME`; `None` if the text is not a URN.
    pub fn parse(text: &'u str) -> Option<Urn<'u>> {
        let rest = text.strip_prefix("urn:pulumi:")?;
        // Only the name can contain colons in pairs.
        let mut parts = rest.splitn(4, "::").skip(2);
        let (types, name) = (parts.next()?, parts.next()?);
        let resource_type = types.rsplit('$').next()?;
        (!resource_type.is_empty()).then_some(Urn {
            resource_type,
            name,
        })
    }

    /// `Service::web`: the end of the URN. Unlike a bare name such as `subnet-a`, it cannot be taken for an ID.
    fn short(&self) -> String {
        let class = self.resource_type.rsplit(':').next().unwrap_or_default();
        format!("{class}::{}", self.name)
    }

    /// `aws:ecs/service:Service::web`.
    fn long(&self) -> String {
        format!("{}::{}", self.resource_type, self.name)
    }
}

/// What findings call each resource: the shortest end of its URN that no other resource has.
pub fn addresses<'u>(urns: &[&'u str]) -> BTreeMap<&'u str, String> {
    let ends = |urn: &str| {
        match Urn::parse(urn) {
            Some(parsed) => [parsed.short(), parsed.long(), urn.to_owned()],
            None => [urn.to_owned(), urn.to_owned(), urn.to_owned()],
        }
        .map(|end| sanitize_line(&end))
    };
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for urn in urns {
        let mut ends = ends(urn).to_vec();
        ends.dedup();
        for end in ends {
            *counts.entry(end).or_default() += 1;
        }
    }
    let unique = |urn: &str| {
        let found = ends(urn)
            .into_iter()
            .find(|end| counts.get(end) == Some(&1));
        found.unwrap_or_else(|| sanitize_line(urn))
    };
    urns.iter().map(|urn| (*urn, unique(urn))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEB: &str = "urn:pulumi:dev::shop::aws:ecs/service:Service::web";

    #[test]
    fn a_urn_has_a_type_and_a_name() {
        let urn = Urn::parse(WEB).unwrap();
        assert_eq!(urn.resource_type, "aws:ecs/service:Service");
        assert_eq!(urn.name, "web");
        let nested = "urn:pulumi:dev::shop::awsx:ecs:FargateService$aws:ecs/service:Service::a::b";
        let nested = Urn::parse(nested).unwrap();
        assert_eq!(nested.resource_type, "aws:ecs/service:Service");
        assert_eq!(nested.name, "a::b");
        for broken in ["", "urn:pulumi:", "urn:pulumi:dev::shop::x", "aws_vpc.main"] {
            assert_eq!(Urn::parse(broken), None, "{broken}");
        }
    }

    #[test]
    fn resources_with_one_name_get_longer_addresses() {
        let other = "urn:pulumi:dev::shop::aws:ecs/taskSet:Service::web";
        let third = "urn:pulumi:dev::shop::aws:ec2/vpc:Vpc::web";
        let found = addresses(&[WEB, other, third]);
        assert_eq!(found[WEB], "aws:ecs/service:Service::web");
        assert_eq!(found[other], "aws:ecs/taskSet:Service::web");
        assert_eq!(found[third], "Vpc::web");
        let nested = "urn:pulumi:dev::shop::my:C$aws:ecs/service:Service::web";
        assert_eq!(addresses(&[WEB, nested])[nested], nested);
    }
}
