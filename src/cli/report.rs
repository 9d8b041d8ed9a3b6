//! Flags for report formats and files.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::formats::Format;

/// Which reports are written, and where.
#[derive(Args)]
#[command(next_help_heading = "Report")]
pub struct ReportFlags {
    /// The formats, each with its file.
    #[arg(long, help = format_help(), value_name = "FORMAT[=FILE]", value_parser = requested_format)]
    pub format: Vec<RequestedFormat>,
    /// File for formats given without =FILE (default: stdout)
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Report only findings that are new since this JSON report, and those that are gone
    #[arg(long, value_name = "REPORT")]
    pub baseline: Option<PathBuf>,
    /// Terraform sources, to locate findings in sarif and github reports
    #[arg(long, value_name = "DIR")]
    pub terraform: Option<PathBuf>,
}

/// A format, and the file that is given for it.
#[derive(Clone)]
pub struct RequestedFormat {
    pub format: Format,
    pub file: Option<PathBuf>,
}

fn format_help() -> String {
    let formats = Format::names();
    format!("{formats}; =FILE writes to a file. Repeatable")
}

fn requested_format(text: &str) -> Result<RequestedFormat, String> {
    let (name, file) = match text.split_once('=') {
        Some((_, "")) => return Err("missing file name after `=`".to_owned()),
        Some((name, file)) => (name, Some(PathBuf::from(file))),
        None => (text, None),
    };
    let format = Format::from_str(name, false);
    let format = format.map_err(|_| format!("expected {}", Format::names()))?;
    Ok(RequestedFormat { format, file })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_takes_a_file_after_an_equals_sign() {
        let read =
            |text| requested_format(text).map(|requested| (requested.format, requested.file));
        assert!(matches!(read("json"), Ok((Format::Json, None))));
        let file = Some(PathBuf::from("a=b.md"));
        assert!(matches!(read("markdown=a=b.md"), Ok((Format::Markdown, f)) if f == file));
        for bad in ["", "xml", "json=", "=x"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
