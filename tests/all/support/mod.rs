pub mod doctor;
pub mod proxy;
pub mod world;
