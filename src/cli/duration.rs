//! Durations on the command line: `30s`, `2m`, `500ms`; a bare number is in seconds.

use std::time::Duration;

use jiff::SignedDuration;

const LONGEST: Duration = Duration::from_hours(24);

/// Parses a duration of more than 0 and at most 24 hours.
pub fn duration(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().map(SignedDuration::from_secs);
    let parsed = seconds.or_else(|_| text.parse::<SignedDuration>());
    match parsed.map(Duration::try_from) {
        Ok(Ok(Duration::ZERO)) => Err("must be greater than 0".to_owned()),
        Ok(Ok(duration)) if duration <= LONGEST => Ok(duration),
        _ => Err("expected a number and a unit (ms, s, m or h), like 30s, at most 24h".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit_and_an_upper_limit() {
        assert_eq!(duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("30"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        for bad in [
            "",
            "s",
            "0s",
            "-1s",
            "30d",
            "99999999999999999999s",
            "0ms",
            "90000000ms",
        ] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
