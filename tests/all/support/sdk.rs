//! Creates the resources of a platform in the emulator: network, roles, services and caller.

use std::future::Future;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_ecs::types::{
    AwsVpcConfiguration, Compatibility, ContainerDefinition, KeyValuePair, LaunchType,
    LogConfiguration, LogDriver, NetworkConfiguration, NetworkMode,
};

use super::platform::{ACCOUNT, Caller, PREFIX, PlatformSpec, REGION, allow, role_name};

/// The IDs of a platform's network.
pub struct Net {
    pub vpc: String,
    /// The subnet of the tasks.
    pub subnet: String,
    /// The subnet of the endpoint.
    pub far_subnet: String,
    pub task_group: String,
    pub endpoint_group: String,
    pub endpoint: Option<String>,
}

/// AWS clients of an administrator, without the proxy.
pub struct Sdk {
    pub ec2: aws_sdk_ec2::Client,
    pub ecs: aws_sdk_ecs::Client,
    pub iam: aws_sdk_iam::Client,
    pub sts: aws_sdk_sts::Client,
    runtime: tokio::runtime::Runtime,
}

pub struct Keys {
    pub id: String,
    pub secret: String,
    pub token: Option<String>,
}

impl Sdk {
    pub fn connect(emulator: &str) -> Sdk {
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
    pub fn network(&self, spec: &PlatformSpec) -> Net {
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
            self.ask_amazon_for_names(&vpc).await;
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
            if spec.nat {
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
            let endpoint = match spec.endpoint {
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

    /// AWS gives every VPC the default DHCP options of the region; the emulator gives none.
    async fn ask_amazon_for_names(&self, vpc: &str) {
        let servers = aws_sdk_ec2::types::NewDhcpConfiguration::builder()
            .key("domain-name-servers")
            .values("AmazonProvidedDNS")
            .build();
        let created = self
            .ec2
            .create_dhcp_options()
            .dhcp_configurations(servers)
            .send()
            .await
            .unwrap();
        let options = created.dhcp_options.unwrap().dhcp_options_id.unwrap();
        self.ec2
            .associate_dhcp_options()
            .dhcp_options_id(options)
            .vpc_id(vpc)
            .send()
            .await
            .unwrap();
    }

    pub fn service(&self, spec: &PlatformSpec, cluster: &str, short: &str, net: &Net) {
        let name = format!("{PREFIX}{short}");
        let family = format!("{cluster}-{short}");
        self.wait(async {
            let role = match &spec.role_actions {
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
                        .chain(spec.sidecars.iter().copied())
                        .map(|name| {
                            ContainerDefinition::builder()
                                .name(name)
                                .image("busybox")
                                .essential(true)
                                .readonly_root_filesystem(spec.read_only_root)
                                .set_environment(Some(environment(&spec.environment)))
                                .set_log_configuration(spec.log_group.map(awslogs))
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
                .desired_count(spec.tasks)
                .launch_type(LaunchType::Fargate)
                .enable_execute_command(spec.exec)
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

    pub fn caller(&self, caller: &Caller, cluster: &str) -> Keys {
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

/// A security group rule for HTTPS.
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
