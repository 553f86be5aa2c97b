//! The installation of action.yml, carried out as GitHub's runner does it: from a release on loopback, or from source.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use tempfile::TempDir;

use crate::runner::{Runner, program, repository, serve};

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
