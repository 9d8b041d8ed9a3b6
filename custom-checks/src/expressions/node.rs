//! Facts as a tree: what is known, what is not there, and what could not be seen.

use model::facts::Unavailable;

/// One value of the facts, as expressions see it.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// Also a fact that is absent.
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    /// An object whose members are those that its type has.
    Struct(Vec<(String, Node)>),
    /// An object whose keys are data: tags, tasks by ARN.
    Map(Map),
    /// A fact that could not be read.
    Unseen(Unavailable),
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Map {
    pub entries: Vec<(String, Node)>,
    /// Why there may be more of them than these.
    pub incomplete: Option<Unavailable>,
}

impl Node {
    pub fn text(text: Option<&str>) -> Node {
        text.map_or(Node::Null, |text| Node::Text(text.to_owned()))
    }

    /// A member of a struct.
    pub fn member(&self, name: &str) -> Option<&Node> {
        match self {
            Node::Struct(members) => members
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, node)| node),
            _ => None,
        }
    }

    pub fn member_mut(&mut self, name: &str) -> Option<&mut Node> {
        match self {
            Node::Struct(members) => members
                .iter_mut()
                .find(|(known, _)| known == name)
                .map(|(_, node)| node),
            _ => None,
        }
    }

    /// Adds a member to a struct; anything else stays as it is.
    pub fn with(mut self, name: &str, node: Node) -> Node {
        if let Node::Struct(members) = &mut self {
            members.push((name.to_owned(), node));
        }
        self
    }

    /// Says of a struct's member that not all of it may be there.
    pub fn mark_incomplete(&mut self, member: &str, why: &Unavailable) {
        if let Some(node) = self.member_mut(member) {
            node.mark_all(why);
        }
    }

    fn mark_all(&mut self, why: &Unavailable) {
        match self {
            Node::Map(map) => map.incomplete = Some(why.clone()),
            // A list has no keys to look up, so that a part of it is worth nothing.
            Node::List(_) => *self = Node::Unseen(why.clone()),
            Node::Struct(members) => members.iter_mut().for_each(|(_, node)| node.mark_all(why)),
            Node::Null
            | Node::Bool(_)
            | Node::Int(_)
            | Node::Float(_)
            | Node::Text(_)
            | Node::Unseen(_) => {}
        }
    }
}
