use model::facts::{Fact, Unavailable};

/// The value of a fact. If the fact is absent or was not read, `action` would read it, and `message` says what is missing.
pub fn known<'a, T>(
    fact: Option<&'a Fact<T>>,
    action: &str,
    message: impl FnOnce() -> String,
) -> Result<&'a T, Unavailable> {
    match fact {
        Some(Fact::Known(value)) => Ok(value),
        Some(Fact::Unavailable(why)) => Err(why.clone()),
        Some(Fact::Absent) | None => Err(Unavailable::not_asked(action, message())),
    }
}
