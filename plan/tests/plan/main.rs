//! Plans as Terraform shows them, judged by the real checks.

mod broken;
mod hostile;
mod known_later;
mod network;
mod over;
mod plans;
mod recording;
mod small;
mod support;
mod sweep;
mod woven;
