pub mod endpoint_present;
pub mod internet_route;
mod placement;
