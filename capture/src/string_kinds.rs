//! Lists every string of the facts with its kind. A new field of the facts does not compile before it is listed here,
//! so that a capture never contains a field that nobody considered.

use std::collections::BTreeMap;
use std::mem::take;

use serde_json::Value;

use model::facts::*;

/// What a string contains, and so what of it may leave the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A name that somebody chose, an ARN, an ID, or a pattern of names.
    Identifier,
    /// A word of AWS's or of this program's vocabulary, such as a status.
    Word,
    /// A sentence that AWS or a program wrote for people. It may quote anything.
    Text,
    /// An IP address or a CIDR block, or an ID where AWS allows either.
    Address,
    /// An IAM action, or a pattern of actions.
    Action,
}

/// Returns what replaces a string of a kind; `None` keeps it.
pub type Replace<'r> = dyn FnMut(Kind, &str) -> Option<String> + 'r;

/// A value whose strings can be replaced.
pub trait ReplaceStrings {
    /// `kind` is the kind of strings without a kind of their own: structs ignore it.
    fn replace_strings(&mut self, kind: Kind, replace: &mut Replace);
}

/// Lists the kind of each field: `inner` fields contain strings of several kinds, `none` fields contain no strings.
macro_rules! string_kinds {
    ($($type:ident { $($field:ident: $kind:ident),* $(,)? })*) => {
        $(impl ReplaceStrings for $type {
            fn replace_strings(&mut self, _: Kind, replace: &mut Replace) {
                let $type { $($field),* } = self;
                $(string_kinds!(@ $kind $field replace);)*
            }
        })*
    };
    (@ none $field:ident $replace:ident) => { let _ = $field; };
    (@ inner $field:ident $replace:ident) => { $field.replace_strings(Kind::Identifier, $replace); };
    (@ $kind:ident $field:ident $replace:ident) => { $field.replace_strings(Kind::$kind, $replace); };
}

string_kinds! {
    Facts {
        format: none, manifest: inner, taken_at: none, partition: Word, region: Word, account: Identifier,
        cluster_name: Identifier, planned: none, target: inner, expect: inner, local: inner, caller: inner,
        cluster: inner, unlisted: inner, services: inner, service_tasks: Identifier, tasks: inner,
        task_definitions: inner, roles: inner, simulations: inner, identities: inner, container_instances: inner,
        instance_profiles: Identifier, network: inner, session_principals: inner,
        asked_by: Identifier, probes: inner, kms_keys: inner, log_groups: inner,
        buckets: inner, terraform: inner,
    }
    TerraformResource {
        address: Identifier, expression: Identifier, is_new: none, inputs: Identifier, cloudformation: inner,
        pulumi: inner,
    }
    CloudFormationResource { logical_id: Identifier, stack: Identifier, template: Identifier, construct: Identifier }
    PulumiResource { name: Identifier, resource_type: Word }
    Manifest { version: Word, anonymized: none, unseen: inner }
    Target { services: inner, tasks: Identifier, container: Identifier }
    ServiceTarget { name: Identifier, container: Identifier, shell: Identifier }
    Expect { exec_forbidden: Identifier, may_exec: Identifier, traffic: none, session_logging: none }
    Unavailable { action: Action, reason: none, message: Text }
    Local {
        os: Word, region_source: Word, credentials: none, plugin: inner, aws_cli: Identifier, stream: inner,
        clock_ahead_seconds: none,
    }
    Plugin { path: Identifier, version: Word }
    Reach { host: Identifier, failure: Text, proxy: Identifier }
    Caller { arn: Identifier, account: Identifier, principal: inner }
    Cluster { arn: Identifier, name: Identifier, status: Word, exec_configuration: inner, tags: Identifier }
    ExecConfiguration { kms_key: Identifier, logging: Word, log: inner }
    ExecLog {
        log_group: Identifier, log_group_encrypted: none, bucket: Identifier, bucket_encrypted: none,
        key_prefix: Identifier,
    }
    Service {
        arn: Identifier, name: Identifier, status: Word, desired_count: none, running_count: none,
        pending_count: none, daemon: none, exec_enabled: none, launch_type: Word, platform_version: Word,
        task_definition: Identifier, controller: none, deployments: inner, events: inner, awsvpc: inner,
        tags: Identifier, leaves_tasks_without_exec: none,
    }
    Deployment {
        id: Identifier, status: Word, task_definition: Identifier, desired_count: none, running_count: none,
        pending_count: none, failed_tasks: none, rollout_state: Word, rollout_reason: Text, created_at: none,
        updated_at: none,
    }
    Event { at: none, message: Text }
    AwsVpc { subnets: Identifier, security_groups: Identifier, assign_public_ip: none }
    Task {
        arn: Identifier, group: Identifier, started_by: Identifier, task_definition: Identifier, last_status: Word,
        desired_status: Word, exec_enabled: none, launch_type: Word, capacity_provider: Identifier,
        platform_version: Word, platform_family: Word, container_instance: Identifier, connectivity: Word,
        created_at: none, started_at: none, stopped_at: none, stop_code: Word, stopped_reason: Text,
        task_role_override: Identifier, execution_role_override: Identifier, container_overrides: none,
        interface: inner, containers: inner, tags: Identifier,
    }
    ContainerInstance {
        arn: Identifier, instance: Identifier, status: Word, agent_version: Word, agent_connected: none,
        windows: none,
    }
    TaskInterface { id: Identifier, subnet: Identifier, private_ip: Address }
    Container {
        name: Identifier, image: Identifier, runtime_id: Identifier, last_status: Word, exit_code: none,
        reason: Text, health_status: Word, managed_agents: inner,
    }
    ManagedAgent { name: Word, last_status: Word, reason: Text, last_started_at: none }
    TaskDefinition {
        arn: Identifier, family: Identifier, revision: none, network_mode: Word, pid_mode: Word,
        task_role: Identifier, execution_role: Identifier, operating_system: Word, memory_mib: none,
        containers: inner, containers_unread: inner,
    }
    ContainerDefinition {
        name: Identifier, image: Identifier, essential: none, read_only_root: none, mounts: inner, restarts: none,
        log_router: none, init_process: none, cpu: none, memory_mib: none, environment: Identifier,
        secrets: Identifier, environment_files: none, proxy: inner, dns_servers: Address, log: inner,
    }
    Mount { path: Identifier, read_only: none }
    ProxyEnvironment { variables: Word, credentials_bypass: none, ssmmessages_bypass: none }
    ContainerLog { driver: Word, group: Identifier, region: Word, stream_prefix: Identifier }
    Role { arn: Identifier, name: Identifier, trust: Identifier, trust_unread: inner, boundary: Identifier }
    Identity { policies: inner, boundary: inner }
    Policy { name: Identifier, arn: Identifier, document: Identifier }
    Simulation {
        principal: Identifier, actions: Action, resources: Identifier, context: Identifier, decisions: inner,
        engine: none,
    }
    Decision {
        action: Action, resource: Identifier, outcome: none, missing_context: Identifier,
        deny_depends_on: Identifier, allowed_by_boundary: none, allowed_by_organization: none,
        matched_policies: Identifier,
    }
    SessionPrincipal { arn: Identifier, access: none, actions: Action }
    Network {
        interfaces: inner, subnets: inner, vpcs: inner, endpoints: inner, unseen_endpoints: inner,
        route_tables: inner, nat_gateways: inner, network_acls: inner, security_groups: inner,
        prefix_lists: Address, hosted_zones: Identifier, block_public_access: Word, instances: inner,
    }
    UnseenEndpoints { vpc: Identifier, service: Identifier, why: inner }
    Instance { id: Identifier, interface: inner, profile: Identifier }
    Interface {
        id: Identifier, vpc: Identifier, subnet: Identifier, security_groups: Identifier, private_ips: Address,
        ipv6: Address, public_ip: Address,
    }
    Subnet {
        id: Identifier, vpc: Identifier, cidr: Address, ipv6_cidrs: Address, availability_zone: Word,
        owner: Identifier,
    }
    Vpc { id: Identifier, dns_support: none, dns_hostnames: none, own_name_servers: Address }
    Endpoint {
        id: Identifier, service: Identifier, kind: Word, vpc: Identifier, state: Word, private_dns: none,
        inbound_only: none, subnets: Identifier, security_groups: Identifier, route_tables: Identifier,
        interfaces: Identifier, policy: Identifier,
    }
    RouteTable { id: Identifier, main: none, subnets: Identifier, routes: inner }
    Route { destination: Address, target: inner, blackhole: none }
    SecurityGroup { id: Identifier, name: Identifier, vpc: Identifier, ingress: inner, egress: inner }
    GroupRule {
        protocol: Word, from_port: none, to_port: none, cidrs: Address, prefix_lists: Identifier,
        security_groups: Identifier,
    }
    NetworkAcl { id: Identifier, default: none, subnets: Identifier, entries: inner }
    AclEntry {
        number: none, egress: none, allow: none, protocol: Word, cidr: Address, from_port: none, to_port: none,
    }
    NatGateway { id: Identifier, subnet: Identifier, state: Word, private: none }
    KmsKey { arn: Identifier, state: Word, usage: Word, spec: Word, policy: Identifier, grants: inner }
    Grant { grantee: Identifier, operations: Word, is_constrained: none }
    LogGroup { name: Identifier, arn: Identifier, kms_key: Identifier }
    Bucket { name: Identifier, encryption: Word }
    Probe { container: Identifier, end: inner }
}

impl ReplaceStrings for Principal {
    fn replace_strings(&mut self, _: Kind, replace: &mut Replace) {
        match self {
            Principal::User { name } | Principal::FederatedUser { name } => {
                name.replace_strings(Kind::Identifier, replace);
            }
            Principal::AssumedRole { name, arn } => {
                name.replace_strings(Kind::Identifier, replace);
                arn.replace_strings(Kind::Identifier, replace);
            }
            Principal::Root | Principal::Other => {}
        }
    }
}

impl ReplaceStrings for ProbeEnd {
    fn replace_strings(&mut self, _: Kind, replace: &mut Replace) {
        match self {
            ProbeEnd::Failed(message) => message.replace_strings(Kind::Text, replace),
            ProbeEnd::Worked { milliseconds: _ } | ProbeEnd::NoShell => {}
        }
    }
}

impl ReplaceStrings for RouteTarget {
    fn replace_strings(&mut self, _: Kind, replace: &mut Replace) {
        match self {
            RouteTarget::NatGateway(id)
            | RouteTarget::InternetGateway(id)
            | RouteTarget::EgressOnlyInternetGateway(id)
            | RouteTarget::GatewayEndpoint(id)
            | RouteTarget::Other(id) => id.replace_strings(Kind::Identifier, replace),
            RouteTarget::Local => {}
        }
    }
}

impl ReplaceStrings for String {
    fn replace_strings(&mut self, kind: Kind, replace: &mut Replace) {
        if let Some(text) = replace(kind, self) {
            *self = text;
        }
    }
}

impl<T: ReplaceStrings> ReplaceStrings for Option<T> {
    fn replace_strings(&mut self, kind: Kind, replace: &mut Replace) {
        self.iter_mut()
            .for_each(|some| some.replace_strings(kind, replace));
    }
}

impl<T: ReplaceStrings> ReplaceStrings for Vec<T> {
    fn replace_strings(&mut self, kind: Kind, replace: &mut Replace) {
        self.iter_mut()
            .for_each(|item| item.replace_strings(kind, replace));
    }
}

impl<T: ReplaceStrings, U: ReplaceStrings> ReplaceStrings for (T, U) {
    fn replace_strings(&mut self, kind: Kind, replace: &mut Replace) {
        self.0.replace_strings(kind, replace);
        self.1.replace_strings(kind, replace);
    }
}

impl<T: ReplaceStrings> ReplaceStrings for Fact<T> {
    fn replace_strings(&mut self, kind: Kind, replace: &mut Replace) {
        match self {
            Fact::Known(value) => value.replace_strings(kind, replace),
            Fact::Unavailable(why) => why.replace_strings(kind, replace),
            Fact::Absent => {}
        }
    }
}

/// The keys are names, ARNs or IDs, whatever the values are.
impl<T: ReplaceStrings> ReplaceStrings for BTreeMap<String, T> {
    fn replace_strings(&mut self, kind: Kind, replace: &mut Replace) {
        let replaced = take(self).into_iter().map(|(mut key, mut value)| {
            key.replace_strings(Kind::Identifier, replace);
            value.replace_strings(kind, replace);
            (key, value)
        });
        *self = replaced.collect();
    }
}

/// A policy document. Its keys and values are words of IAM and names, except for the actions.
impl ReplaceStrings for Value {
    fn replace_strings(&mut self, kind: Kind, replace: &mut Replace) {
        match self {
            Value::String(text) => text.replace_strings(kind, replace),
            Value::Array(items) => {
                items
                    .iter_mut()
                    .for_each(|item| item.replace_strings(kind, replace));
            }
            Value::Object(fields) => {
                let replaced = take(fields).into_iter().map(|(mut key, mut value)| {
                    let kind = match key.as_str() {
                        "Action" | "NotAction" => Kind::Action,
                        _ => kind,
                    };
                    value.replace_strings(kind, replace);
                    key.replace_strings(Kind::Identifier, replace);
                    (key, value)
                });
                *fields = replaced.collect();
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The strings of a value, in order, with their kinds. Those without a kind of their own are words.
    fn strings(mut value: impl ReplaceStrings) -> Vec<(Kind, String)> {
        let mut strings = Vec::new();
        value.replace_strings(Kind::Word, &mut |kind, text| {
            strings.push((kind, text.to_owned()));
            None
        });
        strings
    }

    #[test]
    fn variants_of_enums_know_the_kinds_of_their_strings() {
        let identifier = |text: &str| (Kind::Identifier, text.to_owned());
        let name = "jane".to_owned();
        let arn = Fact::Known("arn".to_owned());
        for (principal, expected) in [
            (Principal::User { name: name.clone() }, vec!["jane"]),
            (
                Principal::FederatedUser { name: name.clone() },
                vec!["jane"],
            ),
            (Principal::AssumedRole { name, arn }, vec!["jane", "arn"]),
            (Principal::Root, vec![]),
        ] {
            let expected: Vec<_> = expected.into_iter().map(identifier).collect();
            assert_eq!(strings(principal), expected);
        }
        let target = RouteTarget::Other("tgw-1".into());
        assert_eq!(strings(target), [identifier("tgw-1")]);
        let failed = ProbeEnd::Failed("acme".into());
        assert_eq!(strings(failed), [(Kind::Text, "acme".to_owned())]);
    }

    #[test]
    fn actions_of_a_policy_are_actions() {
        let policy = json!({"Action": ["a:B"], "NotAction": "c:D", "Sid": "e"});
        let expected = [
            (Kind::Action, "a:B"),
            (Kind::Identifier, "Action"),
            (Kind::Action, "c:D"),
            (Kind::Identifier, "NotAction"),
            (Kind::Word, "e"),
            (Kind::Identifier, "Sid"),
        ];
        assert_eq!(
            strings(policy),
            expected.map(|(kind, text)| (kind, text.to_owned()))
        );
    }

    #[test]
    fn both_strings_of_a_pair_have_its_kind() {
        let pair = ("module".to_owned(), "input".to_owned());
        assert_eq!(
            strings(pair),
            [
                (Kind::Word, "module".to_owned()),
                (Kind::Word, "input".to_owned())
            ]
        );
    }
}
