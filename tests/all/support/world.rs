//! Worlds like the runbook's in the emulator: a VPC, an endpoint, roles, a cluster, services, a caller.

use std::future::Future;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_ecs::types::{
    AwsVpcConfiguration, Compatibility, ContainerDefinition, LaunchType, NetworkConfiguration,
    NetworkMode,
};
use tempfile::TempDir;

use super::doctor::{self, Run};
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
        }
    }
}

pub struct World {
    pub proxy: Proxy,
    pub home: TempDir,
    pub cluster: String,
    pub sdk: Sdk,
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
        let subnet = sdk.network(&plan);
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
            sdk.service(&plan, &cluster, service, &subnet);
        }
        let world = World {
            proxy: Proxy::start(&emulator),
            home: home(plan.plugin),
            cluster,
            sdk,
            keys,
            services: plan.services.clone(),
        };
        for service in &plan.services {
            world.await_tasks(service, plan.tasks);
        }
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
            .env("ECS_EXEC_CLUSTER", &self.cluster);
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

    /// A VPC with one subnet; gives the subnet.
    fn network(&self, plan: &Plan) -> String {
        self.wait(async {
            let vpc = self
                .ec2
                .create_vpc()
                .cidr_block("10.0.0.0/16")
                .send()
                .await
                .unwrap();
            let vpc = vpc.vpc.unwrap().vpc_id.unwrap();
            let subnet = self
                .ec2
                .create_subnet()
                .vpc_id(&vpc)
                .cidr_block("10.0.1.0/24")
                .send()
                .await
                .unwrap();
            let subnet = subnet.subnet.unwrap().subnet_id.unwrap();
            let table = self
                .ec2
                .create_route_table()
                .vpc_id(&vpc)
                .send()
                .await
                .unwrap();
            let table = table.route_table.unwrap().route_table_id.unwrap();
            self.ec2
                .associate_route_table()
                .route_table_id(&table)
                .subnet_id(&subnet)
                .send()
                .await
                .unwrap();
            if plan.nat {
                self.ec2
                    .create_route()
                    .route_table_id(&table)
                    .destination_cidr_block("0.0.0.0/0")
                    .nat_gateway_id("nat-0123456789abcdef0")
                    .send()
                    .await
                    .unwrap();
            }
            if plan.endpoint {
                self.ec2
                    .create_vpc_endpoint()
                    .vpc_id(&vpc)
                    .vpc_endpoint_type(aws_sdk_ec2::types::VpcEndpointType::Interface)
                    .service_name(format!("com.amazonaws.{REGION}.ssmmessages"))
                    .subnet_ids(&subnet)
                    .private_dns_enabled(true)
                    .send()
                    .await
                    .unwrap();
            }
            subnet
        })
    }

    fn service(&self, plan: &Plan, cluster: &str, short: &str, subnet: &str) {
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
                                .build()
                        })
                        .collect(),
                ))
                .send()
                .await
                .unwrap();
            let awsvpc = AwsVpcConfiguration::builder()
                .subnets(subnet)
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
