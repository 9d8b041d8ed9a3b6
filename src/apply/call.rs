//! Executes the steps of fixes. A resource that already exists counts as created. Simple calls are sent here, and others
//! in a module for each AWS service.

mod ec2;
mod ecs;
mod iam;
mod kms;
mod policies;
mod s3;

use std::collections::BTreeMap;

use aws_sdk_ec2::types::AttributeBooleanValue;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use model::aws_call::{AwsCall, DnsAttribute};
use model::cli_command::{Ref, Variable};
use model::facts::Unavailable;
use model::step::Step;
use model::text::sanitize_line;

use super::revise::revise;
use crate::aws::{AwsClients, Failure};

/// What the steps so far returned.
#[derive(Default)]
pub struct StepOutputs {
    variables: BTreeMap<Variable, String>,
    /// A role was created that ECS may not know yet.
    pub has_new_role: bool,
    /// ARN of a key that was created and that nothing uses yet.
    pub unused_key: Option<String>,
    /// IDs of the endpoints that were created.
    pub endpoints: Vec<String>,
    /// ARN of the newest revision by the ARN of the revision that it was made from. The next edit continues from it.
    pub revisions: BTreeMap<String, String>,
    /// ARN of the newest revision by family: what is deployed is what this program registered, whatever others register
    /// meanwhile.
    pub families: BTreeMap<String, String>,
    /// ID of the deployment that was started, by service.
    pub deployments: BTreeMap<String, String>,
}

impl StepOutputs {
    fn store(&mut self, variable: Variable, value: Option<String>) {
        self.variables.extend(value.map(|value| (variable, value)));
    }

    fn resolve(&self, reference: &Ref) -> Result<String, Failure> {
        match reference {
            Ref::Literal(text) => Ok(text.clone()),
            Ref::Output(variable) => self.variables.get(variable).cloned().ok_or_else(|| {
                let why = format!("no earlier step returned the value of {variable}");
                cannot("the call", &why)
            }),
        }
    }

    /// An executed step, and the value that it returned.
    pub fn summary(&self, step: &Step) -> String {
        let output = match step {
            Step::Call(call) => call.cli().output(),
            Step::AddStatement(_) | Step::Revise(_) | Step::Shell(_) => None,
        };
        match output.and_then(|variable| self.variables.get(&variable)) {
            Some(value) => sanitize_line(&format!("{}: {value}", step.summary())),
            None => step.summary(),
        }
    }
}

/// Executes one step, and stores what it returns for the steps after it.
pub async fn execute(
    aws: &AwsClients,
    step: &Step,
    outputs: &mut StepOutputs,
) -> Result<(), Failure> {
    match step {
        Step::Call(call) => send(aws, call, outputs).await,
        Step::AddStatement(addition) => policies::add_statement(aws, addition).await,
        Step::Revise(revision) => revise(aws, revision, outputs).await,
        Step::Shell(_) => Err(cannot("a shell command", "it has to be run by hand")),
    }
}

/// Sends a call with the same fields that [`AwsCall::cli`] prints.
async fn send(aws: &AwsClients, call: &AwsCall, outputs: &mut StepOutputs) -> Result<(), Failure> {
    match call {
        AwsCall::UpdateService(update) => ecs::update_service(aws, update, outputs).await,
        AwsCall::UpdateContainerAgent {
            cluster,
            container_instance,
        } => {
            let answer = aws.call("ecs:UpdateContainerAgent", || {
                let update = aws.ecs.update_container_agent().cluster(cluster);
                update.container_instance(container_instance).send()
            });
            answer.await.map(drop)
        }
        AwsCall::CreateSecurityGroup(group) => {
            ec2::create_security_group(aws, group, outputs).await
        }
        AwsCall::AuthorizeSecurityGroupIngress(rule) => {
            ec2::authorize_ingress(aws, rule, outputs).await
        }
        AwsCall::AuthorizeSecurityGroupEgress(rule) => {
            ec2::authorize_egress(aws, rule, outputs).await
        }
        AwsCall::CreateNetworkAclEntry(rule) => ec2::create_network_acl_entry(aws, rule).await,
        AwsCall::CreateVpcEndpoint(endpoint) => {
            ec2::create_vpc_endpoint(aws, endpoint, outputs).await
        }
        AwsCall::DeleteVpcEndpoints(endpoint) => ec2::delete_vpc_endpoints(aws, endpoint).await,
        AwsCall::ModifyVpcEndpoint {
            endpoint,
            private_dns,
        } => {
            let answer = aws.call("ec2:ModifyVpcEndpoint", || {
                let modify = aws.ec2.modify_vpc_endpoint().vpc_endpoint_id(endpoint);
                modify.private_dns_enabled(*private_dns).send()
            });
            answer.await.map(drop)
        }
        AwsCall::ModifyVpcAttribute { vpc, attribute } => {
            let answer = aws.call("ec2:ModifyVpcAttribute", || {
                let modify = aws.ec2.modify_vpc_attribute().vpc_id(vpc);
                let on = AttributeBooleanValue::builder().value(true).build();
                match attribute {
                    DnsAttribute::Support => modify.enable_dns_support(on),
                    DnsAttribute::Hostnames => modify.enable_dns_hostnames(on),
                }
                .send()
            });
            answer.await.map(drop)
        }
        AwsCall::CreateRole(role) => iam::create_role(aws, role, outputs).await,
        AwsCall::PutRolePolicy(policy) => iam::put_role_policy(aws, policy).await,
        AwsCall::PutUserPolicy(policy) => iam::put_user_policy(aws, policy).await,
        AwsCall::UpdateAssumeRolePolicy { role, trust_policy } => {
            iam::update_assume_role_policy(aws, role, trust_policy).await
        }
        AwsCall::EnableKey(key) => {
            let answer = aws.call("kms:EnableKey", || aws.kms.enable_key().key_id(key).send());
            answer.await.map(drop)
        }
        AwsCall::CancelKeyDeletion(key) => {
            let answer = aws.call("kms:CancelKeyDeletion", || {
                aws.kms.cancel_key_deletion().key_id(key).send()
            });
            answer.await.map(drop)
        }
        AwsCall::CreateKey(key) => kms::create_key(aws, key, outputs).await,
        AwsCall::CreateLogGroup(name) => {
            let answer = aws.call("logs:CreateLogGroup", || {
                aws.logs.create_log_group().log_group_name(name).send()
            });
            unless_done(answer.await, "ResourceAlreadyExistsException").map(drop)
        }
        AwsCall::AssociateKmsKey { log_group, key } => {
            let key = outputs.resolve(key)?;
            let answer = aws.call("logs:AssociateKmsKey", || {
                let associate = aws.logs.associate_kms_key().log_group_name(log_group);
                associate.kms_key_id(&key).send()
            });
            answer.await?;
            outputs.unused_key = None;
            Ok(())
        }
        AwsCall::CreateBucket { bucket, location } => {
            let configuration = location.as_ref().map(|region| {
                let region = BucketLocationConstraint::from(region.as_str());
                let configuration = CreateBucketConfiguration::builder();
                configuration.location_constraint(region).build()
            });
            let answer = aws.call("s3:CreateBucket", || {
                let create = aws.s3.create_bucket().bucket(bucket);
                create
                    .set_create_bucket_configuration(configuration.clone())
                    .send()
            });
            answer.await.map(drop)
        }
        AwsCall::PutBucketEncryption(bucket) => s3::put_bucket_encryption(aws, bucket).await,
    }
}

fn cannot(action: &str, why: &str) -> Failure {
    Failure::from(Unavailable::not_asked(action, why))
}

/// The answer; `None` if AWS returned the error code that means the change was made before.
fn unless_done<T>(answer: Result<T, Failure>, code: &str) -> Result<Option<T>, Failure> {
    match answer {
        Err(failure) if failure.is(code) => Ok(None),
        other => other.map(Some),
    }
}

#[cfg(test)]
mod tests;
