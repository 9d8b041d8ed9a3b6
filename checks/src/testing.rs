//! Worlds for unit tests: the healthy fixture, and small ways to break it.

use crate::check::Check;
use crate::facts::*;
use crate::finding::{Finding, Status};
use crate::iam;
use crate::world::World;

pub const CODER: &str = "coder-production-coder";
pub const CODER_ROLE: &str = "arn:aws:iam::123456789012:role/coder-production-coder-task";

/// The runbook's platform, six services, nothing broken.
pub fn healthy() -> Facts {
    serde_json::from_str(include_str!("../../fixtures/healthy.json")).expect("fixture")
}

/// The same, asked about one service with one task.
pub fn healthy_coder() -> Facts {
    let mut facts = healthy();
    facts.target.services.retain(|wanted| wanted.name == CODER);
    facts
}

pub fn denied<T>(action: &str) -> Fact<T> {
    Fact::Unavailable(Unavailable::new(action, Reason::Denied, "not authorized"))
}

pub fn run(check: &'static Check, facts: &Facts) -> Vec<Finding> {
    (check.run)(&World::new(facts, &iam::settled(facts)))
}

pub fn statuses(check: &'static Check, facts: &Facts) -> Vec<Status> {
    run(check, facts)
        .iter()
        .map(|finding| finding.status)
        .collect()
}

pub fn known<T>(fact: &mut Fact<T>) -> &mut T {
    match fact {
        Fact::Known(value) => value,
        Fact::Absent | Fact::Unavailable(_) => panic!("the fixture knows this"),
    }
}

pub fn caller(facts: &mut Facts) -> &mut Caller {
    known(&mut facts.caller)
}

pub fn service(facts: &mut Facts) -> &mut Service {
    known(facts.services.get_mut(CODER).expect("service"))
}

/// The one task of the coder service.
pub fn task(facts: &mut Facts) -> &mut Task {
    let arn = known(facts.service_tasks.get_mut(CODER).expect("tasks"))[0].clone();
    known(facts.tasks.get_mut(&arn).expect("task"))
}

/// A new deployment starts; the task still comes from the old one.
pub fn begin_rollout(facts: &mut Facts) {
    let now = facts.taken_at;
    let service = service(facts);
    let mut new = service.deployments[0].clone();
    service.deployments[0].status = "ACTIVE".into();
    new.id = "ecs-svc/1".into();
    new.rollout_state = Some("IN_PROGRESS".into());
    new.created_at = Some(now);
    service.deployments.insert(0, new);
}

pub fn definition(facts: &mut Facts) -> &mut TaskDefinition {
    let arn = task(facts).task_definition.clone();
    known(facts.task_definitions.get_mut(&arn).expect("definition"))
}

/// Asks about the task itself instead of its service.
pub fn name_the_task(facts: &mut Facts) -> String {
    let arn = task(facts).arn.to_string();
    facts.target.services.clear();
    facts.target.tasks = vec![arn.clone()];
    arn
}

/// The same task, run by nobody's service.
pub fn make_standalone(facts: &mut Facts) {
    name_the_task(facts);
    let task = task(facts);
    task.group = Some("family:coder".into());
    task.started_by = None;
}

/// Changes the decisions on an action (or those with this prefix) and on the resources whose ARN contains `resource`.
pub fn decide(facts: &mut Facts, action: &str, resource: &str, change: impl Fn(&mut Decision)) {
    for simulation in &mut facts.simulations {
        let Fact::Known(decisions) = &mut simulation.decisions else {
            continue;
        };
        for decision in decisions {
            if decision.action.starts_with(action) && decision.resource.contains(resource) {
                change(decision);
            }
        }
    }
}

pub fn simulate_allowed(facts: &mut Facts, principal: &str, actions: &[&str]) {
    let decisions = actions.iter().map(|action| Decision {
        action: (*action).to_owned(),
        resource: "*".to_owned(),
        outcome: Outcome::Allowed,
        missing_context: Vec::new(),
        deny_hangs_on: None,
        allowed_by_boundary: None,
        allowed_by_organization: None,
        matched_policies: Vec::new(),
    });
    facts.simulations.push(Simulation {
        principal: principal.to_owned(),
        actions: actions.iter().map(|action| (*action).to_owned()).collect(),
        resources: vec!["*".to_owned()],
        context: Default::default(),
        decisions: Fact::Known(decisions.collect()),
        engine: Engine::Simulator,
    });
}

/// The ssmmessages endpoint.
pub fn endpoint(facts: &mut Facts) -> &mut Endpoint {
    let endpoints = facts.network.endpoints.as_mut().expect("endpoints");
    &mut known(endpoints)[0]
}

pub fn no_endpoint(facts: &mut Facts) {
    facts.network.endpoints = Some(Fact::Known(Vec::new()));
}

pub fn no_way_out(facts: &mut Facts) {
    routes(facts, |routes| {
        routes.retain(|route| route.destination != "0.0.0.0/0");
    });
}

pub fn route_out(facts: &mut Facts, target: RouteTarget) {
    routes(facts, |routes| {
        for route in routes {
            if route.destination == "0.0.0.0/0" {
                route.target = target.clone();
            }
        }
    });
}

/// The NAT gateway to which the routes lead: public, in a subnet of its own, whose route out is added. It is not
/// among the gateways yet.
pub fn public_gateway(facts: &mut Facts) -> NatGateway {
    let tables = known(facts.network.route_tables.values_mut().next().expect("VPC"));
    let used = tables.iter().flat_map(|table| &table.routes);
    let mut ids = used.filter_map(|route| match &route.target {
        RouteTarget::NatGateway(id) => Some(id.clone()),
        _ => None,
    });
    let id = ids.next().expect("NAT gateway");
    tables.push(RouteTable {
        id: "rtb-own".into(),
        subnets: vec!["subnet-own".into()],
        routes: vec![Route {
            destination: "0.0.0.0/0".into(),
            target: RouteTarget::InternetGateway("igw-1".into()),
            blackhole: false,
        }],
        ..RouteTable::default()
    });
    NatGateway {
        id,
        subnet: "subnet-own".into(),
        state: "available".into(),
        private: false,
    }
}

/// Adds a route to every table.
pub fn route(facts: &mut Facts, destination: &str, target: RouteTarget, blackhole: bool) {
    routes(facts, |routes| {
        routes.push(Route {
            destination: destination.into(),
            target: target.clone(),
            blackhole,
        });
    });
}

/// Lets the tasks out to these addresses only.
pub fn let_out_to(facts: &mut Facts, cidrs: &[&str]) {
    task_group(facts).egress = vec![GroupRule {
        protocol: "tcp".into(),
        from_port: Some(443),
        to_port: Some(443),
        cidrs: cidrs.iter().map(|cidr| (*cidr).to_owned()).collect(),
        ..GroupRule::default()
    }];
}

/// Gives the tasks' containers proxy variables.
pub fn proxy(facts: &mut Facts, credentials_bypass: bool, ssmmessages_bypass: bool) {
    for container in &mut definition(facts).containers {
        container.proxy = Some(ProxyEnvironment {
            variables: vec!["HTTPS_PROXY".into()],
            credentials_bypass,
            ssmmessages_bypass,
        });
    }
}

pub fn subnets(facts: &mut Facts, change: impl Fn(&mut Subnet)) {
    facts
        .network
        .subnets
        .values_mut()
        .for_each(|subnet| change(known(subnet)));
}

pub fn interfaces(facts: &mut Facts, change: impl Fn(&mut Interface)) {
    facts
        .network
        .interfaces
        .values_mut()
        .for_each(|interface| change(known(interface)));
}

/// Changes the routes of every table.
pub fn routes(facts: &mut Facts, change: impl Fn(&mut Vec<Route>)) {
    for tables in facts.network.route_tables.values_mut() {
        for table in known(tables) {
            change(&mut table.routes);
        }
    }
}

/// The security group of the tasks.
pub fn task_group(facts: &mut Facts) -> &mut SecurityGroup {
    group(facts, "sg-07a5c500000000001")
}

pub fn endpoint_group(facts: &mut Facts) -> &mut SecurityGroup {
    let id = endpoint(facts).security_groups[0].clone();
    group(facts, &id)
}

fn group<'f>(facts: &'f mut Facts, id: &str) -> &'f mut SecurityGroup {
    known(facts.network.security_groups.get_mut(id).expect("group"))
}

/// The one network ACL, the VPC's default.
pub fn acl(facts: &mut Facts) -> &mut NetworkAcl {
    let acls = facts.network.network_acls.values_mut().next();
    &mut known(acls.expect("ACLs"))[0]
}

pub fn vpc(facts: &mut Facts) -> &mut Vpc {
    known(facts.network.vpcs.values_mut().next().expect("VPC"))
}

pub fn address_of_task(facts: &mut Facts) -> String {
    let id = task(facts).interface.clone().expect("interface").id;
    let interface = facts.network.interfaces.get_mut(id.expect("ID").as_str());
    known(interface.expect("interface")).private_ips[0].to_string()
}

pub fn subnet_of_task(facts: &mut Facts) -> String {
    let attachment = task(facts).interface.clone().expect("interface");
    attachment.subnet.expect("subnet").into()
}

const HOST: &str =
    "arn:aws:ecs:us-west-2:123456789012:container-instance/coder-production-cluster/0123";

/// Moves the coder task to an EC2 instance, whose interface and role it uses.
pub fn on_ec2(facts: &mut Facts) {
    let id = task(facts).interface.clone().expect("interface").id;
    let interface = facts.network.interfaces[id.expect("ID").as_str()]
        .known()
        .cloned();
    let task = task(facts);
    task.launch_type = Some("EC2".into());
    task.platform_version = None;
    task.interface = None;
    task.container_instance = Some(HOST.into());
    facts.container_instances.insert(
        HOST.into(),
        Fact::Known(ContainerInstance {
            arn: HOST.into(),
            instance: Some("i-1".into()),
            status: "ACTIVE".into(),
            agent_version: Some("1.90.0".into()),
            agent_connected: true,
            windows: false,
        }),
    );
    let profile = "arn:aws:iam::123456789012:instance-profile/ecs";
    facts.network.instances.insert(
        "i-1".into(),
        Fact::Known(Instance {
            id: "i-1".into(),
            interface: interface.expect("interface"),
            profile: Some(profile.into()),
        }),
    );
    let role = Fact::Known(CODER_ROLE.to_owned());
    facts.instance_profiles.insert(profile.into(), role);
}

pub fn host(facts: &mut Facts) -> &mut ContainerInstance {
    known(facts.container_instances.get_mut(HOST).expect("host"))
}

pub fn instance(facts: &mut Facts) -> &mut Instance {
    known(facts.network.instances.get_mut("i-1").expect("instance"))
}

pub const LOG_GROUP: &str = "/ecs/exec";
pub const BUCKET: &str = "exec-records";
const KEY: &str = "arn:aws:kms:us-west-2:123456789012:key/0a1b";

/// The healthy world about coder, with sessions encrypted by a key.
pub fn with_key() -> Facts {
    let mut facts = configured(ExecConfiguration {
        kms_key: Some("alias/exec".into()),
        logging: "DEFAULT".into(),
        log: None,
    });
    let account = serde_json::json!({"Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*",
        "Principal": {"AWS": "arn:aws:iam::123456789012:root"}}]});
    facts.kms_keys.insert(
        "alias/exec".into(),
        Fact::Known(KmsKey {
            arn: KEY.into(),
            state: "Enabled".into(),
            usage: "ENCRYPT_DECRYPT".into(),
            spec: "SYMMETRIC_DEFAULT".into(),
            policy: Fact::Known(account),
            grants: Fact::Known(Vec::new()),
        }),
    );
    allow_on(&mut facts, CODER_ROLE, &["kms:Decrypt"], KEY);
    allow_caller(&mut facts, &["kms:GenerateDataKey"], KEY);
    facts
}

pub fn key(facts: &mut Facts) -> &mut KmsKey {
    known(facts.kms_keys.values_mut().next().expect("key"))
}

/// The same, with sessions recorded in a log group, which has a key and may have to.
pub fn with_log_group(must_be_encrypted: bool) -> Facts {
    let mut facts = configured(ExecConfiguration {
        kms_key: None,
        logging: "OVERRIDE".into(),
        log: Some(ExecLog {
            log_group: Some(LOG_GROUP.into()),
            log_group_encrypted: must_be_encrypted,
            ..ExecLog::default()
        }),
    });
    facts.log_groups.insert(
        LOG_GROUP.into(),
        Fact::Known(LogGroup {
            name: LOG_GROUP.into(),
            arn: format!("arn:aws:logs:us-west-2:123456789012:log-group:{LOG_GROUP}:*"),
            kms_key: Some(KEY.into()),
        }),
    );
    let place = crate::needs::Place {
        partition: "aws",
        region: "us-west-2",
        account: "123456789012",
    };
    for need in crate::needs::logs(place, LOG_GROUP) {
        allow_on(&mut facts, CODER_ROLE, &[need.action], &need.resource);
    }
    facts
}

/// The same, with sessions recorded in a bucket, which is encrypted and may have to be.
pub fn with_bucket(must_be_encrypted: bool) -> Facts {
    let log = ExecLog {
        bucket: Some(BUCKET.into()),
        bucket_encrypted: must_be_encrypted,
        ..ExecLog::default()
    };
    let mut facts = configured(ExecConfiguration {
        kms_key: None,
        logging: "OVERRIDE".into(),
        log: Some(log.clone()),
    });
    facts.buckets.insert(
        BUCKET.into(),
        Fact::Known(Bucket {
            name: BUCKET.into(),
            encryption: Fact::Known("AES256".into()),
        }),
    );
    for need in crate::needs::s3("aws", &log) {
        allow_on(&mut facts, CODER_ROLE, &[need.action], &need.resource);
    }
    facts
}

fn configured(configuration: ExecConfiguration) -> Facts {
    let mut facts = healthy_coder();
    known(&mut facts.cluster).exec_configuration = Some(configuration);
    facts
}

/// Simulates that the caller is allowed actions, on a resource or on those of the facts whose ARN contains it.
pub fn allow_caller(facts: &mut Facts, actions: &[&str], resource: &str) {
    let caller = facts.caller.known().expect("caller").policy_arn();
    let caller = caller.known().expect("ARN").clone();
    if resource.starts_with("arn:") {
        return allow_on(facts, &caller, actions, resource);
    }
    let tasks: Vec<String> = facts.tasks.keys().cloned().collect();
    for task in tasks.iter().filter(|task| task.contains(resource)) {
        allow_on(facts, &caller, actions, task);
    }
}

fn allow_on(facts: &mut Facts, principal: &str, actions: &[&str], resource: &str) {
    simulate_allowed(facts, principal, actions);
    let simulation = facts.simulations.last_mut().expect("simulation");
    simulation.resources = vec![resource.to_owned()];
    for decision in known(&mut simulation.decisions) {
        decision.resource = resource.to_owned();
    }
}
