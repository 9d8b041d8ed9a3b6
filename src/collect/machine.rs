//! Facts about this machine only, without AWS.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::join;
use jiff::Timestamp;
use model::facts::*;

use super::local;
use crate::aws::{AwsClients, NO_CREDENTIALS, partition};
use crate::cli_error::ErrorKind;
use crate::config::{Settings, short_name};

/// The facts if there are no credentials to call AWS with; `None` otherwise.
pub async fn machine(settings: &Settings, timeout: Duration) -> Option<Facts> {
    let region = settings.region.as_ref()?;
    let error = AwsClients::connect(settings, timeout).await.err()?;
    if error.kind != ErrorKind::NoCredentials {
        return None;
    }
    let unasked = Unavailable::not_asked("sts:GetCallerIdentity", NO_CREDENTIALS);
    let (plugin, aws_cli) = join!(local::plugin(), local::aws_cli());
    Some(Facts {
        format: FORMAT,
        manifest: None,
        taken_at: Timestamp::now(),
        partition: partition(&region.value).to_owned(),
        region: region.value.clone(),
        account: None,
        cluster_name: short_name(&settings.cluster).to_owned(),
        planned: false,
        target: Target::default(),
        expect: settings.expect.clone(),
        local: Local {
            os: std::env::consts::OS.to_owned(),
            region_source: region.source.clone(),
            credentials: Fact::Absent,
            plugin,
            aws_cli,
            stream: Fact::Unavailable(unasked.clone()),
            clock_ahead_seconds: Fact::Unavailable(unasked.clone()),
        },
        caller: Fact::Unavailable(unasked.clone()),
        cluster: Fact::Unavailable(unasked.clone()),
        unlisted: Some(unasked),
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
    })
}
