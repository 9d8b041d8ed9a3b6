//! Answers from the policies themselves what the policy simulator did not answer or left undecided.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Credentials, PolicySet, Request};
use model::facts::{Decision, Engine, Fact, Facts, Identity, Simulation};

/// The simulations, with unanswered and undecided decisions resolved from the policies that were read.
pub fn resolve_simulations(facts: &Facts) -> Vec<Cow<'_, Simulation>> {
    let simulations = facts.simulations.iter();
    simulations
        .map(|simulation| {
            let principal = &simulation.principal;
            match facts.identities.get(principal) {
                Some(Fact::Known(identity)) => {
                    let evaluator = PolicyEvaluator {
                        principal,
                        credentials: Credentials::for_principal(facts, principal),
                        identity,
                    };
                    Cow::Owned(resolve(&evaluator, simulation.clone()))
                }
                _ => Cow::Borrowed(simulation),
            }
        })
        .collect()
}

fn resolve(evaluator: &PolicyEvaluator, mut simulation: Simulation) -> Simulation {
    let context = &simulation.context;
    match &mut simulation.decisions {
        Fact::Unavailable(_) => {
            let decisions = simulation.actions.iter().flat_map(|action| {
                let decide = evaluator.for_action(action, context);
                simulation.resources.iter().map(decide)
            });
            simulation.decisions = Fact::Known(decisions.collect());
            simulation.engine = Engine::Offline;
        }
        Fact::Known(decisions) => {
            // The decisions on one action are adjacent, so that policies are parsed once for all of its resources.
            for same_action in decisions.chunk_by_mut(|one, next| one.action == next.action) {
                let action = same_action[0].action.clone();
                let decide = evaluator.for_action(&action, context);
                let undecided = same_action.iter_mut().filter(|one| one.is_undecided());
                undecided.for_each(|decision| narrow(decision, decide(&decision.resource)));
            }
        }
        Fact::Absent => {}
    }
    simulation
}

/// Drops keys that cannot change the decision: the simulator lists every key that any statement mentions. If the
/// simulator and these policies disagree, the simulator knows more, and all keys stay.
fn narrow(decision: &mut Decision, evaluated: Decision) {
    if evaluated.is_undecided() || evaluated.may_be_allowed() == decision.may_be_allowed() {
        decision.missing_context = evaluated.missing_context;
        decision.deny_depends_on = evaluated.deny_depends_on;
    }
}

/// Evaluates the policies of one principal.
#[derive(Clone, Copy)]
pub struct PolicyEvaluator<'a> {
    /// ARN of the role or user; any name for a planned one.
    pub principal: &'a str,
    /// Which keys a request can carry.
    pub credentials: Credentials,
    /// The principal's policies, which decide.
    pub identity: &'a Identity,
}

impl PolicyEvaluator<'_> {
    /// A function that decides on an action for a resource. `context`: values of condition keys.
    pub fn for_action(
        &self,
        action: &str,
        context: &BTreeMap<String, String>,
    ) -> impl Fn(&String) -> Decision {
        let known = context
            .iter()
            .map(|(key, value)| (key.clone(), vec![value.clone()]));
        let context = self.credentials.context(self.principal);
        let request =
            Request::new(action, context.into_iter().chain(known)).signed_with(self.credentials);
        let policies = PolicySet::new(&request, self.identity);
        move |resource: &String| {
            let decision = policies.decide(resource);
            Decision {
                action: action.into(),
                resource: resource.clone(),
                outcome: decision.outcome,
                missing_context: decision.depends_on.into_iter().collect(),
                deny_depends_on: Some(decision.deny_depends_on.into_iter().collect()),
                allowed_by_boundary: decision.by_boundary,
                allowed_by_organization: None,
                matched_policies: decision.matched,
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

    fn role_decisions<'s>(settled: &'s [Cow<Simulation>]) -> Vec<&'s Decision> {
        settled
            .iter()
            .filter(|simulation| simulation.principal == CODER_ROLE)
            .flat_map(|simulation| simulation.decisions.known().into_iter().flatten())
            .filter(|decision| decision.action.starts_with("ssmmessages:"))
            .collect()
    }

    #[test]
    fn policies_replace_an_unavailable_simulator() {
        let mut facts = healthy_coder();
        for simulation in &mut facts.simulations {
            simulation.decisions = denied("iam:SimulatePrincipalPolicy");
        }
        assert!(role_decisions(&resolve_simulations(&facts)).is_empty());
        let document =
            json!({"Statement": [{"Effect": "Allow", "Action": "ssmmessages:*", "Resource": "*"}]});
        facts
            .identities
            .insert(CODER_ROLE.into(), identity(document));
        let settled = resolve_simulations(&facts);
        assert!(
            role_decisions(&settled)
                .iter()
                .all(|decision| decision.is_allowed())
        );
        assert!(role_decisions(&settled).len() >= 4);
        let simulations = settled.iter().filter(|one| one.principal == CODER_ROLE);
        assert!(
            simulations
                .map(|one| one.engine)
                .all(|engine| engine == Engine::Offline)
        );
    }

    /// Resolves the simulator's decisions by a policy that allows `ecs:*`, and `kms:*` under an unknown key.
    fn resolved(decisions: Vec<Decision>) -> Vec<Decision> {
        let mut facts = healthy_coder();
        test_facts::simulate_allowed(&mut facts, "me", &[]);
        facts.simulations.last_mut().unwrap().decisions = Fact::Known(decisions);
        let document = json!({"Statement": [
            {"Effect": "Allow", "Action": "ecs:*", "Resource": "*"},
            {"Effect": "Allow", "Action": "kms:*", "Resource": "*",
                "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}},
        ]});
        facts.identities.insert("me".into(), identity(document));
        let resolved = resolve_simulations(&facts).pop().unwrap();
        resolved.decisions.known().unwrap().clone()
    }

    fn simulated(action: &str, outcome: Outcome, missing: &[&str]) -> Decision {
        Decision {
            action: action.into(),
            resource: "*".into(),
            outcome,
            missing_context: missing.iter().map(|key| (*key).to_owned()).collect(),
            deny_depends_on: None,
            allowed_by_boundary: None,
            allowed_by_organization: None,
            matched_policies: Vec::new(),
        }
    }

    #[test]
    fn each_undecided_decision_is_resolved_for_its_own_action() {
        let missing = ["aws:SourceVpc", "aws:userid"];
        let decisions = resolved(vec![
            simulated("ecs:ExecuteCommand", Outcome::Allowed, &missing),
            simulated("kms:Decrypt", Outcome::ImplicitDeny, &missing),
            simulated("kms:Decrypt", Outcome::Allowed, &[]),
        ]);
        assert!(decisions[0].is_allowed());
        assert_eq!(decisions[0].deny_depends_on.as_deref(), Some(&[][..]));
        assert_eq!(decisions[1].missing_context, ["aws:SourceVpc"]);
        assert!(decisions[2].is_allowed(), "the simulator has decided");
    }

    #[test]
    fn all_keys_are_kept_if_the_simulator_disagrees() {
        let refused = simulated("ecs:ExecuteCommand", Outcome::ImplicitDeny, &["aws:userid"]);
        assert_eq!(resolved(vec![refused.clone()]), [refused]);
    }

    #[test]
    fn keys_of_irrelevant_statements_are_dropped() {
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
            role_decisions(&resolve_simulations(&facts))
                .iter()
                .all(|decision| !decision.is_undecided())
        );
        facts
            .identities
            .insert(CODER_ROLE.into(), identity(on("ssmmessages:*")));
        assert!(
            role_decisions(&resolve_simulations(&facts))
                .iter()
                .all(|decision| decision.is_undecided())
        );
    }

    #[test]
    fn credentials_rule_out_condition_keys() {
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
                let settled = resolve_simulations(facts);
                role_decisions(&settled).iter().all(|of| of.is_allowed())
            };
            assert!(is_allowed(&facts), "ECS gave the credentials");
            let profile = "arn:aws:iam::123456789012:instance-profile/hosts";
            let role = Fact::Known(CODER_ROLE.to_owned());
            facts.instance_profiles.insert(profile.into(), role);
            assert_eq!(is_allowed(&facts), !on_an_instance);
        }
    }

    /// The condition keys that are known for the agent's own calls with a task role.
    #[test]
    fn keys_of_the_principal_and_of_direct_calls_are_known() {
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
            let settled = resolve_simulations(&facts);
            let decision = role_decisions(&settled)[0];
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

    /// The simulator allows the action whether or not a value of the missing key can deny it.
    #[test]
    fn only_a_conditional_deny_keeps_an_allow_undecided() {
        let mut facts = healthy_coder();
        test_facts::decide(&mut facts, "ssmmessages:", "*", |decision| {
            decision.missing_context = vec!["aws:MultiFactorAuthPresent".into()];
        });
        assert!(
            role_decisions(&resolve_simulations(&facts))
                .iter()
                .all(|decision| decision.is_undecided()),
            "the policies were not read"
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
            for decision in role_decisions(&resolve_simulations(&facts)) {
                assert_eq!(decision.is_undecided(), is_open, "{other}");
                assert_eq!(!decision.may_be_denied_by().is_empty(), is_open, "{other}");
            }
        }
    }
}
