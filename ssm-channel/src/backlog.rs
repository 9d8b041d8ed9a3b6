use std::collections::VecDeque;

use crate::session::Output;

/// Beyond these the connection is not read until the caller has received some of it.
const BYTES: usize = 1 << 20;
const PIECES: usize = 4096;

/// Output that the caller is to receive.
#[derive(Default)]
pub struct Backlog {
    pieces: VecDeque<Output>,
    bytes: usize,
}

impl Backlog {
    pub fn push(&mut self, output: Output) {
        self.bytes += size(&output);
        self.pieces.push_back(output);
    }

    pub fn next(&mut self) -> Option<Output> {
        let output = self.pieces.pop_front()?;
        self.bytes -= size(&output);
        Some(output)
    }

    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    pub fn has_room(&self) -> bool {
        self.bytes < BYTES && self.pieces.len() < PIECES
    }
}

fn size(output: &Output) -> usize {
    match output {
        Output::Stdout(bytes) | Output::Stderr(bytes) => bytes.len(),
        Output::Started | Output::Notice(_) => 0,
    }
}
