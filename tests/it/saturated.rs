//! A generator that is not good enough measures nothing: the run is invalid, whatever its criteria would say.

use std::{
    fs,
    process::{Child, Command, Stdio},
};

use crate::gate_test::{App, CLEANUP, GateTest, Ran, turn};

/// Asserts what every report of such a run says.
#[track_caller]
fn nothing_was_judged(ran: Ran, because: &str) {
    let ran = ran.exits(3).tidied();
    assert_eq!(ran.verdict["outcome"], "invalid");
    assert_eq!(ran.verdict["ending"], "invalid");
    let phase = ran.phase("crowd");
    assert_eq!(phase["outcome"], "invalid");
    assert_eq!(phase["generator"]["saturated"], true);
    assert_eq!(ran.phase("later")["outcome"], "not_run");
    assert!(ran.verdict["breaking_point"].is_null(), "the app did not break: {}", ran.verdict["breaking_point"]);
    for report in ["summary.md", "junit.xml", "report.html"] {
        assert!(ran.report(report).contains(because), "{report} says {because}:\n{}", ran.report(report));
    }
    assert!(ran.stdout.contains(because), "{}", ran.stdout);
}

/// A gate with a criterion that passes and one that fails, as far as the app is concerned.
fn gate(app: &App, users: u32) -> GateTest {
    GateTest::on(&app.url)
        .section("scenarios: {visitor: {steps: [{get: /healthz, name: health}], think: 50ms}}")
        .section(CLEANUP)
        .phase(
            &format!("name: crowd, users: {users}, spawn_rate: 200/s, duration: 3s"),
            &["success_rate > 1%", "p95 < 1us"],
        )
        .phase("name: later, users: 1, spawn_rate: 10/s, duration: 1s", &["success_rate > 1%"])
}

#[test]
fn without_descriptors() {
    let _turn = turn();
    let app = App::demo(&[]);
    let ran = gate(&app, 100).under(&["prlimit", "--nofile=64:64"]).run_once();
    assert_eq!(ran.phase("crowd")["generator"]["lacked"], "descriptors");
    let notes = ran.verdict["notes"].to_string();
    assert!(
        notes.contains("phase `crowd` needs up to 164 descriptors, one for each user"),
        "it was told before: {notes}"
    );
    nothing_was_judged(ran, "The generator ran out of descriptors: ");
}

#[test]
fn the_soft_limit_of_descriptors_is_raised() {
    let _turn = turn();
    let app = App::demo(&[]);
    let ran = GateTest::on(&app.url)
        .section("scenarios: {visitor: {steps: [{get: /healthz, name: health}], think: 50ms}}")
        .phase("name: crowd, users: 100, spawn_rate: 400/s, duration: 1s", &["success_rate >= 100%"])
        .under(&["prlimit", "--nofile=64:4096"])
        .run_once();
    // On a busy machine the phase may be invalid, and has its connections all the same.
    assert!(matches!(ran.code, Some(0 | 3)), "{}", ran.stdout);
    let phase = ran.phase("crowd");
    assert!(phase["requests"].as_u64() > Some(100) && phase["failures"] == 0, "{phase:#}");
    assert_ne!(phase["generator"]["lacked"], "descriptors");
}

/// Processes that want a core for themselves, until they are dropped.
struct Neighbours(Vec<Child>);

impl Neighbours {
    fn on(core: &str) -> Self {
        let spin = || {
            let mut command = Command::new("taskset");
            command.args(["-c", core, "sh", "-c", "while :; do :; done"]).stdin(Stdio::null());
            command.spawn().expect("taskset starts; it is a part of util-linux")
        };
        Self((0..3).map(|_| spin()).collect())
    }
}

impl Drop for Neighbours {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The last core that this process may use.
fn a_core() -> String {
    let status = fs::read_to_string("/proc/self/status").expect("the system tells");
    let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).expect("there are cores");
    allowed.trim().rsplit(['-', ',']).next().expect("a list has an end").to_owned()
}

#[test]
fn without_processor_time() {
    let _turn = turn();
    let app = App::demo(&[]);
    let core = a_core();
    let neighbours = Neighbours::on(&core);
    let ran = gate(&app, 20).under(&["nice", "-n", "19", "taskset", "-c", &core]).run_once();
    drop(neighbours);
    let generator = &ran.phase("crowd")["generator"];
    assert!(generator["lateness_ms"]["p99"].as_f64() >= Some(10.0), "{generator}");
    assert_eq!(generator["lacked"], "other_work", "{generator}");
    assert!(generator["run_queue_percent"].as_f64() > Some(50.0), "three others want its core: {generator}");
    assert_eq!(generator["cores_allowed"], 1.0, "{generator}");
    assert!(ran.stdout.contains("Keep other work off this machine"), "{}", ran.stdout);
    nothing_was_judged(ran, "The generator was held up");
}
