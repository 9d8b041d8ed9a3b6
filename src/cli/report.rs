//! What is written, and where.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// What is written, and where.
#[derive(Args)]
#[command(next_help_heading = "Report")]
pub struct ReportFlags {
    /// human, json, markdown, junit, sarif or github; with =FILE it goes there. Can be given several times
    #[arg(long, value_name = "FORMAT[=FILE]", value_parser = wanted_format)]
    pub format: Vec<WantedFormat>,
    /// Where to write what has no file of its own, instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Report only what is new since this JSON report, and what is gone
    #[arg(long, value_name = "REPORT")]
    pub baseline: Option<PathBuf>,
    /// Terraform sources in which to look for the place of each finding, for sarif and github
    #[arg(long, value_name = "DIR")]
    pub terraform: Option<PathBuf>,
}

#[derive(Clone)]
pub struct WantedFormat {
    pub format: Format,
    pub file: Option<PathBuf>,
}

fn wanted_format(text: &str) -> Result<WantedFormat, String> {
    let (name, file) = match text.split_once('=') {
        Some((_, "")) => return Err("a file's name is missing after =".to_owned()),
        Some((name, file)) => (name, Some(PathBuf::from(file))),
        None => (text, None),
    };
    let format = Format::from_str(name, false)
        .map_err(|_| "one of human, json, markdown, junit, sarif, github".to_owned())?;
    Ok(WantedFormat { format, file })
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Human,
    Json,
    Markdown,
    Junit,
    Sarif,
    Github,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats() {
        let read = |text| wanted_format(text).map(|wanted| (wanted.format, wanted.file));
        assert!(matches!(read("json"), Ok((Format::Json, None))));
        let file = Some(PathBuf::from("a=b.md"));
        assert!(matches!(read("markdown=a=b.md"), Ok((Format::Markdown, f)) if f == file));
        for bad in ["", "xml", "json=", "=x"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
