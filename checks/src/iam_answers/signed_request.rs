//! The requests that AWS signs with the credentials of a principal, as resource policies see them.

use crate::fact_index::FactIndex;
use aws_rules::iam::{Credentials, Request};

/// A request for an action, with the condition keys that are known for every request, and those in `others`.
pub fn signed_request<'a>(
    index: &FactIndex,
    principal: &str,
    action: &'a str,
    others: [(&str, Vec<String>); 2],
) -> Request<'a> {
    let credentials = Credentials::for_principal(index.facts, principal);
    let known = [
        ("aws:RequestedRegion", vec![index.facts.region.clone()]),
        ("aws:SecureTransport", vec!["true".to_owned()]),
    ];
    let mut context = credentials.context(principal);
    let known = known.into_iter().chain(others);
    context.extend(known.map(|(key, values)| (key.to_owned(), values)));
    Request::new(action, context).signed_with(credentials)
}
