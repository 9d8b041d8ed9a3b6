//! Finds out which resource an attribute identifies: by its value or, before apply, by the references of its expression.
//!
//! [`trace`] follows references to their resources, [`candidates`] lists what an unknown value may be, and [`Resolver`]
//! decides.

mod ambiguity;
mod candidate_search;
mod candidates;
mod id_sources;
mod identity;
mod resolver;
mod resource_kind;
mod selection;
mod trace;

pub use ambiguity::{AttributeId, Choices};
pub use id_sources::OPAQUE_TYPES;
pub use resolver::Resolver;
pub use resource_kind::ResourceKind;
pub use trace::trace;
