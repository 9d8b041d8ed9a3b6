//! Durations on the command line: `30s`, `2m`, `500ms`; a bare number is in seconds.

use std::time::Duration;

use jiff::SignedDuration;

const LONGEST: Duration = Duration::from_hours(24);

/// Parses a duration of more than 0 and at most 24 hours.
pub fn duration(text: &str) -> Result<Duration, String> {
    match parsed(text) {
        Some(Duration::ZERO) => Err(ZERO.to_owned()),
        Some(duration) if duration <= LONGEST => Ok(duration),
        _ => Err("expected a number and a unit (ms, s, m or h), like 30s, at most 24h".to_owned()),
    }
}

fn parsed(text: &str) -> Option<Duration> {
    let seconds = text.parse().map(SignedDuration::from_secs);
    let parsed = seconds.or_else(|_| text.parse::<SignedDuration>());
    Duration::try_from(parsed.ok()?).ok()
}

const ZERO: &str = "must be greater than 0";
const DAY: Duration = Duration::from_hours(24);

fn parsed_days(text: &str) -> Option<Duration> {
    DAY.checked_mul(text.strip_suffix('d')?.parse().ok()?)
}

/// Parses a duration of more than 0 and at most a year, which may be in days: `2d`.
pub fn year_or_less(text: &str) -> Result<Duration, String> {
    match parsed_days(text).or_else(|| parsed(text)) {
        Some(Duration::ZERO) => Err(ZERO.to_owned()),
        Some(duration) if duration <= DAY * 365 => Ok(duration),
        _ => Err(
            "expected a number and a unit (s, m, h or d), like 10m or 2d, at most 365d".to_owned(),
        ),
    }
}

/// Parses a duration of more than 0 and at most 90 days, which may be in days: `7d`.
pub fn days_or_less(text: &str) -> Result<Duration, String> {
    const DAYS: u32 = 90;
    let is_number = text.parse::<f64>().is_ok();
    let parsed = parsed_days(text).or_else(|| parsed(text).filter(|_| !is_number));
    match parsed {
        None => Err("expected a number and a unit (m, h or d), like 24h or 7d".to_owned()),
        Some(Duration::ZERO) => Err(ZERO.to_owned()),
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
    fn logs_can_start_days_ago() {
        for (text, duration) in [
            ("2d", DAY * 2),
            ("48h", DAY * 2),
            ("600", DAY / 144),
            ("365d", DAY * 365),
        ] {
            assert_eq!(year_or_less(text), Ok(duration), "{text}");
        }
        for bad in ["", "d", "0d", "-1d", "366d", "1w", "99999999999d"] {
            assert!(year_or_less(bad).is_err(), "{bad}");
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
