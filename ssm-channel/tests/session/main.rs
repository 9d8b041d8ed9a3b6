//! Sessions with a simulated peer on a loopback socket: `testing::Agent` follows the protocol,
//! `testing::GatewayConnection` can break it.

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
