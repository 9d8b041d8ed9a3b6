//! Sessions: which container is meant, how ECS is asked to open it, and what carries its bytes.

pub mod failure;
pub mod job;
mod native;
pub mod open;
pub mod place;
mod plugin;
mod probe;
mod proxy;
mod pump;
mod services;
pub mod terminal;
pub mod wrapped;

pub use open::{carry, open};
pub use place::{Place, Spot};
pub use plugin::carry as plugin_session;
pub use probe::probe;
pub use pump::{Local, Taker};
