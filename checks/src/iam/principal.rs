use serde_json::Value;

use super::statement::list;
use super::{Tri, like};
use crate::arn;

/// Who asks, as the statements of a resource's policy name it.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>
#[derive(Clone, Copy)]
pub struct Principal<'p> {
    /// ARN of the role or user itself, with its path.
    pub arn: &'p str,
    /// ARN of the role's session. `None`: it is no role, or its sessions have names that nobody can foresee.
    pub session: Option<&'p str>,
    pub account: &'p str,
    /// Which statements count.
    pub named: Named,
}

/// How a statement has to name a principal to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// In any way, also by its account, whose policies then decide.
    Anyhow,
    /// Itself, so that no policy of its own has to allow it too.
    Itself,
    /// So that its permissions boundary does not count either: a user, a session, everyone; not a role.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>
    Directly,
}

impl Principal<'_> {
    pub fn is_in(&self, statement: &Value) -> Tri {
        match (statement.get("Principal"), statement.get("NotPrincipal")) {
            (Some(named), _) => self.is_named(named),
            (None, Some(spared)) if statement["Effect"] == "Deny" => {
                self.is_spared(spared).negated()
            }
            (None, Some(named)) => self.is_named(named).negated(),
            (None, None) => Tri::No,
        }
    }

    fn is_named(&self, named: &Value) -> Tri {
        if named == "*" {
            return Tri::Yes;
        }
        Tri::any(list(&named["AWS"]).iter().map(|name| self.is(name)))
    }

    /// A Deny spares only those of whom everything is named: the account, and the user or the role with its session.
    fn is_spared(&self, spared: &Value) -> Tri {
        let by = |named| Principal { named, ..*self }.is_named(spared);
        match (by(Named::Directly), by(Named::Anyhow)) {
            (Tri::Yes, _)
                if list(&spared["AWS"])
                    .iter()
                    .any(|name| self.is_account(name)) =>
            {
                Tri::Yes
            }
            (_, Tri::No) => Tri::No,
            _ => Tri::on("NotPrincipal"),
        }
    }

    fn is(&self, name: &str) -> Tri {
        let is_role = arn::kind(self.arn).is_some_and(|kind| kind.starts_with("role"));
        let is_itself = name == self.arn && !(is_role && self.named == Named::Directly);
        let by_account = self.named == Named::Anyhow && self.is_account(name);
        if name == "*" || is_itself || by_account {
            return Tri::Yes;
        }
        self.is_session(name)
    }

    fn is_account(&self, name: &str) -> bool {
        name == self.account || name.ends_with(&format!("::{}:root", self.account))
    }

    fn is_session(&self, name: &str) -> Tri {
        if let Some(session) = self.session {
            return Tri::from(name == session);
        }
        let role = arn::name(self.arn);
        let sessions = format!("arn:*:sts::{}:assumed-role/{role}/*", self.account);
        match like(&sessions, name) {
            true => Tri::on("the name of the role's session"),
            false => Tri::No,
        }
    }
}
