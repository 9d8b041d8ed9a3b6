//! A line of the terminal that has no line end yet.

/// A question, or the echo of Ctrl-C. If it is dropped before it is closed, such as by a signal, it ends the line, so
/// that the next text starts on a new one.
pub struct OpenLine {
    is_open: bool,
}

impl OpenLine {
    /// The cursor is not at the start of a line.
    pub fn begin() -> OpenLine {
        OpenLine { is_open: true }
    }

    /// The line has ended.
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
