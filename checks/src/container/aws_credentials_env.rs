use crate::per_subject::container_definition::DefinedContainer;
use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "container.aws-credentials-env",
    title: "The agent gets the credentials of the task role",
    why: "The agent gets its credentials from the endpoint in AWS_CONTAINER_CREDENTIALS_FULL_URI, or else from the one in AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, which ECS sets. AWS keys in the environment do no harm: only SSM agents before 3.1.1260.0 (April 2022) read them.",
    how: "Names, never values, of variables and secrets in ecs:DescribeTaskDefinition; on EC2 the version of the ECS agent, which determines the version of the SSM agent. Variables in environment files, or set by the image, are not visible.",
    actions: &[
        "ecs:DescribeTaskDefinition",
        "ecs:DescribeContainerInstances",
    ],
    remedy: "Remove the variables from the task definition. Update an ECS agent that is old enough to read AWS keys.",
    docs: &[
        aws_pages::TROUBLESHOOTING,
        aws_pages::TASK_ROLES,
        "https://github.com/aws/amazon-ssm-agent/blob/mainline/RELEASENOTES.md",
    ],
    symptoms: &["container.agent-running"],
    severity: Severity::High,
    ..super::DEFAULTS
};

/// The variables that name an endpoint for credentials, in the order in which the agent reads them.
const ENDPOINTS: [&str; 2] = [
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
];

const KEYS: [&str; 4] = [
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_KEY",
    "AWS_SECRET_ACCESS_KEY",
];

/// The first ECS agent whose machine image came with the SSM agent 3.1.1260.0.
const IGNORES_KEYS: [u32; 3] = [1, 61, 0];

pub fn run(index: &FactIndex) -> Vec<Finding> {
    index.each_container_definition(&CHECK, |defined| {
        let name = &defined.container.name;
        let endpoints = set_variables(defined.container, &ENDPOINTS);
        let keys = set_variables(defined.container, &KEYS);
        if !endpoints.is_empty() {
            credentials_endpoint(&defined, endpoints)
        } else if !keys.is_empty() {
            keys_in_environment(&defined, keys)
        } else if defined.container.environment_files > 0 {
            environment_files(&defined)
        } else {
            let title = format!("Container {name} sets no AWS credentials in its environment");
            CHECK.pass(defined.subject, title)
        }
    })
}

/// The value of the variable is not read, so whether the endpoint's credentials allow ssmmessages is unknown.
fn credentials_endpoint(defined: &DefinedContainer, found: Vec<&str>) -> Finding {
    let variables = text::list(&found);
    let name = &defined.container.name;
    let title = format!("Container {name} sets {variables}");
    CHECK
        .warn(defined.subject.clone(), title)
        .detail(
            "The agent asks that endpoint for credentials instead of using the task role. Sessions work only if the endpoint \
             returns credentials that allow ssmmessages. ECS itself sets AWS_CONTAINER_CREDENTIALS_RELATIVE_URI; a task \
             definition does not need to.",
        )
        .agent_link(AgentLink::AtRisk)
        .fix(defined.fix(without(&found)))
        .group_title("Containers set another endpoint for credentials")
        .evidence("variables", found)
}

fn keys_in_environment(defined: &DefinedContainer, found: Vec<&str>) -> Finding {
    let name = &defined.container.name;
    let variables = text::list(&found);
    let subject = defined.subject.clone();
    let finding = match agent_that_reads_keys(defined) {
        Fact::Known(None) | Fact::Absent => {
            let title = format!("Container {name} sets {variables}, which the agent ignores");
            CHECK.pass(subject, title).detail(
                "SSM agents since 3.1.1260.0 (April 2022) use only the credentials of the task role.",
            )
        }
        Fact::Known(Some(version)) => {
            let title = format!(
                "Container {name} sets {variables}, and the ECS agent {version} is too old to ignore them"
            );
            let finding = if defined.agent_is_proven() {
                CHECK.warn(subject, title).agent_link(AgentLink::AtRisk)
            } else {
                CHECK.fail(subject, title)
            };
            finding
                .detail(
                    "The SSM agent of ECS agents before 1.61.0 (April 2022) uses these keys instead of the task role. \
                     Update the ECS agent, or remove the variables from the task definition.",
                )
                .fix(defined.fix(without(&found)))
                .group_title("Containers have AWS keys in their environment, and an old agent reads them")
        }
        Fact::Unavailable(why) => {
            let title = format!(
                "Container {name} sets {variables}, and the version of the ECS agent is unknown"
            );
            let finding = CHECK
                .unknown_because(subject, title)
                .detail(format!("Only ECS agents before 1.61.0 (April 2022) read these keys. The version is unknown: {why}."))
                .missing(why.missing_permission());
            low_if_proven(defined, finding)
        }
    };
    finding.evidence("variables", found)
}

/// The version of an ECS agent so old that its SSM agent reads keys; none on Fargate.
fn agent_that_reads_keys<'a>(defined: &DefinedContainer<'_, 'a>) -> Fact<Option<&'a str>> {
    let mut unknown = None;
    for task in defined.tasks {
        let Some(instance) = &task.container_instance else {
            continue;
        };
        match defined.index.facts.container_instances.get(instance) {
            Some(Fact::Known(host)) => {
                let version = host.agent_version.as_deref();
                let ignores =
                    version.and_then(|version| version::is_at_least(version, &IGNORES_KEYS));
                if ignores == Some(false) {
                    return Fact::Known(version);
                }
            }
            Some(Fact::Unavailable(why)) => unknown = Some(why.clone()),
            Some(Fact::Absent) | None => {}
        }
    }
    unknown.map_or(Fact::Known(None), Fact::Unavailable)
}

fn environment_files(defined: &DefinedContainer) -> Finding {
    let name = &defined.container.name;
    let title = format!("Container {name} has environment files, whose content is not visible");
    low_if_proven(
        defined,
        CHECK.unknown_because(defined.subject.clone(), title),
    )
}

/// What is unknown matters little if the agent has connected.
fn low_if_proven(defined: &DefinedContainer, finding: Finding) -> Finding {
    match defined.agent_is_proven() {
        true => finding.severity(Severity::Low),
        false => finding,
    }
}

fn without(variables: &[&str]) -> ContainerEdit {
    let variables = variables.iter().map(|&name| name.to_owned());
    ContainerEdit::WithoutVariables(variables.collect())
}

fn set_variables<'c>(container: &'c ContainerDefinition, wanted: &[&str]) -> Vec<&'c str> {
    let set = container.environment.iter().chain(&container.secrets);
    let names = set.map(String::as_str);
    names.filter(|name| wanted.contains(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::facts::Facts;
    use model::finding::Status;

    fn with_variable(name: &str) -> Facts {
        let mut facts = healthy_coder();
        definition(&mut facts).containers[0].environment = vec!["AWS_REGION".into(), name.into()];
        facts
    }

    fn stop_agent(facts: &mut Facts) {
        task(facts).containers[0].managed_agents[0].last_status = "STOPPED".into();
    }

    fn causes(facts: &Facts) -> Vec<&'static str> {
        let report = diagnosis::examine(facts, &diagnosis::Selection::default());
        report.root_causes.iter().map(|cause| cause.check).collect()
    }

    #[test]
    fn access_keys_are_harmless_on_fargate() {
        let mut facts = with_variable("AWS_ACCESS_KEY_ID");
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        stop_agent(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        assert_eq!(causes(&facts), ["container.agent-running"]);
        definition(&mut facts).containers[0].environment.clear();
        definition(&mut facts).containers[0].secrets = vec!["AWS_SECRET_ACCESS_KEY".into()];
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
    }

    #[test]
    fn access_keys_matter_only_with_an_old_ecs_agent() {
        let on_host = |version: &str| {
            let mut facts = with_variable("AWS_SECRET_ACCESS_KEY");
            move_to_ec2(&mut facts);
            host(&mut facts).agent_version = Some(version.into());
            stop_agent(&mut facts);
            facts
        };
        assert_eq!(statuses(&CHECK, &on_host("1.60.1")), [Status::Fail]);
        assert_eq!(statuses(&CHECK, &on_host("1.61.0")), [Status::Pass]);
        assert_eq!(statuses(&CHECK, &on_host("1.100.0")), [Status::Pass]);
        let mut facts = on_host("1.60.1");
        task(&mut facts).containers[0].managed_agents[0].last_status = "RUNNING".into();
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
        for instance in facts.container_instances.values_mut() {
            *instance = denied("ecs:DescribeContainerInstances");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }

    #[test]
    fn another_credentials_endpoint_is_the_cause_if_there_is_no_other() {
        for name in super::ENDPOINTS {
            let mut facts = with_variable(name);
            assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
            assert_eq!(causes(&facts), [""; 0]);
            stop_agent(&mut facts);
            assert_eq!(causes(&facts), [CHECK.id]);
            decide(&mut facts, "ssmmessages:", "*", |decision| {
                decision.outcome = model::facts::Outcome::ImplicitDeny;
            });
            assert_eq!(causes(&facts), ["role.ssmmessages"]);
        }
    }

    #[test]
    fn environment_files_and_denials_are_unknown() {
        let mut facts = healthy_coder();
        definition(&mut facts).containers[0].environment_files = 1;
        stop_agent(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        for fact in facts.task_definitions.values_mut() {
            *fact = denied("ecs:DescribeTaskDefinition");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
