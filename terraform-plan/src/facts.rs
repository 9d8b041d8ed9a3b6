//! The facts of one cluster as they will be after apply.

mod ambiguous;
mod live;
mod network;
mod roles;
mod services;
mod terraform;

use model::facts::*;

use self::ambiguous::settle;
use self::live::add_caller;
use self::network::add_network;
use self::roles::add_roles;
pub use self::roles::containers_by_role;
use self::services::add_services;
use self::terraform::add_terraform;
use crate::ecs::{self, planned_services};
use crate::exec_logging;
use crate::plan::TerraformPlan;
use crate::request::PlanRequest;
use crate::resolve::Resolver;
use crate::unavailable::not_shown;

impl TerraformPlan {
    /// The facts after apply, as far as the plan alone shows them.
    pub fn facts(&self, request: &PlanRequest) -> Facts {
        build(self, request, None)
    }

    /// The facts after apply. Takes what is not in the plan from facts that were read from AWS for the same cluster.
    pub fn facts_over(&self, live: Facts, request: &PlanRequest) -> Facts {
        build(self, request, Some(&live))
    }
}

fn build(plan: &TerraformPlan, request: &PlanRequest, live: Option<&Facts>) -> Facts {
    let account = request
        .account
        .clone()
        .or_else(|| live?.account.clone())
        .or_else(|| plan.account_of(&request.cluster_name))
        .or_else(|| plan.account());
    let in_region = plan.within_region(&request.region);
    let plan = in_region.as_ref().unwrap_or(plan);
    settle(plan.resources.len(), |choices| {
        let resolver = Resolver::new(plan, request, account.as_deref(), live, choices);
        (read_facts(&resolver, request), resolver.into_ambiguous())
    })
}

fn read_facts(resolver: &Resolver, request: &PlanRequest) -> Facts {
    let cluster = &request.cluster_name;
    let (planned, unlisted) = planned_services(resolver, cluster);
    let mut facts = empty(request, resolver.account);
    facts.cluster = resolver.or_live(ecs::cluster(resolver, cluster), |live| Some(&live.cluster));
    facts.unlisted = unlisted.filter(|_| request.services.is_empty());
    add_services(&mut facts, resolver, request, &planned);
    add_exec_logging(&mut facts, resolver);
    add_roles(&mut facts, resolver);
    add_network(&mut facts, resolver);
    if let Some(live) = resolver.live {
        add_caller(&mut facts, live);
    }
    add_terraform(&mut facts, resolver, &planned);
    facts
}

fn empty(request: &PlanRequest, account: Option<&str>) -> Facts {
    fn no_caller<T>() -> Fact<T> {
        Fact::Unavailable(not_shown(
            "a plan does not show who opens sessions, or from where",
        ))
    }
    Facts {
        format: FORMAT,
        taken_at: request.taken_at,
        partition: request.partition.clone(),
        region: request.region.clone(),
        account: account.map(str::to_owned),
        cluster_name: request.cluster_name.clone(),
        planned: true,
        target: Target {
            container: request.container.clone(),
            ..Target::default()
        },
        expect: request.expect.clone(),
        local: Local {
            os: String::new(),
            region_source: "the Terraform plan".to_owned(),
            credentials: no_caller(),
            plugin: no_caller(),
            aws_cli: no_caller(),
            stream: no_caller(),
            clock_ahead_seconds: no_caller(),
        },
        caller: Fact::Unavailable(not_shown("a plan does not show who opens sessions")),
        ..Facts::default()
    }
}

/// Adds the KMS key, log group and bucket of the cluster's exec configuration.
fn add_exec_logging(facts: &mut Facts, resolver: &Resolver) {
    let cluster = facts.cluster.known();
    let Some(exec) = cluster.and_then(|cluster| cluster.exec_configuration.clone()) else {
        return;
    };
    let log = exec.log.filter(|_| exec.logging == "OVERRIDE");
    let log = log.unwrap_or_default();
    let is_set = |name: &String| !name.is_empty();
    if let Some(name) = exec.kms_key.filter(is_set) {
        let key = exec_logging::kms_key(resolver, &name);
        let key = resolver.or_live(key, |live| live.kms_keys.get(&name));
        facts.kms_keys.insert(name, key);
    }
    if let Some(name) = log.log_group.filter(is_set) {
        let group = exec_logging::log_group(resolver, &name);
        let group = resolver.or_live(group, |live| live.log_groups.get(&name));
        facts.log_groups.insert(name, group);
    }
    if let Some(name) = log.bucket.filter(is_set) {
        let bucket = exec_logging::bucket(resolver, &name);
        let bucket = resolver.or_live(bucket, |live| live.buckets.get(&name));
        facts.buckets.insert(name, bucket);
    }
}
