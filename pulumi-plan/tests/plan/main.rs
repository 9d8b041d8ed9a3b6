//! Previews and what the checks say of them.

mod damaged;
mod existing;
mod fixes;
mod new_stack;
mod shop;
mod support;
mod unknown;
