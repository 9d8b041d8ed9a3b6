//! Services and agents of ECS.

use model::aws_call::ServiceUpdate;

use super::StepOutputs;
use crate::aws::{AwsClients, Failure};

/// Changes or deploys a service, and stores the ID of the deployment.
pub async fn update_service(
    aws: &AwsClients,
    update: &ServiceUpdate,
    outputs: &mut StepOutputs,
) -> Result<(), Failure> {
    // The revision that this program registered, not one that others registered since.
    let definition = update
        .task_definition
        .as_ref()
        .map(|family| outputs.families.get(family).unwrap_or(family));
    let request = aws.ecs.update_service();
    let request = request
        .cluster(&update.cluster)
        .service(&update.service)
        .set_enable_execute_command(update.enable_execute_command)
        .set_platform_version(update.platform_version.clone())
        .set_task_definition(definition.cloned())
        .set_desired_count(update.desired_count)
        .set_force_new_deployment(update.force_new_deployment.then_some(true));
    let answer = aws.call("ecs:UpdateService", || request.clone().send());
    let deployments = answer
        .await?
        .service
        .and_then(|service| service.deployments);
    let primary = deployments
        .unwrap_or_default()
        .into_iter()
        .find(|deployment| deployment.status() == Some("PRIMARY"));
    if let Some(id) = primary.and_then(|deployment| deployment.id) {
        outputs.deployments.insert(update.service.clone(), id);
    }
    Ok(())
}
