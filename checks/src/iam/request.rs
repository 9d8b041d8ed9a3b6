use std::collections::BTreeMap;

use super::Tri;

/// What is known of a request that IAM would decide on.
pub struct Request<'r> {
    /// `service:Operation`.
    pub action: &'r str,
    /// An ARN, or `*` for an action that knows no resources.
    pub resource: &'r str,
    /// Condition keys in lower case, with their values; an empty list: known to be absent.
    context: BTreeMap<String, Vec<String>>,
}

impl<'r> Request<'r> {
    pub fn new(
        action: &'r str,
        resource: &'r str,
        context: impl IntoIterator<Item = (String, Vec<String>)>,
    ) -> Request<'r> {
        Request {
            action,
            resource,
            context: context
                .into_iter()
                .map(|(key, values)| (key.to_ascii_lowercase(), values))
                .collect(),
        }
    }

    /// The values of a key; `None`: there is none in the request.
    pub fn values(&self, key: &str) -> Result<Option<&[String]>, Tri> {
        let lower = key.to_ascii_lowercase();
        match self.context.get(&lower) {
            Some(values) if values.is_empty() => Ok(None),
            Some(values) => Ok(Some(values)),
            None if self.cannot_have(&lower) => Ok(None),
            None => Err(Tri::on(key)),
        }
    }

    /// Keys of another service are in no request to this one.
    fn cannot_have(&self, key: &str) -> bool {
        let prefix = key.split(':').next().unwrap_or_default();
        let service = self.action.split(':').next().unwrap_or_default();
        prefix != "aws" && !prefix.eq_ignore_ascii_case(service)
    }
}
