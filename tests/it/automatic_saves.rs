//! In CI a run of the default branch is added to the store without being asked for, and no other run is.

use std::{collections::BTreeMap, path::Path};

use stagegate::baseline::Store;
use tempfile::TempDir;

use crate::gate_test::{App, GateTest, Ran, shared_turn};

const PUSH: &str = r#"{"ref": "refs/heads/main", "repository": {"default_branch": "main"}}"#;

/// A pull request of a fork whose branch has the name of the default one.
const FORK: &str = r#"{"repository": {"default_branch": "main"}, "pull_request": {
    "head": {"ref": "main", "repo": {"full_name": "them/shop"}},
    "base": {"ref": "main", "repo": {"full_name": "us/shop"}}}}"#;

/// A run with this store in the job of an event, on what the event calls its branch.
fn ran(app: &App, store: &Path, (event, branch): (&str, &str), criterion: &str) -> Ran {
    let test = GateTest::on(&app.url)
        .section(&format!("regression: {{store: '{}', cells: [p95]}}", store.display()))
        .gets(&["/healthz"])
        .file("event.json", event)
        .phase("name: light, users: 2, spawn_rate: 10/s, duration: 1s", &[criterion]);
    let event = test.folder().join("event.json").display().to_string();
    test.env("CI", "true").env("GITHUB_EVENT_PATH", &event).env("GITHUB_REF_NAME", branch).run()
}

/// The branches of the stored runs, oldest first.
fn stored(store: &Path) -> Vec<String> {
    let store = Store::open(&store.to_string_lossy(), Path::new(""), &BTreeMap::new()).expect("it is a directory");
    store.contents().expect("it can be read").runs.into_iter().map(|run| run.branch).collect()
}

#[test]
fn a_run_of_the_default_branch_is_saved_and_that_of_a_fork_is_not() {
    let _turn = shared_turn();
    let app = App::demo(&["--delay", "/healthz=20ms"]);
    let folder = TempDir::new().expect("a temporary folder can be made");
    let store = folder.path().join("kept");
    let passing = "success_rate >= 100%";

    let saved = ran(&app, &store, (PUSH, "main"), passing).exits(0);
    assert!(saved.stderr.contains("saved as a baseline of main in"), "{}", saved.stderr);
    assert_eq!(stored(&store), ["main"]);

    for job in [(FORK, "7/merge"), (FORK, "main"), (PUSH, "topic")] {
        let other = ran(&app, &store, job, passing).exits(0);
        assert!(!other.stderr.contains("as a baseline"), "{}", other.stderr);
        assert_eq!(stored(&store), ["main"], "{job:?}");
    }
    ran(&app, &store, (PUSH, "main"), "p50 < 10ms").exits(1);
    assert_eq!(stored(&store), ["main"], "only runs that passed say what is normal");

    ran(&app, &store, (PUSH, "main"), passing).exits(0);
    assert_eq!(stored(&store), ["main", "main"]);
}
