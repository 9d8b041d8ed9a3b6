//! Sessions with a peer on a loopback socket: `testing::Agent` where it keeps to the protocol, `testing::GatewayConnection`
//! where it does not.

mod back_pressure;
mod client;
mod encryption;
mod forward;
mod lossy_network;
mod resume;
mod shell;
mod soak;
mod startup;
mod volume;
