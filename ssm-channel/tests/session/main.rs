//! Sessions with a peer on a loopback socket: `testing::Agent` where it keeps to the protocol, `testing::Line`
//! where it does not.

mod client;
mod disorder;
mod encryption;
mod flow;
mod resume;
mod shell;
mod soak;
mod start;
mod volume;
