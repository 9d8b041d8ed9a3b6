use serde_json::Value;

use super::statement::texts;
use super::{Tri, like};
use model::arn;

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
    /// Whether it has a permissions boundary. `None`: nobody knows.
    pub has_boundary: Option<bool>,
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

impl<'p> Principal<'p> {
    /// One of which nothing is known but its ARN.
    pub fn of(arn: &'p str) -> Principal<'p> {
        Principal {
            arn,
            session: None,
            account: arn::account(arn).unwrap_or_default(),
            named: Named::Anyhow,
            has_boundary: None,
        }
    }

    /// Whether a statement of a resource's policy concerns it.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>
    pub(super) fn is_in(&self, statement: &Value) -> Tri {
        match (statement.get("Principal"), statement.get("NotPrincipal")) {
            (Some(named), None) => self.is_named(named),
            (None, Some(spared)) if statement["Effect"] == "Deny" => self.is_denied_but(spared),
            // "Using it with Allow is not supported."
            (None, Some(_)) => Tri::on("NotPrincipal (with Allow)"),
            (Some(_), Some(_)) | (None, None) => Tri::on("Principal (malformed)"),
        }
    }

    fn is_named(&self, named: &Value) -> Tri {
        match named {
            Value::String(everyone) if everyone == "*" => Tri::Yes,
            Value::Object(kinds) => match kinds.get("AWS").map(texts) {
                None => Tri::No,
                Some(Some(names)) => Tri::any(names.iter().map(|name| self.is(name))),
                Some(None) => Tri::on("Principal (malformed)"),
            },
            _ => Tri::on("Principal (malformed)"),
        }
    }

    /// Whoever has a permissions boundary is denied, whatever `NotPrincipal` names.
    fn is_denied_but(&self, spared: &Value) -> Tri {
        match (self.has_boundary, self.is_spared(spared)) {
            (Some(true), _) => Tri::Yes,
            (None, Tri::Yes) => {
                Tri::on("NotPrincipal (it denies whoever has a permissions boundary)")
            }
            (_, is_spared) => is_spared.negated(),
        }
    }

    /// A Deny spares only those of whom everything is named: the account, and the user or the role with its session.
    fn is_spared(&self, spared: &Value) -> Tri {
        let by = |named| Principal { named, ..*self }.is_named(spared);
        let names = texts(&spared["AWS"]).unwrap_or_default();
        match (by(Named::Directly), by(Named::Anyhow)) {
            (Tri::Yes, _) if names.iter().any(|name| self.is_account(name)) => Tri::Yes,
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
        // "You cannot use a wildcard to match part of a principal name or ARN."
        if name.contains(['*', '?']) {
            let sessions = format!(
                "arn:aws:sts::{}:assumed-role/{}/",
                self.account,
                arn::name(self.arn)
            );
            let may = like(name, self.arn) || like(name, self.session.unwrap_or(&sessions));
            return match may {
                true => Tri::unclear(name, "a Principal with a wildcard"),
                false => Tri::No,
            };
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

/// Whether a statement of a trust policy names a service.
pub fn names_service(statement: &Value, service: &str) -> Tri {
    match (statement.get("Principal"), statement.get("NotPrincipal")) {
        (Some(Value::String(everyone)), None) if everyone == "*" => Tri::Yes,
        (Some(Value::Object(kinds)), None) => {
            let is = |name: &str| match name {
                _ if name == service => Tri::Yes,
                _ if like(name, service) => Tri::unclear(name, "a Principal with a wildcard"),
                _ => Tri::No,
            };
            let named = |kind: &str, is: &dyn Fn(&str) -> Tri| match kinds.get(kind).map(texts) {
                None => Tri::No,
                Some(Some(names)) => Tri::any(names.iter().map(|name| is(name))),
                Some(None) => Tri::on("Principal (malformed)"),
            };
            named("Service", &is).or(named("AWS", &|name| (name == "*").into()))
        }
        // "You cannot use the NotPrincipal element in an IAM role trust policy."
        (None, Some(_)) => Tri::on("NotPrincipal (in a trust policy)"),
        _ => Tri::on("Principal (malformed)"),
    }
}
