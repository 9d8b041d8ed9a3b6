//! The built binary: on fixtures, and end to end against an emulator of AWS.
//!
//! Tests that need the emulator are ignored by a plain `cargo test`; `scripts/test` runs everything.

mod captures;
mod clusters;
mod completion;
mod config_files;
mod copying;
mod costs;
mod custom_checks;
mod denials;
mod endings;
mod fault_grid;
mod faults;
mod fixing;
mod fixing_interrupted;
mod fixtures;
mod gateways;
mod iam_engines;
mod least_policies;
mod manual;
mod name_servers;
mod narrowed;
mod packaging;
mod plans;
mod profiles;
mod reports;
mod sessions;
mod slips;
mod support;
mod trouble;
mod trust;
mod worlds;
