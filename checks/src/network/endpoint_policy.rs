use crate::fact_index::Roles;
use crate::per_endpoint::each_endpoint_in_use;
use crate::prelude::*;
use crate::service_access::endpoint_policy::evaluate_endpoint_policy;
use aws_rules::iam::Ternary;
use aws_rules::iam::document::TASK_ROLE_ACTIONS;

pub const CHECK: Check = Check {
    id: "network.endpoint-policy",
    title: "The endpoint's policy allows the task role to use ssmmessages",
    why: "Calls through an endpoint also need permission from its policy. The endpoint refuses the agent, whatever the role's own policies allow.",
    how: "The policy in ec2:DescribeVpcEndpoints, evaluated here for the task role and the four ssmmessages actions. An endpoint without a policy of its own allows everything.",
    actions: &["ec2:DescribeVpcEndpoints"],
    remedy: "Allow the four actions in the endpoint's policy.",
    docs: &["https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html"],
    symptoms: &["network.path", "container.agent-running"],
    severity: Severity::High,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    each_endpoint_in_use(index, &CHECK, |_, subject, endpoint, placements| {
        let tasks = placements.iter().flat_map(|placement| &placement.tasks);
        let tasks: Vec<&Task> = tasks.copied().collect();
        let by_role = Roles::of(index, &tasks).by_role;
        if by_role.is_empty() {
            return vec![CHECK.skip(subject, "No task role is known")];
        }
        by_role
            .into_iter()
            .map(|(role, tasks)| for_role(index, endpoint, role, subject.clone()).on(tasks.scope))
            .collect()
    })
}

fn for_role(index: &FactIndex, endpoint: &Endpoint, role: &str, subject: Subject) -> Finding {
    let (id, name) = (&endpoint.id, arn::name(role));
    if endpoint.policy.is_none() {
        return CHECK.pass(subject, format!("{id} has no policy of its own"));
    }
    let answers = TASK_ROLE_ACTIONS.map(|action| {
        let answer = evaluate_endpoint_policy(index, endpoint, role, action, "*");
        (action, answer)
    });
    let refused: Vec<&str> = answers
        .iter()
        .filter(|(_, answer)| *answer == Ternary::No)
        .map(|(action, _)| *action)
        .collect();
    if !refused.is_empty() {
        let title = match refused.len() {
            4 => format!("The policy of the endpoint {id} does not let {name} use ssmmessages"),
            _ => format!(
                "The policy of the endpoint {id} does not let {name} call {}",
                text::list(&refused)
            ),
        };
        return CHECK
            .fail(subject, title)
            .group_title("The endpoint's policy refuses the task roles")
            .detail("The agent's calls go through the endpoint, so that its policy has to allow them as well as the role's own policies.")
            .evidence("refused", refused)
            .evidence("role", role)
            .fix(fixes::endpoint::policy(index.facts, endpoint, &TASK_ROLE_ACTIONS));
    }
    let keys = distinct(answers.iter().flat_map(|(_, answer)| answer.keys()));
    if keys.is_empty() {
        let title = format!("The policy of {id} allows {name} to use ssmmessages");
        return CHECK.pass(subject, title);
    }
    let what = format!("the policy of {id} allows {name} to use ssmmessages");
    CHECK
        .unknown_because(subject, text::depends_on(&what, &keys))
        .evidence("missingContextKeys", keys)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::CHECK;
    use crate::testing::*;
    use model::facts::Facts;
    use model::finding::Status;

    fn with(statement: Value) -> Facts {
        let mut facts = healthy_coder();
        endpoint(&mut facts).policy =
            Some(json!({"Version": "2012-10-17", "Statement": statement}));
        facts
    }

    #[test]
    fn policies_that_name_everyone_the_account_or_the_role_pass() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), [Status::Pass]);
        for principal in [
            json!({"AWS": "*"}),
            json!({"AWS": "123456789012"}),
            json!({"AWS": CODER_ROLE}),
        ] {
            let facts = with(
                json!({"Effect": "Allow", "Principal": principal, "Action": "ssmmessages:*", "Resource": "*"}),
            );
            assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        }
    }

    #[test]
    fn policies_for_other_actions_or_principals_and_denies_fail() {
        for statement in [
            json!({"Effect": "Allow", "Principal": "*", "Action": "ssm:*", "Resource": "*"}),
            json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:role/other"}, "Action": "*", "Resource": "*"}),
        ] {
            let finding = &run(&CHECK, &with(statement))[0];
            assert_eq!(finding.status, Status::Fail);
            assert!(finding.fixes[0].commands[0].contains("modify-vpc-endpoint"));
        }
        let denied = with(json!([
            {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Principal": "*", "Action": "ssmmessages:OpenDataChannel", "Resource": "*"},
        ]));
        let finding = &run(&CHECK, &denied)[0];
        assert_eq!(finding.status, Status::Fail);
        assert!(
            finding.fixes[0].commands.is_empty(),
            "an Allow does not fix a Deny"
        );
    }

    #[test]
    fn unknown_condition_keys_make_it_unknown() {
        let on = |condition: Value| {
            with(
                json!({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": condition}),
            )
        };
        let account = |id: &str| on(json!({"StringEquals": {"aws:PrincipalAccount": id}}));
        assert_eq!(statuses(&CHECK, &account("123456789012")), [Status::Pass]);
        assert_eq!(statuses(&CHECK, &account("999999999999")), [Status::Fail]);
        let organization = on(json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}));
        let finding = &run(&CHECK, &organization)[0];
        assert_eq!(finding.status, Status::Unknown);
        assert!(finding.title.contains("aws:PrincipalOrgID"));
    }

    #[test]
    fn an_unused_endpoint_is_skipped_and_an_unreadable_one_unknown() {
        let mut facts = healthy_coder();
        remove_endpoints(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
        facts.network.endpoints = Some(denied("ec2:DescribeVpcEndpoints"));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
