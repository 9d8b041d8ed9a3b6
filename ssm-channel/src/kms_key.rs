//! Compares names of KMS keys: an ID, an alias, or the ARN of either.
//! <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id>

struct KeyName<'a> {
    /// Region and account, if the name is an ARN.
    scope: Option<(&'a str, &'a str)>,
    /// `None`: the name is an alias, which can stand for any key.
    id: Option<&'a str>,
}

impl KeyName<'_> {
    fn parse(text: &str) -> KeyName<'_> {
        let text = text.trim();
        let fields: Vec<&str> = text.splitn(6, ':').collect();
        let (scope, resource) = match fields[..] {
            ["arn", _, "kms", region, account, resource] => (Some((region, account)), resource),
            _ => (None, text),
        };
        let resource = resource.strip_prefix("key/").unwrap_or(resource);
        KeyName {
            scope,
            id: (!resource.starts_with("alias/")).then_some(resource),
        }
    }
}

/// Whether two names certainly name different keys.
pub fn are_different(one: &str, other: &str) -> bool {
    let (one, other) = (KeyName::parse(one), KeyName::parse(other));
    let other_scope = one.scope.zip(other.scope).is_some_and(|(a, b)| a != b);
    let other_id = one.id.zip(other.id);
    other_scope || other_id.is_some_and(|(a, b)| !a.eq_ignore_ascii_case(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";
    const ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    const ALIAS: &str = "arn:aws:kms:eu-west-1:111122223333:alias/exec";

    #[test]
    fn names_of_one_key_are_not_different() {
        for (one, other) in [
            (ID, ID),
            (ID, ARN),
            (ARN, ARN),
            ("alias/exec", "alias/exec"),
            ("alias/exec", ALIAS),
            // An alias can stand for any key.
            ("alias/exec", ID),
            (ALIAS, ARN),
            ("alias/exec", "alias/other"),
        ] {
            assert!(!are_different(one, other), "{one} {other}");
            assert!(!are_different(other, one), "{other} {one}");
        }
    }

    #[test]
    fn names_of_two_keys_are_different() {
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
