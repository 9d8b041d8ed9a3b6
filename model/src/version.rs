//! Comparing versions of agents, plugins and platforms.

/// Whether a version is as late as another, number by number: 1.10.0 is later than 1.4.0. `None` for what is no version.
pub fn is_at_least(version: &str, least: &[u32]) -> Option<bool> {
    let parts = version.trim_start_matches('v').split('.');
    let numbers = parts.map(|part| part.parse::<u32>().ok());
    let is_version = numbers.clone().all(|number| number.is_some());
    is_version.then(|| numbers.flatten().ge(least.iter().copied()))
}

#[cfg(test)]
mod tests {
    use super::is_at_least;

    #[test]
    fn versions_compare_by_number() {
        assert_eq!(is_at_least("1.10.0", &[1, 4, 0]), Some(true));
        assert_eq!(is_at_least("1.4.0", &[1, 10]), Some(false));
        assert_eq!(is_at_least("v1.50.2", &[1, 50, 2]), Some(true));
        assert_eq!(is_at_least("1.50", &[1, 50, 2]), Some(false));
        assert_eq!(is_at_least("2", &[1, 50, 2]), Some(true));
        for no_version in ["LATEST", "", "1.", "1.x", "99999999999"] {
            assert_eq!(is_at_least(no_version, &[0]), None, "{no_version}");
        }
    }
}
