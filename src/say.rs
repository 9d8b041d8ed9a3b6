//! Lines on standard error. Where it cannot be written to, as on a full disk or a closed pipe, what was to be said is
//! lost and nothing else.

/// Like `eprintln!`, which ends the program when it cannot write.
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write;
        let _ = writeln!(std::io::stderr().lock(), $($text)*);
    }};
}

/// Like [`say`], without the end of the line.
macro_rules! say_part {
    ($($text:tt)*) => {{
        use std::io::Write;
        let mut stderr = std::io::stderr().lock();
        let _ = write!(stderr, $($text)*).and_then(|()| stderr.flush());
    }};
}
