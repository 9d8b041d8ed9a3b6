//! Output that the program itself reads.

use std::sync::{Arc, Mutex};

use super::{Flow, OutputSink};

/// Collects what a remote command prints.
#[derive(Default)]
pub struct CollectedOutput(Arc<Mutex<Vec<u8>>>);

impl CollectedOutput {
    /// Where the command's output goes.
    pub fn sink(&self) -> OutputSink {
        let output = self.0.clone();
        Box::new(move |bytes| {
            if let Ok(mut output) = output.lock() {
                output.extend_from_slice(bytes);
            }
            Ok(Flow::Continue)
        })
    }

    /// What it printed so far, as text.
    pub fn text(&self) -> String {
        let output = self.0.lock().map_or(Vec::new(), |output| output.clone());
        String::from_utf8_lossy(&output).into_owned()
    }
}
