//! Files that are read whole, but no larger than they can be.

use std::fs::File;
use std::io::{self, Read};
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
