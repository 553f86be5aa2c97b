//! Drives the binary from outside: a gates.yaml built up in a few lines, a demo app with faults, and what came of it.

use std::{
    fmt::Write as _,
    fs,
    io::{Read, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) use crate::{
    app::{App, BINARY, clean_environment},
    turns::{quiet_turn, shared_turn, turn},
};
use crate::{
    junit, memory,
    patience::{self, disturbed},
};

/// A gates.yaml and the flags it is run with.
pub(crate) struct GateTest {
    folder: TempDir,
    target: String,
    sections: String,
    phases: String,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    launcher: Vec<String>,
}

impl GateTest {
    /// A gate on a target, with no section yet.
    pub(crate) fn on(target: &str) -> Self {
        Self {
            folder: TempDir::new().expect("a temporary folder can be made"),
            target: target.to_owned(),
            sections: String::new(),
            phases: String::new(),
            arguments: Vec::new(),
            environment: Vec::new(),
            launcher: Vec::new(),
        }
    }

    /// Adds top-level YAML as it is.
    pub(crate) fn section(mut self, yaml: &str) -> Self {
        self.sections.push_str(yaml.trim_end());
        self.sections.push('\n');
        self
    }

    /// One scenario of GET steps on these paths with so little think time that there are many requests, and so much that a
    /// core is left for whoever runs beside it.
    pub(crate) fn gets(self, paths: &[&str]) -> Self {
        let steps: Vec<String> = paths.iter().map(|path| format!("{{get: {path}, name: {path}}}")).collect();
        self.section(&format!("scenarios:\n  visitor: {{steps: [{}], think: 5ms}}", steps.join(", ")))
    }

    /// Adds a phase: its keys in flow style, and its criteria.
    pub(crate) fn phase(mut self, keys: &str, criteria: &[&str]) -> Self {
        writeln!(self.phases, "  - {{{keys}, criteria: [{}]}}", quoted(criteria).join(", "))
            .expect("a string takes it");
        self
    }

    /// Adds a flag or an argument of `run`.
    pub(crate) fn arg(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Sets an environment variable.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Lets a program with its arguments start the gate: `prlimit --nofile=64`.
    pub(crate) fn under(mut self, launcher: &[&str]) -> Self {
        self.launcher = launcher.iter().map(|&word| word.to_owned()).collect();
        self
    }

    /// Puts a file beside gates.yaml.
    pub(crate) fn file(self, name: &str, text: &str) -> Self {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().expect("it is inside a folder")).expect("its folder can be made");
        fs::write(path, text).expect("the file can be written");
        self
    }

    /// The folder that holds gates.yaml and in which the gate runs.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The text of gates.yaml.
    pub(crate) fn yaml(&self) -> String {
        let mut text = format!("version: 1\ngate: test\n{}", self.sections);
        if !self.sections.contains("target:") {
            writeln!(text, "target: {{url: \"{}\", timeout: 5s}}", self.target).expect("a string takes it");
        }
        if !self.phases.is_empty() {
            write!(text, "phases:\n{}", self.phases).expect("a string takes it");
        }
        text
    }

    /// The command, ready to be spawned.
    pub(crate) fn command(&self) -> Command {
        fs::write(self.folder.path().join("gates.yaml"), self.yaml()).expect("gates.yaml can be written");
        let words: Vec<&str> = self.launcher.iter().map(String::as_str).chain([BINARY]).collect();
        let mut command = Command::new(words[0]);
        command
            .args(&words[1..])
            .arg("run")
            .args(["--seed", "7"])
            .args(&self.arguments)
            .current_dir(self.folder.path());
        clean_environment(&mut command);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs the gate to its end; again when other work on this machine disturbed the generator, on a ledger that begins
    /// anew.
    #[track_caller]
    pub(crate) fn run(self) -> Ran {
        let mut runs = 0;
        let (output, memory) = patience::undisturbed(|| {
            runs += 1;
            if runs > 1 {
                forget(&self.target);
            }
            let ended = memory::weigh(self.spawn());
            let said = String::from_utf8_lossy(&ended.0.stdout).into_owned();
            (ended, said)
        });
        Ran { memory, ..self.ran(&output) }
    }

    /// Runs the gate to its end, once: where a disturbed generator is a failure of the test.
    #[track_caller]
    pub(crate) fn run_once(self) -> Ran {
        let (output, memory) = memory::weigh(self.spawn());
        Ran { memory, ..self.ran(&output) }
    }

    /// Starts the gate, with its outputs kept.
    pub(crate) fn spawn(&self) -> Child {
        let mut command = self.command();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("the binary starts")
    }

    /// What came of a finished process of [`Self::command`].
    #[track_caller]
    pub(crate) fn ran(self, output: &Output) -> Ran {
        self.wrote(output, "stagegate-out")
    }

    /// Runs it where a flag or a variable makes it a dry run, whose reports lie apart.
    pub(crate) fn rehearse(self) -> Ran {
        let output = self.command().stdin(Stdio::null()).output().expect("the binary starts");
        self.wrote(&output, "stagegate-out/dry-run")
    }

    fn wrote(self, output: &Output, folder: &str) -> Ran {
        let out = self.folder.path().join(folder);
        let verdict = fs::read(out.join("verdict.json")).ok();
        let verdict = verdict.map_or(Value::Null, |text| serde_json::from_slice(&text).expect("verdict.json is JSON"));
        if let Ok(xml) = fs::read_to_string(out.join("junit.xml")) {
            junit::holds_to_the_schema(&xml);
        }
        Ran {
            code: output.status.code(),
            memory: None,
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            verdict,
            out,
            folder: self.folder,
        }
    }
}

/// Leaves a file behind, so that [`Ran::tidied`] can see that it was carried out.
pub(crate) const CLEANUP: &str = "cleanup:\n  - {name: tidy, command: [touch, tidied]}";

/// Runs a gate, with what belongs to that run; all of it again when other work on this machine disturbed the generator.
#[track_caller]
pub(crate) fn afresh<T>(mut run: impl FnMut() -> (Ran, T)) -> (Ran, T) {
    patience::undisturbed(|| {
        let (ran, beside) = run();
        let said = ran.stdout.clone();
        ((ran, beside), said)
    })
}

/// Lets the demo's ledger begin anew, if the target is one.
fn forget(target: &str) {
    if let Ok(mut stream) = TcpStream::connect(target.trim_start_matches("http://")) {
        let request =
            "POST /demo/ledger/reset HTTP/1.1\r\nHost: demo\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
        let _ = stream.write_all(request.as_bytes());
        let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
        let _ = stream.take(1024).read_to_end(&mut Vec::new());
    }
}

fn quoted(criteria: &[&str]) -> Vec<String> {
    let quote = |text: &&str| {
        if text.starts_with('{') { (*text).to_owned() } else { format!("'{}'", text.replace('\'', "''")) }
    };
    criteria.iter().map(quote).collect()
}

/// What came of a run.
pub(crate) struct Ran {
    /// The exit code; `None` when a signal ended the process.
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
    /// verdict.json, or null.
    pub(crate) verdict: Value,
    /// The largest resident memory, in KiB; `None` where nobody looked.
    pub(crate) memory: Option<u64>,
    /// The output directory.
    pub(crate) out: PathBuf,
    folder: TempDir,
}

impl Ran {
    /// Asserts the exit code, or that the gate says that its generator was disturbed: for tests of exact counts, which hold
    /// then, too.
    #[track_caller]
    pub(crate) fn exits_unless_disturbed(self, code: i32) -> Self {
        let code = if disturbed(&self.stdout).is_some() { 3 } else { code };
        self.exits(code)
    }

    /// Asserts the exit code, showing what was printed otherwise.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        if !self.verdict.is_null() {
            assert_eq!(self.verdict["exit_code"], code, "verdict.json says the same as the process");
        }
        self
    }

    /// The phase of this name in verdict.json.
    #[track_caller]
    pub(crate) fn phase(&self, name: &str) -> &Value {
        named(&self.verdict["phases"], "name", name)
    }

    /// The finding of this criterion in this phase.
    #[track_caller]
    pub(crate) fn finding(&self, phase: &str, criterion: &str) -> &Value {
        named(&self.phase(phase)["findings"], "criterion", criterion)
    }

    /// The endpoint of this name in this phase.
    #[track_caller]
    pub(crate) fn endpoint(&self, phase: &str, name: &str) -> &Value {
        named(&self.phase(phase)["endpoints"], "name", name)
    }

    /// Asserts that the command of [`CLEANUP`] was carried out.
    #[track_caller]
    pub(crate) fn tidied(self) -> Self {
        assert!(self.folder.path().join("tidied").exists(), "cleanup ran\n{}", self.stdout);
        assert_eq!(self.verdict["cleanup"][0]["outcome"], "passed");
        self
    }

    /// A report as text.
    #[track_caller]
    pub(crate) fn report(&self, name: &str) -> String {
        let path: &Path = &self.out.join(name);
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{} cannot be read: {error}", path.display()))
    }
}

/// The item of a list whose key has this value.
#[track_caller]
fn named<'a>(list: &'a Value, key: &str, value: &str) -> &'a Value {
    let items = list.as_array().unwrap_or_else(|| panic!("no list to find {value} in: {list}"));
    items.iter().find(|item| item[key] == value).unwrap_or_else(|| panic!("no {value} in {list:#}"))
}
