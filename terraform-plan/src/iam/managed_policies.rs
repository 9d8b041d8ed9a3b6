//! Reads the documents of policies, and knows some that AWS publishes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use model::arn;
use model::facts::Unavailable;
use serde_json::{Value, json};

use super::policy_document_data::read_data_document;
use crate::plan::resource::Resource;
use crate::resolve::{Resolver, ResourceKind, trace};
use crate::unavailable::{not_in_plan, not_shown};

/// A policy whose document is unknown.
#[derive(Debug, Clone)]
pub struct UnreadPolicy {
    pub why: Unavailable,
    /// It may deny actions, not only allow them.
    pub may_deny: bool,
    /// `None` if it may be any policy of the role.
    pub name: Option<PolicyName>,
}

/// Identifies a policy of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyName {
    Inline(String),
    Managed,
}

impl UnreadPolicy {
    /// Any policy, about which nothing is known.
    pub fn unknown(why: Unavailable) -> UnreadPolicy {
        UnreadPolicy {
            why,
            may_deny: true,
            name: None,
        }
    }
}

/// A policy document.
pub struct Document {
    pub json: Value,
    /// Why some of its statements are open.
    pub open: Option<Unavailable>,
}

/// Reads the document of a managed policy: from the plan, or as AWS publishes it.
pub fn managed_policy(resolver: &Resolver, arn: &str) -> Result<Document, UnreadPolicy> {
    if let Some(policy) = resolver.find_or_data(arn, ResourceKind::Policy) {
        return read_document(resolver, policy, "policy", Some("policy"));
    }
    if let Some(json) = published_document(arn) {
        return Ok(Document { json, open: None });
    }
    // AWS's own policies only allow, except for those that lock someone out.
    let name = arn::name(arn);
    let is_aws_managed = arn::account(arn) == Some("aws");
    Err(UnreadPolicy {
        why: not_in_plan(format!("the document of policy {arn}")),
        may_deny: !is_aws_managed || name.contains("Deny") || name.contains("Quarantine"),
        name: Some(PolicyName::Managed),
    })
}

/// Reads the document in an attribute. `expression` is the path of its expression, if that is known.
pub fn read_document(
    resolver: &Resolver,
    resource: &Resource,
    path: &str,
    expression: Option<&str>,
) -> Result<Document, UnreadPolicy> {
    let text = match resource.text(path) {
        Ok(text) => text.unwrap_or("{}"),
        Err(why) => {
            let json = expression.and_then(|path| data_document(resolver, resource, path));
            let json = json.ok_or_else(|| UnreadPolicy::unknown(why.clone()))?;
            let open = Some(why);
            return Ok(Document { json, open });
        }
    };
    let json = serde_json::from_str(text).map_err(|_| {
        let why = not_shown(format!("the policy of {} is not JSON", resource.address));
        UnreadPolicy::unknown(why)
    })?;
    Ok(Document { json, open: None })
}

/// The document of the data source that alone makes up an expression.
fn data_document(resolver: &Resolver, resource: &Resource, path: &str) -> Option<Value> {
    let trace = trace(resolver.plan, resource, path);
    match trace.sources.as_slice() {
        [source] if !trace.is_open => read_data_document(resolver, source.resource),
        _ => None,
    }
}

/// The statements of AWS managed policies that task roles often have.
/// <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>
static PUBLISHED: LazyLock<BTreeMap<&str, Value>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("aws_managed_policies.json")).unwrap_or_default()
});

fn published_document(arn: &str) -> Option<Value> {
    let statements = PUBLISHED.get(arn::name(arn))?;
    (arn::account(arn) == Some("aws"))
        .then(|| json!({"Version": "2012-10-17", "Statement": statements}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_policies_are_valid() {
        let arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";
        let document = published_document(arn).unwrap();
        assert_eq!(document["Statement"][0]["Effect"], "Allow");
    }
}
