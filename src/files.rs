//! Files that are read whole, but no larger than they can be, and written whole or not at all.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use crate::trouble::Trouble;

/// The bytes of a file, or of standard input where it is called `-`. `what`: what a larger one is not.
pub fn read_at_most(path: &Path, most: u64, what: &str) -> Result<Vec<u8>, Trouble> {
    let shown = path.display();
    let unreadable =
        |error: io::Error| Trouble::new(format!("{shown} cannot be read: {error}"), "");
    let source: Box<dyn Read> = match path == Path::new("-") {
        true => Box::new(io::stdin()),
        false => Box::new(File::open(path).map_err(unreadable)?),
    };
    let mut bytes = Vec::new();
    let read = source.take(most + 1).read_to_end(&mut bytes);
    let size = read.map_err(unreadable)?;
    if size as u64 > most {
        let megabytes = most >> 20;
        let why = format!("{shown} is larger than {megabytes} MB, so it is no {what}");
        return Err(Trouble::new(why, ""));
    }
    Ok(bytes)
}

/// Writes a whole file or none: what is there stays until the new one is complete.
pub fn write_file(path: &Path, text: &str) -> Result<(), Trouble> {
    write_with(path, |to| to.write_all(text.as_bytes()))
}

pub fn write_with(
    path: &Path,
    write: impl Fn(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Trouble> {
    let to_file = |path: &Path| {
        let mut file = File::create(path)?;
        write(&mut file)
    };
    // Devices and pipes cannot be replaced, only written to.
    if path.exists() && !path.is_file() {
        return to_file(path).map_err(|error| unwritable(path, &error));
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    let written = to_file(&part).and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written.map_err(|error| unwritable(path, &error))
}

pub fn unwritable(path: &Path, error: &io::Error) -> Trouble {
    Trouble::new(format!("{} cannot be written: {error}", path.display()), "")
}
