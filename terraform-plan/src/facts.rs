//! The facts of the world after apply, as the plan alone tells them.

mod live;
mod network;
mod roles;
mod terraform;

use std::collections::BTreeMap;

use model::facts::*;

use self::live::{add_caller, take_tasks};
use self::network::{add_network, subnet};
use self::roles::add_roles;
pub use self::roles::containers_by_role;
use self::terraform::add_terraform;
use crate::ask::Ask;
use crate::choices::{Assumed, Met, settled};
use crate::document::Plan;
use crate::ecs::{self, Planned, planned_services};
use crate::known::{elsewhere, later, or_live, untold};
use crate::records;
use crate::resolve::Resolver;

impl Plan {
    /// The facts of the world after apply, as the plan alone tells them, for one cluster.
    pub fn facts(&self, ask: &Ask) -> Facts {
        build(self, ask, None)
    }

    /// The same, where what is not part of the plan is taken from facts that were read from AWS: of the same
    /// cluster, before apply.
    pub fn over(&self, live: Facts, ask: &Ask) -> Facts {
        build(self, ask, Some(&live))
    }
}

fn build(plan: &Plan, ask: &Ask, live: Option<&Facts>) -> Facts {
    let of_region = plan.within(&ask.region);
    let of_region = of_region.as_ref().unwrap_or(plan);
    settled(of_region.managed.len(), |assumed| {
        assuming(plan, of_region, ask, live, assumed)
    })
}

/// The facts where attributes are taken for what is assumed of them, and which others may name one thing or another.
fn assuming(
    whole: &Plan,
    plan: &Plan,
    ask: &Ask,
    live: Option<&Facts>,
    assumed: &Assumed,
) -> (Facts, Met) {
    let account = ask
        .account
        .clone()
        .or_else(|| live?.account.clone())
        .or_else(|| whole.account_of(&ask.cluster_name))
        .or_else(|| whole.account());
    let mut resolver = Resolver::new(plan, &ask.partition, &ask.region, account.as_deref());
    resolver.choices.assumed.clone_from(assumed);
    let (planned, unlisted) = planned_services(&resolver, &ask.cluster_name);
    let mut facts = empty(ask, account.clone());
    facts.cluster = or_live(
        ecs::cluster(&resolver, &ask.cluster_name),
        live.map(|live| &live.cluster),
    );
    facts.target.services = wanted(&resolver, ask, &planned, live);
    facts.unlisted = unlisted.filter(|_| ask.services.is_empty());
    for wanted in facts.target.services.clone() {
        match planned.iter().find(|service| service.name == wanted.name) {
            Some(service) => add_service(&mut facts, &resolver, service, live),
            None => add_missing(&mut facts, &resolver, &wanted.name, live),
        }
    }
    add_records(&mut facts, &resolver, live);
    add_roles(&mut facts, &resolver, live);
    add_network(&mut facts, &resolver, live);
    if let Some(live) = live {
        add_caller(&mut facts, live);
    }
    add_terraform(&mut facts, &resolver, &planned);
    (facts, resolver.choices.met.into_inner())
}

fn wanted(
    resolver: &Resolver,
    ask: &Ask,
    planned: &[Planned],
    live: Option<&Facts>,
) -> Vec<ServiceTarget> {
    if !ask.services.is_empty() {
        return ask.services.clone();
    }
    let mut wanted: Vec<ServiceTarget> = planned
        .iter()
        .map(|service| all_of(&service.name))
        .collect();
    for other in live.into_iter().flat_map(|live| &live.target.services) {
        match wanted.iter_mut().find(|wanted| wanted.name == other.name) {
            Some(known) => known.clone_from(other),
            None if is_taken_away(resolver, &ask.cluster_name, &other.name) => {}
            None => wanted.push(other.clone()),
        }
    }
    wanted
}

fn empty(ask: &Ask, account: Option<String>) -> Facts {
    let nowhere = || untold("a plan says nothing of who opens sessions, and from where");
    Facts {
        format: FORMAT,
        manifest: None,
        taken_at: ask.taken_at,
        partition: ask.partition.clone(),
        region: ask.region.clone(),
        account,
        cluster_name: ask.cluster_name.clone(),
        planned: true,
        target: Target {
            services: Vec::new(),
            tasks: Vec::new(),
            container: ask.container.clone(),
        },
        expect: ask.expect.clone(),
        local: Local {
            os: String::new(),
            region_source: "the Terraform plan".to_owned(),
            credentials: Fact::Unavailable(nowhere()),
            plugin: Fact::Unavailable(nowhere()),
            aws_cli: Fact::Unavailable(nowhere()),
            stream: Fact::Unavailable(nowhere()),
            clock_ahead_seconds: Fact::Unavailable(nowhere()),
        },
        caller: Fact::Unavailable(untold("a plan says nothing of who opens sessions")),
        cluster: Fact::Absent,
        unlisted: None,
        services: BTreeMap::new(),
        service_tasks: BTreeMap::new(),
        tasks: BTreeMap::new(),
        task_definitions: BTreeMap::new(),
        roles: BTreeMap::new(),
        simulations: Vec::new(),
        identities: BTreeMap::new(),
        container_instances: BTreeMap::new(),
        instance_profiles: BTreeMap::new(),
        network: Network::default(),
        probes: BTreeMap::new(),
        kms_keys: BTreeMap::new(),
        log_groups: BTreeMap::new(),
        buckets: BTreeMap::new(),
        terraform: BTreeMap::new(),
    }
}

fn all_of(name: &str) -> ServiceTarget {
    ServiceTarget {
        name: name.to_owned(),
        ..ServiceTarget::default()
    }
}

/// Whether the plan ends a service.
fn is_taken_away(resolver: &Resolver, cluster: &str, name: &str) -> bool {
    let mut services = resolver.plan.before_of_kind(&["aws_ecs_service"]);
    services.any(|service| {
        service.text(&["name"]) == Ok(Some(name))
            && ecs::cluster_of(resolver, service).as_deref() == Ok(cluster)
            && resolver
                .plan
                .find(&["aws_ecs_service"], &service.address)
                .is_none()
    })
}

/// A service that the plan does not have after apply: it has been taken away, or is none of the plan's.
fn add_missing(facts: &mut Facts, resolver: &Resolver, name: &str, live: Option<&Facts>) {
    if is_taken_away(resolver, &facts.cluster_name, name) {
        facts.services.insert(name.to_owned(), Fact::Absent);
        return;
    }
    let missing = || Fact::Unavailable(elsewhere(format!("service {name}")));
    let service = or_live(missing(), live.and_then(|live| live.services.get(name)));
    facts.services.insert(name.to_owned(), service);
    let why = Fact::Unavailable(elsewhere(format!("service {name}")));
    let arns = or_live(why, live.and_then(|live| live.service_tasks.get(name)));
    if let Some(live) = live {
        take_tasks(facts, live, arns.known().map_or(&[], Vec::as_slice));
    }
    facts.service_tasks.insert(name.to_owned(), arns);
}

fn add_service(facts: &mut Facts, resolver: &Resolver, planned: &Planned, live: Option<&Facts>) {
    let name = planned.name.clone();
    let service = match &planned.service {
        Ok(service) => service,
        Err(why) => {
            facts
                .services
                .insert(name.clone(), Fact::Unavailable(why.clone()));
            facts
                .service_tasks
                .insert(name, Fact::Unavailable(why.clone()));
            return;
        }
    };
    let arn = match &service.task_definition {
        Some(arn) => arn.clone(),
        None => resolver.ecs_arn("task-definition", &format!("{name}:unknown")),
    };
    let definition = facts
        .task_definitions
        .entry(arn.clone())
        .or_insert_with(|| match service.task_definition {
            Some(_) => or_live(
                ecs::definition(resolver, &arn),
                live.and_then(|live| live.task_definitions.get(&arn)),
            ),
            None => Fact::Unavailable(later(format!("the task definition of {name}"))),
        });
    let started = ecs::start(
        resolver,
        planned,
        &facts.cluster_name,
        (&arn, definition),
        |id| subnet(resolver, id, live),
    );
    if planned.capacity.is_on_instances() {
        let why = untold(format!("the plan does not tell which instances run {name}"));
        facts
            .container_instances
            .insert(ecs::host_of(&name), Fact::Unavailable(why));
    }
    let mut arns = Vec::new();
    for one in started {
        arns.push(one.task.arn.to_string());
        facts.network.interfaces.extend(one.interface);
        facts.network.subnets.extend(one.subnet);
        facts
            .tasks
            .insert(one.task.arn.to_string(), Fact::Known(one.task));
    }
    let mut service = service.clone();
    service.leaves_tasks_without_exec =
        ecs::leaves_tasks_without_exec(resolver, planned.instance, &name, live);
    facts.services.insert(name.clone(), Fact::Known(service));
    facts.service_tasks.insert(name, Fact::Known(arns));
}

fn exec_of(facts: &Facts) -> Option<&ExecConfiguration> {
    facts.cluster.known()?.exec_configuration.as_ref()
}

fn add_records(facts: &mut Facts, resolver: &Resolver, live: Option<&Facts>) {
    let Some(exec) = exec_of(facts) else {
        return;
    };
    let key = exec.kms_key.clone();
    let overrides = exec.logging == "OVERRIDE";
    let log = exec.log.clone().filter(|_| overrides).unwrap_or_default();
    let keyed = |name: Option<String>| name.filter(|name| !name.is_empty());
    if let Some(name) = keyed(key) {
        let live = live.and_then(|live| live.kms_keys.get(&name));
        let key = or_live(records::kms_key(resolver, &name), live);
        facts.kms_keys.insert(name, key);
    }
    if let Some(name) = keyed(log.log_group) {
        let live = live.and_then(|live| live.log_groups.get(&name));
        let group = or_live(records::log_group(resolver, &name), live);
        facts.log_groups.insert(name, group);
    }
    if let Some(name) = keyed(log.bucket) {
        let live = live.and_then(|live| live.buckets.get(&name));
        let bucket = or_live(records::bucket(resolver, &name), live);
        facts.buckets.insert(name, bucket);
    }
}
