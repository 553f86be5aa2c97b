//! A gates.yaml that is not one: exit 2, a position, a sentence, in bounded time and memory.

use std::{
    fmt::Write as _,
    fs::{self, File},
    io::{Read as _, Seek as _},
    os::unix::{fs::symlink, net::UnixListener},
    path::Path,
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::gate_test::{BINARY, clean_environment};

/// The address space that the binary gets, in KiB: with more than that it fails to start a file, whatever its size.
const MEMORY: u32 = 256 * 1024;

/// Runs the binary in a folder with bounded memory, and ends it when it takes too long.
#[track_caller]
fn bounded(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -v {MEMORY}; exec \"$0\" \"$@\""), BINARY]).args(arguments);
    command.current_dir(folder).stdin(Stdio::null());
    // Files, because a pipe that nobody reads yet would hold a long answer up.
    let (mut stdout, mut stderr) = (output_file(), output_file());
    command.stdout(stdout.try_clone().expect("it can be shared")).stderr(stderr.try_clone().expect("it can be shared"));
    clean_environment(&mut command);
    let started = Instant::now();
    let mut child = command.spawn().expect("the binary starts");
    while child.try_wait().expect("the child can be asked").is_none() {
        if started.elapsed() > Duration::from_secs(20) {
            child.kill().expect("it can be ended");
            child.wait().expect("it ends");
            panic!("{arguments:?} did not end");
        }
        thread::sleep(Duration::from_millis(5));
    }
    let status = child.wait().expect("it ended");
    Output { status, stdout: written(&mut stdout), stderr: written(&mut stderr) }
}

fn output_file() -> File {
    tempfile::tempfile().expect("a temporary file can be made")
}

fn written(file: &mut File) -> Vec<u8> {
    let mut bytes = Vec::new();
    file.rewind().and_then(|()| file.read_to_end(&mut bytes)).expect("it can be read");
    bytes
}

/// Runs `check` on these bytes and gives standard error.
#[track_caller]
fn refused(bytes: &[u8]) -> String {
    let folder = folder();
    fs::write(folder.path().join("gates.yaml"), bytes).expect("gates.yaml can be written");
    let error = refused_in(folder.path());
    assert!(error.contains("gates.yaml:"), "a position stands in: {error}");
    error
}

/// Runs `check` in a folder and gives standard error.
#[track_caller]
fn refused_in(folder: &Path) -> String {
    let output = bounded(folder, &["check"]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.len() < 40_000, "the answer is {} bytes long", error.len());
    error
}

fn folder() -> TempDir {
    TempDir::new().expect("a temporary folder can be made")
}

/// Puts what is no file at this path, each with a word of the sentence about it, and looks at each.
#[track_caller]
fn for_each_that_is_no_file(path: &Path, look: impl Fn(&str)) {
    type Put<'a> = (&'a str, &'a dyn Fn(&Path));
    let fifo = |path: &Path| {
        let made = Command::new("mkfifo").arg(path).status().expect("mkfifo can be run");
        assert!(made.success(), "a pipe can be made");
    };
    let put: [Put<'_>; 5] = [
        ("it is a pipe", &fifo),
        ("a device", &|path| symlink("/dev/zero", path).expect("a link can be made")),
        ("it is a directory", &|path| fs::create_dir(path).expect("a folder can be made")),
        ("a socket", &|path| drop(UnixListener::bind(path).expect("a socket can be made"))),
        ("cannot be read", &|path| symlink(path, path).expect("a link can be made")),
    ];
    for (word, put) in put {
        put(path);
        look(word);
        if path.is_dir() { fs::remove_dir(path) } else { fs::remove_file(path) }.expect("it can be removed");
    }
}

const REFERENCE: &str = include_str!("../fixtures/gates.reference.yaml");

#[test]
fn truncated_anywhere() {
    // Behind the phases a cut may leave a file that is whole again.
    for share in [3, 10, 25, 40, 50, 60] {
        let mut end = REFERENCE.len() * share / 100;
        while !REFERENCE.is_char_boundary(end) {
            end += 1;
        }
        refused(&REFERENCE.as_bytes()[..end]);
    }
}

#[test]
fn truncated_at_sampled_bytes() {
    let folder = folder();
    for end in (0..REFERENCE.len()).step_by(331) {
        fs::write(folder.path().join("gates.yaml"), &REFERENCE.as_bytes()[..end]).expect("gates.yaml can be written");
        let output = bounded(folder.path(), &["check"]);
        let error = String::from_utf8_lossy(&output.stderr);
        let code = output.status.code();
        // Behind the phases a cut may leave a file that is whole again.
        let whole = end > REFERENCE.len() * 6 / 10 && code == Some(0);
        assert!(whole || (code == Some(2) && error.contains("gates.yaml:")), "cut at {end}: {code:?} {error}");
    }
}

#[test]
fn what_is_no_file_is_a_sentence() {
    let folder = folder();
    for_each_that_is_no_file(&folder.path().join("gates.yaml"), |word| {
        let error = refused_in(folder.path());
        assert!(error.contains("gates.yaml cannot be read") && error.contains(word), "{word} in {error}");
        assert!(error.contains("stagegate init") && error.contains("-c"), "the next step in {error}");
    });
}

#[test]
fn rows_that_are_no_file_are_a_problem_with_its_place() {
    let folder = folder();
    let yaml = "version: 1
gate: test
target: {url: 'http://127.0.0.1:1'}
datasets: {rows: {csv: rows.csv}}
scenarios: {visitor: {steps: [{get: '/{{ data.id }}', name: home}]}}
phases: [{name: a, users: 1, duration: 5s, data: [rows], criteria: [no 5xx]}]
";
    fs::write(folder.path().join("gates.yaml"), yaml).expect("gates.yaml can be written");
    for_each_that_is_no_file(&folder.path().join("rows.csv"), |word| {
        let error = refused_in(folder.path());
        assert!(error.contains("gates.yaml:4:24") && error.contains("`rows.csv` cannot be read"), "{word}: {error}");
        assert!(error.contains("1 problem in"), "the column is not missed as well: {error}");
    });
}

#[test]
fn three_hundred_megabytes() {
    let folder = folder();
    let file = File::create(folder.path().join("gates.yaml")).expect("gates.yaml can be written");
    file.set_len(300 << 20).expect("a file may have a hole");
    assert!(refused_in(folder.path()).contains("larger than 1024 KiB"));
}

#[test]
fn thousands_of_phases() {
    let phases = |count: usize, phase: &dyn Fn(usize) -> String| {
        let mut text =
            String::from("version: 1\ngate: many\ntarget: {url: demo}\nscenarios: {a: {steps: [{get: /}]}}\nphases:\n");
        (0..count).for_each(|index| writeln!(text, "  - {{{}}}", phase(index)).expect("a string takes it"));
        text
    };
    refused(phases(50_000, &|index| format!("name: p{index}, users: 1, duration: 5s, criteria: [no 5xx]")).as_bytes());
    // As many as a file may hold, each with problems.
    let error = refused(
        phases(1_500, &|index| format!("name: p{index}, users: 1, duration: 5s, criteria: [p95(x{index}) < 1s]"))
            .as_bytes(),
    );
    assert!(error.contains("200 problems in"), "{error}");
}

/// Every name is compared with every other, so that long ones would take hours.
#[test]
fn long_names_that_are_nearly_right() {
    let name = |index: usize| format!("{}{index}", "n".repeat(600));
    let steps: Vec<String> = (0..700).map(|index| format!("{{get: /, name: {}}}", name(index))).collect();
    let criteria: Vec<String> = (0..700).map(|index| format!("p95({}) < 1s", name(index + 1_000))).collect();
    let text = format!(
        "version: 1\ngate: g\ntarget: {{url: demo}}\nscenarios: {{a: {{steps: [{}]}}}}\nphases: [{{name: p, users: 1, duration: 5s, criteria: [{}]}}]\n",
        steps.join(", "),
        criteria.join(", ")
    );
    assert!(text.len() < 1 << 20);
    let folder = folder();
    fs::write(folder.path().join("gates.yaml"), text).expect("gates.yaml can be written");
    let output = bounded(folder.path(), &["check"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stderr.len() < 400_000, "the answer is {} bytes long", output.stderr.len());
}

#[test]
fn empty() {
    refused(b"");
    refused(b"# only a comment\n");
}

#[test]
fn binary() {
    let bytes: Vec<u8> = (0..4096_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    refused(&bytes);
    refused(b"version: 1\ngate: \x00\x01\xff\n");
}

#[test]
fn huge() {
    let mut text = String::from("version: 1\ngate: huge\nsecrets:\n");
    for i in 0..2_000_000 {
        text.push_str("  - NAME_");
        text.push_str(&i.to_string());
        text.push('\n');
    }
    refused(text.as_bytes());
}

#[test]
fn deeply_nested() {
    refused(format!("version: {}1{}", "[".repeat(100_000), "]".repeat(100_000)).as_bytes());
    let mut blocks = String::new();
    for depth in 0..2_000 {
        blocks.push_str(&" ".repeat(depth));
        blocks.push_str("a:\n");
    }
    refused(blocks.as_bytes());
}

#[test]
fn an_alias_bomb() {
    let mut text = String::from("version: 1\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let items = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(text, "a{level}: &a{level} [{items}]").expect("a string takes it");
    }
    refused(text.as_bytes());
    // One large value, repeated many times.
    let large = format!("version: 1\na: &a [{}]\nb: [{}]\n", "x, ".repeat(9_000), "*a, ".repeat(9_000));
    refused(large.as_bytes());
}

#[test]
fn a_missing_file_is_a_sentence() {
    let folder = TempDir::new().expect("a temporary folder can be made");
    let mut command = Command::new(BINARY);
    command.arg("check").current_dir(folder.path());
    clean_environment(&mut command);
    let output = command.output().expect("the binary starts");
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(error.contains("gates.yaml") && error.contains("stagegate init"), "{error}");
}

/// A folder's verdict.json comes from elsewhere, an artifact for instance.
#[test]
fn a_verdict_that_is_no_file_is_a_sentence() {
    let folder = folder();
    for_each_that_is_no_file(&folder.path().join("verdict.json"), |word| {
        let error = no_report(folder.path());
        assert!(error.contains("cannot be read") && error.contains(word), "{word} in {error}");
    });
}

#[test]
fn a_verdict_that_is_none_is_a_sentence() {
    let folder = folder();
    let deep = "[".repeat(100_000);
    for (bytes, words) in [
        (&b""[..], "it is not a verdict"),
        (&b"{\"schema\": \"stagegate/ver"[..], "it is not a verdict"),
        (&b"\x7fELF\x02\x01\x01\x00\xff\xfe"[..], "it is not UTF-8 text from byte 8 on"),
        (&b"\0\0\0\0"[..], "it is not a verdict"),
        (&b"[1, 2]"[..], "it is not a verdict"),
        (&b"{\"schema\": \"stagegate/verdict/9\"}"[..], "use the version that wrote it"),
        (&b"{\"schema\": \"stagegate/verdict/1\"}"[..], "it is not a verdict"),
        (deep.as_bytes(), "it is not a verdict"),
    ] {
        fs::write(folder.path().join("verdict.json"), bytes).expect("verdict.json can be written");
        let error = no_report(folder.path());
        assert!(error.contains(words), "{words} in {error}");
    }
    File::create(folder.path().join("verdict.json")).and_then(|file| file.set_len(300 << 20)).expect("it can be made");
    assert!(no_report(folder.path()).contains("larger than any verdict"));
}

/// Nothing but verdict.json is read: what stands beside it is not waited for.
#[test]
fn measurements_that_are_a_pipe_are_not_waited_for() {
    let folder = folder();
    fs::write(folder.path().join("verdict.json"), "{}").expect("verdict.json can be written");
    for_each_that_is_no_file(&folder.path().join("measurements.json"), |_| {
        assert!(no_report(folder.path()).contains("it is not a verdict"));
    });
}

/// Runs `report` on a folder and gives the one line on standard error.
#[track_caller]
fn no_report(folder: &Path) -> String {
    let output = bounded(folder, &["report", "."]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.starts_with("error: ") && error.contains("verdict.json"), "{error}");
    assert!(error.len() < 1_000, "{error}");
    error
}
