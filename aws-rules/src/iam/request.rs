use std::collections::BTreeMap;

use super::{Credentials, Ternary};

/// A request that IAM decides on, without its resource, because one request may be about many.
pub struct Request<'r> {
    /// `service:Operation`.
    pub action: &'r str,
    /// Values by condition key in lower case. An empty list: the key is known to be absent.
    context: BTreeMap<String, Vec<String>>,
    /// Prefixes of single values whose rest is unknown, by condition key in lower case.
    prefixes: BTreeMap<String, String>,
    credentials: Credentials,
}

impl<'r> Request<'r> {
    /// `context`: the known condition keys with their values.
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
            prefixes: BTreeMap::new(),
            credentials: Credentials::Unknown,
        }
    }

    /// The credentials rule out some condition keys.
    pub fn signed_with(mut self, credentials: Credentials) -> Request<'r> {
        self.credentials = credentials;
        self
    }

    /// Adds a key with one value, of which only the prefix is known.
    pub fn with_prefix(mut self, key: &str, prefix: String) -> Request<'r> {
        self.prefixes.insert(key.to_ascii_lowercase(), prefix);
        self
    }

    /// The known prefix of a key's value.
    pub fn prefix(&self, key: &str) -> Option<&str> {
        let prefix = self.prefixes.get(&key.to_ascii_lowercase())?;
        Some(prefix)
    }

    /// The values of a key. `None`: the request does not have the key.
    pub fn values(&self, key: &str) -> Result<Option<&[String]>, Ternary> {
        let lower = key.to_ascii_lowercase();
        match self.context.get(&lower) {
            Some(values) if values.is_empty() => Ok(None),
            Some(values) => Ok(Some(values)),
            None if self.prefixes.contains_key(&lower) => Err(Ternary::depends(key)),
            None if self.credentials.rule_out(&lower, self.action) => Ok(None),
            None => Err(Ternary::depends(key)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_with_a_known_prefix_is_present_for_all_credentials() {
        let request = Request::new("sts:AssumeRole", []).signed_with(Credentials::Task);
        assert_eq!(request.values("aws:SourceArn"), Ok(None));
        let request = request.with_prefix("aws:SourceArn", "arn:aws:ecs:".into());
        assert!(request.values("AWS:sourcearn").is_err());
        assert_eq!(request.prefix("AWS:sourcearn"), Some("arn:aws:ecs:"));
    }
}
