//! AWS CloudTrail: the event history of the region.

use std::time::Duration;

use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use aws_smithy_types::DateTime;
use jiff::Timestamp;
use model::facts::Reason;
use tokio::time::{Instant, sleep};

use crate::aws::{AwsClients, Failure};

const ACTION: &str = "cloudtrail:LookupEvents";

/// CloudTrail allows two calls in a second for the account and region, also those of other programs.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>
const PAUSE: Duration = Duration::from_millis(550);

/// The events of one name.
pub struct Lookup {
    /// The events as CloudTrail records them, in JSON, the newest first.
    pub events: Vec<String>,
    /// The time of the oldest event that was read, if the time was not enough for older ones.
    pub cut_off_at: Option<Timestamp>,
}

/// Reads the events of a name since a time. No page is asked for after `until`.
pub async fn events(
    aws: &AwsClients,
    name: &str,
    since: Timestamp,
    until: Instant,
) -> Result<Lookup, Failure> {
    let attribute = LookupAttribute::builder()
        .attribute_key(LookupAttributeKey::EventName)
        .attribute_value(name)
        .build()
        .map_err(|error| {
            let reason = Reason::Failed;
            Failure::from(model::facts::Unavailable::new(
                ACTION,
                reason,
                error.to_string(),
            ))
        })?;
    let mut lookup = Lookup {
        events: Vec::new(),
        cut_off_at: None,
    };
    let (mut token, mut oldest) = (None::<String>, None);
    loop {
        if Instant::now() >= until {
            lookup.cut_off_at = oldest.or(Some(Timestamp::now()));
            return Ok(lookup);
        }
        let page = aws
            .call(ACTION, || {
                aws.cloudtrail
                    .lookup_events()
                    .lookup_attributes(attribute.clone())
                    .start_time(DateTime::from_secs(since.as_second()))
                    .max_results(50)
                    .set_next_token(token.clone())
                    .send()
            })
            .await;
        let page = match page {
            Ok(page) => page,
            Err(failure) if oldest.is_some() && ran_out_of_time(&failure) => {
                lookup.cut_off_at = oldest;
                return Ok(lookup);
            }
            Err(failure) => return Err(failure),
        };
        for event in page.events.unwrap_or_default() {
            let at = event.event_time.map(|at| at.secs());
            oldest = at.and_then(|at| Timestamp::from_second(at).ok()).or(oldest);
            lookup.events.extend(event.cloud_trail_event);
        }
        let next = page.next_token.filter(|next| !next.is_empty());
        if next.is_none() || next == token {
            return Ok(lookup);
        }
        token = next;
        sleep(PAUSE).await;
    }
}

fn ran_out_of_time(failure: &Failure) -> bool {
    let reason = failure.why.reason;
    matches!(
        reason,
        Reason::TimedOut | Reason::NotAsked | Reason::Throttled
    )
}
