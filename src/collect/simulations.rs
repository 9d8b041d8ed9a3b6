//! The questions to the IAM policy simulator: as few as possible, with all context keys that matter.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use aws_rules::iam::Credentials;
use aws_rules::iam::document::TASK_ROLE_ACTIONS;
use aws_rules::required_permissions::{self, RequiredPermission};
use futures::future::{join, join_all};
use model::facts::{Caller, Cluster, Fact, ServiceTarget, Simulation, Task};

use super::iam::{RESOURCES_PER_CALL, simulate};
use crate::aws::AwsClients;

const EXECUTE: &str = "ecs:ExecuteCommand";
const TASK_KEY: &str = "ecs:task";

/// Values of condition keys.
type Context = BTreeMap<String, String>;

/// What the caller's permissions are needed for.
pub struct CallerQuery<'a> {
    pub caller: &'a Caller,
    pub cluster_arn: &'a str,
    pub cluster: Option<&'a Cluster>,
    pub tasks: &'a [&'a Task],
    pub services: &'a [ServiceTarget],
    /// The container that the user named.
    pub container: Option<&'a str>,
    /// ARN of the cluster's KMS key.
    pub key: Option<&'a str>,
}

/// What the caller is allowed on the cluster, its tasks and its key.
///
/// One call asks about all of them, and about another cluster, which shows how wide the permission is. If a policy has
/// conditions on keys whose values differ between resources, further calls ask again with the values, one call for all
/// resources with the same values.
pub async fn caller(aws: &AwsClients, query: CallerQuery<'_>) -> Vec<Simulation> {
    let Fact::Known(principal) = query.caller.policy_arn() else {
        return Vec::new();
    };
    let cluster_arn = query.cluster_arn;
    let cluster: String = cluster_arn.into();
    let mut resources = vec![cluster.clone()];
    resources.extend(query.tasks.iter().map(|task| task.arn.clone()));
    resources.push(checks::another_cluster(cluster_arn));
    let mut actions = vec![EXECUTE, "ecs:DescribeTasks", "ssm:StartSession"];
    if let Some(key) = query.key {
        let need = required_permissions::generate_data_key(key);
        actions.push(need.action);
        resources.push(need.resource);
    }
    let credentials = Credentials::for_caller(query.caller);
    let shared = shared_context(aws, cluster_arn);
    let mut first = simulate(aws, &principal, &actions, &resources, shared.clone()).await;
    let missing = missing_keys(&first);
    if !missing.iter().any(|key| varies(key)) || query.tasks.is_empty() {
        return vec![without_impossible_keys(first, credentials)];
    }
    let cluster_tags = query.cluster.map(|cluster| &cluster.tags);
    let mut task_contexts: BTreeMap<Context, Vec<String>> = BTreeMap::new();
    let mut cluster_contexts: BTreeSet<Context> = BTreeSet::new();
    let asks_for_task = missing.iter().any(|key| key.eq_ignore_ascii_case(TASK_KEY));
    for task in query.tasks {
        for container in containers(task, query.services, query.container) {
            let mut context = shared.clone();
            context.insert("ecs:container-name".to_owned(), container.to_owned());
            let mut task_context = context.clone();
            if asks_for_task {
                task_context.insert(TASK_KEY.to_owned(), task.arn.to_string());
            }
            add_tags(&mut task_context, Some(&task.tags), &missing);
            task_contexts
                .entry(task_context)
                .or_default()
                .push(task.arn.clone());
            add_tags(&mut context, cluster_tags, &missing);
            cluster_contexts.insert(context);
        }
    }
    // The further calls replace these decisions.
    let again: HashSet<&str> = task_contexts.values().flatten().map(|arn| &**arn).collect();
    if let Some(decisions) = first.decisions.known_mut() {
        decisions.retain(|decision| {
            let is_asked_again = again.contains(&*decision.resource)
                || (!cluster_contexts.is_empty() && decision.resource == cluster);
            decision.action != EXECUTE || !is_asked_again
        });
    }
    // One simulation for each call, so that the others stay if one fails.
    let calls = task_contexts.iter().flat_map(|(context, tasks)| {
        tasks
            .chunks(RESOURCES_PER_CALL)
            .map(move |some| (context, some))
    });
    let task_simulations = join_all(calls.map(async |(context, tasks)| {
        let answer = simulate(aws, &principal, &[EXECUTE], tasks, context.clone()).await;
        without_tags(without_impossible_keys(answer, credentials))
    }));
    let cluster_simulations = join_all(cluster_contexts.into_iter().map(async |context| {
        let resources = [cluster.clone()];
        let answer = simulate(aws, &principal, &[EXECUTE], &resources, context).await;
        let answer = without_impossible_keys(answer, credentials);
        match cluster_tags {
            Some(_) => without_tags(answer),
            None => answer,
        }
    }));
    let (tasks, cluster) = join(task_simulations, cluster_simulations).await;
    std::iter::once(without_impossible_keys(first, credentials))
        .chain(tasks)
        .chain(cluster)
        .collect()
}

/// Whether a caller is allowed to list the tasks of services.
pub async fn list_tasks(
    aws: &AwsClients,
    caller: &Caller,
    cluster_arn: &str,
) -> Option<Simulation> {
    let Fact::Known(principal) = caller.policy_arn() else {
        return None;
    };
    let needs = required_permissions::list_tasks(cluster_arn);
    let action = needs[0].action;
    let resources = needs.map(|need| need.resource);
    let context = shared_context(aws, cluster_arn);
    let answer = simulate(aws, &principal, &[action], &resources, context).await;
    Some(without_impossible_keys(
        answer,
        Credentials::for_caller(caller),
    ))
}

/// What the agent is allowed with the role's credentials: ssmmessages, and what else sessions need.
pub async fn role(
    aws: &AwsClients,
    role: &str,
    credentials: Credentials,
    needs: &[RequiredPermission],
) -> Simulation {
    let context = BTreeMap::from([
        ("aws:RequestedRegion".to_owned(), aws.region.value.clone()),
        ("aws:SecureTransport".to_owned(), "true".to_owned()),
    ]);
    let mut actions = TASK_ROLE_ACTIONS.to_vec();
    let mut resources: Vec<String> = vec!["*".into()];
    for need in needs {
        if !actions.contains(&need.action) {
            actions.push(need.action);
        }
        if !resources.iter().any(|known| **known == *need.resource) {
            resources.push(need.resource.as_str().into());
        }
    }
    let mut answer = simulate(aws, role, &actions, &resources, context).await;
    // The simulator decides every pair of action and resource, most of which no request has.
    if let Some(decisions) = answer.decisions.known_mut() {
        decisions.retain(|decision| {
            (&*decision.resource == "*" && decision.action.starts_with("ssmmessages:"))
                || needs.iter().any(|need| {
                    need.action == decision.action && *need.resource == *decision.resource
                })
        });
    }
    without_impossible_keys(answer, credentials)
}

/// The simulator lists every key that a policy of the principal mentions. Some are never in a request, so they are not
/// missing.
fn without_impossible_keys(simulation: Simulation, credentials: Credentials) -> Simulation {
    without_keys(simulation, |action, key| credentials.rule_out(key, action))
}

/// Removes tags from the missing keys: their values were given, or do not exist.
fn without_tags(simulation: Simulation) -> Simulation {
    without_keys(simulation, |_, key| tag_of(key).is_some())
}

fn without_keys(
    mut simulation: Simulation,
    known_absent: impl Fn(&str, &str) -> bool,
) -> Simulation {
    for decision in simulation.decisions.known_mut().into_iter().flatten() {
        let action = decision.action.clone();
        decision
            .missing_context
            .retain(|key| !known_absent(&action, key));
    }
    simulation
}

fn shared_context(aws: &AwsClients, cluster_arn: &str) -> BTreeMap<String, String> {
    BTreeMap::from([
        ("aws:RequestedRegion".to_owned(), aws.region.value.clone()),
        ("aws:SecureTransport".to_owned(), "true".to_owned()),
        ("aws:ViaAWSService".to_owned(), "false".to_owned()),
        ("ecs:cluster".to_owned(), cluster_arn.to_owned()),
    ])
}

fn missing_keys(simulation: &Simulation) -> BTreeSet<String> {
    simulation
        .decisions
        .known()
        .into_iter()
        .flatten()
        .filter(|decision| decision.action == EXECUTE)
        .flat_map(|decision| decision.missing_context.iter().cloned())
        .collect()
}

/// Whether the key's value is known, but differs between resources. IAM ignores the case of keys.
fn varies(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    matches!(key.as_str(), "ecs:container-name" | TASK_KEY) || tag_of(&key).is_some()
}

/// The tag in a condition key.
fn tag_of(key: &str) -> Option<&str> {
    let (prefix, tag) = key.split_once('/')?;
    matches!(
        prefix.to_ascii_lowercase().as_str(),
        "aws:resourcetag" | "ecs:resourcetag"
    )
    .then_some(tag)
}

/// Adds the tags that policies mention. A tag that the resource does not have is left out, as in a real request.
fn add_tags(
    context: &mut BTreeMap<String, String>,
    tags: Option<&BTreeMap<String, String>>,
    missing: &BTreeSet<String>,
) {
    for key in missing {
        let value = tag_of(key).and_then(|tag| {
            tags?
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(tag))
                .map(|(_, value)| value)
        });
        if let Some(value) = value {
            context.insert(key.clone(), value.clone());
        }
    }
}

/// The container that a session is opened in, or all if none is configured.
fn containers<'t>(
    task: &'t Task,
    services: &'t [ServiceTarget],
    asked: Option<&'t str>,
) -> Vec<&'t str> {
    let configured = task.service_name().and_then(|service| {
        let wanted = services.iter().find(|wanted| wanted.name == service)?;
        wanted.container.as_deref()
    });
    let wanted = asked.or(configured).filter(|name| task.has_container(name));
    match wanted {
        Some(name) => vec![name],
        None => task
            .own_containers()
            .map(|container| container.name.as_str())
            .collect(),
    }
}
