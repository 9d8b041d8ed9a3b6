//! The names of a KMS key: an ID, an alias, or the ARN of either.
//! <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id>

/// A name taken apart.
struct Name<'a> {
    /// Region and account, where it is an ARN.
    place: Option<(&'a str, &'a str)>,
    /// None, where it is an alias: it may stand for any key.
    id: Option<&'a str>,
}

impl Name<'_> {
    fn parse(text: &str) -> Name<'_> {
        let fields: Vec<&str> = text.splitn(6, ':').collect();
        let (place, resource) = match fields[..] {
            ["arn", _, "kms", region, account, resource] => (Some((region, account)), resource),
            _ => (None, text),
        };
        let resource = resource.strip_prefix("key/").unwrap_or(resource);
        Name {
            place,
            id: (!resource.starts_with("alias/")).then_some(resource),
        }
    }
}

/// Whether two names are surely those of different keys. An alias may stand for any key of its account and region.
pub fn are_different(one: &str, other: &str) -> bool {
    let (one, other) = (Name::parse(one.trim()), Name::parse(other.trim()));
    let differ = |one: Option<&str>, other: Option<&str>| match (one, other) {
        (Some(one), Some(other)) => !one.eq_ignore_ascii_case(other),
        _ => false,
    };
    let is_elsewhere = one.place.zip(other.place).is_some_and(|(a, b)| a != b);
    is_elsewhere || differ(one.id, other.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";
    const ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    const ALIAS: &str = "arn:aws:kms:eu-west-1:111122223333:alias/exec";

    #[test]
    fn one_key_has_several_names() {
        for (one, other) in [
            (ID, ID),
            (ID, ARN),
            (ARN, ARN),
            ("alias/exec", "alias/exec"),
            ("alias/exec", ALIAS),
            // What an alias stands for is not known here.
            ("alias/exec", ID),
            (ALIAS, ARN),
            ("alias/exec", "alias/other"),
        ] {
            assert!(!are_different(one, other), "{one} {other}");
            assert!(!are_different(other, one), "{other} {one}");
        }
    }

    #[test]
    fn another_key_is_told() {
        let other = "99999999-12ab-34cd-56ef-1234567890ab";
        for (one, other) in [
            (ID, other.to_owned()),
            (ARN, other.to_owned()),
            (ARN, ARN.replace("1234abcd", "99999999")),
            (ARN, ARN.replace("eu-west-1", "us-east-1")),
            (ARN, ARN.replace("111122223333", "999999999999")),
            (ALIAS, ARN.replace("111122223333", "999999999999")),
            (ID, String::new()),
        ] {
            assert!(are_different(one, &other), "{one} {other}");
            assert!(are_different(&other, one), "{other} {one}");
        }
    }
}
