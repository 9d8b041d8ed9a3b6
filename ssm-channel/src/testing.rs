//! The simulated peer of a session: gateway and agent on a loopback socket.
//!
//! [`Gateway`] listens, [`GatewayConnection`] is one connection that sends any frames, and [`Agent`] follows the
//! protocol across connections, also on a lossy network. All of them panic on unexpected messages.

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
