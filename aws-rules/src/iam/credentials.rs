use model::arn;
use model::facts::{Caller, Fact, Facts, Principal};

/// The source of the credentials that sign a request. Some condition keys travel with the credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credentials {
    /// ECS gave them to a task.
    Task,
    /// EC2 gave them to an instance.
    Instance,
    /// A person, a pipeline or a function assumed a role.
    Session,
    /// They belong to an IAM user.
    User,
    /// Of the root user, a federated user, or nobody that the facts know: they rule out no key of people or instances.
    Unknown,
}

/// Keys only of requests that a service makes, with its own credentials or on behalf of a principal.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
const SERVICE_KEYS: [&str; 9] = [
    "aws:calledvia",
    "aws:calledviafirst",
    "aws:calledvialast",
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
];

/// Keys with the prefix of one service that travel with credentials to all services.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
const INSTANCE_KEYS: [&str; 2] = ["ec2:roledelivery", "ec2:sourceinstancearn"];
const MANAGED_NODE_KEY: &str = "ssm:sourceinstancearn";
const SESSION_KEYS: [&str; 4] = [
    "glue:credentialissuingservice",
    "glue:roleassumedby",
    "identitystore:userid",
    "lambda:sourcefunctionarn",
];

impl Credentials {
    /// The credentials of a principal that IAM was asked about.
    pub fn for_principal(facts: &Facts, principal: &str) -> Credentials {
        let is_principal = |arn: &Fact<String>| arn.known().is_some_and(|arn| arn == principal);
        match facts.caller.known() {
            Some(caller) if is_principal(&caller.policy_arn()) => Credentials::for_caller(caller),
            _ if facts.instance_profiles.values().any(is_principal) => Credentials::Instance,
            _ => Credentials::Task,
        }
    }

    /// EC2 names the session of an instance's role after the instance.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>
    pub fn for_caller(caller: &Caller) -> Credentials {
        match caller.arn.rsplit('/').next() {
            Some(session) if session.starts_with("i-") => Credentials::Instance,
            _ => match caller.principal {
                Principal::AssumedRole { .. } => Credentials::Session,
                Principal::User { .. } => Credentials::User,
                Principal::Root | Principal::FederatedUser { .. } | Principal::Other => {
                    Credentials::Unknown
                }
            },
        }
    }

    fn belong_to_role(self) -> bool {
        matches!(
            self,
            Credentials::Task | Credentials::Instance | Credentials::Session
        )
    }

    /// The condition keys of a principal that calls AWS directly, as the client and the agent do, with their values. An
    /// empty list: the key is absent.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
    pub fn context(self, principal: &str) -> Vec<(String, Vec<String>)> {
        let known = |key: &str, value: &str| (key.to_owned(), vec![value.to_owned()]);
        let mut context = vec![
            known("aws:PrincipalIsAWSService", "false"),
            known("aws:ViaAWSService", "false"),
        ];
        context.extend(SERVICE_KEYS.map(|key| (key.to_owned(), Vec::new())));
        if let Some(account) = arn::account(principal) {
            context.push(known("aws:PrincipalArn", principal));
            context.push(known("aws:PrincipalAccount", account));
        }
        let kind = arn::kind(principal).unwrap_or_default();
        let is = |word: &str| kind == word || kind.starts_with(&format!("{word}/"));
        let absent = || ("aws:username".to_owned(), Vec::new());
        if self.belong_to_role() || is("role") {
            context.extend([known("aws:PrincipalType", "AssumedRole"), absent()]);
        } else if is("user") {
            let name = known("aws:username", arn::name(principal));
            context.extend([known("aws:PrincipalType", "User"), name]);
        } else if principal.ends_with(":root") {
            context.extend([known("aws:PrincipalType", "Account"), absent()]);
        }
        context
    }

    /// Whether certainly no request to the action's service has the key: keys of other services are absent unless they
    /// travel with the credentials. The agent and the client call KMS directly, not through a service.
    pub fn rule_out(self, key: &str, action: &str) -> bool {
        let key = key.to_ascii_lowercase();
        let prefix = key.split(':').next().unwrap_or_default();
        let service = action.split(':').next().unwrap_or_default();
        if prefix == "aws" {
            let of_a_user = key == "aws:username" && self.belong_to_role();
            let of_a_service = SERVICE_KEYS.contains(&&*key) && self != Credentials::Unknown;
            let is_without_tags = service.eq_ignore_ascii_case("ssmmessages");
            return of_a_user || of_a_service || (is_without_tags && is_tag_key(&key));
        }
        if prefix.eq_ignore_ascii_case(service) {
            return key == "kms:viaservice";
        }
        let is_tag_of_role =
            key.starts_with("iam:resourcetag/") && service.eq_ignore_ascii_case("sts");
        !is_tag_of_role && !self.can_carry(&key, prefix)
    }

    fn can_carry(self, key: &str, prefix: &str) -> bool {
        let of_instances = INSTANCE_KEYS.contains(&key);
        let of_people = prefix == "saml" || prefix.contains('.') || SESSION_KEYS.contains(&key);
        key == MANAGED_NODE_KEY
            || match self {
                Credentials::Task | Credentials::User => false,
                Credentials::Instance => of_instances,
                Credentials::Session => of_people,
                Credentials::Unknown => of_instances || of_people,
            }
    }
}

/// The ssmmessages actions have no resources, and none of them sets tags.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonmessagegatewayservice.html>
fn is_tag_key(key: &str) -> bool {
    key == "aws:tagkeys"
        || key.starts_with("aws:resourcetag/")
        || key.starts_with("aws:requesttag/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_rule_out_condition_keys() {
        let possible = |key: &str, action: &str| {
            use Credentials::*;
            [Task, Instance, Session, User, Unknown].map(|of| !of.rule_out(key, action))
        };
        let exec = "ecs:ExecuteCommand";
        assert_eq!(possible("aws:SourceIp", exec), [true; 5]);
        assert_eq!(possible("ECS:task", exec), [true; 5]);
        assert_eq!(possible("s3:prefix", exec), [false; 5]);
        assert_eq!(
            possible("ec2:RoleDelivery", exec),
            [false, true, false, false, true]
        );
        assert_eq!(
            possible("identitystore:UserId", exec),
            [false, false, true, false, true]
        );
        assert_eq!(
            possible("token.actions.githubusercontent.com:sub", exec),
            [false, false, true, false, true]
        );
        assert_eq!(
            possible("aws:username", exec),
            [false, false, false, true, true]
        );
        assert_eq!(
            possible("aws:CalledVia", exec),
            [false, false, false, false, true]
        );
        let open = "ssmmessages:OpenDataChannel";
        assert_eq!(possible("aws:ResourceTag/team", exec), [true; 5]);
        assert_eq!(possible("aws:ResourceTag/team", open), [false; 5]);
        assert_eq!(possible("aws:PrincipalTag/team", open), [true; 5]);
        assert_eq!(possible("ssm:SourceInstanceARN", open), [true; 5]);
        assert_eq!(possible("kms:ViaService", "kms:Decrypt"), [false; 5]);
    }

    #[test]
    fn the_caller_s_own_credentials_are_not_those_of_a_task() {
        let facts = test_facts::healthy();
        let caller = facts.caller.known().unwrap().policy_arn();
        let of = |principal: &str| Credentials::for_principal(&facts, principal);
        assert_eq!(of(caller.known().unwrap()), Credentials::Session);
        assert_eq!(of(test_facts::CODER_ROLE), Credentials::Task);
    }

    #[test]
    fn instance_sessions_are_recognized() {
        let of = |arn: &str| {
            let caller = Caller {
                arn: arn.into(),
                account: "1".into(),
                principal: Principal::from_arn(arn),
            };
            Credentials::for_caller(&caller)
        };
        assert_eq!(
            of("arn:aws:sts::1:assumed-role/bastion/i-0123456789abcdef0"),
            Credentials::Instance
        );
        assert_eq!(
            of("arn:aws:sts::1:assumed-role/ops/jane"),
            Credentials::Session
        );
        assert_eq!(of("arn:aws:iam::1:user/ivy"), Credentials::User);
        assert_eq!(of("arn:aws:iam::1:root"), Credentials::Unknown);
    }

    #[test]
    fn the_context_follows_from_the_principal_arn() {
        let of = |credentials: Credentials, principal: &str, key: &str| {
            let context = credentials.context(principal);
            let entry = context
                .into_iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(key));
            entry.map(|(_, values)| values.join(" "))
        };
        let role = "arn:aws:iam::1:role/team/app";
        let user = "arn:aws:iam::1:user/team/ivy";
        let root = "arn:aws:iam::1:root";
        for (credentials, principal, kind, name) in [
            (Credentials::Task, role, "AssumedRole", ""),
            (Credentials::Task, "planned", "AssumedRole", ""),
            (Credentials::Unknown, role, "AssumedRole", ""),
            (Credentials::User, user, "User", "ivy"),
            (Credentials::Unknown, root, "Account", ""),
        ] {
            let of = |key| of(credentials, principal, key);
            assert_eq!(of("aws:PrincipalType").as_deref(), Some(kind));
            assert_eq!(of("aws:username").as_deref(), Some(name));
            assert_eq!(of("aws:ViaAWSService").as_deref(), Some("false"));
            assert_eq!(of("aws:CalledVia").as_deref(), Some(""));
            let account = (principal != "planned").then_some("1");
            assert_eq!(of("aws:PrincipalAccount").as_deref(), account);
        }
        let other = of(Credentials::Unknown, "planned", "aws:PrincipalType");
        assert_eq!(other, None);
    }
}
