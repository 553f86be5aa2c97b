//! What release.yml packs is what the action installs: its scripts make a release here, of programs that say their platform.

use std::{collections::BTreeMap, fs, process::Command};

use serde_json::Value;

use crate::runner::{Runner, program, repository, serve, yaml};

const TAG: &str = concat!("v", env!("CARGO_PKG_VERSION"));

/// The script of a step of release.yml.
fn script(job: &str, step: &str) -> String {
    let steps = &yaml(".github/workflows/release.yml")["jobs"][job]["steps"];
    let found = steps.as_array().expect("a job has steps").iter().find(|found| found["name"] == step);
    let found = found.unwrap_or_else(|| panic!("the job {job} has no step {step}"));
    found["run"].as_str().expect("it has a script").to_owned()
}

/// Carries such a script out in a job's checkout, as a shell of a workflow does that names none: `bash -e`.
fn carry_out(runner: &Runner, script: &str, variables: &[(&str, &str)]) -> (bool, String) {
    fs::write(runner.path("temp/script.sh"), script).expect("the script can be written");
    let mut command = Command::new("bash");
    command.arg("-e").arg(runner.path("temp/script.sh")).current_dir(runner.path("checkout"));
    let output = command.env("GITHUB_REF_NAME", TAG).envs(variables.iter().copied()).output().expect("bash starts");
    (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

#[test]
fn the_action_installs_what_a_release_packs() {
    let job = Runner::new();
    let checkout = job.path("checkout");
    for name in ["README.md", "CHANGELOG.md", "LICENSE", "LICENSE-APACHE", "LICENSE-MIT"] {
        fs::copy(repository().join(name), checkout.join(name)).expect("what is packed is there");
    }
    let release = yaml(".github/workflows/release.yml");
    let matrix = &release["jobs"]["build"]["strategy"]["matrix"]["include"];
    let targets: Vec<&str> =
        matrix.as_array().expect("a list").iter().filter_map(|one| one["target"].as_str()).collect();
    for target in &targets {
        program(&checkout.join(format!("target/{target}/dist/stagegate")), &format!("#!/bin/sh\necho {target}\n"));
        let (done, said) = carry_out(&job, &script("build", "Pack"), &[("TARGET", target)]);
        assert!(done, "{said}");
    }
    let files = checkout.join("files");
    fs::create_dir(&files).expect("it can be made");
    for entry in fs::read_dir(&checkout).expect("it is there").flatten() {
        if entry.file_name().to_string_lossy().starts_with("stagegate-") {
            fs::rename(entry.path(), files.join(entry.file_name())).expect("an artifact can be moved");
        }
    }
    let (done, said) = carry_out(&job, &script("release", "Checksums"), &[]);
    assert!(done, "{said}");
    let served: BTreeMap<_, _> = fs::read_dir(&files)
        .expect("it is there")
        .flatten()
        .map(|file| {
            let path = format!("/owner/stagegate/releases/download/{TAG}/{}", file.file_name().to_string_lossy());
            (path, (200, fs::read(file.path()).expect("it can be read")))
        })
        .collect();
    assert_eq!(served.len(), targets.len() + 1, "an archive for each platform, and the checksums");
    let url = serve(served);
    let mut installed = Vec::new();
    for (system, processor) in [("Linux", "X64"), ("Linux", "ARM64"), ("macOS", "X64"), ("macOS", "ARM64")] {
        let runner = Runner::new().with("github.server_url", &url);
        let runner = runner.variable("RUNNER_OS", system).variable("RUNNER_ARCH", processor);
        let (code, said) = runner.run("Install stagegate");
        assert_eq!(code, Some(0), "{said}");
        let output = Command::new(&runner.outputs()["binary"]).output().expect("it is executable");
        installed.push(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    assert_eq!(installed, targets, "each platform has its own");
}

#[test]
fn a_tag_that_is_not_the_version_is_refused() {
    let job = Runner::new();
    fs::copy(repository().join("Cargo.toml"), job.path("checkout/Cargo.toml")).expect("it is there");
    let compare = script("version", "Compare");
    let (same, said) = carry_out(&job, &compare, &[]);
    assert!(same, "{said}");
    let (same, said) = carry_out(&job, &compare, &[("GITHUB_REF_NAME", "v99.0.0")]);
    assert!(!same && said.contains("::error file=Cargo.toml::"), "{said}");
}

/// The jobs that have to succeed before this one, all the way up.
fn before(jobs: &Value, job: &str) -> Vec<String> {
    let needs = &jobs[job]["needs"];
    let named = needs.as_str().into_iter().chain(needs.as_array().into_iter().flatten().filter_map(Value::as_str));
    named.flat_map(|name| [vec![name.to_owned()], before(jobs, name)].concat()).collect()
}

#[test]
fn nothing_is_released_before_the_tag_has_passed_its_tests() {
    let jobs = &yaml(".github/workflows/release.yml")["jobs"];
    let tests = "./.github/workflows/ci.yml";
    let test = jobs.as_object().expect("there are jobs").iter().find(|(_, job)| job["uses"] == tests);
    let (test, job) = test.expect("the tests are called");
    assert!(yaml(".github/workflows/ci.yml")["on"].as_object().is_some_and(|on| on.contains_key("workflow_call")));
    for name in ["release", "crate"] {
        assert!(before(jobs, name).contains(test), "{name} waits for {test}");
        // A condition would let it start after a failure.
        assert_eq!(jobs[name]["if"], Value::Null, "{name}");
    }
    assert_eq!((&job["if"], &job["continue-on-error"]), (&Value::Null, &Value::Null));
}

#[test]
fn every_action_is_pinned_with_its_version_beside_it() {
    let folder = repository();
    let mut files =
        vec![folder.join("action.yml"), folder.join("src/cli/init/workflow.yml"), folder.join("docs/github.md")];
    files
        .extend(fs::read_dir(folder.join(".github/workflows")).expect("it is there").flatten().map(|file| file.path()));
    let mut pins: BTreeMap<String, String> = BTreeMap::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("it can be read");
        for line in text.lines() {
            let Some((_, used)) =
                line.split_once("uses: ").filter(|(before, _)| before.trim_matches([' ', '-']).is_empty())
            else {
                continue;
            };
            if used.starts_with("./") || used.starts_with("OWNER/") {
                continue;
            }
            let (name, rest) = used.split_once('@').unwrap_or_else(|| panic!("{}: {line}", file.display()));
            let (commit, version) = rest.split_once(" # v").unwrap_or_else(|| panic!("{}: {line}", file.display()));
            assert!(commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{line}");
            assert_eq!(version.split('.').count(), 3, "{line}");
            let pin = pins.entry(name.to_owned()).or_insert_with(|| rest.to_owned());
            assert_eq!(pin, rest, "{name} has one pin everywhere");
        }
    }
    assert!(pins.len() >= 5, "{pins:?}");
}

/// Least permissions: a workflow starts with none, and each job says what it takes.
#[test]
fn each_job_takes_its_own_permissions() {
    for name in ["ci", "gate", "comment", "release"] {
        let workflow = yaml(&format!(".github/workflows/{name}.yml"));
        assert_eq!(workflow["permissions"], Value::Object(serde_json::Map::new()), "{name}");
        for (job, said) in workflow["jobs"].as_object().expect("there are jobs") {
            assert!(said["permissions"].is_object(), "{name}: {job}");
            // A workflow that is called has its own limits, and is one of these.
            let called = said["uses"] == "./.github/workflows/ci.yml";
            assert!(called || said["timeout-minutes"].is_u64(), "{name}: {job}");
        }
    }
    let comment = yaml(".github/workflows/comment.yml");
    let steps = comment["jobs"]["comment"]["steps"].as_array().expect("there are steps");
    let used: Vec<&str> = steps.iter().filter_map(|step| step["uses"].as_str()).collect();
    assert!(used.iter().all(|used| used.starts_with("actions/download-artifact@")), "nothing is checked out: {used:?}");
}
