use std::collections::BTreeMap;

use super::{Credentials, Tri};

/// What is known of a request that IAM would decide on, but for the resource: one may be about many.
pub struct Request<'r> {
    /// `service:Operation`.
    pub action: &'r str,
    /// Condition keys in lower case, with their values; an empty list: known to be absent.
    context: BTreeMap<String, Vec<String>>,
    /// How the values of keys begin whose end is not known.
    beginnings: BTreeMap<String, String>,
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
            beginnings: BTreeMap::new(),
            credentials: Credentials::Unknown,
        }
    }

    pub fn signed_with(mut self, credentials: Credentials) -> Request<'r> {
        self.credentials = credentials;
        self
    }

    /// A key has one value, of which only this beginning is known.
    pub fn with_beginning(mut self, key: &str, beginning: String) -> Request<'r> {
        self.beginnings.insert(key.to_ascii_lowercase(), beginning);
        self
    }

    pub fn beginning(&self, key: &str) -> Option<&str> {
        let beginning = self.beginnings.get(&key.to_ascii_lowercase())?;
        Some(beginning)
    }

    /// The values of a key; `None`: there is none in the request.
    pub fn values(&self, key: &str) -> Result<Option<&[String]>, Tri> {
        let lower = key.to_ascii_lowercase();
        match self.context.get(&lower) {
            Some(values) if values.is_empty() => Ok(None),
            Some(values) => Ok(Some(values)),
            None if self.beginnings.contains_key(&lower) => Err(Tri::on(key)),
            None if self.credentials.rule_out(&lower, self.action) => Ok(None),
            None => Err(Tri::on(key)),
        }
    }
}
