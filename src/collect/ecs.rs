//! Amazon ECS: clusters, services, tasks, container instances and task definitions.

mod from_sdk;

use std::collections::{BTreeMap, HashMap};

use aws_sdk_ecs::types::{ClusterField, DesiredStatus, ServiceField, TaskField};
use futures::future::join_all;
use model::arn;
use model::facts::{Cluster, ContainerInstance, Fact, Service, Task, TaskDefinition};

use super::{pages, unmentioned};
use crate::aws::{AwsClients, Failure, fact};

/// How many services `DescribeServices` accepts.
const SERVICES_PER_CALL: usize = 10;
/// How many tasks `DescribeTasks`, and container instances `DescribeContainerInstances`, accepts.
const TASKS_PER_CALL: usize = 100;

const CLUSTER_NOT_FOUND: &str = "ClusterNotFoundException";

/// The cluster of a name or ARN. AWS keeps deleted ones for a while; they count as absent.
pub async fn cluster(aws: &AwsClients, name: &str) -> Fact<Cluster> {
    const ACTION: &str = "ecs:DescribeClusters";
    let request = aws.ecs.describe_clusters().clusters(name);
    let request = request.include(ClusterField::Configurations);
    let request = request.include(ClusterField::Tags);
    let answer = aws.call(ACTION, || request.clone().send()).await;
    fact(answer, &[CLUSTER_NOT_FOUND]).and_then(|output| match output.clusters().first() {
        Some(cluster) if cluster.status() != Some("INACTIVE") => {
            Fact::Known(from_sdk::cluster(cluster))
        }
        None if output.failures().is_empty() => Fact::Unavailable(unmentioned(ACTION)),
        Some(_) | None => Fact::Absent,
    })
}

/// Names of the clusters in the region, sorted.
pub async fn cluster_names(aws: &AwsClients) -> Result<Vec<String>, Failure> {
    let arns = pages(
        aws,
        "ecs:ListClusters",
        |token| aws.ecs.list_clusters().set_next_token(token).send(),
        |page| (Some(page.cluster_arns.unwrap_or_default()), page.next_token),
    );
    Ok(sorted_names(&arns.await?))
}

/// Names of the services of a cluster, sorted.
pub async fn service_names(aws: &AwsClients, cluster: &str) -> Result<Vec<String>, Failure> {
    let request = aws.ecs.list_services().cluster(cluster).max_results(100);
    let arns = pages(
        aws,
        "ecs:ListServices",
        |token| request.clone().set_next_token(token).send(),
        |page| (page.service_arns, page.next_token),
    );
    Ok(sorted_names(&arns.await?))
}

fn sorted_names(arns: &[String]) -> Vec<String> {
    let mut names: Vec<String> = arns.iter().map(|arn| arn::name(arn).to_owned()).collect();
    names.sort();
    names
}

/// Describes services by name.
pub async fn services(
    aws: &AwsClients,
    cluster: &str,
    names: &[String],
) -> BTreeMap<String, Fact<Service>> {
    const ACTION: &str = "ecs:DescribeServices";
    describe(ACTION, SERVICES_PER_CALL, names, async |names| {
        let request = aws.ecs.describe_services().cluster(cluster);
        let request = request.set_services(Some(names));
        let request = request.include(ServiceField::Tags);
        let answer = aws.call(ACTION, || request.clone().send()).await?;
        let services = answer.services().iter().map(from_sdk::service);
        let services = services.map(|one| (one.name.clone(), one));
        Ok((services.collect(), missing(answer.failures())))
    })
    .await
}

/// ARNs of the tasks of a service, or of the whole cluster.
pub async fn task_arns(
    aws: &AwsClients,
    cluster: &str,
    service: Option<&str>,
    status: DesiredStatus,
) -> Fact<Vec<String>> {
    let request = aws.ecs.list_tasks().cluster(cluster).desired_status(status);
    let request = request.set_service_name(service.map(str::to_owned));
    let arns = pages(
        aws,
        "ecs:ListTasks",
        |token| request.clone().set_next_token(token).send(),
        |page| (page.task_arns, page.next_token),
    );
    fact(arns.await, &["ServiceNotFoundException", CLUSTER_NOT_FOUND])
}

/// Describes tasks by ID or ARN. The keys are ARNs; a task that is not found keeps the ID that was asked for.
pub async fn tasks(
    aws: &AwsClients,
    cluster: &str,
    ids: &[String],
) -> BTreeMap<String, Fact<Task>> {
    const ACTION: &str = "ecs:DescribeTasks";
    let tasks = describe(ACTION, TASKS_PER_CALL, ids, async |ids| {
        let request = aws.ecs.describe_tasks().cluster(cluster);
        let request = request.set_tasks(Some(ids)).include(TaskField::Tags);
        let answer = aws.call(ACTION, || request.clone().send()).await?;
        let tasks = answer.tasks().iter().map(from_sdk::task);
        let tasks = tasks.map(|task| (arn::name(&task.arn).to_owned(), task));
        Ok((tasks.collect(), missing(answer.failures())))
    })
    .await;
    let by_arn = tasks.into_iter().map(|(id, task)| {
        let arn = task.known().map_or(id, |task| task.arn.to_string());
        (arn, task)
    });
    by_arn.collect()
}

/// Describes container instances by ARN.
pub async fn container_instances(
    aws: &AwsClients,
    cluster: &str,
    arns: &[String],
) -> BTreeMap<String, Fact<ContainerInstance>> {
    const ACTION: &str = "ecs:DescribeContainerInstances";
    describe(ACTION, TASKS_PER_CALL, arns, async |arns| {
        let request = aws.ecs.describe_container_instances().cluster(cluster);
        let request = request.set_container_instances(Some(arns));
        let answer = aws.call(ACTION, || request.clone().send()).await?;
        let instances = answer.container_instances().iter();
        let instances = instances.map(from_sdk::container_instance);
        let instances = instances.map(|host| (arn::name(&host.arn).to_owned(), host));
        Ok((instances.collect(), missing(answer.failures())))
    })
    .await
}

/// A task definition by ARN.
pub async fn task_definition(aws: &AwsClients, arn: &str) -> Fact<TaskDefinition> {
    const ACTION: &str = "ecs:DescribeTaskDefinition";
    let request = aws.ecs.describe_task_definition().task_definition(arn);
    let answer = aws.call(ACTION, || request.clone().send()).await;
    fact(answer, &[]).and_then(|output| match output.task_definition() {
        Some(definition) => Fact::Known(from_sdk::task_definition(
            definition,
            &aws.host_of("ssmmessages"),
        )),
        None => Fact::Unavailable(unmentioned(ACTION)),
    })
}

/// The response to one `Describe…` call: what was found, by name or ID, and the names or IDs that do not exist.
type Described<T> = (HashMap<String, T>, Vec<String>);

fn missing(failures: &[aws_sdk_ecs::types::Failure]) -> Vec<String> {
    let arns = failures.iter().filter_map(|failure| failure.arn());
    arns.map(|arn| arn::name(arn).to_owned()).collect()
}

/// Describes resources by name, ID or ARN, with concurrent calls of at most `per_call` each.
async fn describe<T: Clone>(
    action: &str,
    per_call: usize,
    ids: &[String],
    call: impl AsyncFn(Vec<String>) -> Result<Described<T>, Failure>,
) -> BTreeMap<String, Fact<T>> {
    let calls = ids.chunks(per_call).map(async |chunk| {
        let described = fact(call(chunk.to_vec()).await, &[CLUSTER_NOT_FOUND]);
        let facts = chunk.iter().map(|id| {
            let fact = described.as_ref().and_then(|(found, missing)| {
                let name = arn::name(id);
                match found.get(name) {
                    Some(found) => Fact::Known(found.clone()),
                    None if missing.iter().any(|one| one == name) => Fact::Absent,
                    None => Fact::Unavailable(unmentioned(action)),
                }
            });
            (id.clone(), fact)
        });
        facts.collect::<Vec<_>>()
    });
    join_all(calls).await.into_iter().flatten().collect()
}
