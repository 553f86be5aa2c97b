//! An app under test as a process of its own, for every test binary that drives stagegate from outside.

use std::{
    io::{BufRead, BufReader},
    process::{Child, ChildStdin, Command, Stdio},
    time::Duration,
};

/// The binary under test.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_stagegate");

/// A child process that listens on loopback and ends when its standard input closes.
pub(crate) struct App {
    child: Child,
    input: Option<ChildStdin>,
    /// `http://127.0.0.1:PORT`.
    pub(crate) url: String,
}

impl App {
    /// The built-in staging app with these flags, on a free port.
    pub(crate) fn demo(flags: &[&str]) -> Self {
        let mut command = Command::new(BINARY);
        command.args(["demo", "--port", "0", "--until-stdin-closes"]).args(flags).env_remove("STAGEGATE_COMMIT");
        Self::start(command)
    }

    /// Any command whose first line says `listening on URL`.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        let input = child.stdin.take();
        let mut output = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let mut line = String::new();
        output.read_line(&mut line).expect("the first line can be read");
        let url = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("unexpected first line {line:?}"));
        let url = url.to_owned();
        std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
        Self { child, input, url }
    }
}

impl Drop for App {
    fn drop(&mut self) {
        drop(self.input.take());
        for _ in 0..100 {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
