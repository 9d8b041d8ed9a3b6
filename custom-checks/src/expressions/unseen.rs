//! Keeps what an evaluation could not see.

use std::sync::{Arc, Mutex, PoisonError};

use cel::ExecutionError;
use model::facts::Unavailable;

/// What an evaluation came upon that could not be seen.
///
/// Reading such a thing is an error of CEL, whose operators know what to do with one: `true || error` is true,
/// `false || error` is an error. What CEL has no error for (comparing, counting, going through) spoils the whole
/// answer.
#[derive(Debug, Clone, Default)]
pub struct Unseen(Arc<Mutex<Notes>>);

#[derive(Debug, Default)]
struct Notes {
    first: Option<Unavailable>,
    spoilt: bool,
}

impl Unseen {
    pub fn forget(&self) {
        self.with(|notes| *notes = Notes::default());
    }

    /// What the evaluation came upon first.
    pub fn first(&self) -> Option<Unavailable> {
        self.with(|notes| notes.first.clone())
    }

    /// Whether an answer, though there is one, is not to be trusted.
    pub fn is_spoilt(&self) -> bool {
        self.with(|notes| notes.spoilt)
    }

    pub fn note(&self, why: &Unavailable) -> ExecutionError {
        self.with(|notes| notes.first.get_or_insert_with(|| why.clone()).clone());
        ExecutionError::function_error("facts", why)
    }

    pub fn spoil(&self, why: &Unavailable) {
        self.note(why);
        self.with(|notes| notes.spoilt = true);
    }

    fn with<T>(&self, f: impl FnOnce(&mut Notes) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
