//! How long AWS may take, where nothing else was said.

use std::time::Duration;

/// To tell what a report needs.
pub const REPORT_TIMEOUT: Duration = Duration::from_secs(30);
/// To tell what comes before a session.
pub const SESSION_TIMEOUT: Duration = Duration::from_secs(60);
/// To roll something out.
pub const ROLLOUT_TIMEOUT: Duration = Duration::from_secs(15 * 60);
