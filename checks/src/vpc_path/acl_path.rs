//! The network ACLs that a connection's packets pass, and what they refuse.

use serde_json::{Value, json};

use aws_rules::vpc::{Direction, OpenPorts, Ports, Reachability};
use model::facts::Unavailable;
use model::text;

/// A network ACL that packets pass in one direction.
#[derive(Clone)]
pub struct AclTraversal {
    /// ID of the subnet.
    pub subnet: String,
    pub direction: Direction,
    /// The range of the peer's addresses, for a rule that allows the traversal.
    pub cidr: String,
    pub ports: Ports,
    pub(super) admitted: Result<OpenPorts, Unavailable>,
    /// If not all ports are admitted, why.
    pub(super) refusal: Option<Refusal>,
}

/// Why a network ACL refuses packets.
#[derive(Clone)]
pub(super) struct Refusal {
    /// ID of the network ACL.
    pub acl: String,
    /// A clause that names the rule.
    pub rule: String,
}

/// The network ACLs on the path from a task to one address and back.
pub struct AclPath {
    traversals: Vec<AclTraversal>,
    pub reachability: Reachability,
}

impl AclTraversal {
    /// Whether packets pass the ACL.
    pub fn reachability(&self) -> Reachability {
        match &self.admitted {
            Ok(ports) => ports.reachability(),
            Err(why) => Reachability::Unknown(why.clone()),
        }
    }

    /// A clause that describes the refusal.
    fn describe_refusal(&self) -> Option<String> {
        let Refusal { acl, rule } = self.refusal.as_ref()?;
        let subnet = &self.subnet;
        let (from, to) = (self.ports.start(), self.ports.end());
        let ports = match from == to {
            true => format!("port {from}"),
            false => format!("the ephemeral ports {from}-{to} of the answers"),
        };
        let direction = match self.direction {
            Direction::In => "into",
            Direction::Out => "out of",
        };
        let some = match self.reachability() {
            Reachability::Blocked => "",
            _ => "all of ",
        };
        Some(format!(
            "{acl} does not let {some}{ports} {direction} {subnet} ({rule})"
        ))
    }

    fn evidence(&self) -> Option<Value> {
        let refusal = self.refusal.as_ref()?;
        let (from, to) = (self.ports.start(), self.ports.end());
        Some(json!({
            "acl": refusal.acl,
            "subnet": self.subnet,
            "direction": match self.direction { Direction::In => "in", Direction::Out => "out" },
            "ports": if from == to { from.to_string() } else { format!("{from}-{to}") },
            "refusedBy": refusal.rule,
        }))
    }
}

impl AclPath {
    /// Answers go to the port from which the agent called, so that all ACLs have to admit the same ports.
    pub(super) fn new(traversals: Vec<AclTraversal>) -> AclPath {
        let mut reachability = Reachability::Open;
        let mut ports: Vec<(&Ports, OpenPorts)> = Vec::new();
        for traversal in &traversals {
            match &traversal.admitted {
                Err(why) => reachability = reachability.and(Reachability::Unknown(why.clone())),
                Ok(open) => match ports
                    .iter_mut()
                    .find(|(asked, _)| **asked == traversal.ports)
                {
                    Some((_, all)) => *all = all.intersection(open),
                    None => ports.push((&traversal.ports, open.clone())),
                },
            }
        }
        let ports = ports.iter().map(|(_, open)| open.reachability());
        AclPath {
            reachability: ports.fold(reachability, Reachability::and),
            traversals,
        }
    }

    /// The traversals on these paths that are not open.
    pub fn refused<'p>(paths: impl IntoIterator<Item = &'p AclPath>) -> Vec<AclTraversal> {
        let traversals = paths.into_iter().flat_map(|path| &path.traversals);
        let refused = traversals.filter(|one| one.reachability() != Reachability::Open);
        refused.cloned().collect()
    }

    /// The traversals that block packets; if none does, those that block some.
    pub fn refusing(&self) -> impl Iterator<Item = &AclTraversal> {
        let blocks = |one: &&AclTraversal| one.reachability() == Reachability::Blocked;
        let any_blocks = self.traversals.iter().any(|one| blocks(&one));
        self.traversals.iter().filter(move |one| match any_blocks {
            true => blocks(one),
            false => one.reachability() != Reachability::Open,
        })
    }

    /// A clause that describes the refusals; empty if there are none.
    pub fn describe_refusals(&self) -> String {
        let refusals = self.refusing().filter_map(AclTraversal::describe_refusal);
        text::list(&Vec::from_iter(refusals))
    }

    /// The refusals as evidence.
    pub fn evidence(&self) -> Vec<Value> {
        self.refusing().filter_map(AclTraversal::evidence).collect()
    }
}
