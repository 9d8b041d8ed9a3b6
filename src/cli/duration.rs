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

const DAY: Duration = Duration::from_hours(24);

/// Parses a duration of more than 0 and at most 90 days, which may be in days: `7d`.
pub fn days_or_less(text: &str) -> Result<Duration, String> {
    const DAYS: u32 = 90;
    let help = || "expected a number and a unit (m, h or d), like 24h or 7d".to_owned();
    let parsed = match text.strip_suffix('d') {
        Some(days) => DAY.checked_mul(days.parse().map_err(|_| help())?),
        None => {
            let signed: SignedDuration = text.parse().map_err(|_| help())?;
            Duration::try_from(signed).ok()
        }
    };
    match parsed {
        None => Err(help()),
        Some(Duration::ZERO) => Err("must be greater than 0".to_owned()),
        Some(duration) if duration > DAY * DAYS => Err(
            "CloudTrail's event history keeps 90 days; for older sessions query the bucket of a trail"
                .to_owned(),
        ),
        Some(duration) => Ok(duration),
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

    #[test]
    fn the_event_history_has_90_days() {
        assert_eq!(days_or_less("7d"), Ok(DAY * 7));
        assert_eq!(days_or_less("24h"), Ok(DAY));
        assert_eq!(days_or_less("90d"), Ok(DAY * 90));
        for bad in [
            "",
            "d",
            "0d",
            "-1d",
            "91d",
            "2161h",
            "7",
            "1w",
            "99999999999d",
            "-5h",
        ] {
            assert!(days_or_less(bad).is_err(), "{bad}");
        }
        assert!(days_or_less("1y").unwrap_err().contains("24h"));
    }
}
