//! The resources of a Terraform plan, by what fixes call them.

use serde_json::Value;

use crate::fixes::arn_in_words;
use crate::fixes::terraform::label;
use model::arn;
use model::facts::{Fact, Facts, TerraformResource, terraform_key};

/// Types whose resources facts and fixes identify by their IDs.
const IDENTIFIED_BY_ID: [&str; 6] = [
    "aws_vpc",
    "aws_subnet",
    "aws_security_group",
    "aws_network_acl",
    "aws_route_table",
    "aws_vpc_endpoint",
];

/// What the name of a VPC's default security group ends with while it has no ID.
const DEFAULT_GROUP: &str = ".default_security_group_id";

/// The facts of a plan, with its resources.
pub struct PlannedResources<'a>(pub &'a Facts);

impl<'a> PlannedResources<'a> {
    /// The type of each resource, what fixes call it, and the resource.
    fn all(&self) -> impl DoubleEndedIterator<Item = (&'a str, &'a str, &'a TerraformResource)> {
        self.0.terraform.iter().filter_map(|(key, resource)| {
            let (kind, name) = key.split_once('/')?;
            Some((kind, name, resource))
        })
    }

    /// Whether a CloudFormation template defines the resources.
    pub fn are_cloudformation(&self) -> bool {
        let mut all = self.0.terraform.values();
        all.any(|resource| resource.cloudformation.is_some())
    }

    /// Whether a Pulumi program defines the resources.
    pub fn are_pulumi(&self) -> bool {
        let mut all = self.0.terraform.values();
        all.any(|resource| resource.pulumi.is_some())
    }

    /// The resource of this type with this name.
    pub fn named(&self, kind: &str, name: &str) -> Option<&'a TerraformResource> {
        self.0.terraform.get(&terraform_key(kind, name))
    }

    /// The resource of this type whose name makes this label.
    pub fn with_label(&self, kind: &str, wanted: &str) -> Option<&'a TerraformResource> {
        let mut all = self.all().rev();
        let found = all.find(|(of, name, _)| *of == kind && label(name) == wanted);
        found.map(|(_, _, resource)| resource)
    }

    /// The resource with this label, else the only one of its type.
    pub fn changed_by(&self, kind: &str, label: &str) -> Option<&'a TerraformResource> {
        self.with_label(kind, label).or_else(|| {
            let mut of_type = self.all().filter(|(of, ..)| *of == kind);
            match (of_type.next(), of_type.next()) {
                (Some((_, _, only)), None) => Some(only),
                _ => None,
            }
        })
    }

    /// The VPC of the plan whose default security group this is.
    pub fn vpc_of_default_group(&self, group: &str) -> Option<&'a TerraformResource> {
        let vpc = group.strip_suffix(DEFAULT_GROUP)?;
        self.named("aws_vpc", vpc)
    }

    /// The text with `${EXPRESSION}` in ARNs, in place of the names of buckets and log groups that have none yet.
    pub fn with_names(
        &self,
        text: &str,
        expression: impl Fn(&TerraformResource) -> Option<String>,
    ) -> String {
        let buckets = self.0.buckets.keys();
        let buckets = buckets.map(|name| (":s3:::", "aws_s3_bucket", name));
        let groups = self.0.log_groups.keys();
        let groups = groups.map(|name| (":log-group:", "aws_cloudwatch_log_group", name));
        buckets
            .chain(groups)
            .fold(text.to_owned(), |text, (start, kind, name)| {
                let resource = self.named(kind, name);
                let nameless = resource.filter(|resource| resource.address == *name);
                match nameless.and_then(&expression) {
                    Some(expression) => ["\"", "/", ":"].iter().fold(text, |text, end| {
                        let arn = format!("{start}{name}{end}");
                        text.replace(&arn, &format!("{start}${{{expression}}}{end}"))
                    }),
                    None => text,
                }
            })
    }

    /// The text with expressions in place of the words for the ARNs of roles and keys. `expression`: what is to replace
    /// the quoted words; `None` leaves them.
    pub fn with_arns(
        &self,
        text: &str,
        expression: impl Fn(&TerraformResource) -> Option<String>,
    ) -> String {
        let keys = self.0.kms_keys.values().filter_map(Fact::known);
        let keys = keys.map(|key| (&key.arn, self.named("aws_kms_key", &key.arn)));
        let roles = self.0.roles.keys();
        let roles = roles.map(|role| (role, self.named("aws_iam_role", arn::name(role))));
        let planned = roles
            .chain(keys)
            .filter(|(name, _)| !name.starts_with("arn:"));
        planned.fold(text.to_owned(), |text, (name, resource)| {
            let words = Value::String(arn_in_words(name)).to_string();
            match resource.and_then(&expression) {
                Some(expression) => text.replace(&words, &expression),
                None => text,
            }
        })
    }

    /// The block with expressions in place of quoted IDs, and of IDs of default security groups.
    pub fn with_expressions(&self, block: &str) -> String {
        let vpcs = self.all().filter(|(kind, ..)| *kind == "aws_vpc");
        let block = vpcs.fold(block.to_owned(), |block, (_, id, vpc)| {
            let quoted = format!("\"{}{DEFAULT_GROUP}\"", id.replace('"', "\\\""));
            let of_vpc = vpc.expression.as_deref();
            let expression = match of_vpc.and_then(|expression| expression.strip_suffix(".id")) {
                Some(vpc) => format!("{vpc}{DEFAULT_GROUP}"),
                None => {
                    let address = &vpc.address;
                    format!("null /* the default security group of {address}: give its module an output */")
                }
            };
            block.replace(&quoted, &expression)
        });
        let by_id = self
            .all()
            .filter(|(kind, ..)| IDENTIFIED_BY_ID.contains(kind));
        by_id.fold(block, |block, (_, id, resource)| {
            let quoted = format!("\"{}\"", id.replace('"', "\\\""));
            match &resource.expression {
                Some(expression) => block.replace(&quoted, expression),
                None => {
                    let address = &resource.address;
                    let hint = format!("null /* the ID of {address}: give its module an output */");
                    block.replace(&quoted, &hint)
                }
            }
        })
    }
}
