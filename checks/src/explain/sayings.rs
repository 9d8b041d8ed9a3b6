//! The texts that are known, by who they are about. The order matters: the first that fits is taken.

mod agent;
mod caller;
mod credentials;
mod encryption;
mod machine;
mod records;
mod rest;
mod session;
mod shell;
mod target;

use super::{Next, Saying};

pub const ALL: &[&[Saying]] = &[
    machine::PLUGIN,
    credentials::ASSUMED,
    encryption::SAYINGS,
    records::SAYINGS,
    shell::SAYINGS,
    agent::SAYINGS,
    target::SAYINGS,
    caller::SAYINGS,
    credentials::SAYINGS,
    machine::SAYINGS,
    session::SAYINGS,
    rest::SAYINGS,
];
