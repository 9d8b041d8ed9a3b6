//! The permissions that agents need to record sessions in CloudWatch Logs.

use crate::prelude::*;
use aws_rules::required_permissions::RequiredPermission;

/// What the agents of these tasks need, for each log group that records their sessions.
pub fn log_needs(index: &FactIndex, tasks: &[&Task]) -> Vec<RequiredPermission> {
    let Some(place) = index.place() else {
        return Vec::new();
    };
    let groups = index.recording_groups(tasks).into_iter();
    unique(groups.flat_map(|group| required_permissions::write_log_group(place, group)))
}
