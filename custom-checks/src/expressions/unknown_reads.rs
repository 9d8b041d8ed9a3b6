//! Records which unreadable facts an evaluation needed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cel::ExecutionError;
use model::facts::Unavailable;

/// The facts that one evaluation needed and that could not be read. All values of the evaluation share it.
///
/// To read such a fact is an error of CEL, whose operators handle errors: `true || error` is true, `false || error` is
/// an error. Comparing, counting and iterating cannot fail in CEL; there the record taints the whole answer instead.
#[derive(Debug, Clone, Default)]
pub struct UnknownReads(Arc<Mutex<Record>>);

/// What one evaluation has recorded.
#[derive(Debug, Default)]
pub struct Record {
    /// Why the first of these facts could not be read.
    pub first: Option<Unavailable>,
    /// Whether the answer cannot be trusted although there is one.
    pub is_tainted: bool,
}

impl UnknownReads {
    /// Takes the record of an evaluation, and begins that of the next one.
    pub fn take(&self) -> Record {
        std::mem::take(&mut *self.lock())
    }

    /// Records a read, and returns the error for CEL.
    pub fn error(&self, why: &Unavailable) -> ExecutionError {
        self.lock().first.get_or_insert_with(|| why.clone());
        ExecutionError::function_error("facts", why)
    }

    /// Records a read where CEL accepts no error.
    pub fn set_taint(&self, why: &Unavailable) {
        self.error(why);
        self.lock().is_tainted = true;
    }

    fn lock(&self) -> MutexGuard<'_, Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
