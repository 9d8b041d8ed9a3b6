//! Roles and policies.

use model::arn::UNKNOWN_ACCOUNT;
use serde_json::{Map, Value};

use super::{Planned, Translator, address};
use crate::attribute::{Attribute, Fields};
use crate::node::{Node, Reference};

const DOCUMENT: &str = "aws_iam_policy_document";

/// The role, and the documents of its inline policies.
pub fn role(of: &Translator, fields: Fields) -> Vec<Planned> {
    let mut parts = Vec::new();
    let policies = of.property("Policies");
    let inline = match policies.items() {
        Ok(items) => {
            let blocks = items.iter().enumerate().map(|(at, policy)| {
                let (document, part) = policy_document(
                    of,
                    "inline_policy.policy",
                    policy.field("PolicyDocument"),
                    at,
                );
                parts.extend(part);
                Fields::default()
                    .with(
                        "name",
                        of.text("inline_policy.name", policy.field("PolicyName")),
                    )
                    .with("policy", Some(document))
            });
            Attribute::blocks(blocks.collect())
        }
        Err(_) => Attribute::unknown(),
    };
    let fields = fields.with("inline_policy", Some(inline));
    parts.insert(0, Planned::new("aws_iam_role", fields));
    parts
}

/// An inline policy of each role in a property.
pub fn inline_policies(of: &Translator, fields: &Fields, roles: &str) -> Vec<Planned> {
    let roles = of.property(roles);
    let document = of.property("PolicyDocument");
    let roles = match (&roles, roles.items()) {
        // A policy of users or groups.
        (Node::NoValue, _) => return Vec::new(),
        (_, Ok(roles)) => roles.to_vec(),
        (_, Err(one)) => vec![one.clone()],
    };
    let mut planned = Vec::new();
    for (at, role) in roles.iter().enumerate() {
        let (document, part) = policy_document(of, "policy", &document, at);
        let fields = fields.clone();
        let fields = fields
            .with("role", of.text("role", role))
            .with("policy", Some(document));
        let name = match at {
            0 => String::new(),
            _ => format!("role{at}"),
        };
        planned.push(Planned::part(name, "aws_iam_role_policy", fields));
        planned.extend(part);
    }
    planned
}

/// The policy, its document, and its attachment to roles.
pub fn managed_policy(of: &Translator, fields: Fields) -> Vec<Planned> {
    let (document, part) = policy_document(of, "policy", &of.property("PolicyDocument"), 0);
    let fields = fields.with("policy", Some(document));
    let mut planned = vec![Planned::new("aws_iam_policy", fields)];
    planned.extend(part);
    let roles = of.property("Roles");
    if roles != Node::NoValue {
        let own = of.own_reference();
        let fields = Fields::default()
            .with("roles", of.list("roles", &roles))
            .with("policy_arn", of.attribute("policy_arn", &own));
        planned.push(Planned::part(
            "attachment",
            "aws_iam_policy_attachment",
            fields,
        ));
    }
    planned
}

/// The text of a policy. If parts of it are unknown, a reference to a document whose statements are known as far as they
/// can be.
fn policy_document(
    of: &Translator,
    path: &str,
    node: &Node,
    at: usize,
) -> (Attribute, Option<Planned>) {
    let statements = node.field("Statement");
    let statements = match (of.render(node), statements.items()) {
        (Some(document), _) => return (Attribute::known(document.to_string()), None),
        (None, Err(_)) => {
            of.note(path, node.unknown());
            return (Attribute::unknown(), None);
        }
        (None, Ok(statements)) => statements,
    };
    of.note(path, node.unknown());
    let blocks = statements
        .iter()
        .map(|statement| read_statement(of, statement));
    let part = format!("document{at}");
    let logical_id = &of.resource.logical_id;
    let name = format!("data.{DOCUMENT}.s{}_{logical_id}{part}", of.stack);
    let fields = Fields::default()
        .with("statement", Some(Attribute::blocks(blocks.collect())))
        .with("json", Some(Attribute::unknown()));
    let data = Planned {
        is_data: true,
        ..Planned::part(part, DOCUMENT, fields)
    };
    let policy = Attribute::references(vec![format!("{name}.json"), name]);
    (policy, Some(data))
}

fn read_statement(of: &Translator, statement: &Node) -> Fields {
    let mut fields = Fields::default();
    for (attribute, element) in [("sid", "Sid"), ("effect", "Effect")] {
        let path = format!("policy.{attribute}");
        fields.set(attribute, of.text(&path, statement.field(element)));
    }
    for (attribute, element) in [
        ("actions", "Action"),
        ("not_actions", "NotAction"),
        ("resources", "Resource"),
        ("not_resources", "NotResource"),
    ] {
        let node = statement.field(element);
        let attribute_value = match (node, node.items()) {
            (Node::NoValue, _) => continue,
            (_, Err(one)) => match of.render(one) {
                Some(text) => Attribute::list(vec![Attribute::known(text)]),
                None => Attribute::unknown(),
            },
            (_, Ok(items)) => {
                let items = items.iter().map(|item| match of.render(item) {
                    Some(text) => Attribute::known(text),
                    None => Attribute::unknown(),
                });
                Attribute::list(items.collect())
            }
        };
        fields.set(attribute, Some(attribute_value));
    }
    if statement.field("Condition") != &Node::NoValue {
        // The statement may or may not apply.
        fields.set(
            "condition",
            Some(Attribute::blocks(vec![Fields::default()])),
        );
    }
    fields
}

impl Translator<'_> {
    /// A policy as text; unknown if a part of it is.
    pub fn document(&self, path: &str, node: &Node) -> Option<Attribute> {
        if *node == Node::NoValue {
            return None;
        }
        self.note(path, node.unknown());
        Some(match self.render(node) {
            Some(Value::String(text)) => Attribute::known(text),
            Some(document) => Attribute::known(document.to_string()),
            None => Attribute::unknown(),
        })
    }

    /// The value with the names that the facts have for resources. `None` if a part of it is unknown.
    pub fn render(&self, node: &Node) -> Option<Value> {
        self.render_with(node, None)
    }

    /// `account`: what stands for an unknown account. Principals are compared by their accounts, and what is not known of
    /// another text may be anything.
    fn render_with(&self, node: &Node, account: Option<&str>) -> Option<Value> {
        Some(match node {
            Node::NoValue => Value::Null,
            Node::Scalar(value) => value.clone(),
            Node::List(items) => {
                let items = items.iter().map(|item| self.render_with(item, account));
                Value::Array(items.collect::<Option<_>>()?)
            }
            Node::Map(fields) => {
                let fields = fields.iter().map(|(name, field)| {
                    let account = match name.as_str() {
                        "Principal" | "NotPrincipal" => Some(UNKNOWN_ACCOUNT),
                        _ => account,
                    };
                    Some((name.clone(), self.render_with(field, account)?))
                });
                Value::Object(fields.collect::<Option<Map<_, _>>>()?)
            }
            Node::Joined(parts) => {
                let parts = parts
                    .iter()
                    .map(|part| match self.render_with(part, account)? {
                        Value::String(text) => Some(text),
                        _ => None,
                    });
                Value::String(parts.collect::<Option<String>>()?)
            }
            Node::Reference(reference) => Value::String(self.name_in_facts(reference)?),
            Node::OwnAccount => Value::from(account?),
            Node::Unknown(_) => return None,
        })
    }

    /// What the facts call what a reference returns.
    fn name_in_facts(&self, reference: &Reference) -> Option<String> {
        let resource = self.referred(reference)?;
        let address = || {
            address(
                self.evaluator.stacks,
                reference.stack,
                &reference.logical_id,
            )
        };
        let pseudo = |name: &str| {
            let pseudo = serde_json::json!({"Ref": format!("AWS::{name}")});
            self.evaluator.evaluate(reference.stack, &pseudo).as_text()
        };
        let name = || self.reference_name(reference).unwrap_or_else(address);
        let attribute = reference.attribute.as_deref();
        Some(match (resource.resource_type.as_str(), attribute) {
            ("AWS::Logs::LogGroup", Some("Arn")) => format!(
                "arn:{}:logs:{}:{}:log-group:{}:*",
                pseudo("Partition")?,
                pseudo("Region")?,
                pseudo("AccountId").unwrap_or_else(|| UNKNOWN_ACCOUNT.to_owned()),
                name()
            ),
            ("AWS::S3::Bucket", Some("Arn")) => {
                format!("arn:{}:s3:::{}", pseudo("Partition")?, name())
            }
            ("AWS::IAM::Role", Some("Arn")) => match self.role_arn(reference, pseudo) {
                Some(arn) => arn,
                None => address(),
            },
            (_, None) => name(),
            // The secret, queue or table is none of the resources that sessions need.
            _ => resource.physical_id.clone().unwrap_or_else(address),
        })
    }

    /// The ARN of a role with a known name.
    fn role_arn(
        &self,
        reference: &Reference,
        pseudo: impl Fn(&str) -> Option<String>,
    ) -> Option<String> {
        let name = self.reference_name(reference)?;
        let path = self.referred(reference)?.properties.get("Path");
        let path = match path {
            Some(path) => self.evaluator.evaluate(reference.stack, path).as_text()?,
            None => "/".to_owned(),
        };
        let (partition, account) = (pseudo("Partition")?, pseudo("AccountId")?);
        Some(format!("arn:{partition}:iam::{account}:role{path}{name}"))
    }
}
