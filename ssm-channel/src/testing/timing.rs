//! How the agent takes its time.

use std::time::Duration;

/// The waits of the agent. Tests have them a hundred times shorter, so that what depends on an order shows.
#[derive(Debug, Clone, Copy)]
pub struct AgentTiming {
    /// From the start of the command until its output is first read.
    pub first_output: Duration,
    /// After each message of output, of at most [`super::MESSAGE`] bytes.
    pub message: Duration,
    /// From the refusal to start a command until it is told.
    pub refusal: Duration,
    /// How long the end waits for messages that are not acknowledged.
    pub end: Duration,
}

impl AgentTiming {
    /// As long as the agent itself.
    pub const REAL: AgentTiming = AgentTiming {
        first_output: Duration::from_secs(1),
        message: Duration::from_millis(1),
        refusal: Duration::from_secs(2),
        end: Duration::from_secs(2),
    };

    /// Some milliseconds, but for the end: on a busy machine an acknowledgement may take longer.
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
