//! Parts of ARNs: `arn:partition:service:region:account:resource`.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>

/// Stands for the account of a plan whose ID is unknown.
pub const UNKNOWN_ACCOUNT: &str = "000000000000";

/// The last part of the resource: a role's name without its path, a task's ID. What is no ARN is its own name.
pub fn name(arn: &str) -> &str {
    match arn.bytes().rposition(|byte| byte == b'/') {
        Some(slash) => &arn[slash + 1..],
        None => arn,
    }
}

/// `None` for what is no ARN, or names no account.
pub fn account(arn: &str) -> Option<&str> {
    part(arn, 4)
}

/// `None` for what is no ARN, or lies in no region.
pub fn region(arn: &str) -> Option<&str> {
    part(arn, 3)
}

/// What comes before the name: `cluster`, `service/CLUSTER`, `role/PATH`. `None` for what is no ARN.
pub fn kind(arn: &str) -> Option<&str> {
    let resource = part(arn, 5)?;
    resource.rsplit_once('/').map(|(kind, _)| kind)
}

/// The first part of the resource: `role`, `user`, `cluster`. `None` for what is no ARN with a path.
pub fn resource_type(arn: &str) -> Option<&str> {
    kind(arn)?.split('/').next()
}

/// The ARN of the cluster that a service or task belongs to. `None` for other ARNs, and for those of before 2018, which
/// do not name it. <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-account-settings.html>
pub fn cluster(arn: &str) -> Option<String> {
    let (resource_type, cluster) = kind(arn)?.split_once('/')?;
    let prefix = arn.rsplitn(3, '/').last()?.strip_suffix(resource_type)?;
    matches!(resource_type, "service" | "task").then(|| format!("{prefix}cluster/{cluster}"))
}

/// The family of a task definition's ARN.
pub fn family(definition: &str) -> &str {
    name(definition).split(':').next().unwrap_or_default()
}

fn part(arn: &str, at: usize) -> Option<&str> {
    let arn = arn.strip_prefix("arn:")?;
    let part = arn.splitn(5, ':').nth(at - 1)?;
    Some(part).filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_split_into_its_parts() {
        let service = "arn:aws-cn:ecs:cn-north-1:123456789012:service/fleet/web";
        assert_eq!(name(service), "web");
        assert_eq!(account(service), Some("123456789012"));
        assert_eq!(region(service), Some("cn-north-1"));
        assert_eq!(kind(service), Some("service/fleet"));
        assert_eq!(kind("arn:aws:iam::1:role/a/b/ops"), Some("role/a/b"));
        let fleet = "arn:aws-cn:ecs:cn-north-1:123456789012:cluster/fleet";
        assert_eq!(cluster(service).as_deref(), Some(fleet));
        assert_eq!(cluster("arn:aws:ecs:us-west-2:1:task/0123abcd"), None);
        assert_eq!(cluster("arn:aws:iam::1:role/a/ops"), None);
        assert_eq!(region("arn:aws:iam::1:role/ops"), None);
        assert_eq!(family("arn:aws:ecs:r:1:task-definition/web:12"), "web");
        assert_eq!(
            (name("web"), account("web"), kind("web")),
            ("web", None, None)
        );
    }
}
