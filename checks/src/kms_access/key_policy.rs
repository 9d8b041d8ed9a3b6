use serde_json::Value;

use super::KeyUse;
use crate::fact_index::FactIndex;
use crate::iam_answers;
use aws_rules::iam::{
    Principal, PrincipalMatch, Request, Ternary, evaluate_resource_policy, resource_policy_denies,
};
use model::arn;

/// The policy of a key, evaluated for one use.
pub struct KeyPolicy<'a> {
    pub index: &'a FactIndex<'a>,
    pub document: &'a Value,
    pub key_use: &'a KeyUse<'a>,
    /// ARN of the key.
    pub key: &'a str,
}

impl KeyPolicy<'_> {
    /// Whether a statement allows the use that names the principal in this way.
    pub fn allows(&self, matched_by: PrincipalMatch) -> Ternary {
        let principal = self.principal(matched_by);
        evaluate_resource_policy(self.document, &principal, &self.request(), self.key)
    }

    /// Whether a statement denies the use explicitly.
    pub fn denies(&self) -> Ternary {
        let principal = self.principal(PrincipalMatch::AccountOrPrincipal);
        resource_policy_denies(self.document, &principal, &self.request(), self.key)
    }

    /// Whether the key is in another account than the principal. A planned key has no ARN yet: the plan creates it in its
    /// own account.
    pub fn is_of_other_account(&self) -> bool {
        let own = Principal::in_facts(self.key_use.principal, self.index.facts).account;
        matches!((own, arn::account(self.key)), (Some(own), Some(of_key)) if own != of_key)
    }

    /// Whoever uses the key.
    pub fn principal(&self, matched_by: PrincipalMatch) -> Principal<'_> {
        let arn = self.key_use.principal;
        Principal {
            session: self.key_use.session,
            matched_by,
            has_boundary: iam_answers::has_boundary(self.index, arn, self.document),
            ..Principal::in_facts(arn, self.index.facts)
        }
    }

    fn request(&self) -> Request<'_> {
        let principal = self.key_use.principal;
        let account = Principal::in_facts(principal, self.index.facts).account;
        let account = account.map(|account| ("kms:CallerAccount", vec![account.to_owned()]));
        let others = [("kms:GranteePrincipal", Vec::new())];
        let others = others.into_iter().chain(account);
        iam_answers::signed_request(self.index, principal, self.key_use.action, others)
    }
}
