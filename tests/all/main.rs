//! The built binary: on fixtures, and end to end against an emulator of AWS.
//!
//! Tests that need the emulator are ignored by a plain `cargo test`; `scripts/test` runs everything.

mod api_calls;
mod api_denials;
mod api_fault_matrix;
mod assistant_tools;
mod captures;
mod completion;
mod config_files;
mod copying;
mod credentials;
mod custom_checks;
mod dns;
mod environment_errors;
mod faults;
mod fix;
mod fix_interrupted;
mod fixtures;
mod fleet;
mod habits;
mod help;
mod judged_callers;
mod least_privilege;
mod left_out_targets;
mod multiple_clusters;
mod nat_gateways;
mod offline_targets;
mod packaging;
mod policy_evaluation;
mod pulumi_previews;
mod reports;
mod result_files;
mod root_causes;
mod session_history;
mod session_signals;
mod sessions;
mod support;
mod terraform_plans;
mod trust;
mod usage_errors;
mod who_can;
