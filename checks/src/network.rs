pub mod endpoint_available;
pub mod endpoint_present;
pub mod endpoint_private_dns;
pub mod internet_route;
mod placement;
