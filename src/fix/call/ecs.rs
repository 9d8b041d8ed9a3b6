//! Services and agents of ECS.

use super::{Answer, Options, unknown};
use crate::aws::Aws;

pub async fn call(aws: &Aws, operation: &str, options: &Options<'_>) -> Answer {
    match operation {
        "update-service" => update_service(aws, options).await,
        "update-container-agent" => update_container_agent(aws, options).await,
        other => Err(unknown(other)),
    }
}

async fn update_service(aws: &Aws, options: &Options<'_>) -> Answer {
    let exec = match (
        options.has("--enable-execute-command"),
        options.has("--disable-execute-command"),
    ) {
        (true, _) => Some(true),
        (false, true) => Some(false),
        (false, false) => None,
    };
    let definition = options.one("--task-definition");
    let registered = |family: String| {
        options
            .made
            .families
            .get(&family)
            .cloned()
            .unwrap_or(family)
    };
    let definition = definition.map(registered);
    let answer = aws
        .call("ecs:UpdateService", || {
            aws.ecs
                .update_service()
                .set_cluster(options.one("--cluster"))
                .set_service(options.one("--service"))
                .set_enable_execute_command(exec)
                .set_force_new_deployment(options.has("--force-new-deployment").then_some(true))
                .set_platform_version(options.one("--platform-version"))
                .set_task_definition(definition.clone())
                .set_desired_count(
                    options
                        .one("--desired-count")
                        .and_then(|count| count.parse().ok()),
                )
                .send()
        })
        .await?;
    let deployments = answer
        .service
        .and_then(|service| service.deployments)
        .unwrap_or_default();
    let primary = deployments
        .into_iter()
        .find(|deployment| deployment.status() == Some("PRIMARY"));
    Ok(primary.and_then(|deployment| deployment.id))
}

async fn update_container_agent(aws: &Aws, options: &Options<'_>) -> Answer {
    aws.call("ecs:UpdateContainerAgent", || {
        aws.ecs
            .update_container_agent()
            .set_cluster(options.one("--cluster"))
            .set_container_instance(options.one("--container-instance"))
            .send()
    })
    .await?;
    Ok(None)
}
