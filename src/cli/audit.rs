//! Arguments of `who-can`.

use clap::{Args, ValueEnum};

/// Arguments of `who-can`.
#[derive(Args)]
pub struct WhoCan {
    /// Service, by short or full name
    pub service: String,
    /// Only sessions into this container of the tasks
    #[arg(long, short, value_name = "NAME")]
    pub container: Option<String>,
    /// Output format
    #[arg(long, default_value = "human", value_name = "FORMAT")]
    pub format: RecordFormat,
}

/// Formats of lists that other programs read too.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RecordFormat {
    Human,
    Json,
    Markdown,
    Csv,
}
