//! Which questions are put to the policy simulator: as few as possible, with all the context that matters.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use aws_rules::iam::Credentials;
use aws_rules::iam::document::TASK_ROLE_ACTIONS;
use aws_rules::required_permissions::{self, RequiredPermission};
use futures::future::{join, join_all};
use model::facts::{Caller, Cluster, Fact, ServiceTarget, Simulation, Task};

use super::iam::{RESOURCES_A_CALL, simulate};
use crate::aws::Aws;

const EXECUTE: &str = "ecs:ExecuteCommand";
const TASK_KEY: &str = "ecs:task";

/// Values of condition keys.
type Context = BTreeMap<String, String>;

/// What the caller is asked about.
pub struct OfCaller<'a> {
    pub caller: &'a Caller,
    pub cluster_arn: &'a str,
    pub cluster: Option<&'a Cluster>,
    pub tasks: &'a [&'a Task],
    pub services: &'a [ServiceTarget],
    /// The container that was named.
    pub container: Option<&'a str>,
    /// ARN of the cluster's KMS key.
    pub key: Option<&'a str>,
}

/// What the caller may do to the cluster, its tasks and its key.
///
/// One call asks about all of them, and about a cluster that does not exist, which tells how wide the right
/// is. Only where a policy has conditions on keys whose values differ from resource to resource are they asked
/// about again, with their own values: those together that have the same.
pub async fn of_caller(aws: &Aws, ask: OfCaller<'_>) -> Vec<Simulation> {
    let Fact::Known(principal) = ask.caller.policy_arn() else {
        return Vec::new();
    };
    let cluster_arn = ask.cluster_arn;
    let cluster: String = cluster_arn.into();
    let mut resources = vec![cluster.clone()];
    resources.extend(ask.tasks.iter().map(|task| task.arn.clone()));
    resources.push(checks::another_cluster(cluster_arn).into());
    let mut actions = vec![EXECUTE, "ecs:DescribeTasks", "ssm:StartSession"];
    if let Some(key) = ask.key {
        let need = required_permissions::generate_data_key(key);
        actions.push(need.action);
        resources.push(need.resource.into());
    }
    let credentials = Credentials::for_caller(ask.caller);
    let shared = shared_context(aws, cluster_arn);
    let mut first = simulate(aws, &principal, &actions, &resources, shared.clone()).await;
    let missing = missing_keys(&first);
    if !missing.iter().any(|key| varies(key)) || ask.tasks.is_empty() {
        return vec![without_impossible_keys(first, credentials)];
    }
    let tags_of_cluster = ask.cluster.map(|cluster| &cluster.tags);
    let mut on_tasks: BTreeMap<Context, Vec<String>> = BTreeMap::new();
    let mut on_cluster: BTreeSet<Context> = BTreeSet::new();
    let is_on_task = missing.iter().any(|key| key.eq_ignore_ascii_case(TASK_KEY));
    for task in ask.tasks {
        for container in containers(task, ask.services, ask.container) {
            let mut context = shared.clone();
            context.insert("ecs:container-name".to_owned(), container.to_owned());
            let mut on_task = context.clone();
            if is_on_task {
                on_task.insert(TASK_KEY.to_owned(), task.arn.to_string());
            }
            add_tags(&mut on_task, Some(&task.tags), &missing);
            on_tasks.entry(on_task).or_default().push(task.arn.clone());
            add_tags(&mut context, tags_of_cluster, &missing);
            on_cluster.insert(context);
        }
    }
    // The answers that are asked for again, better, would only contradict them.
    let again: HashSet<&str> = on_tasks.values().flatten().map(|arn| &**arn).collect();
    if let Some(decisions) = first.decisions.known_mut() {
        decisions.retain(|decision| {
            let is_asked_again = again.contains(&*decision.resource)
                || (!on_cluster.is_empty() && decision.resource == cluster);
            decision.action != EXECUTE || !is_asked_again
        });
    }
    // One answer a call, so that the loss of one leaves the others.
    let calls = on_tasks.iter().flat_map(|(context, tasks)| {
        tasks
            .chunks(RESOURCES_A_CALL)
            .map(move |some| (context, some))
    });
    let of_tasks = join_all(calls.map(async |(context, tasks)| {
        let answer = simulate(aws, &principal, &[EXECUTE], tasks, context.clone()).await;
        without_tags(without_impossible_keys(answer, credentials))
    }));
    let of_cluster = join_all(on_cluster.into_iter().map(async |context| {
        let resources = [cluster.clone()];
        let answer = simulate(aws, &principal, &[EXECUTE], &resources, context).await;
        let answer = without_impossible_keys(answer, credentials);
        match tags_of_cluster {
            Some(_) => without_tags(answer),
            None => answer,
        }
    }));
    let (of_tasks, of_cluster) = join(of_tasks, of_cluster).await;
    std::iter::once(without_impossible_keys(first, credentials))
        .chain(of_tasks)
        .chain(of_cluster)
        .collect()
}

/// What the agent may do with the task role's credentials: ssmmessages, and what else sessions need.
pub async fn of_task_role(
    aws: &Aws,
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
    // The simulator pairs every action with every resource; most pairs no request would have.
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

/// The simulator lists every key that any policy of the principal mentions. Of some it is known that the request
/// has none, so that they are not missing.
fn without_impossible_keys(simulation: Simulation, credentials: Credentials) -> Simulation {
    without_keys(simulation, |action, key| credentials.rule_out(key, action))
}

/// Those whose values were given, or of which it is known that there is none.
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

fn shared_context(aws: &Aws, cluster_arn: &str) -> BTreeMap<String, String> {
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

/// Keys whose value is known, but not the same for every resource. IAM compares names of keys without case.
fn varies(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    matches!(key.as_str(), "ecs:container-name" | TASK_KEY) || tag_of(&key).is_some()
}

/// The tag that a condition key names.
fn tag_of(key: &str) -> Option<&str> {
    let (prefix, tag) = key.split_once('/')?;
    matches!(
        prefix.to_ascii_lowercase().as_str(),
        "aws:resourcetag" | "ecs:resourcetag"
    )
    .then_some(tag)
}

/// Gives the tags that policies ask about; one that the resource does not have stays out, as in a real request.
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

/// The container that a session would enter, or every one where none is preferred.
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
