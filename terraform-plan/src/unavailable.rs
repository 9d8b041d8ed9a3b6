//! What a plan cannot tell, said in the words of the facts.

use checks::facts::{Fact, Unavailable};

/// Something that the plan tells, or why it does not.
pub type PlanValue<T> = Result<T, Unavailable>;

const LATER: &str = "terraform apply";
const ELSEWHERE: &str = "terraform plan";

/// Nobody can know it before apply.
pub fn known_after_apply(what: impl AsRef<str>) -> Unavailable {
    Unavailable::not_asked(
        LATER,
        format!("{} is known only after apply", what.as_ref()),
    )
}

/// The plan does not manage it, so that AWS may know what it does not.
pub fn not_in_plan(what: impl AsRef<str>) -> Unavailable {
    Unavailable::not_asked(
        ELSEWHERE,
        format!("{} is not part of the plan", what.as_ref()),
    )
}

/// Something other than those two, which AWS may know all the same.
pub fn not_shown(message: impl Into<String>) -> Unavailable {
    Unavailable::not_asked(ELSEWHERE, message)
}

/// Whether AWS may know what the plan does not tell.
pub fn is_elsewhere<T>(fact: &Fact<T>) -> bool {
    fact.unavailable()
        .is_some_and(|why| why.action == ELSEWHERE)
}

/// What AWS told, where the plan has nothing to say.
pub fn or_live<T: Clone>(planned: Fact<T>, live: Option<&Fact<T>>) -> Fact<T> {
    match live {
        Some(live) if is_elsewhere(&planned) => live.clone(),
        _ => planned,
    }
}
