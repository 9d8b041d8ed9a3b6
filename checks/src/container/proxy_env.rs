use crate::per_subject::container_definition::DefinedContainer;
use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "container.proxy-env",
    title: "No proxy of the container is between the agent and AWS",
    why: "The agent honours HTTP_PROXY and HTTPS_PROXY. Its request for the task's credentials (169.254.170.2) goes over HTTP and fails if it is sent to a proxy. It calls ssmmessages over TLS and reaches it only if the proxy allows it.",
    how: "The proxy variables in ecs:DescribeTaskDefinition, in upper and lower case, and what NO_PROXY covers. Their values are not kept.",
    actions: &["ecs:DescribeTaskDefinition"],
    remedy: "Add 169.254.170.2 and the host name of ssmmessages to NO_PROXY.",
    docs: &[aws_pages::TROUBLESHOOTING],
    symptoms: &["container.agent-running"],
    severity: Severity::High,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    index.each_container_definition(&CHECK, judge)
}

fn judge(defined: DefinedContainer) -> Finding {
    let name = &defined.container.name;
    let subject = defined.subject.clone();
    let Some(proxy) = &defined.container.proxy else {
        return CHECK.pass(subject, format!("Container {name} sets no proxy"));
    };
    let variables = text::list(&proxy.variables);
    let without_credentials =
        || format!("Container {name} sets {variables} without 169.254.170.2 in NO_PROXY");
    let finding = match (proxy.credentials_bypass, proxy.ssmmessages_bypass) {
        (true, true) => {
            let title = format!("Container {name} sets {variables}, and NO_PROXY covers what the agent needs");
            return CHECK.pass(subject, title);
        }
        (false, _) if !defined.agent_is_proven() => CHECK
            .fail(subject, without_credentials())
            .detail(
                "The agent asks 169.254.170.2 for the task's credentials, and a proxy cannot reach that address. \
                 Add 169.254.170.2 and the host name of ssmmessages to NO_PROXY.",
            ),
        (false, true) => CHECK
            .warn(subject, without_credentials())
            .detail(
                "The agent asks 169.254.170.2 for the task's credentials, and a proxy seldom reaches that address. \
                 It has been RUNNING for minutes nevertheless.",
            )
            .agent_link(AgentLink::AtRisk),
        (_, false) => CHECK
            .warn(
                subject,
                format!("Container {name} sets {variables}, so the agent reaches ssmmessages through the proxy"),
            )
            .detail("That works only if the proxy supports WebSockets. Add the host name of ssmmessages to NO_PROXY.")
            .agent_link(AgentLink::AtRisk),
    };
    let ssmmessages = defined.index.facts.host_of("ssmmessages");
    let hosts = format!("169.254.170.2,{ssmmessages}");
    finding
        .fix(defined.fix(ContainerEdit::BypassProxy(hosts)))
        .group_title("A proxy is between the agent and AWS")
        .evidence("variables", proxy.variables.clone())
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{definition, denied, healthy_coder, statuses, task};
    use model::facts::ProxyEnvironment;
    use model::finding::Status;

    #[test]
    fn no_proxy_decides() {
        let mut facts = healthy_coder();
        task(&mut facts).containers[0].managed_agents[0].last_status = "STOPPED".into();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        for (credentials_bypass, ssmmessages_bypass, status) in [
            (true, true, Status::Pass),
            (true, false, Status::Warn),
            (false, true, Status::Fail),
            (false, false, Status::Fail),
        ] {
            definition(&mut facts).containers[0].proxy = Some(ProxyEnvironment {
                variables: vec!["https_proxy".into()],
                credentials_bypass,
                ssmmessages_bypass,
            });
            assert_eq!(statuses(&CHECK, &facts), [status]);
        }
        definition(&mut facts).containers[0].proxy = Some(ProxyEnvironment {
            variables: vec!["https_proxy".into()],
            credentials_bypass: true,
            ssmmessages_bypass: false,
        });
        let report = diagnosis::examine(&facts, &diagnosis::Selection::default());
        assert_eq!(
            report.root_causes[0].check, CHECK.id,
            "nothing else explains it"
        );
        task(&mut facts).containers[0].managed_agents[0].last_status = "RUNNING".into();
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn], "it may well work");
        for fact in facts.task_definitions.values_mut() {
            *fact = denied("ecs:DescribeTaskDefinition");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
