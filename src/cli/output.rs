//! Standard output and standard error. A reader that went away is no reason to stop or to panic: the run goes on, and its
//! exit code and files stay.
//!
//! What is printed may quote an app, a file or a branch, and GitHub's runner reads every line for commands to itself. So
//! none goes out as one, but those that are meant ([`print_exactly`], [`command_to`]).

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

/// Prints a line to standard error.
pub(super) fn complain(line: &str) {
    line_to(&mut io::stderr().lock(), line);
}

/// Writes a line among those of a log.
pub(super) fn line_to(log: &mut dyn io::Write, line: &str) {
    command_to(log, &format!("{}\n", without_commands(line)));
}

/// Writes a command to the runner, with its line break, among the lines that it is about.
pub(super) fn command_to(log: &mut dyn io::Write, command: &str) {
    let _unread = log.write_all(command.as_bytes()).and_then(|()| log.flush());
}
