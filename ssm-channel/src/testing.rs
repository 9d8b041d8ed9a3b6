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
    /// Output of the command.
    pub const OUTPUT: u32 = 1;
    /// The size of the client's terminal.
    pub const SIZE: u32 = 3;
    /// The agent asks for a session type, and for encryption.
    pub const HANDSHAKE_REQUEST: u32 = 5;
    /// The client's answer.
    pub const HANDSHAKE_RESPONSE: u32 = 6;
    /// The agent ends the handshake.
    pub const HANDSHAKE_COMPLETE: u32 = 7;
    /// The agent sends an encrypted challenge.
    pub const CHALLENGE_REQUEST: u32 = 8;
    /// The client returns it.
    pub const CHALLENGE_RESPONSE: u32 = 9;
    /// A flag of a port session.
    pub const FLAG: u32 = 10;
    /// Standard error, which ECS Exec does not use.
    pub const STDERR: u32 = 11;
    /// An exit status, which ECS Exec does not use.
    pub const EXIT_CODE: u32 = 12;
}
