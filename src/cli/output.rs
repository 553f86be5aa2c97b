//! Standard output and standard error. A reader that went away is no reason to stop or to panic: the run goes on, and its
//! exit code and files stay.
//!
//! What is printed may quote an app, a file or a branch, and GitHub's runner reads every line for commands to itself. So
//! none goes out as one, but those that are meant ([`print_exactly`]).

use std::io::{self, Write as _};

use crate::report::without_commands;

/// Prints to standard output.
pub(super) fn print(text: &str) {
    print_exactly(&without_commands(text));
}

/// Prints to standard output what a machine reads: JSON, and commands to the runner.
pub(super) fn print_exactly(text: &str) {
    let mut out = io::stdout().lock();
    let _unread = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Prints a command to the runner, with its line break, to standard error, among the lines that it is about.
pub(super) fn command(command: &str) {
    let mut out = io::stderr().lock();
    let _unread = out.write_all(command.as_bytes()).and_then(|()| out.flush());
}

/// Prints a line to standard error.
pub(super) fn complain(line: &str) {
    let mut out = io::stderr().lock();
    let _unread = writeln!(out, "{}", without_commands(line));
}
