//! Attributes that may identify one of several resources of the plan. Which one is known only after apply, but if
//! the findings are the same for each of them, they hold.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::resolver::Reference;
use super::resource_kind::ResourceKind;

/// An attribute of a resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AttributeId {
    pub resource_type: String,
    pub path: String,
    pub address: String,
}

/// A number for each ambiguous attribute: how many options it has, or the position of the one that is assumed.
pub type Choices = BTreeMap<AttributeId, usize>;

/// Attributes with more options stay unknown.
const MAX_OPTIONS: usize = 16;

/// The ambiguous attributes that a resolver meets.
#[derive(Default)]
pub struct Ambiguities {
    assumed: Choices,
    /// Attributes without an assumption, with their number of options.
    pub found: RefCell<Choices>,
}

impl Ambiguities {
    pub fn assuming(assumed: Choices) -> Ambiguities {
        Ambiguities {
            assumed,
            ..Ambiguities::default()
        }
    }

    /// The option that is assumed for an attribute. Without an assumption, records that the attribute is ambiguous.
    pub fn choose(
        &self,
        Reference { of, path, kind }: Reference,
        mut options: Vec<Vec<String>>,
    ) -> Option<Vec<String>> {
        if !can_vary(kind) || options.is_empty() || options.len() > MAX_OPTIONS {
            return None;
        }
        let attribute = AttributeId {
            resource_type: of.resource_type.clone(),
            path: path.to_owned(),
            address: of.address.clone(),
        };
        if let Some(at) = self.assumed.get(&attribute) {
            let last = options.len() - 1;
            return Some(options.swap_remove((*at).min(last)));
        }
        self.found.borrow_mut().insert(attribute, options.len());
        None
    }
}

/// Whether resources of this kind can be tried one by one. Those that place others cannot: they have to fit together.
fn can_vary(kind: ResourceKind) -> bool {
    !matches!(
        kind,
        ResourceKind::Vpc
            | ResourceKind::RouteTable
            | ResourceKind::NetworkAcl
            | ResourceKind::Endpoint
            | ResourceKind::Cluster
            | ResourceKind::DhcpOptions
            | ResourceKind::HostedZone
            | ResourceKind::GroupRule
    )
}

/// All selections of `count` names; empty if there are too many.
pub fn combinations(count: usize, names: &[String]) -> Vec<Vec<String>> {
    let mut selections: Vec<Vec<String>> = vec![Vec::new()];
    for (at, name) in names.iter().enumerate() {
        let left = names.len() - at;
        let longer = selections.iter().filter(|some| some.len() < count);
        let longer = longer.map(|some| some.iter().chain([name]).cloned().collect());
        let longer: Vec<Vec<String>> = longer.collect();
        selections.retain(|some| some.len() + left > count || some.len() == count);
        selections.extend(longer);
        if selections.len() > 4 * MAX_OPTIONS {
            return Vec::new();
        }
    }
    selections.retain(|some| some.len() == count);
    selections
}
