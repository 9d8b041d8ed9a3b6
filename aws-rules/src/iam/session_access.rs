//! Who of an account can open sessions into tasks: by `ecs:ExecuteCommand`, past ECS by `ssm:StartSession`, or by
//! assuming a role that can.
//!
//! [`session_access`] answers it from what `iam:GetAccountAuthorizationDetails` returns. `reduced_policy` keeps the few
//! statements of a policy that matter for an action, once for all principals that have the policy. `evaluator` builds the
//! requests of principals, `permission` decides on them, and `condition_words` puts their conditions into words.
//! `role_chains` follows the roles that principals can assume, by their `trust` policies. `session_key` is the KMS key that
//! an encrypted session needs. A `resource_policy` is that of a role or a key.
//!
//! Service control policies, resource control policies, session policies and permission to change IAM are not evaluated.

mod condition_words;
mod evaluator;
mod permission;
mod reduced_policy;
mod resource_policy;
mod role_chains;
mod session_key;
#[cfg(test)]
mod tests;
mod trust;

use std::collections::BTreeMap;

use model::facts::{Access, Fact, KmsKey, Policy, SessionPrincipal};
use serde::Serialize;
use serde_json::Value;

use evaluator::Evaluator;

/// The users and roles of an account, with their policies.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// Every policy of any principal; inline policies of groups, users and roles too.
    pub policies: Vec<Policy>,
    /// Every user and role.
    pub principals: Vec<AccountPrincipal>,
}

/// A user or a role.
#[derive(Debug, Clone, Default)]
pub struct AccountPrincipal {
    /// Its ARN, with the path.
    pub arn: String,
    /// `AIDA…` or `AROA…`, the beginning of `aws:userid`.
    pub id: String,
    /// Tags by name.
    pub tags: BTreeMap<String, String>,
    /// Indexes of its policies in [`Account::policies`], with those of its groups.
    pub policies: Vec<usize>,
    /// Index of its permissions boundary.
    pub boundary: Option<usize>,
    /// The trust policy of a role.
    pub trust: Option<Value>,
}

/// What sessions would be opened into.
#[derive(Debug, Clone, Default)]
pub struct SessionTarget {
    /// The region that requests go to.
    pub region: String,
    /// ARN of the cluster.
    pub cluster_arn: String,
    /// Tags of the cluster by name. `None`: unknown.
    pub cluster_tags: Option<BTreeMap<String, String>>,
    /// A session into any of them counts.
    pub tasks: Vec<TargetTask>,
    /// The time of requests, in RFC 3339. `None`: unknown.
    pub now: Option<String>,
    /// The KMS key of the cluster's exec configuration. `Absent`: sessions need none.
    pub key: Fact<KmsKey>,
}

/// A task that sessions would be opened into.
#[derive(Debug, Clone, Default)]
pub struct TargetTask {
    /// ARN of the task.
    pub arn: String,
    /// Tags of the task by name. `None`: unknown.
    pub tags: Option<BTreeMap<String, String>>,
    /// Names of the containers; none if they are unknown.
    pub containers: Vec<String>,
}

/// What a principal is allowed, and under which conditions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Permission {
    /// Whether it is certain.
    pub access: Access,
    /// What a request must meet, in words. All of them count.
    pub conditions: Vec<String>,
    /// Why it cannot be decided.
    pub undecided: Vec<String>,
    /// Names of the policies that allow it.
    pub policies: Vec<String>,
}

/// A way to a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Route {
    /// The action that opens the session.
    pub action: &'static str,
    /// ARNs of the roles to assume, in this order; the last one has the permission.
    pub assumes: Vec<String>,
    /// What all steps together demand.
    #[serde(flatten)]
    pub permission: Permission,
}

/// A principal that can open sessions, or possibly can.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PrincipalAccess {
    /// ARN of the user or role.
    pub arn: String,
    /// That of the best route.
    pub access: Access,
    /// By its own policies, then by assuming roles.
    pub routes: Vec<Route>,
    /// For a role: services, identity providers and other accounts that its trust policy names.
    pub trusts: Vec<String>,
}

/// The principals that can open sessions, in the order of the account, and the work that it took.
#[derive(Debug, Clone, Default)]
pub struct SessionAccess {
    /// Those that can, or possibly can.
    pub principals: Vec<PrincipalAccess>,
    /// ARNs of those that `ecs:ExecuteCommand` is allowed, but not the use of the cluster's key: the client cannot set up
    /// the session.
    pub lacking_key: Vec<String>,
    /// How often the statements of one policy were searched for one action.
    pub searched_policies: usize,
    /// How often the policies of one principal were evaluated for one request.
    pub evaluations: usize,
}

/// The action of ECS Exec.
pub const EXECUTE: &str = "ecs:ExecuteCommand";
/// The action that opens a session past ECS.
pub const START_SESSION: &str = "ssm:StartSession";
const ASSUME: &str = "sts:AssumeRole";
const GENERATE_DATA_KEY: &str = "kms:GenerateDataKey";

/// Finds out which principals can open sessions into the target's tasks.
///
/// A principal counts if it can enter any of the tasks. Roles linked to AWS services are left out: only the service can
/// assume them.
pub fn session_access(account: &Account, target: &SessionTarget) -> SessionAccess {
    let evaluator = Evaluator::new(account, target);
    let mut lacking_key = Vec::new();
    let direct: Vec<Vec<Route>> = account
        .principals
        .iter()
        .map(|principal| {
            if is_service_linked(&principal.arn) {
                return Vec::new();
            }
            let access = evaluator.direct_access(principal);
            if access.lacks_key {
                lacking_key.push(principal.arn.clone());
            }
            access.routes
        })
        .collect();
    let chains = role_chains::find(&evaluator, &direct);
    let principals = account.principals.iter().zip(direct).zip(chains);
    let principals = principals.filter_map(|((principal, mut routes), chain)| {
        routes.extend(chain);
        let access = routes.iter().map(|route| route.permission.access).min()?;
        Some(PrincipalAccess {
            arn: principal.arn.clone(),
            access,
            trusts: trust::outsiders(principal),
            routes,
        })
    });
    SessionAccess {
        principals: principals.collect(),
        lacking_key,
        searched_policies: evaluator.searched_policies(),
        evaluations: evaluator.evaluations(),
    }
}

/// Whether only an AWS service can assume the role.
pub fn is_service_linked(arn: &str) -> bool {
    arn.contains(":role/aws-service-role/")
}

impl PrincipalAccess {
    /// The principal as a fact, if it needs no other role.
    pub fn as_fact(&self) -> Option<SessionPrincipal> {
        let own = || self.routes.iter().filter(|route| route.assumes.is_empty());
        Some(SessionPrincipal {
            arn: self.arn.clone(),
            access: own().map(|route| route.permission.access).min()?,
            actions: own().map(|route| route.action.to_owned()).collect(),
        })
    }
}
