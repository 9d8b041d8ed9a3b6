use std::collections::BTreeMap;

use super::{Credentials, Tri};

/// What is known of a request that IAM would decide on, but for the resource: one may be about many.
pub struct Request<'r> {
    /// `service:Operation`.
    pub action: &'r str,
    /// Condition keys in lower case, with their values; an empty list: known to be absent.
    context: BTreeMap<String, Vec<String>>,
    credentials: Credentials,
}

impl<'r> Request<'r> {
    pub fn new(
        action: &'r str,
        context: impl IntoIterator<Item = (String, Vec<String>)>,
    ) -> Request<'r> {
        Request {
            action,
            context: context
                .into_iter()
                .map(|(key, values)| (key.to_ascii_lowercase(), values))
                .collect(),
            credentials: Credentials::Unknown,
        }
    }

    pub fn signed_with(mut self, credentials: Credentials) -> Request<'r> {
        self.credentials = credentials;
        self
    }

    /// The values of a key; `None`: there is none in the request.
    pub fn values(&self, key: &str) -> Result<Option<&[String]>, Tri> {
        let lower = key.to_ascii_lowercase();
        match self.context.get(&lower) {
            Some(values) if values.is_empty() => Ok(None),
            Some(values) => Ok(Some(values)),
            None if self.credentials.rule_out(&lower, self.action) => Ok(None),
            None => Err(Tri::on(key)),
        }
    }
}
