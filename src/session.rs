//! Sessions: which container is meant, how ECS is asked to open it, and what carries its bytes.

mod choice;
pub mod end;
pub mod escape;
pub mod failure;
pub mod job;
mod native;
pub mod open;
mod plugin;
mod probe;
mod proxy;
mod pump;
mod remote_text;
mod services;
pub mod spot;
pub mod terminal;
pub mod wrapped;

pub use open::{carry, open};
pub use plugin::carry as plugin_session;
pub use probe::probe;
pub use pump::{Flow, Local, OutputSink, to_standard_output};
pub use remote_text::RemoteText;
pub use spot::{Named, Spot};
