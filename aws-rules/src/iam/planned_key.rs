use super::pattern::{Piece, arn_parts, matches};
use super::{Request, Ternary};
use model::partition::partition;

/// The place of the keys that a plan creates: they go by names until they have ARNs.
#[derive(Default)]
pub struct KeyPlace {
    region: Option<String>,
    account: Option<String>,
}

impl KeyPlace {
    /// The key is in the region of the request and in the account of its principal.
    pub fn of(request: &Request) -> KeyPlace {
        let is_for_kms = request.action.starts_with("kms:");
        let known = |key| match request.values(key) {
            Ok(Some([value])) if is_for_kms => Some(value.clone()),
            _ => None,
        };
        KeyPlace {
            region: known("aws:RequestedRegion"),
            account: known("aws:PrincipalAccount"),
        }
    }

    /// Whether a pattern matches the key that goes by a name. The ID of a new key is none that a pattern could name.
    pub fn matches_planned_key(&self, pattern: &[Piece], name: &str) -> Ternary {
        if matches(pattern, name) {
            return Ternary::Yes;
        }
        let &[arn, own_partition, service, region, account, resource] =
            arn_parts(pattern).as_slice()
        else {
            return Ternary::No;
        };
        let is_key = matches(arn, "arn")
            && matches(service, "kms")
            && matches(resource, &format!("key/{name}"));
        let within = |part: &[Piece], value: Option<&str>| match value {
            _ if part == [Piece::Run] => Ternary::Yes,
            Some(value) => matches(part, value).into(),
            None => Ternary::depends(format!("the ARN of {name}")),
        };
        Ternary::from(is_key)
            .and(within(own_partition, self.region.as_deref().map(partition)))
            .and(within(region, self.region.as_deref()))
            .and(within(account, self.account.as_deref()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::pattern::plain;

    #[test]
    fn a_key_without_an_arn_is_matched_by_its_place() {
        let elsewhere = KeyPlace::default();
        let place = KeyPlace {
            region: Some("us-west-2".into()),
            account: Some("123456789012".into()),
        };
        let applies = |pattern: &str, place: &KeyPlace| {
            place.matches_planned_key(&plain(pattern), "aws_kms_key.k")
        };
        let unknown = Ternary::depends("the ARN of aws_kms_key.k");
        for (pattern, known, without_place) in [
            ("aws_kms_key.k", Ternary::Yes, Ternary::Yes),
            ("aws_kms_key.other", Ternary::No, Ternary::No),
            ("arn:*:kms:*:*:key/*", Ternary::Yes, Ternary::Yes),
            (
                "arn:aws:kms:us-west-2:123456789012:key/*",
                Ternary::Yes,
                unknown.clone(),
            ),
            (
                "arn:aws:kms:us-west-2:999999999999:key/*",
                Ternary::No,
                unknown.clone(),
            ),
            (
                "arn:aws:kms:eu-west-1:*:key/*",
                Ternary::No,
                unknown.clone(),
            ),
            ("arn:aws-cn:kms:*:*:*", Ternary::No, unknown),
            (
                "arn:aws:kms:us-west-2:123456789012:key/0a1b",
                Ternary::No,
                Ternary::No,
            ),
            (
                "arn:aws:kms:us-west-2:123456789012:alias/*",
                Ternary::No,
                Ternary::No,
            ),
            ("arn:aws:s3:::*", Ternary::No, Ternary::No),
        ] {
            assert_eq!(applies(pattern, &place), known, "{pattern}");
            assert_eq!(applies(pattern, &elsewhere), without_place, "{pattern}");
        }
    }
}
