//! How long AWS may take, where nothing else was said.

use std::time::Duration;

/// To tell what a report needs.
pub const FOR_REPORT: Duration = Duration::from_secs(30);
/// To tell what comes before a session.
pub const FOR_SESSION: Duration = Duration::from_secs(60);
/// To roll something out.
pub const FOR_ROLLOUT: Duration = Duration::from_secs(15 * 60);
