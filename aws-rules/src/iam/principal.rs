use serde_json::Value;

use super::json::valid_strings;
use super::{Ternary, like};
use model::arn;
use model::facts::Facts;

/// What an answer depends on if the ID of a plan's account is unknown.
pub const UNKNOWN_ACCOUNT_ID: &str = "the ID of the account";

/// The principal of a request, as the statements of resource policies name it.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>
#[derive(Clone, Copy)]
pub struct Principal<'p> {
    /// ARN of the role or user itself, with its path; of a role that a plan creates, the name that it goes by until it
    /// has an ARN.
    pub arn: &'p str,
    /// ARN of the role's session. `None`: the principal is no role, or the name of the session is unknown.
    pub session: Option<&'p str>,
    /// ID of its account. `None`: it is in the account of the plan, whose ID is unknown.
    pub account: Option<&'p str>,
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
            account: arn::account(arn),
            matched_by: PrincipalMatch::AccountOrPrincipal,
            has_boundary: None,
        }
    }

    /// A role that the facts are about. A plan creates roles in its own account, even if their ARNs are unknown.
    pub fn in_facts(arn: &'p str, facts: &'p Facts) -> Principal<'p> {
        let principal = Principal::from_arn(arn);
        Principal {
            account: principal.account.or(facts.account.as_deref()),
            ..principal
        }
    }

    /// Whether its ARN is known only after apply.
    fn is_planned(&self) -> bool {
        !self.arn.starts_with("arn:")
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
            (Ternary::Yes, _)
                if names
                    .iter()
                    .any(|name| self.is_in(name) == Some(Ternary::Yes)) =>
            {
                Ternary::Yes
            }
            (_, Ternary::No) => Ternary::No,
            _ => Ternary::depends("NotPrincipal"),
        }
    }

    /// Whether a policy or grant that names `name` means the principal.
    pub fn matches_name(&self, name: &str) -> Ternary {
        let is_role =
            self.is_planned() || arn::kind(self.arn).is_some_and(|kind| kind.starts_with("role"));
        let is_itself =
            name == self.arn && !(is_role && self.matched_by == PrincipalMatch::SessionOrUser);
        if name == "*" || is_itself {
            return Ternary::Yes;
        }
        if let Some(is_in) = self.is_in(name) {
            return match self.matched_by {
                PrincipalMatch::AccountOrPrincipal => is_in,
                PrincipalMatch::Principal | PrincipalMatch::SessionOrUser => Ternary::No,
            };
        }
        if self.is_planned() {
            return self.matches_unknown_arn(name);
        }
        // "You cannot use a wildcard to match part of a principal name or ARN."
        if name.contains(['*', '?']) {
            let account = self.account.unwrap_or_default();
            let sessions = format!(
                "arn:aws:sts::{account}:assumed-role/{}/",
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

    /// Whether the principal is in the account that a name stands for. `None`: the name stands for no account.
    fn is_in(&self, name: &str) -> Option<Ternary> {
        let is_id = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
        let account = match (is_id, name.strip_suffix(":root")) {
            (true, _) => name,
            (false, Some(_)) => arn::account(name)?,
            (false, None) => return None,
        };
        Some(match self.account {
            Some(own) => (account == own).into(),
            None if account == arn::UNKNOWN_ACCOUNT => Ternary::Yes,
            None => Ternary::depends(UNKNOWN_ACCOUNT_ID),
        })
    }

    /// Whether a name may be that of a role, or of its session, whose ARN is known only after apply.
    fn matches_unknown_arn(&self, name: &str) -> Ternary {
        // What is no ARN is another role of the plan, or the ID of a principal that does not exist any more.
        let is_role_or_session = name.starts_with("arn:")
            && (name.contains(":role/") || name.contains(":assumed-role/"));
        let is_elsewhere = match (arn::account(name), self.account) {
            (Some(account), Some(own)) => !like(account, own),
            _ => false,
        };
        match is_role_or_session && !is_elsewhere {
            true => Ternary::depends(format!("the ARN of {}", self.arn)),
            false => Ternary::No,
        }
    }

    fn matches_session(&self, name: &str) -> Ternary {
        if let Some(session) = self.session {
            return Ternary::from(name == session);
        }
        let (account, role) = (self.account.unwrap_or_default(), arn::name(self.arn));
        let sessions = format!("arn:*:sts::{account}:assumed-role/{role}/*");
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

    /// What a resource policy that names `name` says of the role `TaskRole` of a plan.
    fn named(name: &str, account: Option<&str>, matched_by: PrincipalMatch) -> Ternary {
        let role = Principal {
            account,
            matched_by,
            ..Principal::from_arn("TaskRole")
        };
        role.matches_statement(&json!({"Effect": "Allow", "Principal": {"AWS": name}}))
    }

    #[test]
    fn a_role_without_an_arn_is_in_the_account_of_its_plan() {
        use PrincipalMatch::{AccountOrPrincipal, Principal as Itself};
        let own = Some("123456789012");
        let root = |id: &str| format!("arn:aws:iam::{id}:root");
        let by_account = |name: &str| named(name, own, AccountOrPrincipal);
        assert_eq!(by_account(&root("123456789012")), Ternary::Yes);
        assert_eq!(by_account("123456789012"), Ternary::Yes);
        assert_eq!(by_account(&root("999999999999")), Ternary::No);
        assert_eq!(named(&root("123456789012"), own, Itself), Ternary::No);
        let unknown = Ternary::depends("the ID of the account");
        let of_unknown = |name: &str| named(name, None, AccountOrPrincipal);
        assert_eq!(of_unknown(&root("123456789012")), unknown);
        assert_eq!(of_unknown("123456789012"), unknown);
        assert_eq!(of_unknown(&root(arn::UNKNOWN_ACCOUNT)), Ternary::Yes);
    }

    #[test]
    fn a_role_without_an_arn_may_be_any_role_of_its_account() {
        use PrincipalMatch::{Principal as Itself, SessionOrUser};
        let own = Some("123456789012");
        let unknown = Ternary::depends("the ARN of TaskRole");
        for (name, expected) in [
            ("TaskRole", Ternary::Yes),
            ("*", Ternary::Yes),
            ("OtherRole", Ternary::No),
            ("AROAEXAMPLEEXAMPLE", Ternary::No),
            ("arn:aws:iam::123456789012:role/app", unknown.clone()),
            ("arn:aws:iam::999999999999:role/app", Ternary::No),
            ("arn:aws:iam::123456789012:user/jane", Ternary::No),
            ("arn:aws:sts::123456789012:assumed-role/app/x", unknown),
        ] {
            assert_eq!(named(name, own, Itself), expected, "{name}");
        }
        assert_ne!(named("TaskRole", own, SessionOrUser), Ternary::Yes);
    }

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
