//! action.yml, carried out as GitHub's runner does it: the gate, and the end of its check run. The installation: `install`.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::{
    condition::Earlier,
    gate_test::{App, BINARY, GateTest, quiet_turn},
    patience,
    runner::{Runner, action, program, step},
};

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
    let _turn = quiet_turn();
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
    let _turn = quiet_turn();
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
    let _turn = quiet_turn();
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
    let _turn = quiet_turn();
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
fn what_comes_after_the_gate_always_starts_and_never_decides() {
    let job = || Runner::new().with("steps.install.outputs.binary", "/bin/stagegate");
    let both = [Earlier::Succeeded, Earlier::Failed];
    for (name, last) in [
        ("Install stagegate", false),
        ("Run the gate", false),
        ("Upload the reports", true),
        ("Close the check run", true),
    ] {
        assert_eq!(both.map(|earlier| job().starts(name, earlier)), [true, last], "{name}");
        let decides = step(&action(), name)["continue-on-error"] != true;
        assert_eq!(decides, !last, "{name}: a failed upload does not turn a green gate red");
    }
    let upload = |job: Runner| both.map(|earlier| job.starts("Upload the reports", earlier));
    let close = |job: Runner| both.map(|earlier| job.starts("Close the check run", earlier));
    let comment = || job().with("inputs.command", "comment");
    assert_eq!(
        (upload(comment()), close(comment())),
        ([false; 2], [false; 2]),
        "the trusted half has measured nothing"
    );
    assert_eq!(upload(job().with("inputs.upload", "")), [false; 2]);
    assert_eq!(close(job().with("steps.install.outputs.binary", "")), [false; 2], "there is nothing to close it with");
}

#[test]
fn no_script_holds_an_expression_and_every_output_has_its_step() {
    let action = action();
    let steps = action["runs"]["steps"].as_array().expect("the action has steps");
    for step in steps {
        let script = step["run"].as_str().unwrap_or_default();
        assert!(!script.contains("${{"), "a value would become code: {script}");
    }
    let ids: Vec<&str> = steps.iter().filter_map(|step| step["id"].as_str()).collect();
    for (name, output) in action["outputs"].as_object().expect("the action has outputs") {
        let value = output["value"].as_str().expect("an output has a value");
        let (step, output) = value.trim_start_matches("${{ steps.").split_once(".outputs.").expect("it is a step's");
        assert!(ids.contains(&step) && output == format!("{name} }}}}"), "{value}");
    }
}
