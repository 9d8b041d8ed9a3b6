//! Which questions are put to the policy simulator: as few as possible, with all the context that matters.

use std::collections::{BTreeMap, BTreeSet};

use ecs_exec_checks::facts::{Caller, Cluster, Fact, Simulation, Task, Wanted};
use ecs_exec_checks::policy_document::TASK_ROLE_ACTIONS;
use futures::future::join_all;

use super::aws::Aws;
use super::iam::simulate;

/// What the caller may do to the cluster and its tasks.
///
/// One call asks about all of them. Only where a policy has conditions on keys whose values differ from
/// resource to resource is each asked about again, with its own values.
pub async fn of_caller(
    aws: &Aws,
    caller: &Caller,
    cluster_arn: &str,
    cluster: Option<&Cluster>,
    tasks: &[&Task],
    services: &[Wanted],
    asked: Option<&str>,
) -> Vec<Simulation> {
    let Fact::Known(principal) = caller.policy_arn() else {
        return Vec::new();
    };
    let mut resources = vec![cluster_arn.to_owned()];
    resources.extend(tasks.iter().map(|task| task.arn.clone()));
    let shared = shared_context(aws, cluster_arn);
    let first = simulate(
        aws,
        &principal,
        &["ecs:ExecuteCommand"],
        &resources,
        shared.clone(),
    )
    .await;
    let missing = missing_keys(&first);
    if !missing.iter().any(|key| varies(key)) || tasks.is_empty() {
        return vec![without_impossible_keys(first, "ecs")];
    }
    let tags_of_cluster = cluster.map(|cluster| &cluster.tags);
    let mut questions: Vec<(String, BTreeMap<String, String>)> = Vec::new();
    for task in tasks {
        for container in containers(task, services, asked) {
            let mut context = shared.clone();
            context.insert("ecs:container-name".to_owned(), container.to_owned());
            context.insert("ecs:task".to_owned(), task.arn.clone());
            let mut on_task = context.clone();
            add_tags(&mut on_task, Some(&task.tags), &missing);
            questions.push((task.arn.clone(), on_task));
            context.remove("ecs:task");
            add_tags(&mut context, tags_of_cluster, &missing);
            questions.push((cluster_arn.to_owned(), context));
        }
    }
    questions.sort();
    questions.dedup();
    join_all(questions.into_iter().map(async |(resource, context)| {
        let tags_known = resource != cluster_arn || tags_of_cluster.is_some();
        let answer = simulate(
            aws,
            &principal,
            &["ecs:ExecuteCommand"],
            &[resource],
            context,
        )
        .await;
        let answer = without_impossible_keys(answer, "ecs");
        if tags_known {
            without_keys(answer, |key| tag_of(key).is_some())
        } else {
            answer
        }
    }))
    .await
}

/// What the agent may do with the task role's credentials.
pub async fn of_task_role(aws: &Aws, role: &str) -> Simulation {
    let context = BTreeMap::from([("aws:RequestedRegion".to_owned(), aws.region.value.clone())]);
    let answer = simulate(aws, role, &TASK_ROLE_ACTIONS, &["*".to_owned()], context).await;
    without_keys(without_impossible_keys(answer, "ssmmessages"), |key| {
        tag_of(key).is_some()
    })
}

/// The simulator lists every key that any policy of the principal mentions. Those of other services are
/// in no request to this one, so that their absence is known rather than missing.
fn without_impossible_keys(simulation: Simulation, service: &str) -> Simulation {
    without_keys(simulation, |key| {
        let prefix = key.split(':').next().unwrap_or_default();
        !prefix.eq_ignore_ascii_case("aws") && !prefix.eq_ignore_ascii_case(service)
    })
}

fn without_keys(mut simulation: Simulation, known_absent: impl Fn(&str) -> bool) -> Simulation {
    if let Fact::Known(decisions) = &mut simulation.decisions {
        for decision in decisions {
            decision.missing_context.retain(|key| !known_absent(key));
        }
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
        .flat_map(|decision| decision.missing_context.iter().cloned())
        .collect()
}

/// Keys whose value is known, but not the same for every resource. IAM compares names of keys without case.
fn varies(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    matches!(key.as_str(), "ecs:container-name" | "ecs:task") || tag_of(&key).is_some()
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
fn containers<'t>(task: &'t Task, services: &'t [Wanted], asked: Option<&'t str>) -> Vec<&'t str> {
    let configured = task.service_name().and_then(|service| {
        let wanted = services.iter().find(|wanted| wanted.name == service)?;
        wanted.container.as_deref()
    });
    let wanted = asked.or(configured).filter(|name| task.has_container(name));
    match wanted {
        Some(name) => vec![name],
        None => task
            .containers
            .iter()
            .map(|container| container.name.as_str())
            .collect(),
    }
}
