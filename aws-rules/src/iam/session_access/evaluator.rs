//! Requests of the account's principals, and the statements of their policies that matter for them.

use std::cell::{Cell, OnceCell};
use std::collections::{BTreeMap, BTreeSet};

use model::arn;
use serde_json::Value;

use super::permission::{Answer, any_allows, best, boundary_allows, none_denies};
use super::reduced_policy::ReducedPolicy;
use super::session_key::SessionKey;
use super::{
    ASSUME, Account, AccountPrincipal, EXECUTE, GENERATE_DATA_KEY, Permission, Route,
    START_SESSION, SessionTarget, TargetTask,
};
use crate::iam::{Credentials, Request, Ternary};

/// Tags by name.
type Tags = BTreeMap<String, String>;

/// Evaluates the policies of the account's principals for the target.
pub struct Evaluator<'a> {
    pub account: &'a Account,
    pub target: &'a SessionTarget,
    key: Option<SessionKey<'a>>,
    /// For each action and policy.
    reduced: [Vec<OnceCell<ReducedPolicy>>; 4],
    searched_policies: Cell<usize>,
    evaluations: Cell<usize>,
}

const ACTIONS: [&str; 4] = [EXECUTE, START_SESSION, ASSUME, GENERATE_DATA_KEY];

/// The ways of a principal to a session that need no other role.
pub struct DirectAccess {
    pub routes: Vec<Route>,
    /// It is allowed to execute commands, and not to use the cluster's key.
    pub lacks_key: bool,
}

/// A resource that a request is about, and what is known of it.
#[derive(Clone, Copy)]
pub struct Resource<'a> {
    pub arn: &'a str,
    /// In the plural, for conditions in words.
    pub noun: &'static str,
    /// `None`: unknown.
    pub tags: Option<&'a Tags>,
    pub task: Option<&'a str>,
    pub container: Option<&'a str>,
}

/// The statements of a principal's policies that matter for an action.
pub struct Statements<'e> {
    /// With the names of their policies.
    pub allow: Vec<(&'e str, &'e Value)>,
    pub deny: Vec<&'e Value>,
    /// `None`: there is no permissions boundary.
    pub boundary: Option<&'e [Value]>,
    pub keys: BTreeSet<&'e str>,
    names_tasks: bool,
}

impl<'a> Evaluator<'a> {
    pub fn new(account: &'a Account, target: &'a SessionTarget) -> Evaluator<'a> {
        let empty = || {
            let policies = account.policies.iter();
            policies.map(|_| OnceCell::new()).collect()
        };
        Evaluator {
            account,
            target,
            key: SessionKey::new(&target.key),
            reduced: [empty(), empty(), empty(), empty()],
            searched_policies: Cell::default(),
            evaluations: Cell::default(),
        }
    }

    pub fn searched_policies(&self) -> usize {
        self.searched_policies.get()
    }

    pub fn evaluations(&self) -> usize {
        self.evaluations.get()
    }

    pub fn count_evaluation(&self) {
        self.evaluations.set(self.evaluations.get() + 1);
    }

    fn reduced(&self, action: &str, policy: usize) -> Option<&ReducedPolicy> {
        let at = ACTIONS.iter().position(|known| *known == action)?;
        let document = &self.account.policies.get(policy)?.document;
        Some(self.reduced[at].get(policy)?.get_or_init(|| {
            self.searched_policies.set(self.searched_policies.get() + 1);
            ReducedPolicy::new(document, action)
        }))
    }

    /// The statements that matter. `None`: no policy allows the action, on any resource.
    pub fn statements(&self, principal: &AccountPrincipal, action: &str) -> Option<Statements<'_>> {
        let statements = self.all_statements(principal, action);
        let within_boundary = statements.boundary.is_none_or(|allow| !allow.is_empty());
        (!statements.allow.is_empty() && within_boundary).then_some(statements)
    }

    /// Like [`Evaluator::statements`], also if none of them allows anything.
    pub fn all_statements(&self, principal: &AccountPrincipal, action: &str) -> Statements<'_> {
        let mut statements = Statements {
            allow: Vec::new(),
            deny: Vec::new(),
            boundary: None,
            keys: BTreeSet::new(),
            names_tasks: false,
        };
        let own = principal.policies.iter().map(|policy| (*policy, false));
        let boundary = principal.boundary.iter().map(|policy| (*policy, true));
        for (at, is_boundary) in own.chain(boundary) {
            let (Some(policy), Some(reduced)) =
                (self.account.policies.get(at), self.reduced(action, at))
            else {
                continue;
            };
            match is_boundary {
                true => statements.boundary = Some(&reduced.allow),
                false => {
                    let allow = reduced.allow.iter();
                    statements
                        .allow
                        .extend(allow.map(|one| (policy.name.as_str(), one)));
                }
            }
            statements.deny.extend(&reduced.deny);
            statements
                .keys
                .extend(reduced.keys.iter().map(String::as_str));
            statements.names_tasks |= reduced.names_tasks;
        }
        statements
    }

    /// The ways of a principal to a session that need no other role.
    pub fn direct_access(&self, principal: &AccountPrincipal) -> DirectAccess {
        let may_use_key = OnceCell::new();
        let use_key = || {
            let answer = || match &self.key {
                Some(key) => key.is_usable_by(self, principal),
                None => Answer::yes(),
            };
            may_use_key.get_or_init(answer).clone()
        };
        let execute = self.statements(principal, EXECUTE).and_then(|statements| {
            let cases = self.cases(&statements);
            best(cases.map(|(task, container)| {
                let cluster = Resource {
                    arn: &self.target.cluster_arn,
                    noun: "clusters",
                    tags: self.target.cluster_tags.as_ref(),
                    task: Some(&task.arn),
                    container,
                };
                let on_task = task_resource(task, task.tags.as_ref(), container);
                let on_cluster = self.decide(principal, EXECUTE, &statements, cluster);
                on_cluster
                    .and(|| self.decide(principal, EXECUTE, &statements, on_task))
                    .and(use_key)
            }))
        });
        let start = self.statements(principal, START_SESSION);
        let start = start.and_then(|statements| {
            let cases = self.cases(&statements);
            best(cases.map(|(task, _)| {
                let on_task = task_resource(task, None, None);
                self.decide(principal, START_SESSION, &statements, on_task)
            }))
        });
        let route = |action, permission: Option<Permission>| {
            Some(Route {
                action,
                assumes: Vec::new(),
                permission: permission?,
            })
        };
        let routes = [route(EXECUTE, execute), route(START_SESSION, start)];
        DirectAccess {
            routes: routes.into_iter().flatten().collect(),
            lacks_key: may_use_key
                .get()
                .is_some_and(|answer| answer.value == Ternary::No),
        }
    }

    /// The tasks and containers that the statements may tell apart; the first of each if they do not.
    fn cases(
        &self,
        statements: &Statements,
    ) -> impl Iterator<Item = (&'a TargetTask, Option<&'a str>)> {
        let mentions = |part: &str| {
            let mut keys = statements.keys.iter();
            keys.any(|key| key.to_ascii_lowercase().contains(part))
        };
        let by_task = statements.names_tasks || mentions("resourcetag/") || mentions("ecs:task");
        let by_container = mentions("ecs:container-name");
        let most = |all| if all { usize::MAX } else { 1 };
        let tasks = self.target.tasks.iter().take(most(by_task));
        tasks.flat_map(move |task| {
            let names = task.containers.iter().map(|name| Some(name.as_str()));
            let unknown = task.containers.is_empty().then_some(None);
            let containers = names.chain(unknown).take(most(by_container));
            containers.map(move |container| (task, container))
        })
    }

    /// What identity policies and the permissions boundary decide.
    fn decide(
        &self,
        principal: &AccountPrincipal,
        action: &str,
        statements: &Statements,
        resource: Resource,
    ) -> Answer {
        self.count_evaluation();
        let request = self.request(principal, action, &statements.keys, resource);
        let allow = any_allows(&statements.allow, None, &request, resource);
        if allow.value == Ternary::No {
            return allow;
        }
        allow
            .and(|| boundary_allows(statements, &request, resource))
            .and(|| none_denies(&statements.deny, None, &request, resource))
    }

    /// A request by the principal, with the condition keys whose values are known.
    pub fn request<'r>(
        &self,
        principal: &AccountPrincipal,
        action: &'r str,
        keys: &BTreeSet<&str>,
        resource: Resource,
    ) -> Request<'r> {
        let credentials = match arn::kind(&principal.arn) {
            Some(kind) if kind.starts_with("user") => Credentials::User,
            _ => Credentials::Unknown,
        };
        let known = |key: &str, value: &str| (key.to_owned(), vec![value.to_owned()]);
        let mut context = credentials.context(&principal.arn);
        context.extend([
            known("aws:RequestedRegion", &self.target.region),
            known("aws:SecureTransport", "true"),
        ]);
        if let Some(account) = arn::account(resource.arn) {
            context.push(known("aws:ResourceAccount", account));
        }
        if let Some(now) = &self.target.now {
            context.push(known("aws:CurrentTime", now));
        }
        if action == EXECUTE {
            context.push(known("ecs:cluster", &self.target.cluster_arn));
            let task = resource.task.map(|task| known("ecs:task", task));
            let container = resource.container;
            let container = container.map(|name| known("ecs:container-name", name));
            context.extend(task.into_iter().chain(container));
        }
        if action == GENERATE_DATA_KEY {
            let account = arn::account(&principal.arn).unwrap_or_default();
            context.push(known("kms:CallerAccount", account));
            context.push(("kms:GranteePrincipal".to_owned(), Vec::new()));
        }
        let own_tags = (!takes_session_tags(principal)).then_some(&principal.tags);
        for key in keys {
            let Some((prefix, name)) = key.split_once('/') else {
                continue;
            };
            let tags = match prefix.to_ascii_lowercase().as_str() {
                "aws:principaltag" => own_tags,
                "aws:resourcetag" | "ecs:resourcetag" => resource.tags,
                // The tags of a role that is assumed.
                "iam:resourcetag" if action == ASSUME => resource.tags,
                _ => None,
            };
            if let Some(tags) = tags {
                let value = tags.iter().find(|(tag, _)| tag.eq_ignore_ascii_case(name));
                let values = value.map(|(_, value)| value.clone()).into_iter().collect();
                context.push(((*key).to_owned(), values));
            }
        }
        let is_user = credentials == Credentials::User;
        if is_user && !principal.id.is_empty() {
            context.push(known("aws:userid", &principal.id));
        }
        let request = Request::new(action, context).signed_with(credentials);
        match is_user || principal.id.is_empty() {
            true => request,
            false => request.with_prefix("aws:userid", format!("{}:", principal.id)),
        }
    }
}

fn task_resource<'a>(
    task: &'a TargetTask,
    tags: Option<&'a Tags>,
    container: Option<&'a str>,
) -> Resource<'a> {
    Resource {
        arn: &task.arn,
        noun: "tasks",
        tags,
        task: Some(&task.arn),
        container,
    }
}

/// A session can have tags that replace those of its role, if the trust policy lets anybody set them.
fn takes_session_tags(principal: &AccountPrincipal) -> bool {
    let trust = principal.trust.as_ref();
    trust.is_some_and(|trust| !ReducedPolicy::new(trust, "sts:TagSession").allow.is_empty())
}
