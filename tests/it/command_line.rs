//! The command line from outside: environment variables, closed outputs, folders that cannot be used.

use std::{
    fs,
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

use crate::gate_test::{App, BINARY, GateTest, clean_environment, shared_turn};

const SHORT: &str = "name: only, users: 1, spawn_rate: 10/s, duration: 1s";

fn stagegate(arguments: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    clean_environment(&mut command);
    command.args(arguments).stdin(Stdio::null()).output().expect("the binary starts")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_flag_may_come_as_an_environment_variable_and_an_empty_one_is_none() {
    let app = App::demo(&[]);
    let ran = GateTest::on(&app.url)
        .gets(&["/healthz"])
        .phase(SHORT, &["success_rate >= 100%"])
        .env("STAGEGATE_DRY_RUN", "1")
        .env("STAGEGATE_PROFILE", "")
        .env("STAGEGATE_TIME_SCALE", "")
        .env("STAGEGATE_PHASE", "")
        .env("STAGEGATE_COMMIT", "abc")
        .env("STAGEGATE_VERBOSE", "false")
        .rehearse()
        .exits(0);
    assert_eq!(ran.verdict["commit"], "abc");
    assert_eq!(ran.phase("only")["outcome"], "not_run");
    assert!(ran.stdout.contains("scenario visitor, one user: passed"), "{}", ran.stdout);
    assert_eq!(ran.verdict["totals"]["requests"], 1);
}

#[test]
fn a_dry_run_says_that_it_measured_nothing_and_leaves_an_earlier_verdict_alone() {
    let app = App::demo(&[]);
    let test = GateTest::on(&app.url)
        .gets(&["/healthz"])
        .phase(SHORT, &["success_rate >= 100%"])
        .file("stagegate-out/verdict.json", "the verdict of a real run")
        .arg("--dry-run");
    let ran = test.rehearse().exits(0);
    assert_eq!(ran.verdict["dry_run"], true);
    let real = fs::read_to_string(ran.out.with_file_name("verdict.json")).expect("it is still there");
    assert_eq!(real, "the verdict of a real run");
    assert!(ran.stdout.contains("DRY RUN: Nothing was measured and nothing judged"), "{}", ran.stdout);
    assert!(ran.stdout.contains("stagegate-out/dry-run: verdict.json"), "{}", ran.stdout);
    for name in ["summary.md", "report.html"] {
        let written = ran.report(name);
        assert!(written.contains("dry run") && written.contains("Nothing was measured"), "{name}: {written}");
    }
}

#[test]
fn an_output_directory_that_cannot_be_written_is_2_and_nothing_is_sent() {
    let app = App::demo(&[]);
    let test = GateTest::on(&app.url).gets(&["/healthz"]).phase(SHORT, &["success_rate >= 100%"]);
    let ran = test.file("occupied", "a file").arg("--out").arg("occupied").run().exits(2);
    assert!(ran.stderr.contains("the output directory occupied cannot be written"), "{}", ran.stderr);
    assert_eq!(app.ledger()["totals"]["requests"], 0);
}

#[test]
fn a_reader_that_goes_away_is_no_defect() {
    let _turn = shared_turn();
    let app = App::demo(&[]);
    let test = GateTest::on(&app.url).gets(&["/healthz"]).phase(SHORT, &["success_rate >= 100%"]);
    let mut child =
        test.command().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    drop(child.stdout.take());
    drop(child.stderr.take());
    let status = child.wait().expect("it ends");
    assert!([Some(0), Some(3)].contains(&status.code()), "{status:?}");
}

#[test]
fn a_run_that_is_refused_leaves_no_verdict_of_an_earlier_one() {
    let app = App::demo(&[]);
    let test = GateTest::on(&app.url).gets(&["/healthz"]).phase(SHORT, &["success_rate >= 100%"]);
    let command = test.command();
    let folder = command.get_current_dir().expect("it runs in a folder").join("stagegate-out");
    fs::create_dir(&folder).expect("a folder can be made");
    fs::write(folder.join("verdict.json"), "{}").expect("a file can be written");
    let ran = test.env("STAGEGATE_DEFECT", "1").run().exits(70);
    assert!(ran.verdict.is_null(), "a verdict that is not this run's");
}

#[test]
fn report_says_what_is_wrong_with_a_folder() {
    let folder = TempDir::new().expect("a temporary folder can be made");
    let path = folder.path().to_string_lossy().into_owned();
    let refused = |why: &str| {
        let output = stagegate(&["report", &path]);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(why), "{}", said(&output));
    };
    refused("name the output directory of a finished run");
    for (text, why) in [
        ("{", "it is not a verdict"),
        ("{\"schema\": \"stagegate/verdict/9\"}", "its schema is `stagegate/verdict/9`"),
        ("\u{fffd}", "it is not a verdict"),
    ] {
        fs::write(folder.path().join("verdict.json"), text).expect("it can be written");
        refused(why);
    }
    fs::write(folder.path().join("verdict.json"), [0xff, 0xfe]).expect("it can be written");
    refused("it is not UTF-8 text from byte 0 on");
}

#[test]
fn every_shell_has_completions_and_bash_reads_its_own() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = stagegate(&["completions", shell]);
        assert_eq!(output.status.code(), Some(0), "{shell}: {}", said(&output));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.contains("save-baseline") && text.contains("selftest"), "{shell}: {text}");
    }
    assert_eq!(stagegate(&["completions", "tcsh"]).status.code(), Some(2));
    let folder = TempDir::new().expect("a temporary folder can be made");
    let file = folder.path().join("stagegate.bash");
    fs::write(&file, stagegate(&["completions", "bash"]).stdout).expect("it can be written");
    // What bash offers after `stagegate run --dr`, as its own completion asks for it.
    let ask = r#"source "$1"; COMP_WORDS=(stagegate run --dr); COMP_CWORD=2; _stagegate stagegate --dr run; echo "${COMPREPLY[@]}""#;
    let output = Command::new("bash").args(["-c", ask, "bash"]).arg(&file).output().expect("bash starts");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "--dry-run", "{}", said(&output));
}

#[test]
fn every_command_has_a_page_of_the_manual() {
    let folder = TempDir::new().expect("a temporary folder can be made");
    let pages = folder.path().join("man1");
    let output = stagegate(&["man", "--out", &pages.to_string_lossy()]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    for name in
        ["stagegate.1", "stagegate-run.1", "stagegate-check.1", "stagegate-selftest.1", "stagegate-baseline-list.1"]
    {
        let page = fs::read_to_string(pages.join(name)).unwrap_or_else(|cause| panic!("{name}: {cause}"));
        assert!(page.starts_with(".ie") && page.contains(".SH SYNOPSIS"), "{name}: {page}");
    }
    let page = String::from_utf8_lossy(&stagegate(&["man", "run"]).stdout).into_owned();
    assert!(page.contains("dry\\-run") && page.contains("Exit codes"), "{page}");
    let rendered = Command::new("groff").args(["-man", "-Tascii", "-ww"]).arg(pages.join("stagegate-run.1")).output();
    let rendered = rendered.expect("groff is installed: ./test does it");
    assert!(rendered.status.success() && rendered.stderr.is_empty(), "{}", said(&rendered));
    assert!(String::from_utf8_lossy(&rendered.stdout).contains("Examples:"), "{}", said(&rendered));
    let act = String::from_utf8_lossy(&stagegate(&["man", "baseline", "list"]).stdout).into_owned();
    assert!(act.contains("stagegate\\-baseline\\-list") && act.contains("git:stagegate"), "{act}");
    let wrong = stagegate(&["man", "walk"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(said(&wrong).contains("no command walk; `stagegate --help` lists them"), "{}", said(&wrong));
}
