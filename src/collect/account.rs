//! Every user and role of the account, with their policies: `iam:GetAccountAuthorizationDetails`.

use std::collections::{BTreeMap, BTreeSet};

use aws_rules::iam::session_access::{Account, AccountPrincipal};
use aws_sdk_iam::operation::get_account_authorization_details::GetAccountAuthorizationDetailsOutput;
use aws_sdk_iam::types::{
    AttachedPermissionsBoundary, AttachedPolicy, GroupDetail, ManagedPolicyDetail, PolicyDetail,
    RoleDetail, Tag, UserDetail,
};
use futures::future::join_all;
use model::arn;
use model::facts::{Policy, Unavailable};
use serde_json::Value;

use super::iam::document;
use super::identity::managed_policy;
use super::pages;
use crate::aws::{AwsClients, Failure};

/// As many items as IAM puts into a page.
const ITEMS_PER_PAGE: i32 = 1000;

/// The principals of the account, and what could not be read.
#[derive(Default)]
pub struct AccountRead {
    pub account: Account,
    /// Managed policies whose documents are missing; what they allow is unknown.
    pub unread_policies: Vec<(String, Unavailable)>,
}

/// One page of the answer.
struct Page {
    users: Vec<UserDetail>,
    groups: Vec<GroupDetail>,
    roles: Vec<RoleDetail>,
    policies: Vec<ManagedPolicyDetail>,
}

/// Reads the users, roles, groups and policies of the account.
pub async fn account(aws: &AwsClients) -> Result<AccountRead, Failure> {
    let request = |marker| {
        let call = aws.iam.get_account_authorization_details();
        call.max_items(ITEMS_PER_PAGE).set_marker(marker).send()
    };
    let pages = pages(
        aws,
        "iam:GetAccountAuthorizationDetails",
        request,
        |page: GetAccountAuthorizationDetailsOutput| {
            let next = page.marker.filter(|_| page.is_truncated);
            let page = Page {
                users: page.user_detail_list.unwrap_or_default(),
                groups: page.group_detail_list.unwrap_or_default(),
                roles: page.role_detail_list.unwrap_or_default(),
                policies: page.policies.unwrap_or_default(),
            };
            (Some(vec![page]), next)
        },
    )
    .await?;
    let mut details = Page {
        users: Vec::new(),
        groups: Vec::new(),
        roles: Vec::new(),
        policies: Vec::new(),
    };
    for page in pages {
        details.users.extend(page.users);
        details.groups.extend(page.groups);
        details.roles.extend(page.roles);
        details.policies.extend(page.policies);
    }
    let mut policies = Policies::default();
    for policy in &details.policies {
        policies.add_managed(policy);
    }
    let unread_policies = policies.read_missing(aws, &attached(&details)).await;
    let groups: BTreeMap<String, Vec<usize>> = details
        .groups
        .iter()
        .map(|group| {
            let inline = group.group_policy_list();
            let all = policies.of(inline, group.attached_managed_policies());
            (group.group_name().unwrap_or_default().to_owned(), all)
        })
        .collect();
    let mut principals = Vec::new();
    for user in &details.users {
        let mut own = policies.of(user.user_policy_list(), user.attached_managed_policies());
        let of_groups = user.group_list().iter();
        own.extend(of_groups.filter_map(|group| groups.get(group)).flatten());
        principals.push(AccountPrincipal {
            arn: user.arn().unwrap_or_default().to_owned(),
            id: user.user_id().unwrap_or_default().to_owned(),
            tags: tags(user.tags()),
            policies: own,
            boundary: policies.boundary(user.permissions_boundary()),
            trust: None,
        });
    }
    for role in &details.roles {
        principals.push(AccountPrincipal {
            arn: role.arn().unwrap_or_default().to_owned(),
            id: role.role_id().unwrap_or_default().to_owned(),
            tags: tags(role.tags()),
            policies: policies.of(role.role_policy_list(), role.attached_managed_policies()),
            boundary: policies.boundary(role.permissions_boundary()),
            trust: role
                .assume_role_policy_document()
                .map(|encoded| document(Some(encoded))),
        });
    }
    Ok(AccountRead {
        account: Account {
            policies: policies.all,
            principals,
        },
        unread_policies,
    })
}

/// ARNs of the managed policies that anybody has, also as a boundary.
fn attached(details: &Page) -> BTreeSet<String> {
    let users = details.users.iter();
    let users = users.flat_map(|user| user.attached_managed_policies());
    let groups = details.groups.iter();
    let groups = groups.flat_map(|group| group.attached_managed_policies());
    let roles = details.roles.iter();
    let roles = roles.flat_map(|role| role.attached_managed_policies());
    let attached = users.chain(groups).chain(roles);
    let attached = attached.filter_map(|policy| policy.policy_arn());
    let of_users = details
        .users
        .iter()
        .filter_map(|user| user.permissions_boundary());
    let of_roles = details
        .roles
        .iter()
        .filter_map(|role| role.permissions_boundary());
    let boundaries = of_users.chain(of_roles);
    let boundaries = boundaries.filter_map(|boundary| boundary.permissions_boundary_arn());
    attached.chain(boundaries).map(str::to_owned).collect()
}

/// The policies, and where the managed ones are among them.
#[derive(Default)]
struct Policies {
    all: Vec<Policy>,
    managed: BTreeMap<String, usize>,
}

impl Policies {
    fn push(&mut self, policy: Policy) -> usize {
        self.all.push(policy);
        self.all.len() - 1
    }

    fn add_managed(&mut self, policy: &ManagedPolicyDetail) {
        let mut versions = policy.policy_version_list().iter();
        let current = versions.find(|version| version.is_default_version());
        let Some(arn) = policy.arn() else { return };
        let encoded = current.and_then(|version| version.document());
        if let Some(encoded) = encoded {
            let at = self.push(Policy {
                name: policy.policy_name().unwrap_or(arn).to_owned(),
                arn: Some(arn.to_owned()),
                document: document(Some(encoded)),
            });
            self.managed.insert(arn.to_owned(), at);
        }
    }

    /// Reads managed policies that the answer did not contain; those that cannot be read get a document without meaning.
    async fn read_missing(
        &mut self,
        aws: &AwsClients,
        attached: &BTreeSet<String>,
    ) -> Vec<(String, Unavailable)> {
        let missing = attached.iter();
        let missing = missing.filter(|arn| !self.managed.contains_key(*arn));
        let reads = missing.map(async |arn| (arn.clone(), managed_policy(aws, arn).await));
        let mut unread = Vec::new();
        for (arn, read) in join_all(reads).await {
            let policy = read.unwrap_or_else(|failure| {
                let name = arn::name(&arn).to_owned();
                unread.push((name.clone(), failure.why));
                Policy {
                    name,
                    arn: Some(arn.clone()),
                    document: Value::Null,
                }
            });
            let at = self.push(policy);
            self.managed.insert(arn, at);
        }
        unread
    }

    /// Adds inline policies, and finds them and the attached ones.
    fn of(&mut self, inline: &[PolicyDetail], attached: &[AttachedPolicy]) -> Vec<usize> {
        let mut own = Vec::new();
        for policy in inline {
            own.push(self.push(Policy {
                name: policy.policy_name().unwrap_or_default().to_owned(),
                arn: None,
                document: document(policy.policy_document()),
            }));
        }
        let attached = attached.iter().filter_map(|policy| policy.policy_arn());
        own.extend(attached.filter_map(|arn| self.managed.get(arn)));
        own
    }

    fn boundary(&self, boundary: Option<&AttachedPermissionsBoundary>) -> Option<usize> {
        let arn = boundary?.permissions_boundary_arn()?;
        self.managed.get(arn).copied()
    }
}

fn tags(tags: &[Tag]) -> BTreeMap<String, String> {
    let tags = tags.iter();
    tags.map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
        .collect()
}
