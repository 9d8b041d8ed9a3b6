//! A line of the terminal that is not at its end.

/// A question, or the echo of Ctrl-C. Dropped before it is closed, as where the program is broken off, what comes next
/// begins a line of its own.
pub struct OpenLine {
    is_open: bool,
}

impl OpenLine {
    pub fn begin() -> OpenLine {
        OpenLine { is_open: true }
    }

    pub fn close(mut self) {
        self.is_open = false;
    }
}

impl Drop for OpenLine {
    fn drop(&mut self) {
        if self.is_open {
            say!();
        }
    }
}
