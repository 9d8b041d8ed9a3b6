pub mod execute_command;
