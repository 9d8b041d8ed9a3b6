//! Default timeouts of calls to AWS.

use std::time::Duration;

/// For the facts of a report.
pub const REPORT_TIMEOUT: Duration = Duration::from_secs(30);
/// For what a session needs before it opens.
pub const SESSION_TIMEOUT: Duration = Duration::from_secs(60);
/// For a rollout.
pub const ROLLOUT_TIMEOUT: Duration = Duration::from_secs(15 * 60);
