use serde_json::Value;

use super::KeyUse;
use crate::fact_index::FactIndex;
use crate::iam_answers;
use aws_rules::iam::{
    Principal, PrincipalMatch, Request, Ternary, evaluate_resource_policy, resource_policy_denies,
};

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

    fn principal(&self, matched_by: PrincipalMatch) -> Principal<'_> {
        let arn = self.key_use.principal;
        Principal {
            session: self.key_use.session,
            matched_by,
            has_boundary: iam_answers::has_boundary(self.index, arn, self.document),
            ..Principal::from_arn(arn)
        }
    }

    fn request(&self) -> Request<'_> {
        let principal = self.key_use.principal;
        let account = Principal::from_arn(principal).account.to_owned();
        let others = [
            ("kms:CallerAccount", vec![account]),
            ("kms:GranteePrincipal", Vec::new()),
        ];
        iam_answers::signed_request(self.index, principal, self.key_use.action, others)
    }
}
