//! Registers an edited revision of a task definition. Values of environment variables pass through here and are not
//! stored.

use aws_sdk_ecs::types::TaskDefinitionField;
use aws_sdk_ecs::types::{ContainerDefinition, KeyValuePair, LinuxParameters, TaskDefinition};
use model::facts::Unavailable;
use model::step::{ContainerEdit, Edit, Revision};

use super::StepOutputs;
use crate::aws::{AwsClients, Failure};

/// Registers the edited revision, and stores its ARN.
pub async fn revise(
    aws: &AwsClients,
    revision: &Revision,
    outputs: &mut StepOutputs,
) -> Result<(), Failure> {
    let base = &revision.definition;
    let newest = outputs.revisions.get(base).unwrap_or(base).clone();
    let request = aws.ecs.describe_task_definition();
    let request = request.task_definition(newest);
    let request = request.include(TaskDefinitionField::Tags);
    let answer = aws.call("ecs:DescribeTaskDefinition", || request.clone().send());
    let answer = answer.await?;
    let Some(definition) = answer.task_definition else {
        let why = format!("{} does not exist", revision.definition);
        return Err(Unavailable::not_asked("ecs:DescribeTaskDefinition", why).into());
    };
    let tags = answer.tags.filter(|tags| !tags.is_empty());
    let definition = edited(definition, &revision.edit);
    let request = aws.ecs.register_task_definition();
    let request = request
        .set_family(definition.family)
        .set_task_role_arn(definition.task_role_arn)
        .set_execution_role_arn(definition.execution_role_arn)
        .set_network_mode(definition.network_mode)
        .set_container_definitions(definition.container_definitions)
        .set_volumes(definition.volumes)
        .set_placement_constraints(definition.placement_constraints)
        .set_requires_compatibilities(definition.requires_compatibilities)
        .set_cpu(definition.cpu)
        .set_memory(definition.memory)
        .set_pid_mode(definition.pid_mode)
        .set_ipc_mode(definition.ipc_mode)
        .set_proxy_configuration(definition.proxy_configuration)
        .set_ephemeral_storage(definition.ephemeral_storage)
        .set_runtime_platform(definition.runtime_platform)
        .set_enable_fault_injection(definition.enable_fault_injection)
        .set_tags(tags);
    let answer = aws.call("ecs:RegisterTaskDefinition", || request.clone().send());
    if let Some(registered) = answer.await?.task_definition
        && let (Some(arn), Some(family)) = (registered.task_definition_arn, registered.family)
    {
        outputs.revisions.insert(base.clone(), arn.clone());
        outputs.families.insert(family, arn);
    }
    Ok(())
}

fn edited(mut definition: TaskDefinition, edit: &Edit) -> TaskDefinition {
    match edit {
        Edit::TaskRole(arn) => definition.task_role_arn = Some(arn.clone()),
        Edit::WithoutPidMode => definition.pid_mode = None,
        Edit::Container { name, edit } => {
            let containers = definition.container_definitions.iter_mut().flatten();
            for container in containers.filter(|container| container.name.as_ref() == Some(name)) {
                edit_container(container, edit);
            }
        }
    }
    definition
}

fn edit_container(container: &mut ContainerDefinition, edit: &ContainerEdit) {
    match edit {
        ContainerEdit::WritableRoot => container.readonly_root_filesystem = Some(false),
        ContainerEdit::WithoutRestartPolicy => container.restart_policy = None,
        ContainerEdit::InitProcess => {
            let parameters = container.linux_parameters.take();
            let mut parameters = parameters.unwrap_or_else(|| LinuxParameters::builder().build());
            parameters.init_process_enabled = Some(true);
            container.linux_parameters = Some(parameters);
        }
        ContainerEdit::WithoutVariables(names) => {
            let is_removed = |name: &str| names.iter().any(|one| one == name);
            if let Some(variables) = &mut container.environment {
                variables.retain(|variable| !variable.name().is_some_and(is_removed));
            }
            if let Some(secrets) = &mut container.secrets {
                secrets.retain(|secret| !is_removed(secret.name()));
            }
        }
        ContainerEdit::BypassProxy(hosts) => bypass_proxy(container, hosts),
    }
}

fn bypass_proxy(container: &mut ContainerDefinition, hosts: &str) {
    let variables = container.environment.get_or_insert_default();
    let named = |name: &str| {
        variables
            .iter()
            .position(|variable| variable.name() == Some(name))
    };
    match named("NO_PROXY").or_else(|| named("no_proxy")) {
        Some(at) => {
            let value = variables[at].value.take().unwrap_or_default();
            variables[at].value = Some(format!("{value},{hosts}"));
        }
        None => variables.push(
            KeyValuePair::builder()
                .name("NO_PROXY")
                .value(hosts)
                .build(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(variables: &[(&str, &str)]) -> ContainerDefinition {
        let variables = variables
            .iter()
            .map(|(name, value)| KeyValuePair::builder().name(*name).value(*value).build());
        ContainerDefinition::builder()
            .name("app")
            .set_environment(Some(variables.collect()))
            .build()
    }

    fn variables(container: &ContainerDefinition) -> Vec<(&str, &str)> {
        let variables = container.environment().iter();
        variables
            .filter_map(|it| Some((it.name()?, it.value()?)))
            .collect()
    }

    #[test]
    fn each_edit_changes_one_setting() {
        let mut app = container(&[("no_proxy", "a"), ("KEY", "b")]);
        edit_container(&mut app, &ContainerEdit::BypassProxy("c,d".into()));
        assert_eq!(variables(&app), [("no_proxy", "a,c,d"), ("KEY", "b")]);
        edit_container(
            &mut app,
            &ContainerEdit::WithoutVariables(vec!["KEY".into()]),
        );
        assert_eq!(variables(&app), [("no_proxy", "a,c,d")]);
        let mut app = container(&[]);
        edit_container(&mut app, &ContainerEdit::BypassProxy("c".into()));
        assert_eq!(variables(&app), [("NO_PROXY", "c")]);
        edit_container(&mut app, &ContainerEdit::InitProcess);
        edit_container(&mut app, &ContainerEdit::WritableRoot);
        assert_eq!(
            app.linux_parameters().unwrap().init_process_enabled(),
            Some(true)
        );
        assert_eq!(app.readonly_root_filesystem(), Some(false));
    }

    #[test]
    fn only_the_named_container_is_edited() {
        let definition = TaskDefinition::builder()
            .container_definitions(container(&[]))
            .container_definitions(ContainerDefinition::builder().name("other").build())
            .build();
        let edit = Edit::Container {
            name: "app".into(),
            edit: ContainerEdit::WritableRoot,
        };
        let definition = edited(definition, &edit);
        assert_eq!(
            definition.container_definitions()[0].readonly_root_filesystem(),
            Some(false)
        );
        assert_eq!(
            definition.container_definitions()[1].readonly_root_filesystem(),
            None
        );
    }
}
