//! Stands in for GitHub's runner: reads action.yml, works out a step's environment, and starts its script as
//! `shell: bash` means it, with the files that a step may write to.

use std::{
    collections::BTreeMap,
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
};

use serde_json::Value;
use tempfile::TempDir;

use crate::condition::{Earlier, holds};

/// The folder of this repository, which is the action's.
pub(crate) fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// action.yml.
pub(crate) fn action() -> Value {
    yaml("action.yml")
}

/// A step of the action.
pub(crate) fn step(action: &Value, name: &str) -> Value {
    let steps = action["runs"]["steps"].as_array().expect("the action has steps");
    steps.iter().find(|step| step["name"] == name).unwrap_or_else(|| panic!("there is no step {name}")).clone()
}

/// A YAML file of this repository.
pub(crate) fn yaml(file: &str) -> Value {
    let text = fs::read_to_string(repository().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{file} is no YAML: {error}"))
}

/// Makes a program of this text.
pub(crate) fn program(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("it is inside a folder")).expect("its folder can be made");
    fs::write(path, text).expect("the program can be written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it can be made executable");
}

/// A server of release files on loopback; what it does not have is answered with 404.
pub(crate) fn serve(files: BTreeMap<String, (u16, Vec<u8>)>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut head = Vec::new();
            let mut bytes = [0; 1024];
            while !head.windows(4).any(|end| end == b"\r\n\r\n") {
                match stream.read(&mut bytes) {
                    Ok(length) if length > 0 => head.extend_from_slice(&bytes[..length]),
                    _ => break,
                }
            }
            let head = String::from_utf8_lossy(&head);
            let path = head.split(' ').nth(1).unwrap_or_default();
            let (status, body) = files.get(path).cloned().unwrap_or((404, b"no such file".to_vec()));
            let length = body.len();
            let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
            let _gone = stream.write_all(answer.as_bytes()).and_then(|()| stream.write_all(&body));
        }
    });
    url
}

/// One job on one machine, with a checkout to work in.
pub(crate) struct Runner {
    folder: TempDir,
    /// What `${{ }}` may hold, and what it is then.
    values: BTreeMap<String, String>,
    /// Set by the runner for every step.
    variables: BTreeMap<String, String>,
}

impl Runner {
    /// A job on Linux, x86-64, that uses a released action with the defaults of its inputs.
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().expect("a temporary folder can be made");
        for name in ["checkout", "temp", "bin"] {
            fs::create_dir(folder.path().join(name)).expect("its folders can be made");
        }
        let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
        let search = format!("{}:{}", path("bin"), std::env::var("PATH").expect("there is a PATH"));
        let variables = [
            ("PATH", search),
            ("HOME", path("temp")),
            ("RUNNER_TEMP", path("temp")),
            ("RUNNER_OS", "Linux".to_owned()),
            ("RUNNER_ARCH", "X64".to_owned()),
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("CI", "true".to_owned()),
            ("GITHUB_PATH", path("path")),
            ("GITHUB_ENV", path("env")),
            ("GITHUB_STEP_SUMMARY", path("summary")),
            ("GITHUB_WORKSPACE", path("checkout")),
            ("GITHUB_ACTION_PATH", repository().to_string_lossy().into_owned()),
        ];
        let values = [
            ("github.token", "not-a-token"),
            ("github.action_repository", "owner/stagegate"),
            ("github.server_url", "http://127.0.0.1:1"),
        ];
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let mut runner = Self {
            folder,
            values: values.into_iter().map(owned).collect(),
            variables: variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        };
        for (name, input) in action()["inputs"].as_object().expect("the action has inputs") {
            let default = runner.evaluate(input["default"].as_str().expect("every input has a default"));
            runner.values.insert(format!("inputs.{name}"), default);
        }
        runner
    }

    /// Says what an expression is: `inputs.out`, `steps.install.outputs.binary`.
    pub(crate) fn with(mut self, expression: &str, value: &str) -> Self {
        self.values.insert(expression.to_owned(), value.to_owned());
        self
    }

    /// Says what a variable of the runner is.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// A file or folder of this job: `checkout`, `temp`, `bin` (the beginning of its PATH), `path`, `summary`.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The text of such a file; nothing where it was not written.
    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// Whether a step of the action starts, after those before it.
    pub(crate) fn starts(&self, name: &str, earlier: Earlier) -> bool {
        let value = |name: &str| {
            let value = self.values.get(name).unwrap_or_else(|| panic!("no value for {name} in a condition"));
            Value::from(value.as_str())
        };
        holds(step(&action(), name)["if"].as_str(), earlier, &value)
    }

    /// Puts the expressions' values into a text.
    fn evaluate(&self, text: &str) -> String {
        let mut parts = text.split("${{");
        let mut whole = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (expression, rest) = part.split_once("}}").expect("an expression ends");
            let value = self.values.get(expression.trim());
            whole.push_str(value.unwrap_or_else(|| panic!("no value for the expression {expression}")));
            whole.push_str(rest);
        }
        whole
    }

    /// The script of a step, ready to be started.
    pub(crate) fn step(&self, name: &str) -> Command {
        let step = step(&action(), name);
        assert_eq!(step["shell"], "bash", "the step {name}");
        let script = self.path("temp").join("script.sh");
        fs::write(&script, step["run"].as_str().expect("it has a script")).expect("the script can be written");
        // A step has files of its own.
        let _there_was_none = fs::remove_file(self.path("output"));
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-e", "-o", "pipefail"]).arg(script);
        command.current_dir(self.path("checkout")).env_clear().envs(&self.variables);
        command.env("GITHUB_OUTPUT", self.path("output"));
        for (name, value) in step["env"].as_object().into_iter().flatten() {
            command.env(name, self.evaluate(value.as_str().expect("a value is a string")));
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Carries a step out; gives its exit code and what it printed.
    pub(crate) fn run(&self, name: &str) -> (Option<i32>, String) {
        let Output { status, stdout, stderr } = self.step(name).output().expect("bash starts");
        (status.code(), String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned())
    }

    /// The step's outputs, as the runner reads them.
    pub(crate) fn outputs(&self) -> BTreeMap<String, String> {
        let text = self.text("output");
        let mut lines = text.lines();
        let mut outputs = BTreeMap::new();
        while let Some(line) = lines.next() {
            let (name, value) = if let Some((name, delimiter)) = line.split_once("<<") {
                let value: Vec<_> = lines.by_ref().take_while(|line| *line != delimiter).collect();
                (name, value.join("\n"))
            } else {
                let (name, value) = line.split_once('=').expect("an output is name=value");
                (name, value.to_owned())
            };
            outputs.insert(name.to_owned(), value);
        }
        outputs
    }
}
