//! A peer for tests: the gateway and the agent in one, on a loopback socket.
//!
//! [`Gateway`] listens, [`GatewayConnection`] is one connection to it and says whatever a test wants, [`Agent`] keeps to
//! the protocol across connections, in fair weather and foul. All of it panics where it is let down.

mod agent;
mod gateway;
mod mux_agent;
mod timing;
mod utf8_filter;

pub use agent::{Agent, ClientMessage, MESSAGE, NetworkFaults};
pub use gateway::{Frame, Gateway, GatewayConnection};
pub use mux_agent::{ClientEnd, MuxAgent, Served, frame};
pub use timing::AgentTiming;
pub use utf8_filter::Utf8Filter;

/// The kinds of payload, by number.
pub mod kind {
    pub const OUTPUT: u32 = 1;
    pub const SIZE: u32 = 3;
    pub const HANDSHAKE_REQUEST: u32 = 5;
    pub const HANDSHAKE_RESPONSE: u32 = 6;
    pub const HANDSHAKE_COMPLETE: u32 = 7;
    pub const CHALLENGE_REQUEST: u32 = 8;
    pub const CHALLENGE_RESPONSE: u32 = 9;
    pub const FLAG: u32 = 10;
    pub const STDERR: u32 = 11;
    pub const EXIT_CODE: u32 = 12;
}
