//! Records which unreadable facts an evaluation needed.

use std::sync::{Arc, Mutex, PoisonError};

use cel::ExecutionError;
use model::facts::Unavailable;

/// The facts that one evaluation needed and that could not be read. All values of the evaluation share it.
///
/// To read such a fact is an error of CEL, whose operators handle errors: `true || error` is true, `false || error` is
/// an error. Comparing, counting and iterating cannot fail in CEL; there the record taints the whole answer instead.
#[derive(Debug, Clone, Default)]
pub struct UnknownReads(Arc<Mutex<Record>>);

#[derive(Debug, Default)]
struct Record {
    first: Option<Unavailable>,
    is_tainted: bool,
}

impl UnknownReads {
    pub fn reset(&self) {
        self.with(|record| *record = Record::default());
    }

    /// Why the first of these facts could not be read.
    pub fn first(&self) -> Option<Unavailable> {
        self.with(|record| record.first.clone())
    }

    /// The same, if the answer cannot be trusted although there is one.
    pub fn taint(&self) -> Option<Unavailable> {
        self.with(|record| record.first.clone().filter(|_| record.is_tainted))
    }

    /// Records a read, and returns the error for CEL.
    pub fn error(&self, why: &Unavailable) -> ExecutionError {
        self.with(|record| _ = record.first.get_or_insert_with(|| why.clone()));
        ExecutionError::function_error("facts", why)
    }

    /// Records a read where CEL accepts no error.
    pub fn set_taint(&self, why: &Unavailable) {
        self.error(why);
        self.with(|record| record.is_tainted = true);
    }

    fn with<T>(&self, f: impl FnOnce(&mut Record) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
