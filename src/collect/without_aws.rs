//! Facts about this machine only, without AWS.

use std::time::Duration;

use futures::join;
use jiff::Timestamp;
use model::facts::*;

use super::local;
use crate::aws::{AwsClients, NO_CREDENTIALS, partition};
use crate::cli_error::ErrorKind;
use crate::config::{Settings, short_name};

/// The facts if there are no credentials to call AWS with; `None` otherwise.
pub async fn without_aws(settings: &Settings, timeout: Duration) -> Option<Facts> {
    let region = settings.region.as_ref()?;
    let error = AwsClients::connect(settings, timeout).await.err()?;
    if error.kind != ErrorKind::NoCredentials {
        return None;
    }
    let unasked = Unavailable::not_asked("sts:GetCallerIdentity", NO_CREDENTIALS);
    let (plugin, aws_cli) = join!(local::plugin(), local::aws_cli());
    Some(Facts {
        format: FORMAT,
        taken_at: Timestamp::now(),
        partition: partition(&region.value).to_owned(),
        region: region.value.clone(),
        cluster_name: short_name(&settings.cluster).to_owned(),
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
        ..Facts::default()
    })
}
