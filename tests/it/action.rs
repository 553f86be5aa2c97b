//! action.yml, carried out as GitHub's runner does it: the installation from a release on loopback, and the gate.

use std::{
    collections::BTreeMap,
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    path::Path,
    process::{Command, Output},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    gate_test::{App, BINARY, GateTest, turn},
    patience,
    runner::{Runner, action, program, repository},
};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Says that it was started, in a file that a refused binary must not leave behind.
const RELEASED: &str = "#!/bin/sh\ntouch \"$(dirname \"$0\")/started\"\n";

/// In the place of cargo: notes where it was called, and how, and leaves a binary.
const CARGO: &str = r#"#!/bin/bash
{ pwd; printf '%s\n' "$@"; } >"$RUNNER_TEMP/cargo-was-called"
while [ "$1" != --target-dir ]; do shift; done
mkdir -p "$2/release"
printf '#!/bin/sh\necho built\n' >"$2/release/stagegate"
"#;

/// A server of release files on loopback; what it does not have is answered with 404.
fn serve(files: BTreeMap<String, (u16, Vec<u8>)>) -> String {
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

/// The files of a release: an archive for this platform, and its checksum, or that of something else.
fn release(version: &str, triple: &str, checksum: Checksum) -> BTreeMap<String, (u16, Vec<u8>)> {
    let folder = TempDir::new().expect("a temporary folder can be made");
    program(&folder.path().join("stagegate"), RELEASED);
    let name = format!("stagegate-v{version}-{triple}.tar.gz");
    let packed = Command::new("tar").args(["-czf", &name, "stagegate"]).current_dir(folder.path()).status();
    assert!(packed.expect("tar starts").success());
    let summed = Command::new("sha256sum").arg(&name).current_dir(folder.path()).output().expect("sha256sum starts");
    let mut sums = String::from_utf8(summed.stdout).expect("it is text");
    if let Checksum::Wrong = checksum {
        let first = if sums.starts_with('0') { '1' } else { '0' };
        sums.replace_range(..1, &first.to_string());
    }
    let archive = fs::read(folder.path().join(&name)).expect("it was packed");
    let at = |name: &str| format!("/owner/stagegate/releases/download/v{version}/{name}");
    BTreeMap::from([(at("SHA256SUMS"), (200, sums.into_bytes())), (at(&name), (200, archive))])
}

#[derive(Clone, Copy)]
enum Checksum {
    Right,
    Wrong,
}

/// A job whose releases lie at a URL, with a stand-in for cargo.
fn job(releases: &str) -> Runner {
    let runner = Runner::new().with("github.server_url", releases);
    program(&runner.path("bin/cargo"), CARGO);
    runner
}

fn built(runner: &Runner) -> bool {
    runner.path("temp/cargo-was-called").exists()
}

/// Nothing was installed, started or named.
#[track_caller]
fn installed_nothing(runner: &Runner, said: &str) {
    assert!(said.contains("::error title=stagegate is not installed::"), "{said}");
    assert!(!runner.path("temp/stagegate/stagegate").exists(), "{said}");
    assert_eq!((runner.text("output"), runner.text("path")), (String::new(), String::new()), "{said}");
    assert!(!built(runner), "{said}");
}

#[test]
fn the_released_binary_of_the_platform_is_installed() {
    let platforms = [
        ("Linux", "X64", "x86_64-unknown-linux-musl"),
        ("Linux", "ARM64", "aarch64-unknown-linux-musl"),
        ("macOS", "X64", "x86_64-apple-darwin"),
        ("macOS", "ARM64", "aarch64-apple-darwin"),
    ];
    for (system, processor, triple) in platforms {
        let url = serve(release(VERSION, triple, Checksum::Right));
        let runner = job(&url).variable("RUNNER_OS", system).variable("RUNNER_ARCH", processor);
        let (code, said) = runner.run("Install stagegate");
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains(triple) && !built(&runner), "{said}");
        let binary = runner.outputs().remove("binary").expect("the step says where the binary is");
        let folder = Path::new(&binary).parent().expect("it lies in a folder");
        assert_eq!(runner.text("path").trim(), folder.to_string_lossy());
        assert!(!folder.join("started").exists(), "installing does not start it");
        assert!(Command::new(&binary).status().expect("it is executable").success());
        assert!(folder.join("started").exists(), "it is the release's");
        assert_eq!(fs::read_dir(runner.path("temp")).expect("it is there").count(), 2, "the rest is tidied away");
    }
}

#[test]
fn another_release_is_installed_by_its_version() {
    for wanted in ["9.8.7", "v9.8.7"] {
        let url = serve(release("9.8.7", "x86_64-unknown-linux-musl", Checksum::Right));
        let (code, said) = job(&url).with("inputs.version", wanted).run("Install stagegate");
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("stagegate-v9.8.7-"), "{said}");
    }
}

#[test]
fn a_wrong_checksum_is_refused_and_nothing_is_started() {
    let runner = job(&serve(release(VERSION, "x86_64-unknown-linux-musl", Checksum::Wrong)));
    let (code, said) = runner.run("Install stagegate");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("SHA256SUMS of the release") && said.contains("nothing of it was run"), "{said}");
    installed_nothing(&runner, &said);
    assert!(!runner.path("temp/stagegate/started").exists(), "{said}");
}

#[test]
fn a_listed_archive_that_is_missing_or_broken_is_refused() {
    let mut missing = release(VERSION, "x86_64-unknown-linux-musl", Checksum::Right);
    missing.retain(|path, _| path.ends_with("SHA256SUMS"));
    // The checksum is right, and the archive is none.
    let mut broken = release(VERSION, "x86_64-unknown-linux-musl", Checksum::Right);
    let summed = Command::new("sh").args(["-c", "printf 'no archive' | sha256sum"]).output().expect("sh starts");
    let sum = String::from_utf8_lossy(&summed.stdout).split(' ').next().unwrap_or_default().to_owned();
    for (path, (_, body)) in &mut broken {
        let listed = format!("{sum}  stagegate-v{VERSION}-x86_64-unknown-linux-musl.tar.gz\n");
        *body = if path.ends_with("SHA256SUMS") { listed.into_bytes() } else { b"no archive".to_vec() };
    }
    for (files, sentence) in [(missing, "and does not have it"), (broken, "cannot be unpacked")] {
        let runner = job(&serve(files));
        let (code, said) = runner.run("Install stagegate");
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains(sentence), "{said}");
        installed_nothing(&runner, &said);
    }
}

#[test]
fn without_a_release_for_it_the_actions_own_source_is_built() {
    let elsewhere = || serve(release(VERSION, "riscv64gc-unknown-linux-gnu", Checksum::Right));
    let jobs = [
        ("no release", job(&serve(BTreeMap::new()))),
        ("no binary for the platform", job(&elsewhere())),
        ("no binaries for the processor", job(&elsewhere()).variable("RUNNER_ARCH", "ARM")),
        ("the source is asked for", job("http://127.0.0.1:1").with("inputs.version", "source")),
        ("the action of the checkout", job("http://127.0.0.1:1").with("github.action_repository", "")),
    ];
    for (what, runner) in jobs {
        let (code, said) = runner.run("Install stagegate");
        assert_eq!(code, Some(0), "{what}: {said}");
        let called = runner.text("temp/cargo-was-called");
        let lines: Vec<&str> = called.lines().collect();
        assert_eq!(lines[0], repository().to_string_lossy(), "{what}: in the action's folder, not in the checkout");
        assert_eq!(lines[1..6], ["build", "--release", "--locked", "--bin", "stagegate"], "{what}");
        let binary = runner.outputs().remove("binary").expect("the step says where the binary is");
        let said = Command::new(binary).output().expect("it is executable").stdout;
        assert_eq!(said, b"built\n", "{what}");
    }
}

#[test]
fn an_outage_is_not_taken_for_a_release_that_is_missing() {
    let mut files = release(VERSION, "x86_64-unknown-linux-musl", Checksum::Right);
    for (status, _) in files.values_mut() {
        *status = 403;
    }
    for (runner, sentence) in [(job(&serve(files)), "status 403"), (job("http://127.0.0.1:1"), "cannot be fetched")] {
        let (code, said) = runner.run("Install stagegate");
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains(sentence), "{said}");
        installed_nothing(&runner, &said);
    }
}

#[test]
fn what_cannot_be_installed_is_refused_with_a_sentence() {
    let nowhere = || job(&serve(BTreeMap::new()));
    let jobs = [
        (nowhere().variable("RUNNER_OS", "Windows"), "there is no stagegate for Windows"),
        (nowhere().with("inputs.version", "9.8.7"), "there is no binary of v9.8.7 for Linux on X64"),
        (nowhere().with("inputs.version", "9.8.7").with("github.action_repository", ""), "leave the input version out"),
        (nowhere().with("inputs.version", "0.1.0/../../.."), "the input version is no version"),
        (nowhere().with("inputs.version", "$(touch pwned)"), "the input version is no version"),
        (nowhere().with("inputs.version", "1\nbinary=/bin/sh"), "the input version is no version"),
    ];
    for (runner, sentence) in jobs {
        let (code, said) = runner.run("Install stagegate");
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains(sentence), "{said}");
        installed_nothing(&runner, &said);
        assert!(!runner.path("checkout/pwned").exists(), "{said}");
    }
}

#[test]
fn without_cargo_a_build_is_refused_with_a_sentence() {
    let runner = Runner::new().with("inputs.version", "source");
    for tool in ["bash", "sed", "head", "mkdir", "mktemp", "rm"] {
        let found = Command::new("sh").args(["-c", &format!("command -v {tool}")]).output().expect("sh starts").stdout;
        let found = String::from_utf8(found).expect("it is text");
        std::os::unix::fs::symlink(found.trim(), runner.path("bin").join(tool)).expect("it can be linked");
    }
    let path = runner.path("bin").to_string_lossy().into_owned();
    let runner = runner.variable("PATH", &path);
    let (code, said) = runner.run("Install stagegate");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("install a Rust toolchain in an earlier step"), "{said}");
    installed_nothing(&runner, &said);
}

/// A job whose gate is the binary under test, with this gates.yaml in its checkout.
fn gating(file: &str, yaml: &str) -> Runner {
    let runner = Runner::new().with("steps.install.outputs.binary", BINARY);
    let path = runner.path("checkout").join(file);
    fs::create_dir_all(path.parent().expect("it is inside a folder")).expect("its folder can be made");
    fs::write(path, yaml).expect("gates.yaml can be written");
    runner
}

/// Carries the gate's step out; again when other work on this machine disturbed the generator.
#[track_caller]
fn gate(runner: &Runner) -> (Option<i32>, String) {
    patience::undisturbed(|| {
        let ran = runner.run("Run the gate");
        let said = ran.1.clone();
        (ran, said)
    })
}

/// A gate on an app that takes a second.
fn short(app: &App) -> GateTest {
    GateTest::on(&app.url)
        .gets(&["/healthz"])
        .phase("name: only, users: 2, spawn_rate: 10/s, duration: 1s", &["success_rate >= 100%"])
}

#[test]
fn inputs_reach_the_gate_as_they_are_and_no_shell_reads_them() {
    let _turn = turn();
    let app = App::demo(&[]);
    let file = "a folder/it's \"quoted\" $(touch pwned) `touch pwned`; touch pwned\n*.yaml";
    let out = "out; touch pwned #$(touch pwned)'\"";
    let yaml = short(&app).section("profiles: {\"$(touch pwned) 'x' *\": {phases: [only]}}").yaml();
    let runner = gating(file, &yaml)
        .with("inputs.config", file)
        .with("inputs.out", out)
        .with("inputs.profile", "$(touch pwned) 'x' *")
        .with("inputs.target", &format!("{}/?$(touch%20pwned)", app.url))
        .with("inputs.args", "--seed=7\n\n--commit\n$(touch pwned) \"; touch pwned; \"\n");
    let (code, said) = runner.run("Run the gate");
    assert!(!runner.path("checkout/pwned").exists(), "{said}");
    // A target with a query is refused, by the gate itself, in full.
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("$(touch%20pwned)"), "{said}");

    let runner = runner.with("inputs.target", &app.url);
    let (code, said) = gate(&runner);
    assert_eq!(code, Some(0), "{said}");
    assert!(!runner.path("checkout/pwned").exists(), "{said}");
    let verdict =
        fs::read(runner.path("checkout").join(out).join("verdict.json")).expect("it lies in the folder named");
    let verdict: Value = serde_json::from_slice(&verdict).expect("it is JSON");
    assert_eq!(verdict["profile"], "$(touch pwned) 'x' *");
    assert_eq!(verdict["commit"], "$(touch pwned) \"; touch pwned; \"");
    assert_eq!(verdict["seed"], 7);
    let outputs = runner.outputs();
    assert_eq!((outputs["outcome"].as_str(), outputs["exit-code"].as_str()), ("passed", "0"));
    assert_eq!(outputs["report"], out);
    assert_eq!(Path::new(&outputs["verdict"]), Path::new(out).join("verdict.json"));
    assert!(runner.text("summary").contains("passed"));
}

#[test]
fn the_steps_exit_code_is_the_gates() {
    let _turn = turn();
    let app = App::demo(&["--delay", "/healthz=30ms"]);
    let failing = GateTest::on(&app.url)
        .gets(&["/healthz"])
        .phase("name: only, users: 2, spawn_rate: 10/s, duration: 1s", &["p95 < 10ms"])
        .yaml();
    let runner = gating("gates.yaml", &failing);
    let (code, said) = gate(&runner);
    assert_eq!(code, Some(1), "{said}");
    let outputs = runner.outputs();
    assert_eq!((outputs["outcome"].as_str(), outputs["exit-code"].as_str()), ("failed", "1"));
    let (code, said) = gating("gates.yaml", "version: 1\n").run("Run the gate");
    assert_eq!(code, Some(2), "{said}");
    let (code, said) = gating("gates.yaml", &failing).with("inputs.command", "$(touch pwned)").run("Run the gate");
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("::error::"), "{said}");
}

/// Cancels as the runner does: SIGINT to the process that it started, SIGTERM 7.5 s later, and the end 2.5 s after that.
/// Gives what came of it, and how long it took.
fn cancel(mut command: Command, begun: impl Fn() -> bool) -> (Output, Duration) {
    let mut child = command.spawn().expect("bash starts");
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a child has an id");
    let patience = Instant::now();
    while !begun() {
        assert!(patience.elapsed() < Duration::from_secs(20), "the load came within 20 s");
        thread::sleep(Duration::from_millis(20));
    }
    let cancelled = Instant::now();
    let mut took = None;
    for (signal, until) in [(Signal::INT, 7.5), (Signal::TERM, 10.0)] {
        if took.is_none() {
            kill_process(pid, signal).expect("the signal is sent");
        }
        while took.is_none() && cancelled.elapsed() < Duration::from_secs_f64(until) {
            thread::sleep(Duration::from_millis(10));
            took = child.try_wait().expect("it is our child").map(|_| cancelled.elapsed());
        }
    }
    if took.is_none() {
        child.kill().expect("it can be killed");
    }
    let output = child.wait_with_output().expect("it ended");
    (output, took.unwrap_or_else(|| cancelled.elapsed()))
}

/// A gate with two minutes of load before it.
fn long(app: &App) -> GateTest {
    GateTest::on(&app.url)
        .section("scenarios: {visitor: {steps: [{get: /healthz, name: health}], think: 10ms}}")
        .phase("name: long, users: 2, spawn_rate: 10/s, duration: 120s", &["success_rate >= 100%"])
}

fn loaded(app: &App) -> bool {
    app.ledger()["totals"]["requests"].as_u64() >= Some(100)
}

#[test]
fn a_cancelled_job_ends_the_gate_in_order_before_the_runner_loses_patience() {
    let _turn = turn();
    // Also while a cleanup hangs, which has its own limit then.
    for cleanup in ["cleanup: []", "cleanup:\n  - {name: slow, command: [sleep, '30']}"] {
        let app = App::demo(&[]);
        let runner = gating("gates.yaml", &long(&app).section(cleanup).yaml());
        let (output, took) = cancel(runner.step("Run the gate"), || loaded(&app));
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), Some(130), "{said}");
        assert!(took < Duration::from_millis(7500), "{took:?}");
        let verdict = runner.text("checkout/stagegate-out/verdict.json");
        let verdict: Value = serde_json::from_str(&verdict).expect("the reports of an interrupted run are there");
        assert_eq!((&verdict["outcome"], &verdict["exit_code"]), (&"interrupted".into(), &130.into()));
        assert!(verdict["phases"][0]["requests"].as_u64() > Some(20), "with what was measured until then");
        assert_eq!(runner.outputs()["exit-code"], "130");
        let requests = || app.ledger()["totals"]["requests"].as_u64();
        let before = requests();
        thread::sleep(Duration::from_millis(300));
        assert_eq!(requests(), before, "no load goes on behind the job's back");
    }
}

#[test]
fn the_process_that_the_runner_signals_is_the_gate() {
    let _turn = turn();
    let app = App::demo(&[]);
    let runner = gating("gates.yaml", &long(&app).yaml());
    let mut child = runner.step("Run the gate").spawn().expect("bash starts");
    let patience = Instant::now();
    while !loaded(&app) && patience.elapsed() < Duration::from_secs(20) {
        thread::sleep(Duration::from_millis(20));
    }
    let now = fs::read(format!("/proc/{}/cmdline", child.id())).unwrap_or_default();
    let variables = fs::read(format!("/proc/{}/environ", child.id())).unwrap_or_default();
    child.kill().expect("it runs");
    child.wait().expect("it ended");
    assert!(now.starts_with(BINARY.as_bytes()), "{}", String::from_utf8_lossy(&now));
    assert!(!String::from_utf8_lossy(&variables).contains("INPUT_"), "the apps that it starts do not see its inputs");
}

/// A job whose binary says how it was called, and ends with this code.
fn installed(runner: Runner, code: i32) -> Runner {
    let binary = runner.path("bin/stagegate");
    program(&binary, &format!("#!/bin/sh\nprintf '<%s>' \"$@\"\nexit {code}\n"));
    runner.with("steps.install.outputs.binary", &binary.to_string_lossy())
}

#[test]
fn the_trusted_half_posts_a_finished_run() {
    let runner = Runner::new().with("inputs.command", "comment").with("inputs.out", "-a $(touch pwned) folder");
    let runner = installed(runner, 3);
    let (code, said) = runner.run("Run the gate");
    assert_eq!((code, said.as_str()), (Some(3), "<comment><--><-a $(touch pwned) folder>"));
}

#[test]
fn closing_the_check_run_does_not_decide() {
    for (exit, warned) in [(0, false), (1, true), (70, true)] {
        let runner = installed(Runner::new().with("inputs.out", "-a folder"), exit);
        let (code, said) = runner.run("Close the check run");
        assert_eq!(code, Some(0), "{said}");
        assert!(said.starts_with("<comment><--close><--><-a folder>"), "{said}");
        assert_eq!(said.contains("::warning::"), warned, "{said}");
    }
}

#[test]
fn no_script_holds_an_expression_and_every_output_has_its_step() {
    let action = action();
    let steps = action["runs"]["steps"].as_array().expect("the action has steps");
    for step in steps {
        let script = step["run"].as_str().unwrap_or_default();
        assert!(!script.contains("${{"), "a value would become code: {script}");
        let last = ["Upload the reports", "Close the check run"].iter().any(|name| step["name"] == *name);
        assert_eq!(step["if"].as_str().is_some_and(|when| when.starts_with("always()")), last, "{step:#}");
    }
    let ids: Vec<&str> = steps.iter().filter_map(|step| step["id"].as_str()).collect();
    for (name, output) in action["outputs"].as_object().expect("the action has outputs") {
        let value = output["value"].as_str().expect("an output has a value");
        let (step, output) = value.trim_start_matches("${{ steps.").split_once(".outputs.").expect("it is a step's");
        assert!(ids.contains(&step) && output == format!("{name} }}}}"), "{value}");
    }
}
