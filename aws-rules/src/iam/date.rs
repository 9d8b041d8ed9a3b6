//! Dates in policies: the W3C's profile of ISO 8601, or seconds since 1970.
//! <https://www.w3.org/TR/NOTE-datetime>

/// Seconds since 1970. `None`: IAM documents no such format.
pub fn seconds(text: &str) -> Option<f64> {
    epoch(text).or_else(|| w3c(text))
}

/// Four digits are a year. Twelve and more would be milliseconds, which IAM does not document.
fn epoch(text: &str) -> Option<f64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_epoch = (1..12).contains(&whole.len()) && is_digits(whole) && is_digits(fraction);
    (is_epoch && text.len() != 4).then(|| text.parse().ok())?
}

/// A date, or a date with a time and a zone, which the W3C requires.
fn w3c(text: &str) -> Option<f64> {
    let (date, time) = match (text.len(), text.split_once('T')) {
        (_, Some((date, time))) => (date.to_owned(), time),
        (4, None) => (format!("{text}-01-01"), "00:00Z"),
        (7, None) => (format!("{text}-01"), "00:00Z"),
        (10, None) => (text.to_owned(), "00:00Z"),
        _ => return None,
    };
    let (clock, zone) = time.split_at(time.find(['Z', '+', '-'])?);
    let (clock, fraction) = match clock.split_once('.') {
        Some((clock, fraction)) if is_digits(fraction) && clock.len() == 8 => (clock, fraction),
        Some(_) => return None,
        None => (clock, "0"),
    };
    // jiff reads more than the W3C allows: other separators, leap seconds, zones of a day and more.
    let has_shape = |text: &str, shapes: &[&str]| {
        let shape: String = text
            .chars()
            .map(|c| if c.is_ascii_digit() { '0' } else { c })
            .collect();
        shapes.contains(&shape.as_str())
    };
    let is_valid = has_shape(&date, &["0000-00-00"])
        && has_shape(clock, &["00:00", "00:00:00"])
        && has_shape(zone, &["Z", "+00:00", "-00:00"])
        && clock.get(6..) != Some("60")
        && zone.get(1..3).is_none_or(|hours| hours < "24");
    let moment: jiff::Timestamp = is_valid
        .then(|| format!("{date}T{clock}{zone}").parse().ok())
        .flatten()?;
    let fraction: f64 = format!("0.{fraction}").parse().ok()?;
    Some(moment.as_duration().as_secs_f64() + fraction)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_formats_are_parsed() {
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
    fn other_formats_are_rejected() {
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
            "20260101T00:00Z",
            "2026-01-01T0000Z",
            "2026-01-01T00:00+24:00",
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
