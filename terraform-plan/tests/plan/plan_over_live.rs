//! Plans over facts from AWS (`--plan-over-live`).

use diagnosis::Verdict;
use model::Status;
use model::facts::{Fact, Facts, GroupRule, NatGateway, Reason, Route, RouteTarget, Unavailable};
use serde_json::{Value, json};

use crate::support::*;

/// The facts from AWS for the platform before the plan.
pub fn live() -> Facts {
    let mut facts = facts_of(UPDATE, |_| {});
    facts.planned = false;
    facts
}

fn over(base: &str, live: Facts, cluster: &str, change: impl Fn(&mut Value)) -> Facts {
    let mut document: Value = serde_json::from_str(base).unwrap();
    change(&mut document);
    let plan = plan(&document);
    plan.facts_over(live, &request(&plan, cluster))
}

pub fn platform(live: Facts, change: impl Fn(&mut Value)) -> Facts {
    over(UPDATE, live, "coder-production-cluster", change)
}

#[test]
fn the_plan_replaces_its_resources_in_aws() {
    let mut before = live();
    for service in before.services.values_mut().filter_map(Fact::known_mut) {
        service.exec_enabled = false;
    }
    for task in before.tasks.values_mut().filter_map(Fact::known_mut) {
        task.exec_enabled = false;
    }
    let facts = platform(before, |_| {});
    assert!(facts.planned);
    assert_healthy(&facts);
}

#[test]
fn a_fault_that_the_plan_fixes_is_gone() {
    let mut before = live();
    for role in before.roles.values_mut().filter_map(Fact::known_mut) {
        role.trust = json!({"Statement": []});
    }
    for definition in before
        .task_definitions
        .values_mut()
        .filter_map(Fact::known_mut)
    {
        definition.task_role = None;
    }
    for subnet in before
        .network
        .subnets
        .values_mut()
        .filter_map(Fact::known_mut)
    {
        subnet.vpc = "vpc-of-somebody".into();
    }
    assert_healthy(&platform(before, |_| {}));
}

#[test]
fn a_fault_that_the_plan_causes_is_found() {
    let off = |document: &mut Value| {
        let address = r#"aws_ecs_service.service["coder"]"#;
        set(document, address, "enable_execute_command", false.into());
    };
    assert_eq!(
        causes(&report(&platform(live(), off))),
        ["service.exec-enabled"]
    );
    let gone = |document: &mut Value| delete(document, ENDPOINT);
    assert_eq!(
        causes(&report(&platform(live(), gone))),
        ["network.endpoint-present"]
    );
    let rule =
        |document: &mut Value| delete(document, "aws_security_group_rule.tasks_to_endpoints");
    let report = report(&platform(live(), rule));
    assert_eq!(causes(&report), ["network.endpoint-security-group"]);
}

#[test]
fn unknown_values_are_not_taken_from_aws() {
    let facts = platform(live(), |document| {
        hide(
            document,
            r#"module.iam.aws_iam_role_policy.exec["coder"]"#,
            "policy",
        );
    });
    let report = report(&facts);
    assert_eq!(failures(&report), [""; 0]);
    let unknown = titles(&report, Status::Unknown);
    assert!(
        unknown
            .iter()
            .any(|title| title.starts_with("role.ssmmessages")),
        "{unknown:#?}"
    );
}

/// The stack of an application, in the network and cluster of the platform.
fn application(live: Facts, change: impl Fn(&mut Value)) -> Facts {
    let mut document = application_of(&live);
    change(&mut document);
    let plan = plan(&document);
    plan.facts_over(live, &request(&plan, "coder-production-cluster"))
}

pub fn application_of(live: &Facts) -> Value {
    let mut interfaces = live.network.interfaces.values().filter_map(Fact::known);
    let interface = interfaces.next().unwrap();
    let text = SHARED_VPC
        .replace("subnet-0da7a500000000001", &interface.subnet)
        .replace("vpc-0da7a500000000001", &interface.vpc)
        .replace("sg-0da7a500000000001", &interface.security_groups[0])
        .replace("shared-task", "coder-production-coder-task")
        .replace("cluster/staging", "cluster/coder-production-cluster");
    serde_json::from_str(&text).unwrap()
}

#[test]
fn aws_completes_the_plan() {
    let facts = application(live(), |_| {});
    assert_eq!(
        facts.target.services.len(),
        7,
        "the plan's, and those that it leaves alone"
    );
    let report = report(&facts);
    assert_eq!(failures(&report), [""; 0]);
    assert_eq!(titles(&report, Status::Unknown), [""; 0]);
    assert_eq!(report.verdict, Verdict::Pass);
}

#[test]
fn a_fault_outside_of_the_plan_is_found() {
    let mut before = live();
    let role = "arn:aws:iam::123456789012:role/coder-production-coder-task";
    before
        .identities
        .get_mut(role)
        .unwrap()
        .known_mut()
        .unwrap()
        .policies
        .clear();
    let report_of = |live: Facts| report(&application(live, |_| {}));
    assert_eq!(causes(&report_of(before)), ["role.ssmmessages"]);
    let mut before = live();
    let endpoints = before
        .network
        .endpoints
        .as_mut()
        .unwrap()
        .known_mut()
        .unwrap();
    endpoints.retain(|endpoint| !endpoint.service.ends_with("ssmmessages"));
    assert_eq!(causes(&report_of(before)), ["network.endpoint-present"]);
    let mut before = live();
    before.network.endpoints = Some(denied());
    let report = report_of(before);
    assert_eq!(failures(&report), [""; 0]);
    assert_eq!(report.verdict, Verdict::Inconclusive);
}

#[test]
fn a_nat_gateway_of_another_stack_counts() {
    let through = |state: &str| {
        let mut before = live();
        let endpoints = before.network.endpoints.as_mut().unwrap();
        let endpoints = endpoints.known_mut().unwrap();
        endpoints.retain(|endpoint| !endpoint.service.ends_with("ssmmessages"));
        let vpc = before.network.vpcs.keys().next().unwrap().clone();
        let tables = before.network.route_tables.get_mut(&vpc).unwrap();
        for table in tables.known_mut().unwrap() {
            table.routes.push(Route {
                destination: "0.0.0.0/0".into(),
                target: RouteTarget::NatGateway("nat-of-others".into()),
                blackhole: false,
            });
        }
        let gateway = NatGateway {
            id: "nat-of-others".into(),
            state: state.into(),
            ..NatGateway::default()
        };
        let gateways = Fact::Known(vec![gateway]);
        before.network.nat_gateways.insert(vpc, gateways);
        report(&application(before, |_| {})).verdict
    };
    assert_eq!(through("available"), Verdict::Pass);
    assert_eq!(through("failed"), Verdict::Fail);
}

fn denied<T>() -> Fact<T> {
    let action = "ec2:DescribeVpcEndpoints";
    Fact::Unavailable(Unavailable::new(action, Reason::Denied, "no"))
}

/// The application allows its tasks in the security group of the platform's endpoint.
#[test]
fn a_rule_changes_a_group_of_another_stack() {
    let mut before = live();
    let endpoints = before.network.endpoints.as_ref().unwrap().known().unwrap();
    let endpoint = endpoints
        .iter()
        .find(|one| one.service.ends_with("ssmmessages"))
        .unwrap();
    let id = endpoint.security_groups[0].clone();
    let group = before.network.security_groups.get_mut(&id).unwrap();
    group.known_mut().unwrap().ingress = vec![GroupRule::default()];
    let shut = application(before.clone(), |_| {});
    assert_eq!(causes(&report(&shut)), ["network.endpoint-security-group"]);
    let open = application(before, |document| {
        let changes = document["resource_changes"].as_array_mut().unwrap();
        changes.push(json!({
            "address": "aws_vpc_security_group_ingress_rule.mine", "mode": "managed",
            "type": "aws_vpc_security_group_ingress_rule", "name": "mine",
            "change": {"actions": ["create"], "before": null, "after_unknown": {"id": true}, "after": {
                "security_group_id": id, "cidr_ipv4": "10.0.0.0/8", "ip_protocol": "tcp",
                "from_port": 443, "to_port": 443,
            }},
        }));
    });
    assert_eq!(causes(&report(&open)), [""; 0]);
}

#[test]
fn a_policy_for_a_role_of_another_stack_adds_to_those_of_aws() {
    let facts = application(live(), |document| {
        let changes = document["resource_changes"].as_array_mut().unwrap();
        changes.push(json!({
            "address": "aws_iam_role_policy.mine", "mode": "managed", "type": "aws_iam_role_policy", "name": "mine",
            "change": {"actions": ["create"], "before": null, "after_unknown": {"id": true}, "after": {
                "role": "coder-production-coder-task", "policy": "{\"Statement\": []}",
            }},
        }));
    });
    let report = report(&facts);
    assert_eq!(failures(&report), [""; 0]);
    assert_eq!(titles(&report, Status::Unknown), [""; 0]);
}

#[test]
fn a_deleted_service_is_not_judged() {
    let facts = platform(live(), |document| {
        delete(document, r#"aws_ecs_service.service["clickhouse"]"#);
    });
    assert!(
        !facts
            .target
            .services
            .iter()
            .any(|wanted| wanted.name.ends_with("clickhouse"))
    );
    assert_healthy(&facts);
}

/// They exist in AWS; resources that the plan creates are not among them.
#[test]
fn existing_resources_are_those_that_planned_tasks_use() {
    let document = application_of(&live());
    let application = plan(&document);
    let references =
        application.existing_resources(&request(&application, "coder-production-cluster"));
    assert!(!references.subnets.is_empty(), "{references:?}");
    assert!(!references.security_groups.is_empty(), "{references:?}");
    let platform = plan(&serde_json::from_str(CREATE).unwrap());
    let existing = platform.existing_resources(&request(&platform, "coder-production-cluster"));
    assert_eq!(existing, Default::default());
}

/// A stack of the plan can create a role that does not exist.
#[test]
fn a_missing_role_can_be_in_a_stack() {
    let mut before = live();
    for role in before.roles.values_mut() {
        *role = Fact::Absent;
    }
    let gone = report(&application(before.clone(), |_| {}));
    let is_gone = causes(&gone) == ["role.present"];
    let existing = report(&application(before, |document| {
        add(
            document,
            "aws_cloudformation_stack.roles",
            json!({"name": "roles", "template_body": "{}"}),
        );
    }));
    assert_eq!((is_gone, causes(&existing).is_empty()), (true, true));
}
