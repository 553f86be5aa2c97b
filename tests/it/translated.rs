//! A locustfile and its translation for the gate send the same.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

use crate::gate_test::{App, BINARY, clean_environment, shared_turn};

const USERS: u64 = 30;

/// A copy of a file of examples/locust in which these texts became those.
fn copy(folder: &Path, name: &str, changes: &[(&str, &str)]) -> PathBuf {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/locust").join(name);
    let mut text = fs::read_to_string(example).expect("there is an example");
    for (from, to) in changes {
        assert!(text.contains(from), "{from} in {name}");
        text = text.replace(from, to);
    }
    let path = folder.join(name);
    fs::write(&path, text).expect("it can be written");
    path
}

/// The requests of the load by page, as the app counted them.
fn pages(app: &App) -> BTreeMap<String, u64> {
    let ledger = app.ledger();
    let lines = ledger["endpoints"].as_object().expect("an object").iter();
    lines.map(|(page, line)| (page.clone(), line["requests"].as_u64().expect("a count"))).collect()
}

/// Of the requests after the login, the share of each page.
fn shares(pages: &BTreeMap<String, u64>) -> BTreeMap<&str, f64> {
    let steps = || pages.iter().filter(|(page, _)| !page.contains("/accounts/login/"));
    let all: u64 = steps().map(|(_, count)| count).sum();
    steps().map(|(page, count)| (page.as_str(), *count as f64 / all as f64)).collect()
}

/// Both at once, each on an app of its own, with a tenth of the think time, so that a few seconds say enough.
#[test]
fn the_locustfile_and_its_translation_ask_for_the_same_pages_in_the_same_mix() {
    let _turn = shared_turn();
    let folder = TempDir::new().expect("a temporary folder can be made");
    let locustfile = copy(folder.path(), "locustfile.py", &[("between(1, 3)", "between(0.1, 0.3)")]);
    let gates =
        [("1s..3s", "100ms..300ms"), ("spawn_rate: 3/s", "spawn_rate: 30/s"), ("duration: 180s", "duration: 4s")];
    copy(folder.path(), "gates.yaml", &gates);
    let [by_locust, by_gate] = [App::demo(&[]), App::demo(&[])];
    let port = by_locust.address().rsplit(':').next().expect("an address has a port").to_owned();
    let locust = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/engines/engines"))
        .arg("file")
        .arg(locustfile)
        .args([&port, &USERS.to_string(), "4s"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("bash is there");
    let mut gate = Command::new(BINARY);
    clean_environment(&mut gate);
    gate.args(["run", "--seed", "7", "--target", &by_gate.url]).current_dir(folder.path());
    let gate = gate.stdin(Stdio::null()).output().expect("the binary starts");
    let locust = locust.wait_with_output().expect("it ends");
    for output in [&gate, &locust] {
        let said = [&output.stdout[..], &output.stderr[..]].concat();
        // On a busy machine the gate may find that nothing was measured; what was sent counts here.
        assert!(matches!(output.status.code(), Some(0 | 3)), "{}", String::from_utf8_lossy(&said));
    }
    let (by_locust, by_gate) = (pages(&by_locust), pages(&by_gate));
    for login in ["GET /accounts/login/", "POST /accounts/login/"] {
        assert_eq!((by_locust[login], by_gate[login]), (USERS, USERS), "{by_locust:?} {by_gate:?}");
    }
    let (locusts, gates) = (shares(&by_locust), shares(&by_gate));
    assert_eq!(locusts.keys().collect::<Vec<_>>(), gates.keys().collect::<Vec<_>>());
    assert_eq!(locusts.len(), 4, "{locusts:?}");
    for (page, share) in &locusts {
        // Each draws some six hundred tasks: a share of three in eight has a standard deviation of two hundredths, the
        // difference of two one of three. A page of half the weight is off by more.
        assert!((share - gates[page]).abs() < 0.12, "{page}: {locusts:?} and {gates:?}");
    }
}
