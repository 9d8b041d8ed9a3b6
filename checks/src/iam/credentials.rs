use crate::facts::{Caller, Fact, Facts};

/// Where the credentials come from with which a request is signed: some condition keys travel with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credentials {
    /// ECS gave them to a task.
    Task,
    /// An EC2 instance gave its role.
    Instance,
    /// A person's, a pipeline's, a function's: no instance's.
    Elsewhere,
    Unknown,
}

/// Keys that are named after one service and are in requests to all of them.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
const OF_INSTANCES: [&str; 2] = ["ec2:roledelivery", "ec2:sourceinstancearn"];
const OF_MANAGED_NODES: &str = "ssm:sourceinstancearn";
const OF_OTHERS: [&str; 4] = [
    "glue:credentialissuingservice",
    "glue:roleassumedby",
    "identitystore:userid",
    "lambda:sourcefunctionarn",
];

impl Credentials {
    /// Those of a principal that IAM was asked about.
    pub fn of(facts: &Facts, principal: &str) -> Credentials {
        let is_principal = |arn: &Fact<String>| arn.known().is_some_and(|arn| arn == principal);
        match facts.caller.known() {
            Some(caller) if is_principal(&caller.policy_arn()) => Credentials::of_caller(caller),
            _ if facts.instance_profiles.values().any(is_principal) => Credentials::Instance,
            _ => Credentials::Task,
        }
    }

    /// EC2 names the session of an instance's role after the instance.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>
    pub fn of_caller(caller: &Caller) -> Credentials {
        match caller.arn.rsplit('/').next() {
            Some(session) if session.starts_with("i-") => Credentials::Instance,
            _ => Credentials::Elsewhere,
        }
    }

    /// Whether it is certain that no request to the action's service has the key: one of another service, unless it
    /// travels with the credentials. The agent and the client call KMS themselves, not through a service.
    pub fn rule_out(self, key: &str, action: &str) -> bool {
        let key = key.to_ascii_lowercase();
        let prefix = key.split(':').next().unwrap_or_default();
        let service = action.split(':').next().unwrap_or_default();
        if prefix == "aws" || prefix.eq_ignore_ascii_case(service) {
            return key == "kms:viaservice";
        }
        !self.may_carry(&key, prefix)
    }

    fn may_carry(self, key: &str, prefix: &str) -> bool {
        let of_instances = OF_INSTANCES.contains(&key);
        let of_people = prefix == "saml" || prefix.contains('.') || OF_OTHERS.contains(&key);
        key == OF_MANAGED_NODES
            || match self {
                Credentials::Task => false,
                Credentials::Instance => of_instances,
                Credentials::Elsewhere => of_people,
                Credentials::Unknown => of_instances || of_people,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_travel_with_credentials() {
        let possible = |key: &str, action: &str| {
            use Credentials::*;
            [Task, Instance, Elsewhere, Unknown].map(|of| !of.rule_out(key, action))
        };
        let exec = "ecs:ExecuteCommand";
        assert_eq!(possible("aws:SourceIp", exec), [true; 4]);
        assert_eq!(possible("ECS:task", exec), [true; 4]);
        assert_eq!(possible("s3:prefix", exec), [false; 4]);
        assert_eq!(
            possible("ec2:RoleDelivery", exec),
            [false, true, false, true]
        );
        assert_eq!(
            possible("identitystore:UserId", exec),
            [false, false, true, true]
        );
        assert_eq!(
            possible("token.actions.githubusercontent.com:sub", exec),
            [false, false, true, true]
        );
        let open = "ssmmessages:OpenDataChannel";
        assert_eq!(possible("ssm:SourceInstanceARN", open), [true; 4]);
        assert_eq!(possible("kms:ViaService", "kms:Decrypt"), [false; 4]);
    }

    #[test]
    fn callers_on_instances() {
        let of = |arn: &str| {
            let caller = Caller {
                arn: arn.into(),
                account: "1".into(),
                principal: crate::facts::Principal::from_arn(arn),
            };
            Credentials::of_caller(&caller)
        };
        assert_eq!(
            of("arn:aws:sts::1:assumed-role/bastion/i-0123456789abcdef0"),
            Credentials::Instance
        );
        assert_eq!(
            of("arn:aws:sts::1:assumed-role/ops/jane"),
            Credentials::Elsewhere
        );
        assert_eq!(of("arn:aws:iam::1:user/ivy"), Credentials::Elsewhere);
    }
}
