//! Where the simulator could not be asked, or left something open, the policies themselves may decide.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Credentials, Effective, Policies, Request};
use model::facts::{Decision, Engine, Fact, Facts, Identity, Simulation};

/// What IAM was asked, with what went unanswered or undecided settled from the policies that were read.
pub fn settled(facts: &Facts) -> Vec<Cow<'_, Simulation>> {
    let simulations = facts.simulations.iter();
    simulations.map(|asked| settle(facts, asked)).collect()
}

fn settle<'f>(facts: &'f Facts, simulation: &'f Simulation) -> Cow<'f, Simulation> {
    let principal = &simulation.principal;
    match facts.identities.get(principal) {
        Some(Fact::Known(identity)) if simulation.is_open() => {
            let asker = Asker {
                principal,
                credentials: Credentials::of(facts, principal),
                identity,
            };
            Cow::Owned(settled_for(&asker, simulation.clone()))
        }
        _ => Cow::Borrowed(simulation),
    }
}

fn settled_for(asker: &Asker, mut simulation: Simulation) -> Simulation {
    let context = &simulation.context;
    match &mut simulation.decisions {
        Fact::Unavailable(_) => {
            let mut decisions = Vec::new();
            for action in &simulation.actions {
                let decide = asker.asking(action, context);
                decisions.extend(simulation.resources.iter().map(&decide));
            }
            simulation.decisions = Fact::Known(decisions);
            simulation.engine = Engine::Offline;
        }
        Fact::Known(decisions) => {
            // Those that follow one another mostly are about the same action.
            let same = |one: &Decision, next: &Decision| one.action == next.action;
            let runs = decisions.chunk_by_mut(same);
            for alike in runs.filter(|run| run.iter().any(Decision::is_undecided)) {
                let action = alike[0].action.clone();
                let decide = asker.asking(&action, context);
                for decision in alike.iter_mut().filter(|one| one.is_undecided()) {
                    let here = decide(&decision.resource);
                    narrow(decision, here);
                }
            }
        }
        Fact::Absent => {}
    }
    simulation
}

/// The simulator lists every key that any statement mentions. Those that cannot change the decision go, be it
/// an Allow or a denial. Where it decided otherwise than these policies do, it knows more, and they all stay.
fn narrow(decision: &mut Decision, here: Decision) {
    if here.is_undecided() || here.may_be_allowed() == decision.may_be_allowed() {
        decision.missing_context = here.missing_context;
        decision.deny_depends_on = here.deny_depends_on;
    }
}

/// Who asks for something, and what its policies say.
#[derive(Clone, Copy)]
pub struct Asker<'a> {
    /// ARN of the role or user; of one that is only planned, whatever it is called.
    pub principal: &'a str,
    pub credentials: Credentials,
    pub identity: &'a Identity,
}

impl Asker<'_> {
    /// What the policies decide for one action, with these values of condition keys, on whatever resource.
    pub fn asking(
        &self,
        action: &str,
        context: &BTreeMap<String, String>,
    ) -> impl Fn(&String) -> Decision {
        let given = context
            .iter()
            .map(|(key, value)| (key.clone(), vec![value.clone()]));
        let context = self
            .credentials
            .context(self.principal)
            .into_iter()
            .chain(given);
        let request = Request::new(action, context).signed_with(self.credentials);
        let policies = Policies::about(&request, self.identity);
        move |resource: &String| {
            let Effective {
                outcome,
                depends_on,
                deny_depends_on,
                by_boundary,
                matched,
            } = policies.decide(resource);
            Decision {
                action: action.into(),
                resource: resource.clone(),
                outcome,
                missing_context: depends_on.into_iter().collect(),
                deny_depends_on: Some(deny_depends_on.into_iter().collect()),
                allowed_by_boundary: by_boundary,
                allowed_by_organization: None,
                matched_policies: matched,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use model::facts::{Outcome, Policy};
    use test_facts::{CODER_ROLE, denied, healthy_coder};

    fn identity(document: Value) -> Fact<Identity> {
        Fact::Known(Identity {
            policies: vec![Policy {
                name: "own".into(),
                arn: None,
                document,
            }],
            boundary: None,
        })
    }

    fn of_role<'s>(settled: &'s [Cow<Simulation>]) -> Vec<&'s Decision> {
        settled
            .iter()
            .filter(|simulation| simulation.principal == CODER_ROLE)
            .flat_map(|simulation| simulation.decisions.known().into_iter().flatten())
            .filter(|decision| decision.action.starts_with("ssmmessages:"))
            .collect()
    }

    #[test]
    fn a_simulator_that_may_not_be_asked_is_stood_in_for() {
        let mut facts = healthy_coder();
        for simulation in &mut facts.simulations {
            simulation.decisions = denied("iam:SimulatePrincipalPolicy");
        }
        assert!(of_role(&settled(&facts)).is_empty());
        let document =
            json!({"Statement": [{"Effect": "Allow", "Action": "ssmmessages:*", "Resource": "*"}]});
        facts
            .identities
            .insert(CODER_ROLE.into(), identity(document));
        let settled = settled(&facts);
        assert!(
            of_role(&settled)
                .iter()
                .all(|decision| decision.is_allowed())
        );
        assert!(of_role(&settled).len() >= 4);
    }

    #[test]
    fn keys_of_other_statements_leave_nothing_open() {
        let mut facts = healthy_coder();
        test_facts::decide(&mut facts, "ssmmessages:", "*", |decision| {
            decision.outcome = Outcome::ImplicitDeny;
            decision.missing_context = vec!["aws:SourceVpc".into()];
        });
        let on = |action: &str| {
            json!({"Statement": [{"Effect": "Allow", "Action": action, "Resource": "*",
                "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}}]})
        };
        facts
            .identities
            .insert(CODER_ROLE.into(), identity(on("s3:*")));
        assert!(
            of_role(&settled(&facts))
                .iter()
                .all(|decision| !decision.is_undecided())
        );
        facts
            .identities
            .insert(CODER_ROLE.into(), identity(on("ssmmessages:*")));
        assert!(
            of_role(&settled(&facts))
                .iter()
                .all(|decision| decision.is_undecided())
        );
    }

    #[test]
    fn keys_that_travel_with_credentials() {
        let mut facts = healthy_coder();
        for simulation in &mut facts.simulations {
            simulation.decisions = denied("iam:SimulatePrincipalPolicy");
        }
        let of_instances = json!({"NumericLessThan": {"ec2:RoleDelivery": "2.0"}});
        let spared = json!({"ArnNotEquals": {"aws:PrincipalArn": CODER_ROLE}});
        for (condition, on_an_instance) in [(of_instances, true), (spared, false)] {
            let document = json!({"Statement": [
                {"Effect": "Allow", "Action": "*", "Resource": "*"},
                {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition},
            ]});
            let mut facts = facts.clone();
            facts
                .identities
                .insert(CODER_ROLE.into(), identity(document));
            let is_allowed = |facts: &Facts| {
                let settled = settled(facts);
                of_role(&settled).iter().all(|of| of.is_allowed())
            };
            assert!(is_allowed(&facts), "ECS gave the credentials");
            let profile = "arn:aws:iam::123456789012:instance-profile/hosts";
            let role = Fact::Known(CODER_ROLE.to_owned());
            facts.instance_profiles.insert(profile.into(), role);
            assert_eq!(is_allowed(&facts), !on_an_instance);
        }
    }

    /// What is known of the agent's own calls with a task role.
    #[test]
    fn keys_of_the_principal_and_of_direct_calls() {
        let mut facts = healthy_coder();
        for simulation in &mut facts.simulations {
            simulation.decisions = denied("iam:SimulatePrincipalPolicy");
        }
        let mut decided = |condition: Value| {
            let document = json!({"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition},
            ]});
            facts
                .identities
                .insert(CODER_ROLE.into(), identity(document));
            let settled = settled(&facts);
            let decision = of_role(&settled)[0];
            (!decision.is_undecided()).then(|| decision.is_allowed())
        };
        for (condition, expected) in [
            (
                json!({"StringEquals": {"aws:PrincipalType": "AssumedRole"}}),
                Some(true),
            ),
            (
                json!({"StringEquals": {"aws:PrincipalType": "User"}}),
                Some(false),
            ),
            (json!({"Null": {"aws:username": "true"}}), Some(true)),
            (json!({"StringLike": {"aws:username": "*"}}), Some(false)),
            (json!({"Bool": {"aws:ViaAWSService": "false"}}), Some(true)),
            (json!({"Bool": {"aws:ViaAWSService": "true"}}), Some(false)),
            (
                json!({"ForAnyValue:StringEquals": {"aws:CalledVia": "athena.amazonaws.com"}}),
                Some(false),
            ),
            (json!({"Null": {"aws:CalledViaFirst": "true"}}), Some(true)),
            (
                json!({"StringEquals": {"aws:SourceArn": "arn:aws:ecs:us-west-2:123456789012:*"}}),
                Some(false),
            ),
            (
                json!({"StringEquals": {"aws:ResourceTag/team": "a"}}),
                Some(false),
            ),
            (
                json!({"StringNotEquals": {"aws:ResourceTag/team": "a"}}),
                Some(true),
            ),
            (
                json!({"ForAllValues:StringEquals": {"aws:TagKeys": "a"}}),
                Some(true),
            ),
            (
                json!({"StringEquals": {"aws:PrincipalTag/team": "a"}}),
                None,
            ),
            (json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), None),
        ] {
            assert_eq!(decided(condition.clone()), expected, "{condition}");
        }
    }

    /// The simulator allows what no value of the missing key could deny, and what one could.
    #[test]
    fn keys_that_are_missing_from_an_allow() {
        let mut facts = healthy_coder();
        test_facts::decide(&mut facts, "ssmmessages:", "*", |decision| {
            decision.missing_context = vec!["aws:MultiFactorAuthPresent".into()];
        });
        assert!(
            of_role(&settled(&facts))
                .iter()
                .all(|decision| decision.is_undecided()),
            "nobody read the policies"
        );
        let allow = json!({"Effect": "Allow", "Action": "ssmmessages:*", "Resource": "*"});
        let mfa = |effect: &str, action: &str| {
            json!({"Effect": effect, "Action": action, "Resource": "*",
                "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}})
        };
        for (other, is_open) in [
            (mfa("Deny", "*"), true),
            (mfa("Deny", "s3:*"), false),
            (mfa("Allow", "*"), false),
        ] {
            let document = json!({"Statement": [allow, other]});
            facts
                .identities
                .insert(CODER_ROLE.into(), identity(document));
            for decision in of_role(&settled(&facts)) {
                assert_eq!(decision.is_undecided(), is_open, "{other}");
                assert_eq!(!decision.may_be_denied_by().is_empty(), is_open, "{other}");
            }
        }
    }
}
