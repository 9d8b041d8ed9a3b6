//! Judges plans from `terraform show -json` with the real checks.

mod adopted_defaults;
mod ambiguous_values;
mod broken_platform;
mod cloudformation;
mod damaged_plans;
mod egress;
mod endpoints;
mod exec_logging;
mod foreign_formats;
mod healthy_plans;
mod known_after_apply;
mod missing_resources;
mod module_references;
mod network;
mod overriding_resources;
mod plan_builder;
mod plan_over_live;
mod redeployment;
mod regions;
mod role_policies;
mod scale;
mod shop;
mod support;
mod sweep;
mod unknown_lists;
mod unnamed_roles;
