//! Retries: the first connection, and the next one after a connection broke.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use crate::aws_api::{AwsApi, ResumeError, Resumed};
use crate::dial::{Dialer, Socket};
use crate::error::SessionError;
use crate::secret::Secret;

/// The attempts for the first connection. Few, so that a wrong host name is reported soon.
const FIRST_ATTEMPTS: u32 = 4;
const LONGEST_BACKOFF: Duration = Duration::from_secs(5);
/// A connection that has lasted this long counts as a success.
const STABLE_AFTER: Duration = Duration::from_secs(10);

/// Since when and how often a connection has been retried. A connection that breaks at once does not reset this, or a
/// gateway that accepts and closes would be asked without pause and without end.
pub struct Retry {
    attempt: u32,
    since: Instant,
    connected: Instant,
}

impl Retry {
    pub fn new(connected: Instant) -> Retry {
        Retry {
            attempt: 0,
            since: connected,
            connected,
        }
    }
}

impl<A: AwsApi> Dialer<'_, A> {
    /// Opens the first connection, with the token that came with the session.
    pub async fn connect(&self) -> Result<Socket, SessionError> {
        let mut attempt = 1;
        loop {
            match self
                .dial_in_time(&self.session.stream_url, &self.session.token)
                .await
            {
                Err(error) if is_transient(&error) && attempt < FIRST_ATTEMPTS => {
                    sleep(backoff(attempt)).await;
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    /// Opens the next connection after one broke for `reason`. Each attempt needs a new token, since one is valid for
    /// one connection.
    pub async fn reconnect(
        &self,
        reason: String,
        retry: &mut Retry,
    ) -> Result<Socket, SessionError> {
        let broken = Instant::now();
        if broken.duration_since(retry.connected) >= STABLE_AFTER {
            retry.attempt = 0;
            retry.since = broken;
        }
        let lost = |resume_error| SessionError::Lost {
            reason,
            resume_error,
        };
        loop {
            if retry.attempt > 0 {
                sleep(backoff(retry.attempt)).await;
            }
            retry.attempt += 1;
            let error = match self.resume().await {
                Ok(resumed) => {
                    let url = resumed.stream_url.filter(|url| !url.is_empty());
                    let url = url.as_deref().unwrap_or(&self.session.stream_url);
                    match self.dial_in_time(url, &resumed.token).await {
                        Ok(socket) => {
                            retry.connected = Instant::now();
                            return Ok(socket);
                        }
                        Err(error) if is_transient(&error) => error.to_string(),
                        Err(error) => return Err(lost(error.to_string())),
                    }
                }
                Err(ResumeError::Gone) => return Err(SessionError::Expired),
                Err(ResumeError::Denied(why)) => return Err(lost(why)),
                Err(ResumeError::Unavailable(why)) => why,
            };
            let tried_for = retry.since.elapsed() + backoff(retry.attempt);
            if tried_for >= self.options.resume_timeout {
                return Err(lost(error));
            }
        }
    }

    async fn resume(&self) -> Result<Resumed, ResumeError> {
        let asked = timeout(
            self.options.connect_timeout,
            self.aws.resume(&self.session.id),
        );
        let resumed = asked
            .await
            .map_err(|_| ResumeError::Unavailable("AWS did not answer".to_owned()))??;
        match resumed.token.expose() {
            "" => Err(ResumeError::Gone),
            _ => Ok(resumed),
        }
    }

    async fn dial_in_time(&self, url: &str, token: &Secret) -> Result<Socket, SessionError> {
        let limit = self.options.connect_timeout;
        timeout(limit, self.dial(url, token))
            .await
            .unwrap_or_else(|_| {
                let host = url.split('/').nth(2).unwrap_or_default().to_owned();
                let reason = format!("no answer within {} seconds", limit.as_secs().max(1));
                Err(SessionError::CouldNotConnect { host, reason })
            })
    }
}

/// Whether another attempt may succeed.
fn is_transient(error: &SessionError) -> bool {
    match error {
        SessionError::CouldNotConnect { .. } => true,
        SessionError::Refused { status, .. } => *status == 429 || *status >= 500,
        _ => false,
    }
}

/// Doubles with each attempt, from 100 to 200 ms at random so that many clients do not retry at the same time.
fn backoff(attempt: u32) -> Duration {
    let random = u64::from(Uuid::new_v4().as_bytes()[0]) * 100 / 255;
    Duration::from_millis(100 + random)
        .saturating_mul(1 << attempt.saturating_sub(1).min(8))
        .min(LONGEST_BACKOFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_maximum() {
        for (attempt, least, most) in [(1, 100, 200), (2, 200, 400), (3, 400, 800)] {
            let wait = backoff(attempt).as_millis();
            assert!((least..=most).contains(&wait), "{attempt}: {wait}");
        }
        assert_eq!(backoff(7), LONGEST_BACKOFF);
        assert_eq!(backoff(u32::MAX), LONGEST_BACKOFF);
    }
}
