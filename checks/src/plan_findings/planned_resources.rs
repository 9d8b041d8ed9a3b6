//! The resources of a Terraform plan, by what fixes call them.

use std::collections::BTreeMap;

use crate::fixes::terraform::label;
use model::facts::{Facts, TerraformResource};

/// Types whose resources facts and fixes identify by their IDs.
const IDENTIFIED_BY_ID: [&str; 6] = [
    "aws_vpc",
    "aws_subnet",
    "aws_security_group",
    "aws_network_acl",
    "aws_route_table",
    "aws_vpc_endpoint",
];

pub struct PlannedResources<'a> {
    /// By type and label.
    by_label: BTreeMap<(&'a str, String), &'a TerraformResource>,
    by_id: Vec<(&'a str, &'a TerraformResource)>,
    by_type: BTreeMap<&'a str, Vec<&'a TerraformResource>>,
}

impl<'a> PlannedResources<'a> {
    pub fn of(facts: &'a Facts) -> PlannedResources<'a> {
        let mut resources = PlannedResources {
            by_label: BTreeMap::new(),
            by_id: Vec::new(),
            by_type: BTreeMap::new(),
        };
        for (key, resource) in &facts.terraform {
            let Some((kind, name)) = key.split_once('/') else {
                continue;
            };
            resources.by_label.insert((kind, label(name)), resource);
            resources.by_type.entry(kind).or_default().push(resource);
            if IDENTIFIED_BY_ID.contains(&kind) {
                resources.by_id.push((name, resource));
            }
        }
        resources
    }

    pub fn with_label(&self, kind: &str, label: &str) -> Option<&'a TerraformResource> {
        let resource = self.by_label.get(&(kind, label.to_owned()));
        resource.copied()
    }

    /// The resource with this label, else the only one of its type.
    pub fn changed_by(&self, kind: &str, label: &str) -> Option<&'a TerraformResource> {
        self.with_label(kind, label)
            .or(match self.by_type.get(kind)?.as_slice() {
                [only] => Some(*only),
                _ => None,
            })
    }

    /// The block with expressions in place of quoted IDs.
    pub fn with_expressions(&self, block: &str) -> String {
        self.by_id
            .iter()
            .fold(block.to_owned(), |block, (id, resource)| {
                let quoted = format!("\"{}\"", id.replace('"', "\\\""));
                match &resource.expression {
                    Some(expression) => block.replace(&quoted, expression),
                    None => {
                        let address = &resource.address;
                        let hint =
                            format!("null /* the ID of {address}: give its module an output */");
                        block.replace(&quoted, &hint)
                    }
                }
            })
    }
}
