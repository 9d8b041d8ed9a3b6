//! Every string of the facts, with what kind of string it is. A field that is added to the facts does not compile
//! before it is listed here: that is how captures stay free of what nobody looked at.

use std::collections::BTreeMap;
use std::mem::take;

use serde_json::Value;

use model::facts::*;

/// What a string says, and so what may leave the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A name that somebody gave, an ARN, an ID, a pattern of names.
    Identifier,
    /// A word of AWS's or of this program's own vocabulary, such as a status.
    Word,
    /// A sentence that AWS or a program wrote for people: it may quote anything.
    Text,
    /// An IP address or a range of them; an ID where AWS allows either.
    Address,
    /// An action of IAM, or a pattern of actions.
    Action,
}

/// Says what becomes of a string; `None` leaves it as it is.
pub trait Editor {
    fn edited(&mut self, kind: Kind, text: &str) -> Option<String>;
}

/// Something with strings of known kinds.
pub trait Strings {
    fn edit(&mut self, editor: &mut dyn Editor);
}

/// Something whose strings are all of one kind.
trait StringsOf {
    fn edit_as(&mut self, kind: Kind, editor: &mut dyn Editor);
}

macro_rules! strings {
    ($($type:ident { $($field:ident: $kind:ident),* $(,)? })*) => {
        $(impl Strings for $type {
            fn edit(&mut self, editor: &mut dyn Editor) {
                let $type { $($field),* } = self;
                $(strings!(@ $kind $field editor);)*
            }
        })*
    };
    (@ none $field:ident $editor:ident) => { let _ = $field; };
    (@ inner $field:ident $editor:ident) => { $field.edit($editor); };
    (@ identifier $field:ident $editor:ident) => { $field.edit_as(Kind::Identifier, $editor); };
    (@ word $field:ident $editor:ident) => { $field.edit_as(Kind::Word, $editor); };
    (@ text $field:ident $editor:ident) => { $field.edit_as(Kind::Text, $editor); };
    (@ address $field:ident $editor:ident) => { $field.edit_as(Kind::Address, $editor); };
    (@ action $field:ident $editor:ident) => { $field.edit_as(Kind::Action, $editor); };
}

strings! {
    Facts {
        format: none, manifest: inner, taken_at: none, partition: word, region: word, account: identifier,
        cluster_name: identifier, planned: none, target: inner, expect: inner, local: inner, caller: inner,
        cluster: inner, unlisted: inner, services: inner, service_tasks: identifier, tasks: inner,
        task_definitions: inner, roles: inner, simulations: inner, identities: inner, container_instances: inner,
        instance_profiles: identifier, network: inner, probes: inner, kms_keys: inner, log_groups: inner,
        buckets: inner, terraform: inner,
    }
    TerraformResource { address: identifier, expression: identifier, is_new: none, inputs: identifier }
    Manifest { version: word, anonymized: none, unseen: inner }
    Target { services: inner, tasks: identifier, container: identifier }
    ServiceTarget { name: identifier, container: identifier, shell: identifier }
    Expect { exec_forbidden: identifier, traffic: none, session_logging: none }
    Unavailable { action: action, reason: none, message: text }
    Local {
        os: word, region_source: word, credentials: none, plugin: inner, aws_cli: identifier, stream: inner,
        clock_ahead_seconds: none,
    }
    Plugin { path: identifier, version: word }
    Reach { host: identifier, failure: text, proxy: identifier }
    Caller { arn: identifier, account: identifier, principal: inner }
    Cluster { arn: identifier, name: identifier, status: word, exec_configuration: inner, tags: identifier }
    ExecConfiguration { kms_key: identifier, logging: word, log: inner }
    ExecLog {
        log_group: identifier, log_group_encrypted: none, bucket: identifier, bucket_encrypted: none,
        key_prefix: identifier,
    }
    Service {
        arn: identifier, name: identifier, status: word, desired_count: none, running_count: none,
        pending_count: none, daemon: none, exec_enabled: none, launch_type: word, platform_version: word,
        task_definition: identifier, controller: none, deployments: inner, events: inner, awsvpc: inner,
        tags: identifier, leaves_tasks_without_exec: none,
    }
    Deployment {
        id: identifier, status: word, task_definition: identifier, desired_count: none, running_count: none,
        pending_count: none, failed_tasks: none, rollout_state: word, rollout_reason: text, created_at: none,
        updated_at: none,
    }
    Event { at: none, message: text }
    AwsVpc { subnets: identifier, security_groups: identifier, assign_public_ip: none }
    Task {
        arn: identifier, group: identifier, started_by: identifier, task_definition: identifier, last_status: word,
        desired_status: word, exec_enabled: none, launch_type: word, capacity_provider: identifier,
        platform_version: word, platform_family: word, container_instance: identifier, connectivity: word,
        created_at: none, started_at: none, stopped_at: none, stop_code: word, stopped_reason: text,
        task_role_override: identifier, execution_role_override: identifier, container_overrides: none,
        interface: inner, containers: inner, tags: identifier,
    }
    ContainerInstance {
        arn: identifier, instance: identifier, status: word, agent_version: word, agent_connected: none,
        windows: none,
    }
    TaskInterface { id: identifier, subnet: identifier, private_ip: address }
    Container {
        name: identifier, image: identifier, runtime_id: identifier, last_status: word, exit_code: none,
        reason: text, health_status: word, managed_agents: inner,
    }
    ManagedAgent { name: word, last_status: word, reason: text, last_started_at: none }
    TaskDefinition {
        arn: identifier, family: identifier, revision: none, network_mode: word, pid_mode: word,
        task_role: identifier, execution_role: identifier, operating_system: word, memory_mib: none,
        containers: inner, containers_unread: inner,
    }
    ContainerDefinition {
        name: identifier, image: identifier, essential: none, read_only_root: none, mounts: inner, restarts: none,
        log_router: none, init_process: none, cpu: none, memory_mib: none, environment: identifier,
        secrets: identifier, environment_files: none, proxy: inner, dns_servers: address, log: inner,
    }
    Mount { path: identifier, read_only: none }
    ProxyEnvironment { variables: word, credentials_bypass: none, ssmmessages_bypass: none }
    ContainerLog { driver: word, group: identifier, region: word, stream_prefix: identifier }
    Role { arn: identifier, name: identifier, trust: identifier, boundary: identifier }
    Identity { policies: inner, boundary: inner }
    Policy { name: identifier, arn: identifier, document: identifier }
    Simulation {
        principal: identifier, actions: action, resources: identifier, context: identifier, decisions: inner,
        engine: none,
    }
    Decision {
        action: action, resource: identifier, outcome: none, missing_context: identifier,
        deny_depends_on: identifier, allowed_by_boundary: none, allowed_by_organization: none,
        matched_policies: identifier,
    }
    Network {
        interfaces: inner, subnets: inner, vpcs: inner, endpoints: inner, unseen_endpoints: inner,
        route_tables: inner, nat_gateways: inner, network_acls: inner, security_groups: inner,
        prefix_lists: address, hosted_zones: identifier, block_public_access: word, instances: inner,
    }
    UnseenEndpoints { vpc: identifier, service: identifier, why: inner }
    Instance { id: identifier, interface: inner, profile: identifier }
    Interface {
        id: identifier, vpc: identifier, subnet: identifier, security_groups: identifier, private_ips: address,
        ipv6: address, public_ip: address,
    }
    Subnet {
        id: identifier, vpc: identifier, cidr: address, ipv6_cidrs: address, availability_zone: word,
        owner: identifier,
    }
    Vpc { id: identifier, dns_support: none, dns_hostnames: none, own_name_servers: address }
    Endpoint {
        id: identifier, service: identifier, kind: word, vpc: identifier, state: word, private_dns: none,
        inbound_only: none, subnets: identifier, security_groups: identifier, route_tables: identifier,
        interfaces: identifier, policy: identifier,
    }
    RouteTable { id: identifier, main: none, subnets: identifier, routes: inner }
    Route { destination: address, target: inner, blackhole: none }
    SecurityGroup { id: identifier, name: identifier, vpc: identifier, ingress: inner, egress: inner }
    GroupRule {
        protocol: word, from_port: none, to_port: none, cidrs: address, prefix_lists: identifier,
        security_groups: identifier,
    }
    NetworkAcl { id: identifier, default: none, subnets: identifier, entries: inner }
    AclEntry {
        number: none, egress: none, allow: none, protocol: word, cidr: address, from_port: none, to_port: none,
    }
    NatGateway { id: identifier, subnet: identifier, state: word, private: none }
    KmsKey { arn: identifier, state: word, usage: word, spec: word, policy: identifier, grants: inner }
    Grant { grantee: identifier, operations: word, is_constrained: none }
    LogGroup { name: identifier, arn: identifier, kms_key: identifier }
    Bucket { name: identifier, encryption: word }
    Probe { container: identifier, end: inner }
}

impl Strings for Principal {
    fn edit(&mut self, editor: &mut dyn Editor) {
        match self {
            Principal::User { name } | Principal::FederatedUser { name } => {
                name.edit_as(Kind::Identifier, editor);
            }
            Principal::AssumedRole { name, arn } => {
                name.edit_as(Kind::Identifier, editor);
                arn.edit_as(Kind::Identifier, editor);
            }
            Principal::Root | Principal::Other => {}
        }
    }
}

impl Strings for ProbeEnd {
    fn edit(&mut self, editor: &mut dyn Editor) {
        match self {
            ProbeEnd::Failed(said) => said.edit_as(Kind::Text, editor),
            ProbeEnd::Worked { milliseconds: _ } | ProbeEnd::NoShell => {}
        }
    }
}

impl Strings for RouteTarget {
    fn edit(&mut self, editor: &mut dyn Editor) {
        match self {
            RouteTarget::NatGateway(id)
            | RouteTarget::InternetGateway(id)
            | RouteTarget::EgressOnlyInternetGateway(id)
            | RouteTarget::GatewayEndpoint(id)
            | RouteTarget::Other(id) => id.edit_as(Kind::Identifier, editor),
            RouteTarget::Local => {}
        }
    }
}

impl<T: Strings> Strings for Option<T> {
    fn edit(&mut self, editor: &mut dyn Editor) {
        self.iter_mut().for_each(|some| some.edit(editor));
    }
}

impl<T: Strings> Strings for Vec<T> {
    fn edit(&mut self, editor: &mut dyn Editor) {
        self.iter_mut().for_each(|item| item.edit(editor));
    }
}

impl<T: Strings> Strings for Fact<T> {
    fn edit(&mut self, editor: &mut dyn Editor) {
        match self {
            Fact::Known(value) => value.edit(editor),
            Fact::Unavailable(why) => why.edit(editor),
            Fact::Absent => {}
        }
    }
}

/// The keys are names, ARNs or IDs.
impl<T: Strings> Strings for BTreeMap<String, T> {
    fn edit(&mut self, editor: &mut dyn Editor) {
        edit_keys(self, Kind::Identifier, editor);
        self.values_mut().for_each(|value| value.edit(editor));
    }
}

impl StringsOf for String {
    fn edit_as(&mut self, kind: Kind, editor: &mut dyn Editor) {
        if let Some(text) = editor.edited(kind, self) {
            *self = text;
        }
    }
}

impl<T: StringsOf> StringsOf for Option<T> {
    fn edit_as(&mut self, kind: Kind, editor: &mut dyn Editor) {
        self.iter_mut().for_each(|some| some.edit_as(kind, editor));
    }
}

impl<T: StringsOf> StringsOf for Vec<T> {
    fn edit_as(&mut self, kind: Kind, editor: &mut dyn Editor) {
        self.iter_mut().for_each(|item| item.edit_as(kind, editor));
    }
}

impl<T: StringsOf, U: StringsOf> StringsOf for (T, U) {
    fn edit_as(&mut self, kind: Kind, editor: &mut dyn Editor) {
        self.0.edit_as(kind, editor);
        self.1.edit_as(kind, editor);
    }
}

impl<T: StringsOf> StringsOf for Fact<T> {
    fn edit_as(&mut self, kind: Kind, editor: &mut dyn Editor) {
        match self {
            Fact::Known(value) => value.edit_as(kind, editor),
            Fact::Unavailable(why) => why.edit(editor),
            Fact::Absent => {}
        }
    }
}

/// The keys are names, ARNs or IDs, whatever the values are.
impl<T: StringsOf> StringsOf for BTreeMap<String, T> {
    fn edit_as(&mut self, kind: Kind, editor: &mut dyn Editor) {
        edit_keys(self, Kind::Identifier, editor);
        self.values_mut()
            .for_each(|value| value.edit_as(kind, editor));
    }
}

/// A policy document: its keys and values are names of IAM's and of others, but for the actions.
impl StringsOf for Value {
    fn edit_as(&mut self, kind: Kind, editor: &mut dyn Editor) {
        match self {
            Value::String(text) => text.edit_as(kind, editor),
            Value::Array(items) => items.iter_mut().for_each(|item| item.edit_as(kind, editor)),
            Value::Object(fields) => {
                let edited = take(fields).into_iter().map(|(key, mut value)| {
                    let inner = match key.as_str() {
                        "Action" | "NotAction" => Kind::Action,
                        _ => kind,
                    };
                    value.edit_as(inner, editor);
                    (editor.edited(Kind::Identifier, &key).unwrap_or(key), value)
                });
                *fields = edited.collect();
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

fn edit_keys<T>(map: &mut BTreeMap<String, T>, kind: Kind, editor: &mut dyn Editor) {
    let changes: Vec<(String, String)> = map
        .keys()
        .filter_map(|key| Some((key.clone(), editor.edited(kind, key)?)))
        .collect();
    let moved: Vec<(String, T)> = changes
        .into_iter()
        .filter_map(|(old, new)| Some((new, map.remove(&old)?)))
        .collect();
    map.extend(moved);
}
