//! What IAM decides: as its simulator answered, or as its policies say when they are evaluated here.

mod condition;
mod credentials;
mod evaluate;
mod offline;
mod pattern;
mod principal;
mod request;
mod statement;
mod tri;
mod verdict;

pub use condition::is_met;
pub use credentials::Credentials;
pub use evaluate::{Effective, Policies, resource_denies, resource_policy};
pub use offline::{Asker, settled};
pub use pattern::like;
pub use principal::{Named, Principal};
pub use request::Request;
pub use statement::{list, statements};
pub use tri::Tri;
pub use verdict::{Blocker, Silence, Verdict, silence, verdict};
