//! Worlds like the runbook's in the emulator: a VPC, an endpoint, roles, a cluster, services, a caller.

use std::future::Future;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_ecs::types::{
    AwsVpcConfiguration, Compatibility, ContainerDefinition, KeyValuePair, LaunchType,
    LogConfiguration, LogDriver, NetworkConfiguration, NetworkMode,
};
use tempfile::TempDir;

use super::doctor::{self, Run};
use super::policy_gate::PolicyGate;
use super::proxy::Proxy;

pub const ACCOUNT: &str = "123456789012";
pub const REGION: &str = "us-west-2";
pub const PREFIX: &str = "coder-production-";

pub const SSMMESSAGES: [&str; 4] = [
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
];

/// What a world is made of. The default is healthy.
pub struct Plan {
    /// Short names; each has one container of that name.
    pub services: Vec<&'static str>,
    /// More containers of each task.
    pub sidecars: Vec<&'static str>,
    /// Whether services are created with exec on.
    pub exec: bool,
    pub tasks: i32,
    /// Actions that the task role's policy allows; `None`: the task definition names no role.
    pub role_actions: Option<Vec<&'static str>>,
    pub endpoint: bool,
    pub nat: bool,
    pub plugin: bool,
    pub caller: Caller,
    /// Of every container.
    pub read_only_root: bool,
    /// The log group of every container's awslogs driver.
    pub log_group: Option<&'static str>,
    /// Variables of every container.
    pub environment: Vec<(&'static str, &'static str)>,
}

/// The network of a world, by ID.
pub struct Net {
    pub vpc: String,
    /// Where tasks are.
    pub subnet: String,
    /// Where the endpoint is.
    pub far_subnet: String,
    pub task_group: String,
    pub endpoint_group: String,
    pub endpoint: Option<String>,
}

pub enum Caller {
    /// Allowed `ecs:ExecuteCommand` on the cluster, on tasks.
    User {
        cluster: bool,
        tasks: bool,
    },
    /// A role with a path, assumed.
    Role,
    Root,
}

impl Default for Plan {
    fn default() -> Plan {
        Plan {
            services: vec!["coder"],
            sidecars: Vec::new(),
            exec: true,
            tasks: 1,
            role_actions: Some(SSMMESSAGES.to_vec()),
            endpoint: true,
            nat: false,
            plugin: true,
            caller: Caller::User {
                cluster: true,
                tasks: true,
            },
            read_only_root: false,
            log_group: None,
            environment: Vec::new(),
        }
    }
}

pub struct World {
    pub proxy: Proxy,
    emulator: String,
    pub home: TempDir,
    pub cluster: String,
    pub sdk: Sdk,
    pub net: Net,
    keys: Keys,
    services: Vec<&'static str>,
}

/// Stops the world's tasks: each one that runs keeps the emulator busy.
impl Drop for World {
    fn drop(&mut self) {
        self.sdk.wait(async {
            for service in &self.services {
                let _ = self
                    .sdk
                    .ecs
                    .delete_service()
                    .cluster(&self.cluster)
                    .service(format!("{PREFIX}{service}"))
                    .force(true)
                    .send()
                    .await;
            }
        });
    }
}

/// Administrator's clients, straight to the emulator.
pub struct Sdk {
    pub ec2: aws_sdk_ec2::Client,
    pub ecs: aws_sdk_ecs::Client,
    pub iam: aws_sdk_iam::Client,
    pub sts: aws_sdk_sts::Client,
    runtime: tokio::runtime::Runtime,
}

struct Keys {
    id: String,
    secret: String,
    token: Option<String>,
}

impl World {
    pub fn healthy() -> World {
        World::new(Plan::default())
    }

    pub fn new(plan: Plan) -> World {
        let emulator = env::var("ECS_EXEC_EMULATOR")
            .expect("no emulator: these tests are run by scripts/test, which starts one");
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let cluster = format!("world-{}-{number}", std::process::id());
        let sdk = Sdk::connect(&emulator);
        let net = sdk.network(&plan);
        sdk.wait(async {
            sdk.ecs
                .create_cluster()
                .cluster_name(&cluster)
                .send()
                .await
                .unwrap();
        });
        let keys = sdk.caller(&plan.caller, &cluster);
        for service in &plan.services {
            sdk.service(&plan, &cluster, service, &net);
        }
        let world = World {
            proxy: Proxy::start(&emulator),
            emulator,
            home: home(plan.plugin),
            cluster,
            sdk,
            keys,
            net,
            services: plan.services.clone(),
        };
        for service in &plan.services {
            world.await_tasks(service, plan.tasks);
        }
        world
    }

    /// Where the caller may do only what its policies say.
    pub fn strict(plan: Plan) -> World {
        let world = World::new(plan);
        let place = format!("{REGION}:{ACCOUNT}");
        world.proxy.rules.lock().unwrap().gate = Some(Arc::new(PolicyGate {
            caller: format!("arn:aws:iam::{ACCOUNT}:user/{}-caller", world.cluster),
            cluster_arn: format!("arn:aws:ecs:{place}:cluster/{}", world.cluster),
            emulator: world.emulator.clone(),
        }));
        world
    }

    /// The program, pointed at this world with the caller's keys.
    pub fn command(&self) -> Command {
        let mut command = doctor::command(self.home.path());
        command
            .env("AWS_ENDPOINT_URL", &self.proxy.url)
            .env("AWS_ACCESS_KEY_ID", &self.keys.id)
            .env("AWS_SECRET_ACCESS_KEY", &self.keys.secret)
            .env("AWS_REGION", REGION)
            .env("ECS_EXEC_CLUSTER", &self.cluster)
            .env("ECS_EXEC_SERVICE_PREFIX", "coder-production-");
        if let Some(token) = &self.keys.token {
            command.env("AWS_SESSION_TOKEN", token);
        }
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Run {
        doctor::run(self.command().args(arguments))
    }

    /// `ecs-exec doctor … --format json`.
    pub fn doctor(&self, arguments: &[&str]) -> Run {
        let mut all = vec!["doctor", "--format", "json"];
        all.extend(arguments);
        self.run(&all)
    }

    /// Runs shell commands as an administrator, straight at the emulator. `$CLUSTER`, `$SERVICE`, `$ROLE`,
    /// `$CALLER`, `$VPC`, `$SUBNET`, `$FAR_SUBNET`, `$TASK_GROUP`, `$ENDPOINT_GROUP` and `$ENDPOINT`
    /// are those of this world and its first service.
    pub fn sh(&self, script: &str) -> String {
        self.shell(script, &self.emulator).unwrap()
    }

    /// The same through the proxy, as a user would paste it.
    pub fn paste(&self, script: &str) -> Result<String, String> {
        self.shell(script, &self.proxy.url)
    }

    fn shell(&self, script: &str, url: &str) -> Result<String, String> {
        let service = self.services.first().copied().unwrap_or_default();
        let output = Command::new("bash")
            .args(["-euc", script])
            .current_dir(self.home.path())
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env("AWS_ENDPOINT_URL", url)
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_REGION", REGION)
            .env("AWS_DEFAULT_REGION", REGION)
            .env("AWS_PAGER", "")
            .env("CLUSTER", &self.cluster)
            .env("SERVICE", format!("{PREFIX}{service}"))
            .env("FAMILY", format!("{}-{service}", self.cluster))
            .env("ROLE", self.role(service))
            .env("CALLER", format!("{}-caller", self.cluster))
            .env("VPC", &self.net.vpc)
            .env("SUBNET", &self.net.subnet)
            .env("FAR_SUBNET", &self.net.far_subnet)
            .env("TASK_GROUP", &self.net.task_group)
            .env("ENDPOINT_GROUP", &self.net.endpoint_group)
            .env("ENDPOINT", self.net.endpoint.as_deref().unwrap_or_default())
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        match output.status.success() {
            true => Ok(text(&output.stdout)),
            false => Err(format!("{script}\n{}", text(&output.stderr))),
        }
    }

    pub fn role(&self, service: &str) -> String {
        role_name(&self.cluster, service)
    }

    pub fn tasks(&self, service: &str) -> Vec<String> {
        self.sdk.wait(async {
            let listed = self
                .sdk
                .ecs
                .list_tasks()
                .cluster(&self.cluster)
                .service_name(format!("{PREFIX}{service}"))
                .send()
                .await
                .unwrap();
            listed.task_arns.unwrap_or_default()
        })
    }

    pub fn set_exec(&self, service: &str, on: bool) {
        self.sdk.wait(async {
            self.sdk
                .ecs
                .update_service()
                .cluster(&self.cluster)
                .service(format!("{PREFIX}{service}"))
                .enable_execute_command(on)
                .send()
                .await
                .unwrap();
        });
    }

    /// Waits until this many tasks run, and are tasks that were not there before.
    pub fn await_tasks(&self, service: &str, count: i32) {
        let until = Instant::now() + Duration::from_secs(60);
        while Instant::now() < until {
            let arns = self.tasks(service);
            if arns.len() == usize::try_from(count).unwrap() && self.all_running(&arns) {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
        panic!("{count} tasks of {service} do not come up");
    }

    /// Waits until the first service runs as many tasks as it is set to, all with its newest definition and flag.
    pub fn await_new_tasks(&self) {
        let name = format!("{PREFIX}{}", self.services[0]);
        let until = Instant::now() + Duration::from_secs(60);
        while Instant::now() < until {
            if self.is_rolled_out(&name) {
                return;
            }
            thread::sleep(Duration::from_millis(200));
        }
        panic!("the tasks of {name} are not replaced");
    }

    fn is_rolled_out(&self, name: &str) -> bool {
        self.sdk.wait(async {
            let ecs = &self.sdk.ecs;
            let described = ecs
                .describe_services()
                .cluster(&self.cluster)
                .services(name)
                .send()
                .await
                .unwrap();
            let service = &described.services()[0];
            let listed = ecs
                .list_tasks()
                .cluster(&self.cluster)
                .service_name(name)
                .send()
                .await
                .unwrap();
            let arns = listed.task_arns.unwrap_or_default();
            if arns.len() != usize::try_from(service.desired_count()).unwrap() || arns.is_empty() {
                return false;
            }
            let tasks = ecs
                .describe_tasks()
                .cluster(&self.cluster)
                .set_tasks(Some(arns))
                .send()
                .await
                .unwrap();
            tasks.tasks().iter().all(|task| {
                task.last_status() == Some("RUNNING")
                    && task.enable_execute_command() == service.enable_execute_command()
                    && task.task_definition_arn() == service.task_definition()
            })
        })
    }

    fn all_running(&self, arns: &[String]) -> bool {
        if arns.is_empty() {
            return true;
        }
        self.sdk.wait(async {
            let described = self
                .sdk
                .ecs
                .describe_tasks()
                .cluster(&self.cluster)
                .set_tasks(Some(arns.to_vec()))
                .send()
                .await
                .unwrap();
            described
                .tasks()
                .iter()
                .all(|task| task.last_status() == Some("RUNNING"))
        })
    }
}

impl Sdk {
    fn connect(emulator: &str) -> Sdk {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let keys = Credentials::new("test", "test", None, None, "tests");
        let config: SdkConfig = runtime.block_on(
            aws_config::defaults(BehaviorVersion::v2026_01_12())
                .endpoint_url(emulator)
                .region(Region::new(REGION))
                .credentials_provider(SharedCredentialsProvider::new(keys))
                .load(),
        );
        Sdk {
            ec2: aws_sdk_ec2::Client::new(&config),
            ecs: aws_sdk_ecs::Client::new(&config),
            iam: aws_sdk_iam::Client::new(&config),
            sts: aws_sdk_sts::Client::new(&config),
            runtime,
        }
    }

    pub fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// A VPC that resolves private names, with one subnet for tasks and one for the endpoint.
    fn network(&self, plan: &Plan) -> Net {
        self.wait(async {
            let vpc = self
                .ec2
                .create_vpc()
                .cidr_block("10.0.0.0/16")
                .send()
                .await
                .unwrap();
            let vpc = vpc.vpc.unwrap().vpc_id.unwrap();
            self.set_dns_hostnames(&vpc, true).await;
            let subnet = self.subnet(&vpc, "10.0.1.0/24").await;
            let far_subnet = self.subnet(&vpc, "10.0.2.0/24").await;
            let table = self
                .ec2
                .create_route_table()
                .vpc_id(&vpc)
                .send()
                .await
                .unwrap();
            let route_table = table.route_table.unwrap().route_table_id.unwrap();
            self.ec2
                .associate_route_table()
                .route_table_id(&route_table)
                .subnet_id(&subnet)
                .send()
                .await
                .unwrap();
            if plan.nat {
                self.ec2
                    .create_route()
                    .route_table_id(&route_table)
                    .destination_cidr_block("0.0.0.0/0")
                    .nat_gateway_id("nat-0123456789abcdef0")
                    .send()
                    .await
                    .unwrap();
            }
            let task_group = self.security_group(&vpc, "tasks").await;
            let endpoint_group = self.security_group(&vpc, "endpoint").await;
            self.ec2
                .authorize_security_group_ingress()
                .group_id(&endpoint_group)
                .ip_permissions(https_from("10.0.0.0/16"))
                .send()
                .await
                .unwrap();
            let endpoint = match plan.endpoint {
                true => Some(self.endpoint(&vpc, &far_subnet, &endpoint_group).await),
                false => None,
            };
            Net {
                vpc,
                subnet,
                far_subnet,
                task_group,
                endpoint_group,
                endpoint,
            }
        })
    }

    async fn subnet(&self, vpc: &str, cidr: &str) -> String {
        let subnet = self
            .ec2
            .create_subnet()
            .vpc_id(vpc)
            .cidr_block(cidr)
            .send()
            .await
            .unwrap();
        subnet.subnet.unwrap().subnet_id.unwrap()
    }

    async fn security_group(&self, vpc: &str, name: &str) -> String {
        let group = self
            .ec2
            .create_security_group()
            .vpc_id(vpc)
            .group_name(name)
            .description(name)
            .send()
            .await
            .unwrap();
        group.group_id.unwrap()
    }

    async fn endpoint(&self, vpc: &str, subnet: &str, group: &str) -> String {
        let endpoint = self
            .ec2
            .create_vpc_endpoint()
            .vpc_id(vpc)
            .vpc_endpoint_type(aws_sdk_ec2::types::VpcEndpointType::Interface)
            .service_name(format!("com.amazonaws.{REGION}.ssmmessages"))
            .subnet_ids(subnet)
            .security_group_ids(group)
            .private_dns_enabled(true)
            .send()
            .await
            .unwrap();
        endpoint.vpc_endpoint.unwrap().vpc_endpoint_id.unwrap()
    }

    pub async fn set_dns_hostnames(&self, vpc: &str, on: bool) {
        let value = aws_sdk_ec2::types::AttributeBooleanValue::builder()
            .value(on)
            .build();
        self.ec2
            .modify_vpc_attribute()
            .vpc_id(vpc)
            .enable_dns_hostnames(value)
            .send()
            .await
            .unwrap();
    }

    fn service(&self, plan: &Plan, cluster: &str, short: &str, net: &Net) {
        let name = format!("{PREFIX}{short}");
        let family = format!("{cluster}-{short}");
        self.wait(async {
            let role = match &plan.role_actions {
                Some(actions) => Some(self.task_role(&role_name(cluster, short), actions).await),
                None => None,
            };
            self.ecs
                .register_task_definition()
                .family(&family)
                .network_mode(NetworkMode::Awsvpc)
                .requires_compatibilities(Compatibility::Fargate)
                .cpu("256")
                .memory("512")
                .set_task_role_arn(role)
                .set_container_definitions(Some(
                    std::iter::once(short)
                        .chain(plan.sidecars.iter().copied())
                        .map(|name| {
                            ContainerDefinition::builder()
                                .name(name)
                                .image("busybox")
                                .essential(true)
                                .readonly_root_filesystem(plan.read_only_root)
                                .set_environment(Some(environment(&plan.environment)))
                                .set_log_configuration(plan.log_group.map(awslogs))
                                .build()
                        })
                        .collect(),
                ))
                .send()
                .await
                .unwrap();
            let awsvpc = AwsVpcConfiguration::builder()
                .subnets(&net.subnet)
                .security_groups(&net.task_group)
                .build()
                .unwrap();
            self.ecs
                .create_service()
                .cluster(cluster)
                .service_name(&name)
                .task_definition(&family)
                .desired_count(plan.tasks)
                .launch_type(LaunchType::Fargate)
                .enable_execute_command(plan.exec)
                .network_configuration(
                    NetworkConfiguration::builder()
                        .awsvpc_configuration(awsvpc)
                        .build(),
                )
                .send()
                .await
                .unwrap();
        });
    }

    async fn task_role(&self, name: &str, actions: &[&str]) -> String {
        let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
        let role = self
            .iam
            .create_role()
            .role_name(name)
            .assume_role_policy_document(trust)
            .send()
            .await
            .unwrap();
        if !actions.is_empty() {
            self.put_role_policy(name, "ecs-exec", &allow(actions, &["*"]))
                .await;
        }
        role.role.unwrap().arn
    }

    pub async fn put_role_policy(&self, role: &str, name: &str, document: &str) {
        self.iam
            .put_role_policy()
            .role_name(role)
            .policy_name(name)
            .policy_document(document)
            .send()
            .await
            .unwrap();
    }

    fn caller(&self, caller: &Caller, cluster: &str) -> Keys {
        let name = format!("{cluster}-caller");
        let arn = |kind: &str| format!("arn:aws:ecs:{REGION}:{ACCOUNT}:{kind}");
        let on_cluster = arn(&format!("cluster/{cluster}"));
        let on_tasks = arn(&format!("task/{cluster}/*"));
        self.wait(async {
            match caller {
                Caller::Root => Keys {
                    id: "test".into(),
                    secret: "test".into(),
                    token: None,
                },
                Caller::User { cluster, tasks } => {
                    self.iam.create_user().user_name(&name).send().await.unwrap();
                    let mut resources = vec!["arn:aws:ecs:::none"];
                    resources.extend(cluster.then_some(on_cluster.as_str()));
                    resources.extend(tasks.then_some(on_tasks.as_str()));
                    self.put_user_policy(&name, "ops", &allow(&["ecs:ExecuteCommand"], &resources)).await;
                    let key = self.iam.create_access_key().user_name(&name).send().await.unwrap();
                    let key = key.access_key.unwrap();
                    Keys {
                        id: key.access_key_id,
                        secret: key.secret_access_key,
                        token: None,
                    }
                }
                Caller::Role => {
                    let trust = format!(
                        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{ACCOUNT}:root"}},"Action":"sts:AssumeRole"}}]}}"#
                    );
                    let role = self
                        .iam
                        .create_role()
                        .role_name(&name)
                        .path("/aws-reserved/sso.amazonaws.com/us-west-2/")
                        .assume_role_policy_document(trust)
                        .send()
                        .await
                        .unwrap();
                    let policy = allow(&["ecs:ExecuteCommand"], &[&on_cluster, &on_tasks]);
                    self.put_role_policy(&name, "ops", &policy).await;
                    let session = self
                        .sts
                        .assume_role()
                        .role_arn(role.role.unwrap().arn)
                        .role_session_name("jane")
                        .send()
                        .await
                        .unwrap();
                    let keys = session.credentials.unwrap();
                    Keys {
                        id: keys.access_key_id,
                        secret: keys.secret_access_key,
                        token: Some(keys.session_token),
                    }
                }
            }
        })
    }

    pub async fn put_user_policy(&self, user: &str, name: &str, document: &str) {
        self.iam
            .put_user_policy()
            .user_name(user)
            .policy_name(name)
            .policy_document(document)
            .send()
            .await
            .unwrap();
    }
}

/// A rule that lets HTTPS in or out.
pub fn https_from(cidr: &str) -> aws_sdk_ec2::types::IpPermission {
    let range = aws_sdk_ec2::types::IpRange::builder().cidr_ip(cidr).build();
    aws_sdk_ec2::types::IpPermission::builder()
        .ip_protocol("tcp")
        .from_port(443)
        .to_port(443)
        .ip_ranges(range)
        .build()
}

fn awslogs(group: &str) -> LogConfiguration {
    LogConfiguration::builder()
        .log_driver(LogDriver::Awslogs)
        .options("awslogs-group", group)
        .options("awslogs-region", REGION)
        .options("awslogs-stream-prefix", "ecs")
        .build()
        .unwrap()
}

fn environment(variables: &[(&str, &str)]) -> Vec<KeyValuePair> {
    variables
        .iter()
        .map(|(name, value)| KeyValuePair::builder().name(*name).value(*value).build())
        .collect()
}

pub fn role_name(cluster: &str, service: &str) -> String {
    format!("{cluster}-{service}-task")
}

pub fn allow(actions: &[&str], resources: &[&str]) -> String {
    statement("Allow", actions, resources)
}

pub fn statement(effect: &str, actions: &[&str], resources: &[&str]) -> String {
    serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": effect, "Action": actions, "Resource": resources}],
    })
    .to_string()
}

/// An empty home, with a plugin on its PATH or none.
pub fn home(plugin: bool) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let bin = home.path().join("bin");
    fs::create_dir(&bin).unwrap();
    if plugin {
        let path = bin.join("session-manager-plugin");
        fs::write(&path, "#!/bin/sh\necho 1.2.764.0\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    home
}
