//! What IAM decides: as its simulator answered, or as its policies say when they are evaluated here.

#[cfg(test)]
mod cases;
mod compare;
mod condition;
mod credentials;
mod date;
mod evaluate;
pub mod literal;
mod offline;
mod operator;
mod pattern;
mod principal;
mod request;
mod statement;
mod tri;
mod variable;

pub use condition::met;
pub use credentials::Credentials;
pub use evaluate::{Effective, Policies, resource_denies, resource_policy};
pub use offline::{Asker, settled};
pub use pattern::like;
pub use principal::{Named, Principal, names_service};
pub use request::Request;
pub use statement::{has_effect, has_variables, is_about, list, statements};
pub use tri::Tri;
