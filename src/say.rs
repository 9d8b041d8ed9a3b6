//! Lines on standard error. If writing fails, as on a full disk or a closed pipe, the text is lost and the program goes
//! on.

use std::sync::atomic::{AtomicBool, Ordering};

static QUIET: AtomicBool = AtomicBool::new(false);

/// Turns notes off.
pub fn be_quiet() {
    QUIET.store(true, Ordering::Relaxed);
}

/// Whether notes are off.
pub fn is_quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}

/// Like `eprintln!`, which panics if it cannot write.
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write;
        let _ = writeln!(std::io::stderr().lock(), $($text)*);
    }};
}

/// Like [`say`], for what a user who passes `--quiet` does not want to read: neither an error nor a warning.
macro_rules! note {
    ($($text:tt)*) => {
        if !crate::say::is_quiet() {
            say!($($text)*);
        }
    };
}

/// Like [`say`], without the line end.
macro_rules! say_part {
    ($($text:tt)*) => {{
        use std::io::Write;
        let mut stderr = std::io::stderr().lock();
        let _ = write!(stderr, $($text)*).and_then(|()| stderr.flush());
    }};
}
