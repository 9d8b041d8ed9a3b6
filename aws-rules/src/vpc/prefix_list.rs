use std::collections::BTreeMap;

use super::AddressSet;
use model::facts::{Fact, Network, Unavailable};

/// The parsed prefix lists of a network.
pub struct PrefixLists<'a> {
    network: &'a Network,
    known: BTreeMap<&'a str, AddressSet>,
}

impl<'a> PrefixLists<'a> {
    pub fn new(network: &'a Network) -> PrefixLists<'a> {
        let lists = network.prefix_lists.iter();
        let known = lists.filter_map(|(id, entries)| {
            let entries = entries.known()?.iter().map(String::as_str);
            Some((id.as_str(), AddressSet::parse(entries)))
        });
        PrefixLists {
            network,
            known: known.collect(),
        }
    }

    /// The addresses of a list.
    pub fn get(&self, id: &str) -> Result<&AddressSet, Unavailable> {
        self.known
            .get(id)
            .ok_or_else(|| match self.network.prefix_lists.get(id) {
                Some(Fact::Unavailable(why)) => why.clone(),
                _ => Unavailable::not_asked(
                    "ec2:GetManagedPrefixListEntries",
                    format!("the entries of the prefix list {id} were not read"),
                ),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::facts::Reason;

    #[test]
    fn an_unreadable_list_keeps_the_reason() {
        let mut network = Network::default();
        let denied = test_facts::denied("ec2:GetManagedPrefixListEntries");
        network.prefix_lists.insert("pl-1".into(), denied);
        let lists = PrefixLists::new(&network);
        let reason = |id: &str| lists.get(id).unwrap_err().reason;
        assert_eq!(reason("pl-1"), Reason::Denied);
        assert_eq!(reason("pl-2"), Reason::NotAsked);
    }
}
