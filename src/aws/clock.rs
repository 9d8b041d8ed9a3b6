//! Compares this machine's clock with AWS's.

use std::sync::{Arc, OnceLock};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use jiff::Timestamp;
use model::facts::{Caller, Fact};

/// Compares this machine's clock with the Date header of a response.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    ahead: Arc<OnceLock<Option<i64>>>,
}

impl Clock {
    /// Seconds by which this machine's clock is ahead of AWS's. `Absent`: the response has no date.
    pub fn ahead_seconds(&self, caller: &Fact<Caller>) -> Fact<i64> {
        match (self.ahead.get(), caller) {
            (Some(Some(seconds)), _) => Fact::Known(*seconds),
            (Some(None), _) | (None, Fact::Known(_) | Fact::Absent) => Fact::Absent,
            (None, Fact::Unavailable(why)) => Fact::Unavailable(why.clone()),
        }
    }
}

impl Intercept for Clock {
    fn name(&self) -> &'static str {
        "Clock"
    }

    fn read_after_transmit(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        let ahead = date.and_then(parse).map(|theirs| {
            let ours = Timestamp::now();
            ours.as_second() - theirs.as_second()
        });
        let _ = self.ahead.set(ahead);
        Ok(())
    }
}

/// An HTTP date (RFC 9110, section 5.6.7).
fn parse(date: &str) -> Option<Timestamp> {
    let parsed = jiff::fmt::rfc2822::parse(date).ok()?;
    Some(parsed.timestamp())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn http_dates_are_parsed() {
        let moment = parse("Tue, 24 Nov 2026 06:00:00 GMT").unwrap();
        assert_eq!(moment.to_string(), "2026-11-24T06:00:00Z");
        assert!(parse("yesterday").is_none());
    }
}
