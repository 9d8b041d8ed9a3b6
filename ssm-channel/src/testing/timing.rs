//! The delays of the simulated agent.

use std::time::Duration;

/// The delays of the agent. Tests use delays a hundred times shorter, which still show dependencies on the order of
/// events.
#[derive(Debug, Clone, Copy)]
pub struct AgentTiming {
    /// From the start of the command until its output is first read.
    pub first_output: Duration,
    /// After each message of output, of at most [`super::MESSAGE`] bytes.
    pub message: Duration,
    /// From the failed start of a command until the closing message.
    pub refusal: Duration,
    /// How long the agent waits for acknowledgements before it closes.
    pub end: Duration,
}

impl AgentTiming {
    /// The delays of the real agent.
    pub const REAL: AgentTiming = AgentTiming {
        first_output: Duration::from_secs(1),
        message: Duration::from_millis(1),
        refusal: Duration::from_secs(2),
        end: Duration::from_secs(2),
    };

    /// A few milliseconds, except before the end: on a busy machine, acknowledgements take longer.
    pub const QUICK: AgentTiming = AgentTiming {
        first_output: Duration::from_millis(10),
        message: Duration::ZERO,
        refusal: Duration::from_millis(20),
        end: AgentTiming::REAL.end,
    };
}

impl Default for AgentTiming {
    fn default() -> AgentTiming {
        AgentTiming::QUICK
    }
}
