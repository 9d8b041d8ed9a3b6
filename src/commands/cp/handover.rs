//! What the output of a command is written to, while the command runs, and which is read after its end.

use std::io;
use std::sync::{Arc, Mutex};

/// A value that a session writes to until it is taken. The session may keep its handle for a moment longer.
pub struct Handover<T>(Arc<Mutex<Option<T>>>);

impl<T> Handover<T> {
    pub fn new(value: T) -> Handover<T> {
        Handover(Arc::new(Mutex::new(Some(value))))
    }

    /// Another handle of the same value.
    pub fn share(&self) -> Handover<T> {
        Handover(self.0.clone())
    }

    /// Writes to the value.
    ///
    /// # Errors
    /// It has been taken.
    pub fn with<R>(&self, write: impl FnOnce(&mut T) -> io::Result<R>) -> io::Result<R> {
        let taken = || io::Error::other("the copy has ended");
        let mut value = self.0.lock().map_err(|_| taken())?;
        write(value.as_mut().ok_or_else(taken)?)
    }

    /// The value, with all that was written; `None` if a writer panicked.
    pub fn take(&self) -> Option<T> {
        self.0.lock().ok()?.take()
    }
}

#[cfg(test)]
mod tests {
    use super::Handover;

    #[test]
    fn a_value_is_taken_while_a_writer_still_has_its_handle() {
        let value = Handover::new(Vec::new());
        let writer = value.share();
        let write = |byte| {
            writer.with(|bytes| {
                bytes.push(byte);
                Ok(())
            })
        };
        assert!(write(1).is_ok());
        assert_eq!(value.take(), Some(vec![1]));
        assert!(write(2).is_err());
    }
}
