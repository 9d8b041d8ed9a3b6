//! Plans as Terraform shows them, judged by the real checks.

mod absent;
mod adopted;
mod broken;
mod certain;
mod choices;
mod endpoints;
mod formats;
mod hostile;
mod known_later;
mod network;
mod others;
mod over;
mod plans;
mod recording;
mod regions;
mod renewal;
mod roles;
mod scale;
mod shop;
mod small;
mod support;
mod sweep;
mod unread;
mod ways;
mod woven;
