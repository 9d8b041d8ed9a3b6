pub mod exec_enabled;
pub mod exists;
pub mod running_tasks;
