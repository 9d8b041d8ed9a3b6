//! Roles and policies.

use serde_json::{Map, Value};

use super::{Planned, Translator, address};
use crate::attribute::{Attribute, Fields};
use crate::node::{Node, Reference};

const DOCUMENT: &str = "aws_iam_policy_document";

/// The resources of the plan; `None` if the type is another service's.
pub fn translate(of: &Translator) -> Option<Vec<Planned>> {
    match of.resource.resource_type.as_str() {
        "AWS::IAM::Role" => Some(role(of)),
        "AWS::IAM::Policy" => Some(inline_policies(of, &of.property("Roles"))),
        "AWS::IAM::RolePolicy" => Some(inline_policies(of, &of.property("RoleName"))),
        "AWS::IAM::ManagedPolicy" => Some(managed_policy(of)),
        _ => None,
    }
}

fn role(of: &Translator) -> Vec<Planned> {
    let mut parts = Vec::new();
    let policies = of.property("Policies");
    let inline = match policies.items() {
        Ok(items) => {
            let blocks = items.iter().enumerate().map(|(at, policy)| {
                let (document, part) = policy_document(of, policy.field("PolicyDocument"), at);
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
    let trust = of.property("AssumeRolePolicyDocument");
    let arns = of.property("ManagedPolicyArns");
    let boundary = of.property("PermissionsBoundary");
    let fields = Fields::default()
        .with("name", of.text("name", &of.property("RoleName")))
        .with("path", of.text("path", &of.property("Path")))
        .with(
            "assume_role_policy",
            of.document("assume_role_policy", &trust),
        )
        .with("inline_policy", Some(inline))
        .with("managed_policy_arns", of.list("managed_policy_arns", &arns))
        .with(
            "permissions_boundary",
            of.text("permissions_boundary", &boundary),
        );
    parts.insert(0, Planned::new("aws_iam_role", fields));
    parts
}

/// An inline policy of each role.
fn inline_policies(of: &Translator, roles: &Node) -> Vec<Planned> {
    let name = of.property("PolicyName");
    let document = of.property("PolicyDocument");
    let roles = match (roles, roles.items()) {
        // A policy of users or groups.
        (Node::NoValue, _) => return Vec::new(),
        (_, Ok(roles)) => roles.to_vec(),
        (_, Err(one)) => vec![one.clone()],
    };
    let mut planned = Vec::new();
    for (at, role) in roles.iter().enumerate() {
        let (document, part) = policy_document(of, &document, at);
        let fields = Fields::default()
            .with("name", of.text("name", &name))
            .with("role", of.text("role", role))
            .with("policy", Some(document));
        planned.push(Planned {
            part: match at {
                0 => String::new(),
                _ => format!("role{at}"),
            },
            ..Planned::new("aws_iam_role_policy", fields)
        });
        planned.extend(part);
    }
    planned
}

fn managed_policy(of: &Translator) -> Vec<Planned> {
    let (document, part) = policy_document(of, &of.property("PolicyDocument"), 0);
    let fields = Fields::default()
        .with("name", of.text("name", &of.property("ManagedPolicyName")))
        .with("path", of.text("path", &of.property("Path")))
        .with("policy", Some(document));
    let mut planned = vec![Planned::new("aws_iam_policy", fields)];
    planned.extend(part);
    let roles = of.property("Roles");
    if roles != Node::NoValue {
        let own = Node::Reference(Reference {
            stack: of.stack,
            logical_id: of.resource.logical_id.clone(),
            attribute: None,
        });
        planned.push(Planned {
            part: "attachment".to_owned(),
            ..Planned::new(
                "aws_iam_policy_attachment",
                Fields::default()
                    .with("roles", of.list("roles", &roles))
                    .with("policy_arn", of.attribute("policy_arn", &own)),
            )
        });
    }
    planned
}

/// The text of a policy. If parts of it are unknown, a reference to a document whose statements are known as far as they
/// can be.
fn policy_document(of: &Translator, node: &Node, at: usize) -> (Attribute, Option<Planned>) {
    let statements = node.field("Statement");
    let statements = match (of.render(node), statements.items()) {
        (Some(document), _) => return (Attribute::known(document.to_string()), None),
        (None, Err(_)) => {
            of.note("policy", node.unknown());
            return (Attribute::unknown(), None);
        }
        (None, Ok(statements)) => statements,
    };
    of.note("policy", node.unknown());
    let blocks = statements
        .iter()
        .map(|statement| read_statement(of, statement));
    let part = format!("document{at}");
    let logical_id = &of.resource.logical_id;
    let name = format!("data.{DOCUMENT}.s{}_{logical_id}{part}", of.stack);
    let data = Planned {
        is_data: true,
        part,
        ..Planned::new(
            DOCUMENT,
            Fields::default()
                .with("statement", Some(Attribute::blocks(blocks.collect())))
                .with("json", Some(Attribute::unknown())),
        )
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
        Some(match node {
            Node::NoValue => Value::Null,
            Node::Scalar(value) => value.clone(),
            Node::List(items) => {
                let items = items.iter().map(|item| self.render(item));
                Value::Array(items.collect::<Option<_>>()?)
            }
            Node::Map(fields) => {
                let fields = fields.iter();
                let fields = fields.map(|(name, field)| Some((name.clone(), self.render(field)?)));
                Value::Object(fields.collect::<Option<Map<_, _>>>()?)
            }
            Node::Joined(parts) => {
                let parts = parts.iter().map(|part| match self.render(part)? {
                    Value::String(text) => Some(text),
                    _ => None,
                });
                Value::String(parts.collect::<Option<String>>()?)
            }
            Node::Reference(reference) => Value::String(self.name_in_facts(reference)?),
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
                pseudo("AccountId")?,
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
