//! An app under test as a process of its own, for every test binary that drives stagegate from outside.

use std::{
    io::{BufRead, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde_json::Value;

/// The binary under test.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_stagegate");

/// Removes what the surroundings would tell the binary: those of a CI, of an object store, of a terminal.
pub(crate) fn clean_environment(command: &mut Command) {
    let foreign = |name: &str| {
        ["STAGEGATE_", "GITHUB_", "GITLAB_", "AWS_"].iter().any(|prefix| name.starts_with(prefix))
            || ["CI", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"].contains(&name)
    };
    for (name, _) in std::env::vars().filter(|(name, _)| foreign(name)) {
        command.env_remove(name);
    }
}

/// A child process that listens on loopback and ends when its standard input closes.
pub(crate) struct App {
    child: Child,
    input: Option<ChildStdin>,
    said: Arc<Mutex<Vec<String>>>,
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

    /// The Django project in tests/staging with these flags and settings, on a free port.
    pub(crate) fn staging(flags: &[&str], settings: &[(&str, &str)]) -> Self {
        let mut command = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/staging/staging"));
        command.args(["serve", "--port", "0"]).args(flags);
        clean_environment(&mut command);
        command.envs(settings.iter().copied());
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
        let said: Arc<Mutex<Vec<String>>> = Arc::default();
        let lines = Arc::clone(&said);
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        });
        Self { child, input, said, url }
    }

    /// What follows these words on a later line of its output: `postgres at `.
    pub(crate) fn said(&self, words: &str) -> String {
        for _ in 0..200 {
            let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(rest) = said.iter().find_map(|line| line.strip_prefix(words)) {
                return rest.to_owned();
            }
            drop(said);
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("it never said {words:?}");
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// `127.0.0.1:PORT`.
    pub(crate) fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// A request outside the gate; gives status and body.
    pub(crate) fn request(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        Self::ask(self.address(), method, path, body)
    }

    /// The same for an app that somebody else started at `host`, `127.0.0.1:PORT`.
    pub(crate) fn ask(host: &str, method: &str, path: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(host).expect("the app accepts");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout can be set");
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .expect("the request goes out");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the answer comes");
        let status = answer.split(' ').nth(1).and_then(|word| word.parse().ok()).expect("the answer has a status");
        let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
        (status, body)
    }

    /// The demo's account of what it did.
    pub(crate) fn ledger(&self) -> Value {
        let (status, body) = self.request("GET", "/demo/ledger", "");
        assert_eq!(status, 200, "the ledger answers");
        serde_json::from_str(&body).expect("the ledger is JSON")
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
