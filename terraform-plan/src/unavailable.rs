//! Why something is not known from the plan alone, as the facts state it.

use model::facts::{Fact, Unavailable};

/// Something that the plan says, or why it does not.
pub type PlanValue<T> = Result<T, Unavailable>;

/// The action in the reason if the value is known only after apply.
const APPLY: &str = "terraform apply";
/// The action in the reason if AWS may know what the plan does not contain.
const PLAN: &str = "terraform plan";

/// Nobody can know it before apply.
pub fn known_after_apply(what: impl AsRef<str>) -> Unavailable {
    let message = format!("{} is known only after apply", what.as_ref());
    Unavailable::not_asked(APPLY, message)
}

/// The plan does not manage it; AWS may know it.
pub fn not_in_plan(what: impl AsRef<str>) -> Unavailable {
    not_shown(format!("{} is not part of the plan", what.as_ref()))
}

/// The plan does not show it for another reason; AWS may know it.
pub fn not_shown(message: impl Into<String>) -> Unavailable {
    Unavailable::not_asked(PLAN, message)
}

/// Whether AWS may know what the plan does not show.
pub fn may_be_in_aws<T>(fact: &Fact<T>) -> bool {
    fact.unavailable().is_some_and(|why| why.action == PLAN)
}
