use std::collections::VecDeque;

use crate::session::Output;

/// The connection is not read while more than this waits for the caller.
const MAX_BYTES: usize = 1 << 20;
const MAX_ITEMS: usize = 4096;

/// Output that the caller has not received yet.
#[derive(Default)]
pub struct OutputQueue {
    items: VecDeque<Output>,
    bytes: usize,
}

impl OutputQueue {
    pub fn push(&mut self, output: Output) {
        self.bytes += size(&output);
        self.items.push_back(output);
    }

    pub fn pop(&mut self) -> Option<Output> {
        let output = self.items.pop_front()?;
        self.bytes -= size(&output);
        Some(output)
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub fn has_room(&self) -> bool {
        self.bytes < MAX_BYTES && self.items.len() < MAX_ITEMS
    }
}

fn size(output: &Output) -> usize {
    match output {
        Output::Bytes(bytes) => bytes.len(),
        Output::Started | Output::Notice(_) | Output::Port(_) => 0,
    }
}
