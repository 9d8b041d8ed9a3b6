//! Lines on standard error. If writing fails, as on a full disk or a closed pipe, the text is lost and the program goes
//! on.

/// Like `eprintln!`, which panics if it cannot write.
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write;
        let _ = writeln!(std::io::stderr().lock(), $($text)*);
    }};
}

/// Like [`say`], without the line end.
macro_rules! say_part {
    ($($text:tt)*) => {{
        use std::io::Write;
        let mut stderr = std::io::stderr().lock();
        let _ = write!(stderr, $($text)*).and_then(|()| stderr.flush());
    }};
}
