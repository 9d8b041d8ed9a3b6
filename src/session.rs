//! Sessions: which container, how ECS opens one, and what carries its bytes.
//!
//! ```text
//! exec_target ── which task and container; `picker` asks if there are several
//!      ▼
//! open ───────── asks ECS for a session that runs a command; ends it if nobody joins
//!      ▼
//! native ─────── carries it with ssm-channel (aws_api, proxy); or plugin, the official one
//!      ▼
//! local_io ───── this side: keys (escape), output, raw_mode, window_size, ending_signals
//!      ▼
//! end ────────── how it ended; failure_report explains why it failed
//! ```
//!
//! `forward` forwards ports: with sessions of Systems Manager, or with one of ECS Exec for each connection.
//!
//! `remote_command` runs a command without a person, in a script of `wrapped`; `probe` does so to test containers.

mod as_user;
mod aws_api;
mod collected_output;
mod end;
pub mod ending_signals;
pub mod escape;
mod exec_target;
pub mod failure_report;
pub mod forward;
mod local_io;
mod native;
mod open;
mod plugin;
mod probe;
mod proxy;
mod raw_mode;
mod remote_command;
mod remote_text;
mod task_lookup;
mod window_size;
mod wrapped;

pub use as_user::{as_user, first_shell};
pub use collected_output::CollectedOutput;
pub use end::{ClosingCause, SessionEnd, report_unwritten_output};
pub use exec_target::{ExecTarget, TargetArgs, resolve_target, resolve_targets, with_service};
pub use local_io::{Flow, LocalIo, OutputSink, write_to_stdout};
pub use open::{OpenError, open, open_unless_signalled, run_session};
pub use plugin::{carry as plugin_session, find as find_plugin};
pub use probe::probe;
pub use remote_command::RemoteCommand;
pub use remote_text::RemoteText;
pub use task_lookup::or_similar_command;

use crate::aws::AwsClients;
use crate::cli::Global;
use crate::config::Settings;

/// What every session command needs.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    pub aws: &'a AwsClients,
    pub settings: &'a Settings,
    pub global: &'a Global,
}

impl<'a> Context<'a> {
    /// The settings and flags for sessions with these clients.
    pub fn new(aws: &'a AwsClients, settings: &'a Settings, global: &'a Global) -> Context<'a> {
        Context {
            aws,
            settings,
            global,
        }
    }
}
