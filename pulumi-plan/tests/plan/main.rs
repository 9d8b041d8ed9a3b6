//! Previews and what the checks say of them.

mod damaged;
mod existing;
mod new_stack;
mod support;
mod unknown;
