//! Standard output and standard error. A reader that went away is no reason to stop or to panic: the run goes on, and its
//! exit code and files stay.

use std::io::{self, Write as _};

/// Prints to standard output.
pub(super) fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _unread = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Prints a line to standard error.
pub(super) fn complain(line: &str) {
    let mut out = io::stderr().lock();
    let _unread = writeln!(out, "{line}");
}
