//! A new user's path, from an empty folder to a verdict.

use std::fs;

use crate::{
    drafts::Desk,
    gate_test::{App, shared_turn},
    patience,
};

/// Six commands: the demo, `init`, `check`, `run --dry-run`, `run`, `report`. No file is edited; a URL and a password are
/// set.
#[test]
fn six_commands_lead_from_a_description_to_a_verdict() {
    let _turn = shared_turn();
    let app = App::demo(&["--password", "a-password-of-staging"]);
    let desk = Desk::new().set("STAGING_URL", &app.url).set("STAGING_PASSWORD", "a-password-of-staging");
    let description = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/demo.openapi.yaml");

    desk.done(&["init", "--from", description]);
    let drafted = desk.gates();
    desk.done(&["check"]);
    let said = desk.done(&["run", "--dry-run"]);
    assert!(said.contains("scenario api, one user: passed"), "{said}");
    let (code, said) = patience::undisturbed(|| {
        let (code, said) = desk.gives(&["run", "--time-scale", "0.01", "--seed", "7"]);
        ((code, said.clone()), said)
    });
    assert_eq!(code, Some(0), "{said}");
    fs::remove_file(desk.path("stagegate-out/summary.md")).expect("the run wrote it");
    desk.done(&["report", "stagegate-out"]);

    let summary = fs::read_to_string(desk.path("stagegate-out/summary.md")).expect("it is there again");
    assert!(summary.contains("passed"), "{summary}");
    assert_eq!(desk.gates(), drafted, "nobody edited it");
    // The description is true: every endpoint in it was asked, and answered as it says.
    let verdict = fs::read_to_string(desk.path("stagegate-out/verdict.json")).expect("it is there");
    let verdict: serde_json::Value = serde_json::from_str(&verdict).expect("it is JSON");
    let phases = verdict["phases"].as_array().expect("a list");
    let names: Vec<_> = phases.iter().map(|phase| &phase["name"]).collect();
    assert_eq!(names, ["baseline", "light", "heavy"]);
    for phase in phases {
        let endpoints = phase["endpoints"].as_array().expect("a list");
        for endpoint in endpoints {
            assert!(endpoint["requests"].as_u64() > Some(0) && endpoint["failures"] == 0, "{endpoint:#}");
        }
        assert!(endpoints.len() >= 6, "{endpoints:#?}");
    }
    assert_eq!(verdict["recovery"]["outcome"], "passed", "{verdict:#}");
}
