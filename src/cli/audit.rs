//! Arguments of `who-can` and `sessions`.

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::duration::days_or_less;

/// Arguments of `who-can`.
#[derive(Args)]
pub struct WhoCan {
    /// Service, by short or full name [default: choose one from a list]
    pub service: Option<String>,
    /// Only sessions into this container of the tasks
    #[arg(long, short, value_name = "NAME")]
    pub container: Option<String>,
    /// Output format
    #[arg(long, default_value = "human", value_name = "FORMAT")]
    pub format: RecordFormat,
}

/// Arguments of `sessions`.
#[derive(Args)]
pub struct Sessions {
    /// Only sessions into tasks of this service, by short or full name
    #[arg(conflicts_with = "end")]
    pub service: Option<String>,
    /// How far back to look: 30m, 24h, 7d, at most 90d
    #[arg(
        long, default_value = "24h", value_parser = days_or_less, value_name = "TIME",
        conflicts_with = "end"
    )]
    pub since: Duration,
    /// Output format
    #[arg(
        long,
        default_value = "human",
        value_name = "FORMAT",
        conflicts_with = "end"
    )]
    pub format: RecordFormat,
    /// End the open session with this ID
    #[arg(long, value_name = "ID")]
    pub end: Option<String>,
    /// End it without asking
    #[arg(long, short, requires = "end")]
    pub yes: bool,
}

/// Formats of lists that other programs read too.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RecordFormat {
    Human,
    Json,
    Markdown,
    Csv,
}
