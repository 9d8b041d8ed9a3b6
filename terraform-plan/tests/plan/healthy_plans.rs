use model::facts::{Fact, RouteTarget, ServiceTarget};
use serde_json::{Value, json};

use crate::support::*;

#[test]
fn a_plan_of_a_new_platform_passes() {
    let facts = facts_of(CREATE, |_| {});
    assert!(facts.planned);
    assert_healthy(&facts);
    assert_eq!(facts.target.services.len(), 6);
    assert_eq!(facts.tasks.len(), 12, "one in each of two subnets");
    assert_eq!(facts.roles.len(), 6);
}

#[test]
fn a_plan_of_a_change_passes() {
    assert_healthy(&facts_of(UPDATE, |_| {}));
}

#[test]
fn new_resources_are_identified_by_address() {
    let facts = facts_of(CREATE, |_| {});
    let subnet = "module.vpc.aws_subnet.private[0]";
    let fact = &facts.network.subnets[subnet];
    let subnet = fact.known().unwrap();
    assert_eq!(subnet.vpc, "module.vpc.aws_vpc.main");
    assert_eq!(subnet.cidr.as_deref(), Some("10.0.0.0/24"));
    let role = "arn:aws:iam::123456789012:role/coder-production-coder-task";
    assert!(facts.roles.contains_key(role), "{:?}", facts.roles.keys());
    let endpoints = facts.network.endpoints.as_ref().unwrap().known().unwrap();
    let ssmmessages = endpoints
        .iter()
        .find(|one| one.service.ends_with("ssmmessages"));
    assert_eq!(ssmmessages.unwrap().id, ENDPOINT);
    assert_eq!(ssmmessages.unwrap().subnets.len(), 2);
}

#[test]
fn existing_resources_are_identified_by_id() {
    let facts = facts_of(UPDATE, |_| {});
    assert!(
        facts
            .network
            .subnets
            .keys()
            .all(|id| id.starts_with("subnet-"))
    );
    assert!(
        facts
            .network
            .security_groups
            .keys()
            .all(|id| id.starts_with("sg-"))
    );
}

#[test]
fn the_plan_shows_region_account_and_clusters() {
    for base in [CREATE, UPDATE] {
        let plan = plan(&serde_json::from_str(base).unwrap());
        let cluster = "coder-production-cluster";
        assert_eq!(plan.clusters(), [cluster]);
        assert_eq!(plan.region().as_deref(), Some("us-west-2"));
        assert_eq!(plan.account_of(cluster).as_deref(), Some("123456789012"));
    }
}

#[test]
fn facts_cover_only_the_requested_services() {
    let plan = plan(&serde_json::from_str(CREATE).unwrap());
    let mut request = request(&plan, "coder-production-cluster");
    let wanted = |name: &str| ServiceTarget {
        name: name.into(),
        ..ServiceTarget::default()
    };
    request.services = vec![wanted("coder-production-litellm"), wanted("elsewhere")];
    let facts = plan.facts(&request);
    assert_eq!(facts.services.len(), 2);
    assert!(facts.services["coder-production-litellm"].known().is_some());
    let why = facts.services["elsewhere"].unavailable().unwrap();
    assert_eq!(why.message, "service elsewhere is not part of the plan");
    assert_eq!(failures(&report(&facts)), [""; 0]);
}

#[test]
fn environment_values_are_not_in_the_facts() {
    for base in [CREATE, UPDATE] {
        let with_proxy = |document: &mut Value| {
            let change = change(document, r#"aws_ecs_task_definition.service["coder"]"#);
            let text = change["after"]["container_definitions"].as_str().unwrap();
            let mut containers: Value = serde_json::from_str(text).unwrap();
            let environment = containers[0]["environment"].as_array_mut().unwrap();
            environment.push(json!({"name": "HTTPS_PROXY", "value": "http://planted-proxy:3128"}));
            environment.push(json!({"name": "NO_PROXY", "value": "169.254.170.2,planted-host"}));
            change["after"]["container_definitions"] = containers.to_string().into();
        };
        let facts = facts_of(base, with_proxy);
        let found = serde_json::to_string(&facts).unwrap();
        assert!(
            !found.contains("planted"),
            "a planted value is in the facts"
        );
        let mut definitions = facts.task_definitions.values().filter_map(Fact::known);
        let coder = definitions
            .find(|known| known.family.ends_with("-coder"))
            .unwrap();
        let container = &coder.containers[0];
        let names = ["LOG_LEVEL", "DATABASE_PASSWORD", "HTTPS_PROXY", "NO_PROXY"];
        assert_eq!(container.environment, names, "EMPTY has no value");
        assert_eq!(container.secrets, ["MASTER_KEY"]);
        let proxy = container.proxy.as_ref().unwrap();
        assert!(proxy.credentials_bypass && !proxy.ssmmessages_bypass);
    }
}

#[test]
fn the_main_table_of_a_new_vpc_has_only_the_local_route() {
    let facts = facts_of(CREATE, |_| {});
    let tables = facts.network.route_tables["module.vpc.aws_vpc.main"]
        .known()
        .unwrap();
    let main = tables.iter().find(|table| table.main).unwrap();
    assert!(
        main.routes
            .iter()
            .all(|route| route.target == RouteTarget::Local)
    );
    assert_eq!(tables.len(), 2);
}

#[test]
fn a_cluster_outside_of_the_plan_is_unknown() {
    let plan = plan(&serde_json::from_str(CREATE).unwrap());
    let facts = plan.facts(&request(&plan, "another"));
    assert!(facts.services.is_empty());
    assert!(facts.cluster.unavailable().is_some());
}
