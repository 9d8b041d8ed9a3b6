use serde_json::Value;

use super::json::valid_strings;
use super::{Ternary, like};
use model::arn;

/// The principal of a request, as the statements of resource policies name it.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>
#[derive(Clone, Copy)]
pub struct Principal<'p> {
    /// ARN of the role or user itself, with its path.
    pub arn: &'p str,
    /// ARN of the role's session. `None`: the principal is no role, or the name of the session is unknown.
    pub session: Option<&'p str>,
    /// ID of its account.
    pub account: &'p str,
    /// Which statements count.
    pub matched_by: PrincipalMatch,
    /// Whether it has a permissions boundary. `None`: unknown.
    pub has_boundary: Option<bool>,
}

/// How a statement must name a principal to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrincipalMatch {
    /// By the principal or by its account, which leaves the decision to the identity policies.
    AccountOrPrincipal,
    /// By the principal, so that no identity policy has to allow the request too.
    Principal,
    /// By the user, the session or `*`, so that the permissions boundary does not count either. A role does not do.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>
    SessionOrUser,
}

impl<'p> Principal<'p> {
    /// A principal of which only the ARN is known.
    pub fn from_arn(arn: &'p str) -> Principal<'p> {
        Principal {
            arn,
            session: None,
            account: arn::account(arn).unwrap_or_default(),
            matched_by: PrincipalMatch::AccountOrPrincipal,
            has_boundary: None,
        }
    }

    /// Whether a statement of a resource policy applies to the principal.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>
    pub(super) fn matches_statement(&self, statement: &Value) -> Ternary {
        match (statement.get("Principal"), statement.get("NotPrincipal")) {
            (Some(element), None) => self.matches(element),
            (None, Some(element)) if statement["Effect"] == "Deny" => {
                self.matches_not_principal(element)
            }
            // "Using it with Allow is not supported."
            (None, Some(_)) => Ternary::depends("NotPrincipal (with Allow)"),
            (Some(_), Some(_)) | (None, None) => Ternary::depends("Principal (malformed)"),
        }
    }

    fn matches(&self, element: &Value) -> Ternary {
        match element {
            Value::String(everyone) if everyone == "*" => Ternary::Yes,
            Value::Object(kinds) => any_name(kinds.get("AWS"), |name| self.matches_name(name)),
            _ => Ternary::depends("Principal (malformed)"),
        }
    }

    /// A Deny applies to every principal with a permissions boundary, whatever `NotPrincipal` names.
    fn matches_not_principal(&self, element: &Value) -> Ternary {
        match (self.has_boundary, self.is_exempt(element)) {
            (Some(true), _) => Ternary::Yes,
            (None, Ternary::Yes) => Ternary::depends(
                "NotPrincipal (it denies every principal that has a permissions boundary)",
            ),
            (_, is_exempt) => is_exempt.negated(),
        }
    }

    /// `NotPrincipal` must name the account, and the user or the role and its session.
    fn is_exempt(&self, element: &Value) -> Ternary {
        let matches = |matched_by| {
            Principal {
                matched_by,
                ..*self
            }
            .matches(element)
        };
        let names = valid_strings(&element["AWS"]).unwrap_or_default();
        match (
            matches(PrincipalMatch::SessionOrUser),
            matches(PrincipalMatch::AccountOrPrincipal),
        ) {
            (Ternary::Yes, _) if names.iter().any(|name| self.is_account(name)) => Ternary::Yes,
            (_, Ternary::No) => Ternary::No,
            _ => Ternary::depends("NotPrincipal"),
        }
    }

    fn matches_name(&self, name: &str) -> Ternary {
        let is_role = arn::kind(self.arn).is_some_and(|kind| kind.starts_with("role"));
        let is_itself =
            name == self.arn && !(is_role && self.matched_by == PrincipalMatch::SessionOrUser);
        let by_account =
            self.matched_by == PrincipalMatch::AccountOrPrincipal && self.is_account(name);
        if name == "*" || is_itself || by_account {
            return Ternary::Yes;
        }
        // "You cannot use a wildcard to match part of a principal name or ARN."
        if name.contains(['*', '?']) {
            let sessions = format!(
                "arn:aws:sts::{}:assumed-role/{}/",
                self.account,
                arn::name(self.arn)
            );
            let may_match = like(name, self.arn) || like(name, self.session.unwrap_or(&sessions));
            return match may_match {
                true => Ternary::unclear(name, "a Principal with a wildcard"),
                false => Ternary::No,
            };
        }
        self.matches_session(name)
    }

    fn is_account(&self, name: &str) -> bool {
        name == self.account || name.ends_with(&format!("::{}:root", self.account))
    }

    fn matches_session(&self, name: &str) -> Ternary {
        if let Some(session) = self.session {
            return Ternary::from(name == session);
        }
        let role = arn::name(self.arn);
        let sessions = format!("arn:*:sts::{}:assumed-role/{role}/*", self.account);
        match like(&sessions, name) {
            true => Ternary::depends("the name of the role's session"),
            false => Ternary::No,
        }
    }
}

/// Whether any name of a list matches.
fn any_name(names: Option<&Value>, matches: impl Fn(&str) -> Ternary) -> Ternary {
    match names.map(valid_strings) {
        None => Ternary::No,
        Some(Some(names)) => Ternary::any(names.iter().map(|name| matches(name))),
        Some(None) => Ternary::depends("Principal (malformed)"),
    }
}

/// Whether a statement of a trust policy names a service.
pub fn names_service(statement: &Value, service: &str) -> Ternary {
    match (statement.get("Principal"), statement.get("NotPrincipal")) {
        (Some(Value::String(everyone)), None) if everyone == "*" => Ternary::Yes,
        (Some(Value::Object(kinds)), None) => {
            let is_service = |name: &str| match name {
                _ if name == service => Ternary::Yes,
                _ if like(name, service) => Ternary::unclear(name, "a Principal with a wildcard"),
                _ => Ternary::No,
            };
            let is_everyone = |name: &str| (name == "*").into();
            any_name(kinds.get("Service"), is_service).or(any_name(kinds.get("AWS"), is_everyone))
        }
        // "You cannot use the NotPrincipal element in an IAM role trust policy."
        (None, Some(_)) => Ternary::depends("NotPrincipal (in a trust policy)"),
        _ => Ternary::depends("Principal (malformed)"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_trust_policy_names_services_or_everyone() {
        let names = |statement: Value| names_service(&statement, "ecs-tasks.amazonaws.com");
        for (principal, expected) in [
            (json!("*"), Ternary::Yes),
            (json!({"Service": "ecs-tasks.amazonaws.com"}), Ternary::Yes),
            (
                json!({"Service": ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"]}),
                Ternary::Yes,
            ),
            (json!({"Service": "ec2.amazonaws.com"}), Ternary::No),
            (json!({"AWS": "*"}), Ternary::Yes),
            (json!({"AWS": "ecs-tasks.amazonaws.com"}), Ternary::No),
            (
                json!({"Service": "ecs-*.amazonaws.com"}),
                Ternary::unclear("ecs-*.amazonaws.com", "a Principal with a wildcard"),
            ),
            (
                json!("ecs-tasks.amazonaws.com"),
                Ternary::depends("Principal (malformed)"),
            ),
            (
                json!({"Service": null}),
                Ternary::depends("Principal (malformed)"),
            ),
        ] {
            assert_eq!(
                names(json!({"Principal": principal})),
                expected,
                "{principal}"
            );
        }
        let unsupported = Ternary::depends("NotPrincipal (in a trust policy)");
        assert_eq!(names(json!({"NotPrincipal": "*"})), unsupported);
        assert_eq!(names(json!({})), Ternary::depends("Principal (malformed)"));
    }
}
