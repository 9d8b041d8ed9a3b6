//! Getting a connection: the first one, and the next where one broke.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use crate::dial::{Dialer, Socket};
use crate::error::SessionError;
use crate::secret::Secret;
use crate::services::{ResumeError, Resumed, Services};
use crate::session::{Options, Session};

/// How often the first connection is tried: a name that does not exist should be reported soon.
const FIRST_ATTEMPTS: u32 = 4;
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// A connection that has lasted this long was a good one.
const STEADY: Duration = Duration::from_secs(10);

/// The first connection, with the token that came with the session.
pub async fn connect(
    session: &Session,
    dialer: &mut Dialer,
    services: &impl Services,
    options: &Options,
) -> Result<Socket, SessionError> {
    let mut attempt = 0;
    loop {
        let dialled = dial(
            &session.stream_url,
            &session.token,
            dialer,
            services,
            options,
        )
        .await;
        attempt += 1;
        match dialled {
            Err(error) if may_pass(&error) && attempt < FIRST_ATTEMPTS => {
                sleep(wait(attempt)).await;
            }
            settled => return settled,
        }
    }
}

/// The next connection, with a token that is asked for at each attempt since each serves once.
/// `broken` is why there must be one.
pub async fn reconnect(
    session: &Session,
    broken: &str,
    retry: &mut Retry,
    dialer: &mut Dialer,
    services: &impl Services,
    options: &Options,
) -> Result<Socket, SessionError> {
    let lost = |could_not_resume| SessionError::Lost {
        why: broken.to_owned(),
        could_not_resume,
    };
    loop {
        if retry.attempt > 0 {
            sleep(wait(retry.attempt)).await;
        }
        retry.attempt += 1;
        let why = match ask(session, services, options).await {
            Ok(resumed) => {
                let url = resumed.stream_url.filter(|url| !url.is_empty());
                let url = url.as_deref().unwrap_or(&session.stream_url);
                match dial(url, &resumed.token, dialer, services, options).await {
                    Ok(socket) => {
                        retry.connected = Instant::now();
                        return Ok(socket);
                    }
                    Err(error) if may_pass(&error) => error.to_string(),
                    Err(error) => return Err(lost(error.to_string())),
                }
            }
            Err(ResumeError::Gone) => return Err(SessionError::Gone),
            Err(ResumeError::Denied(why)) => return Err(lost(why)),
            Err(ResumeError::Unavailable(why)) => why,
        };
        if retry.is_over(Instant::now()) {
            return Err(lost(why));
        }
    }
}

/// How often and since when a connection is being tried for. One that breaks at once counts as none, or a
/// gateway that accepts and closes would be asked without a pause and without an end.
pub struct Retry {
    limit: Duration,
    attempt: u32,
    since: Instant,
    connected: Instant,
}

impl Retry {
    pub fn new(limit: Duration, connected: Instant) -> Retry {
        Retry {
            limit,
            attempt: 0,
            since: connected,
            connected,
        }
    }

    /// The connection broke.
    pub fn broken(&mut self, now: Instant) {
        if now.duration_since(self.connected) >= STEADY {
            self.attempt = 0;
            self.since = now;
        }
    }

    fn is_over(&self, now: Instant) -> bool {
        now.duration_since(self.since) + wait(self.attempt) >= self.limit
    }
}

async fn ask(
    session: &Session,
    services: &impl Services,
    options: &Options,
) -> Result<Resumed, ResumeError> {
    let resumed = timeout(options.connect_timeout, services.resume(&session.id))
        .await
        .map_err(|_| ResumeError::Unavailable("AWS did not answer".to_owned()))??;
    match resumed.token.expose() {
        "" => Err(ResumeError::Gone),
        _ => Ok(resumed),
    }
}

async fn dial(
    url: &str,
    token: &Secret,
    dialer: &mut Dialer,
    services: &impl Services,
    options: &Options,
) -> Result<Socket, SessionError> {
    let limit = options.connect_timeout;
    timeout(limit, dialer.dial(url, token, services))
        .await
        .unwrap_or_else(|_| {
            Err(SessionError::CouldNotConnect {
                host: host(url),
                why: format!("no answer within {} seconds", limit.as_secs().max(1)),
            })
        })
}

fn host(url: &str) -> String {
    let rest = url.split_once("//").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or_default().to_owned()
}

/// Whether another attempt may go better.
fn may_pass(error: &SessionError) -> bool {
    match error {
        SessionError::CouldNotConnect { .. } => true,
        SessionError::Refused { status, .. } => *status == 429 || *status >= 500,
        _ => false,
    }
}

/// Twice as long each time, from 100 to 200 ms at random so that many clients do not come at once.
fn wait(attempt: u32) -> Duration {
    let random = u64::from(Uuid::new_v4().as_bytes()[0]) * 100 / 255;
    let first = Duration::from_millis(100 + random);
    first
        .saturating_mul(1 << (attempt.saturating_sub(1)).min(8))
        .min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_stop_growing() {
        for (attempt, least, most) in [(1, 100, 200), (2, 200, 400), (3, 400, 800)] {
            let wait = wait(attempt).as_millis();
            assert!((least..=most).contains(&wait), "{attempt}: {wait}");
        }
        assert_eq!(wait(7), LONGEST_WAIT);
        assert_eq!(wait(u32::MAX), LONGEST_WAIT);
    }
}
