//! The evaluation of IAM policies: what the policy simulator answers, computed here from the documents.
//!
//! From the outside in: [`resolve_simulations`] lets a [`PolicyEvaluator`] answer what the simulator left open. It
//! builds a [`Request`] and a [`PolicySet`] of the principal's policies, each of which is reduced to the statements that
//! match the request (`statement`). A statement matches by its `principal`, its `condition` (an `operator` that compares
//! an `operand` with the request's values) and its resource `pattern`; `variable` fills in policy variables. All answers
//! are [`Ternary`], because some depend on unknown values and some on what AWS does not document.
//!
//! [`document`] goes the other way and writes policies. [`session_access`] evaluates the policies of a whole account.

mod condition;
mod credentials;
mod date;
pub mod document;
mod json;
pub mod literal_wildcard;
mod operand;
mod operator;
mod pattern;
mod planned_key;
mod policy_evaluator;
mod policy_set;
mod principal;
mod request;
pub mod session_access;
mod statement;
mod ternary;
mod variable;

pub use condition::evaluate_conditions;
pub use credentials::Credentials;
pub use json::{has_variables, statements, strings};
pub use pattern::like;
pub use policy_evaluator::{PolicyEvaluator, resolve_simulations};
pub use policy_set::{PolicyDecision, PolicySet, evaluate_resource_policy, resource_policy_denies};
pub use principal::{Principal, PrincipalMatch, names_service};
pub use request::Request;
pub use statement::{applies_to_action, has_effect};
pub use ternary::Ternary;
