pub mod doctor;
mod http;
pub mod proxy;
pub mod world;
