mod from_sdk;

use std::collections::{BTreeMap, HashSet};
use std::pin::pin;

use aws_sdk_ecs::types::{
    ClusterField, DeploymentControllerType, DesiredStatus, ServiceField, TaskField,
};
use futures::future::join_all;
use futures::stream::{self, StreamExt};
use model::arn;
use model::facts::{
    Cluster, ContainerInstance, Fact, Reason, Service, Task, TaskDefinition, Unavailable,
};

use super::pages;
use crate::aws::{Aws, Failure, fact};

/// AWS lists what it does not find among the failures; what stands nowhere in an answer is not known.
pub fn unmentioned(action: &str) -> Unavailable {
    Unavailable::new(
        action,
        Reason::Failed,
        "the answer does not mention what was asked for",
    )
}

/// How many services `DescribeServices` takes.
const SERVICES_A_CALL: usize = 10;
/// How many tasks `DescribeTasks` takes.
const TASKS_A_CALL: usize = 100;

pub async fn cluster(aws: &Aws, name: &str) -> Fact<Cluster> {
    let answer = aws
        .call("ecs:DescribeClusters", || {
            aws.ecs
                .describe_clusters()
                .clusters(name)
                .include(ClusterField::Configurations)
                .include(ClusterField::Tags)
                .send()
        })
        .await;
    fact(answer, &["ClusterNotFoundException"]).and_then(|output| match output.clusters().first() {
        Some(cluster) if cluster.status() != Some("INACTIVE") => {
            Fact::Known(from_sdk::cluster(cluster))
        }
        None if output.failures().is_empty() => {
            Fact::Unavailable(unmentioned("ecs:DescribeClusters"))
        }
        Some(_) | None => Fact::Absent,
    })
}

/// Names of the clusters in the region; none where they cannot be listed.
pub async fn cluster_names(aws: &Aws) -> Result<Vec<String>, Failure> {
    let mut names = pages(async |token| {
        let page = aws
            .call("ecs:ListClusters", || {
                aws.ecs.list_clusters().set_next_token(token.clone()).send()
            })
            .await?;
        Ok((names_of(page.cluster_arns()), page.next_token))
    })
    .await?;
    names.sort();
    Ok(names)
}

/// Names of the services of a cluster.
pub async fn service_names(aws: &Aws, cluster: &str) -> Result<Vec<String>, Failure> {
    let mut names = pages(async |token| {
        let page = aws
            .call("ecs:ListServices", || {
                aws.ecs
                    .list_services()
                    .cluster(cluster)
                    .max_results(100)
                    .set_next_token(token.clone())
                    .send()
            })
            .await?;
        match &page.service_arns {
            Some(arns) => Ok((names_of(arns), page.next_token)),
            None => Err(Failure::from(unmentioned("ecs:ListServices"))),
        }
    })
    .await?;
    names.sort();
    Ok(names)
}

fn names_of(arns: &[String]) -> Vec<String> {
    arns.iter().map(|arn| arn::name(arn).to_owned()).collect()
}

/// Describes services by name; absent are those that AWS says it does not have.
pub async fn services(
    aws: &Aws,
    cluster: &str,
    names: &[String],
) -> BTreeMap<String, Fact<Service>> {
    let answers = join_all(names.chunks(SERVICES_A_CALL).map(async |chunk| {
        let answer = aws
            .call("ecs:DescribeServices", || {
                aws.ecs
                    .describe_services()
                    .cluster(cluster)
                    .set_services(Some(chunk.to_vec()))
                    .include(ServiceField::Tags)
                    .send()
            })
            .await;
        // AWS's own types are large: of thousands only what is needed stays.
        let found = fact(answer, &["ClusterNotFoundException"]);
        let services = chunk.iter().map(|name| {
            let service = found.as_ref().and_then(|output| {
                let service = output
                    .services()
                    .iter()
                    .find(|service| service.service_name() == Some(name));
                match service {
                    Some(service) => Fact::Known(from_sdk::service(service)),
                    None if is_missing(output.failures(), name) => Fact::Absent,
                    None => Fact::Unavailable(unmentioned("ecs:DescribeServices")),
                }
            });
            (name.clone(), service)
        });
        services.collect::<Vec<_>>()
    }))
    .await;
    answers.into_iter().flatten().collect()
}

/// The running tasks of a cluster: those of a page of the list are described while the next one is asked for. Where a
/// page is missing, none.
pub async fn running_tasks(
    aws: &Aws,
    cluster: &str,
) -> (Fact<Vec<String>>, BTreeMap<String, Fact<Task>>) {
    const AT_ONCE: usize = 1000;
    let running = DesiredStatus::Running;
    let pages = stream::unfold(Some(None), async |next: Option<Option<String>>| {
        let (arns, token) = match task_page(aws, cluster, None, &running, next?).await {
            Fact::Known((arns, token)) => (Fact::Known(arns), token),
            Fact::Absent => (Fact::Absent, None),
            Fact::Unavailable(why) => (Fact::Unavailable(why), None),
        };
        Some((arns, token.map(Some)))
    });
    let described = pages.map(async |page| {
        let tasks = tasks(aws, cluster, page.known().map_or(&[], Vec::as_slice)).await;
        (page, tasks)
    });
    let mut described = pin!(described.buffered(AT_ONCE));
    let (mut all, mut all_tasks) = (Vec::new(), BTreeMap::new());
    while let Some((page, tasks)) = described.next().await {
        match page {
            Fact::Known(arns) => {
                all.extend(arns);
                all_tasks.extend(tasks);
            }
            Fact::Absent => return (Fact::Absent, BTreeMap::new()),
            Fact::Unavailable(why) => return (Fact::Unavailable(why), BTreeMap::new()),
        }
    }
    (Fact::Known(all), all_tasks)
}

/// ARNs of the tasks of a service, or of the whole cluster.
pub async fn task_arns(
    aws: &Aws,
    cluster: &str,
    service: Option<&str>,
    status: DesiredStatus,
) -> Fact<Vec<String>> {
    let mut all = Vec::new();
    let mut token = None;
    loop {
        match task_page(aws, cluster, service, &status, token).await {
            Fact::Known((arns, next)) => {
                all.extend(arns);
                token = next;
            }
            Fact::Absent => return Fact::Absent,
            Fact::Unavailable(why) => return Fact::Unavailable(why),
        }
        if token.is_none() {
            return Fact::Known(all);
        }
    }
}

/// A page of the list, and the token of the next one.
async fn task_page(
    aws: &Aws,
    cluster: &str,
    service: Option<&str>,
    status: &DesiredStatus,
    token: Option<String>,
) -> Fact<(Vec<String>, Option<String>)> {
    let page = aws
        .call("ecs:ListTasks", || {
            aws.ecs
                .list_tasks()
                .cluster(cluster)
                .set_service_name(service.map(str::to_owned))
                .desired_status(status.clone())
                .set_next_token(token.clone())
                .send()
        })
        .await;
    let absent = ["ServiceNotFoundException", "ClusterNotFoundException"];
    fact(page, &absent).and_then(|page| match page.task_arns {
        Some(arns) => Fact::Known((arns, page.next_token)),
        None => Fact::Unavailable(unmentioned("ecs:ListTasks")),
    })
}

/// Describes tasks by ID or ARN; the answer goes by ARN, and by what was asked for where it is missing.
pub async fn tasks(aws: &Aws, cluster: &str, ids: &[String]) -> BTreeMap<String, Fact<Task>> {
    let answers = join_all(ids.chunks(TASKS_A_CALL).map(async |chunk| {
        let answer = aws
            .call("ecs:DescribeTasks", || {
                aws.ecs
                    .describe_tasks()
                    .cluster(cluster)
                    .set_tasks(Some(chunk.to_vec()))
                    .include(TaskField::Tags)
                    .send()
            })
            .await;
        let found = fact(answer, &["ClusterNotFoundException"]);
        let mut definitions = HashSet::new();
        let tasks = chunk.iter().map(|id| {
            let task = found.as_ref().and_then(|output| {
                let task = output.tasks().iter().find(|task| {
                    task.task_arn()
                        .is_some_and(|arn| arn::name(arn) == arn::name(id))
                });
                match task {
                    Some(task) => Fact::Known(from_sdk::task(task, &mut definitions)),
                    None if is_missing(output.failures(), id) => Fact::Absent,
                    None => Fact::Unavailable(unmentioned("ecs:DescribeTasks")),
                }
            });
            let arn = task.known().map_or(id.clone(), |task| task.arn.to_string());
            (arn, task)
        });
        tasks.collect::<Vec<_>>()
    }))
    .await;
    answers.into_iter().flatten().collect()
}

/// Describes container instances by ARN.
pub async fn container_instances(
    aws: &Aws,
    cluster: &str,
    arns: &[String],
) -> BTreeMap<String, Fact<ContainerInstance>> {
    const ACTION: &str = "ecs:DescribeContainerInstances";
    let answers = join_all(arns.chunks(TASKS_A_CALL).map(async |chunk| {
        let answer = aws
            .call(ACTION, || {
                aws.ecs
                    .describe_container_instances()
                    .cluster(cluster)
                    .set_container_instances(Some(chunk.to_vec()))
                    .send()
            })
            .await;
        (chunk, answer)
    }))
    .await;
    let mut instances = BTreeMap::new();
    for (chunk, answer) in answers {
        let found = fact(answer, &[]);
        for arn in chunk {
            let instance = found.as_ref().and_then(|output| {
                let instance = output
                    .container_instances()
                    .iter()
                    .find(|instance| instance.container_instance_arn() == Some(arn));
                match instance {
                    Some(instance) => Fact::Known(from_sdk::container_instance(instance)),
                    None if is_missing(output.failures(), arn) => Fact::Absent,
                    None => Fact::Unavailable(unmentioned(ACTION)),
                }
            });
            instances.insert(arn.clone(), instance);
        }
    }
    instances
}

pub async fn task_definition(aws: &Aws, arn: &str) -> Fact<TaskDefinition> {
    let answer = aws
        .call("ecs:DescribeTaskDefinition", || {
            aws.ecs
                .describe_task_definition()
                .task_definition(arn)
                .send()
        })
        .await;
    fact(answer, &[]).and_then(|output| match output.task_definition() {
        Some(definition) => Fact::Known(from_sdk::task_definition(
            definition,
            &aws.host_of("ssmmessages"),
        )),
        None => Fact::Unavailable(unmentioned("ecs:DescribeTaskDefinition")),
    })
}

fn is_missing(failures: &[aws_sdk_ecs::types::Failure], asked: &str) -> bool {
    failures.iter().any(|failure| {
        failure
            .arn()
            .is_some_and(|arn| arn::name(arn) == arn::name(asked))
    })
}

pub fn controller(kind: &DeploymentControllerType) -> model::facts::DeploymentController {
    use model::facts::DeploymentController as Controller;
    match kind {
        DeploymentControllerType::CodeDeploy => Controller::CodeDeploy,
        DeploymentControllerType::External => Controller::External,
        _ => Controller::Ecs,
    }
}
