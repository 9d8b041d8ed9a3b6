//! Dates in policies: the W3C's forms of ISO 8601, or seconds since 1970.
//! <https://www.w3.org/TR/NOTE-datetime>

use jiff::civil;
use jiff::tz::Offset;

/// Seconds since 1970. `None`: IAM documents no such form.
pub fn seconds(text: &str) -> Option<f64> {
    epoch(text).or_else(|| w3c(text))
}

/// Four digits are a year. Twelve and more would be milliseconds, which IAM does not document.
fn epoch(text: &str) -> Option<f64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_epoch = (1..12).contains(&whole.len()) && digits(whole) && digits(fraction);
    (is_epoch && text.len() != 4).then(|| text.parse().ok())?
}

fn w3c(text: &str) -> Option<f64> {
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let year = number(parts.next()?, 4)?;
    let month = parts.next().map(|month| number(month, 2));
    let day = parts.next().map(|day| number(day, 2));
    if parts.next().is_some() || (time.is_some() && day.is_none()) {
        return None;
    }
    let (month, day) = (or_first(month)?, or_first(day)?);
    let (clock, fraction, offset) = match time {
        Some(time) => of_day(time)?,
        None => (civil::Time::midnight(), 0.0, Offset::UTC),
    };
    let date = civil::Date::new(year, month.try_into().ok()?, day.try_into().ok()?).ok()?;
    let moment = offset.to_timestamp(date.to_datetime(clock)).ok()?;
    Some(moment.as_duration().as_secs_f64() + fraction)
}

/// `hh:mm`, `hh:mm:ss` or `hh:mm:ss.s` with a zone, which the W3C demands.
fn of_day(time: &str) -> Option<(civil::Time, f64, Offset)> {
    let (clock, offset) = match time.strip_suffix('Z') {
        Some(clock) => (clock, Offset::UTC),
        None => {
            let at = time.rfind(['+', '-'])?;
            (&time[..at], zone(&time[at..])?)
        }
    };
    let mut parts = clock.split(':');
    let (hour, minute) = (number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    let (second, fraction) = match parts.next() {
        None => (0, 0.0),
        Some(text) => match text.split_once('.') {
            None => (number(text, 2)?, 0.0),
            Some((second, fraction)) if digits(fraction) => {
                (number(second, 2)?, format!("0.{fraction}").parse().ok()?)
            }
            Some(_) => return None,
        },
    };
    if parts.next().is_some() {
        return None;
    }
    let small = |part: i16| i8::try_from(part).ok();
    let time = civil::Time::new(small(hour)?, small(minute)?, small(second)?, 0).ok()?;
    Some((time, fraction, offset))
}

fn zone(text: &str) -> Option<Offset> {
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let (hours, minutes) = (i32::from(number(hours, 2)?), i32::from(number(minutes, 2)?));
    let seconds = hours * 3600 + minutes * 60;
    let is_west = text.starts_with('-');
    (hours < 24 && minutes < 60)
        .then(|| Offset::from_seconds(if is_west { -seconds } else { seconds }).ok())?
}

fn or_first(part: Option<Option<i16>>) -> Option<i16> {
    part.unwrap_or(Some(1))
}

fn number(text: &str, length: usize) -> Option<i16> {
    (text.len() == length && digits(text)).then(|| text.parse().ok())?
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_the_same_moment() {
        for text in [
            "2026",
            "2026-01",
            "2026-01-01",
            "2026-01-01T00:00Z",
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00.000Z",
            "2026-01-01T02:30+02:30",
            "2025-12-31T19:00:00-05:00",
            "1767225600",
            "1767225600.0",
        ] {
            assert_eq!(seconds(text), Some(1_767_225_600.0), "{text}");
        }
        assert_eq!(seconds("1970-01-01T00:00:00.25Z"), Some(0.25));
    }

    #[test]
    fn other_forms() {
        for text in [
            "",
            "soon",
            "26-01-01",
            "2026-1-1",
            "2026-13",
            "2026-02-30",
            "2026-01-01T00:00",
            "2026-01-01 00:00Z",
            "2026-01T00:00Z",
            "2026-01-01T24:00Z",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00+0200",
            "2026-01-01T00:00+25:00",
            "20260101T000000Z",
            "1767225600000",
            "1e9",
            "inf",
            "-1",
            "2026-01-01T00:00é",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
