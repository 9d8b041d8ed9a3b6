use serde_json::Value;

use super::statement::list;
use super::{Tri, like};
use crate::arn;

/// Who asks, as the statements of a resource's policy name it.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>
pub struct Principal<'p> {
    /// ARN of the role or user itself, with its path.
    pub arn: &'p str,
    pub account: &'p str,
    /// Only statements that name the principal itself count, not those that hand the decision to its account.
    pub itself: bool,
}

impl Principal<'_> {
    pub fn is_in(&self, statement: &Value) -> Tri {
        match (statement.get("Principal"), statement.get("NotPrincipal")) {
            (Some(named), _) => self.is_named(named).into(),
            (None, Some(named)) => Tri::from(self.is_named(named)).negated(),
            (None, None) => Tri::No,
        }
    }

    fn is_named(&self, named: &Value) -> bool {
        if named == "*" {
            return true;
        }
        list(&named["AWS"]).iter().any(|name| self.is(name))
    }

    fn is(&self, name: &str) -> bool {
        let of_account =
            name == self.account || name.ends_with(&format!("::{}:root", self.account));
        name == "*" || name == self.arn || (of_account && !self.itself) || self.is_session(name)
    }

    /// A session of the role, whatever its name: sessions of tasks have names that nobody chooses.
    fn is_session(&self, name: &str) -> bool {
        let role = arn::name(self.arn);
        like(
            &format!("arn:*:sts::{}:assumed-role/{role}/*", self.account),
            name,
        )
    }
}
