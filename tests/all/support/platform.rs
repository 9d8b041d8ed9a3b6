//! A platform like the runbook's in the emulator: a VPC, an endpoint, roles, a cluster, services and a caller.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use tempfile::TempDir;

use super::doctor::{self, Run};
use super::policy_gate::PolicyGate;
use super::proxy::Proxy;
use super::sdk::{Keys, Net, Sdk};

pub const ACCOUNT: &str = "123456789012";
pub const REGION: &str = "us-west-2";
pub const PREFIX: &str = "coder-production-";

pub const SSMMESSAGES: [&str; 4] = [
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
];

/// The contents of a platform. The default is healthy.
pub struct PlatformSpec {
    /// Short names; each has one container of that name.
    pub services: Vec<&'static str>,
    /// Additional containers of each task.
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
    /// `readonlyRootFilesystem` of every container.
    pub read_only_root: bool,
    /// The log group of every container's awslogs driver.
    pub log_group: Option<&'static str>,
    /// Variables of every container.
    pub environment: Vec<(&'static str, &'static str)>,
}

pub enum Caller {
    /// Whether `ecs:ExecuteCommand` is allowed on the cluster and on tasks.
    User {
        cluster: bool,
        tasks: bool,
    },
    /// An assumed role with a path.
    Role,
    Root,
}

impl Default for PlatformSpec {
    fn default() -> PlatformSpec {
        PlatformSpec {
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

pub struct Platform {
    pub proxy: Proxy,
    emulator: String,
    pub home: TempDir,
    pub cluster: String,
    pub sdk: Sdk,
    pub net: Net,
    keys: Keys,
    services: Vec<&'static str>,
}

/// Deletes the services, because running tasks keep the emulator busy.
impl Drop for Platform {
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

impl Platform {
    pub fn healthy() -> Platform {
        Platform::new(PlatformSpec::default())
    }

    pub fn new(spec: PlatformSpec) -> Platform {
        let emulator = env::var("ECS_EXEC_EMULATOR")
            .expect("no emulator: these tests are run by scripts/test, which starts one");
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let cluster = format!("world-{}-{number}", std::process::id());
        let sdk = Sdk::connect(&emulator);
        let net = sdk.network(&spec);
        sdk.wait(async {
            sdk.ecs
                .create_cluster()
                .cluster_name(&cluster)
                .send()
                .await
                .unwrap();
        });
        let keys = sdk.caller(&spec.caller, &cluster);
        for service in &spec.services {
            sdk.service(&spec, &cluster, service, &net);
        }
        let platform = Platform {
            proxy: Proxy::start(&emulator),
            emulator,
            home: home(spec.plugin),
            cluster,
            sdk,
            keys,
            net,
            services: spec.services.clone(),
        };
        for service in &spec.services {
            platform.await_tasks(service, spec.tasks);
        }
        platform
    }

    /// A platform that enforces the caller's policies.
    pub fn with_enforced_policies(spec: PlatformSpec) -> Platform {
        let platform = Platform::new(spec);
        let place = format!("{REGION}:{ACCOUNT}");
        platform.proxy.rules.lock().unwrap().gate = Some(Arc::new(PolicyGate {
            caller: format!("arn:aws:iam::{ACCOUNT}:user/{}-caller", platform.cluster),
            cluster_arn: format!("arn:aws:ecs:{place}:cluster/{}", platform.cluster),
            emulator: platform.emulator.clone(),
        }));
        platform
    }

    /// The program with the endpoint of this platform and the keys of the caller.
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

    /// Runs shell commands as an administrator, without the proxy. `$CLUSTER`, `$SERVICE`, `$ROLE`, `$CALLER`, `$VPC`,
    /// `$SUBNET`, `$FAR_SUBNET`, `$TASK_GROUP`, `$ENDPOINT_GROUP` and `$ENDPOINT` belong to this platform and its
    /// first service.
    pub fn sh(&self, script: &str) -> String {
        self.shell(script, &self.emulator).unwrap()
    }

    /// Runs shell commands through the proxy, like a user who pastes them.
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

    /// Waits until this number of tasks run.
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

    /// Waits until the first service runs its desired count of tasks, all with its current task definition and exec
    /// flag.
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

/// An empty home directory, with or without a plugin on its PATH.
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
