pub mod agent_running;
pub mod aws_credentials_env;
mod definitions;
pub mod exists;
pub mod init_process;
pub mod proxy_env;
pub mod read_only_root;
pub mod running;
