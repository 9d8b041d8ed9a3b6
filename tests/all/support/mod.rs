mod altered;
pub mod connect_proxy;
pub mod container;
pub mod doctor;
pub mod http;
pub mod policy_gate;
pub mod proxy;
pub mod pty;
pub mod world;
