/// The numbers of a version, so that versions compare number by number: 1.10.0 is later than 1.4.0.
/// `None` for what is no version.
pub fn numbers(version: &str) -> Option<Vec<u32>> {
    version
        .trim_start_matches('v')
        .split('.')
        .map(|part| part.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn by_number() {
        assert!(numbers("1.10.0") > numbers("1.4.0"));
        assert!(numbers("v1.50.2") == numbers("1.50.2"));
        assert_eq!(numbers("LATEST"), None);
        assert_eq!(numbers(""), None);
    }
}
