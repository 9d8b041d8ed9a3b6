pub mod agent_running;
pub mod exists;
pub mod running;
