//! The requests that AWS signs with the credentials of a principal, as resource policies see them.

use crate::fact_index::FactIndex;
use aws_rules::iam::{Credentials, Principal, Request};

/// A request for an action, with the condition keys that are known for every request, and those in `others`.
pub fn signed_request<'a>(
    index: &FactIndex,
    principal: &str,
    action: &'a str,
    others: impl IntoIterator<Item = (&'static str, Vec<String>)>,
) -> Request<'a> {
    let credentials = Credentials::for_principal(index.facts, principal);
    let known = [
        ("aws:RequestedRegion", vec![index.facts.region.clone()]),
        ("aws:SecureTransport", vec!["true".to_owned()]),
    ];
    let mut context = credentials.context(principal);
    let account = Principal::in_facts(principal, index.facts).account;
    let account = account.map(|account| ("aws:PrincipalAccount", vec![account.to_owned()]));
    let known = known.into_iter().chain(account).chain(others);
    context.extend(known.map(|(key, values)| (key.to_owned(), values)));
    Request::new(action, context).signed_with(credentials)
}
