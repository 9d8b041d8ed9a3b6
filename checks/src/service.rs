pub mod deployment_stable;
pub mod exec_enabled;
pub mod exists;
pub mod running_tasks;
