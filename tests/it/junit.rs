//! junit.xml is valid against the Jenkins schema, whatever the run was.
//!
//! `junit/jenkins-junit.xsd` is dtkit's schema of junit-4 with its own licence (MIT). It knows neither `file` and `line`
//! on a case nor a case's properties, which other readers show; these are taken out first (docs/contract.md).

use std::{
    fs,
    io::Write,
    net::{TcpListener, TcpStream},
    process::Command,
    thread,
};

use quick_junit::Report;
use regex::Regex;
use tempfile::TempDir;

use crate::gate_test::{GateTest, shared_turn};

/// Asserts that a report is valid, once what the schema does not know is taken out.
#[track_caller]
pub(crate) fn holds_to_the_schema(xml: &str) {
    if let Err(complaint) = validate(&without_extensions(xml)) {
        panic!("{complaint}\n{xml}");
    }
}

/// Takes `file`, `line` and properties out of every case. `>` within an attribute is escaped, so a tag ends at the first.
fn without_extensions(xml: &str) -> String {
    let case = Regex::new(r"(?s)<testcase [^>]*>(\s*<properties>.*?</properties>)?").expect("a pattern");
    let place = Regex::new(r#" (file|line)="[^"]*""#).expect("a pattern");
    let bare = case.replace_all(xml, |found: &regex::Captures<'_>| {
        let properties = found.get(1).map_or("", |part| part.as_str());
        place.replace_all(found[0].strip_suffix(properties).unwrap_or_default(), "").into_owned()
    });
    bare.into_owned()
}

/// What the schema says of a document.
fn validate(xml: &str) -> Result<(), String> {
    let folder = TempDir::new().expect("a temporary folder can be made");
    let path = folder.path().join("junit.xml");
    fs::write(&path, xml).expect("the file can be written");
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/junit/jenkins-junit.xsd");
    let mut xmllint = Command::new("xmllint");
    let said = xmllint.args(["--nonet", "--noout", "--schema", schema]).arg(&path).output();
    let said = said.expect("xmllint starts; ./test installs it (libxml2-utils)");
    if said.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&said.stderr).into_owned()) }
}

/// Valid once `file`, `line` and the case's properties are gone.
const VALID: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="a" tests="1" failures="1" errors="0">
    <testsuite name="b" tests="1" skipped="0" errors="0" failures="1">
        <properties><property name="n" value="1"/></properties>
        <testcase name="a line=&quot;1&quot; &gt;" classname="d" file="gates.yaml" line="3">
            <properties>
                <property name="n" value="1"/>
            </properties>
            <failure message="m" type="t"> line="4"</failure>
        </testcase>
    </testsuite>
</testsuites>"#;

#[test]
fn the_schema_can_refuse() {
    holds_to_the_schema(VALID);
    assert!(validate(VALID).is_err(), "the extensions are what it does not know");
    let refused = [
        (r#" name="b""#, "", "a suite without a name"),
        (
            r#" failures="1" errors="0">"#,
            r#" failures="1" errors="0" skipped="0">"#,
            "`skipped` on the outermost element",
        ),
        ("<failure ", "<failed ", "an element that is not closed"),
        (r#"<failure message="m" type="t"> line="4"</failure>"#, "<failed/>", "an element it does not know"),
        (" line=\"4\"", "\u{1b}", "a character that XML does not have"),
    ];
    for (from, to, why) in refused {
        let broken = VALID.replacen(from, to, 1);
        assert_ne!(broken, VALID, "{why}");
        assert!(validate(&without_extensions(&broken)).is_err(), "{why}");
    }
}

/// An app that answers with control bytes, an end of CDATA, markup and an emoji where a number belongs.
fn hostile_app() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("a bound socket has an address");
    let answer = |mut stream: TcpStream| {
        let body = "{\"n\": \"\\u0000\\u001b[31m]]><b>&amp;\u{1f525}\\ufffe\\ud83d\"}";
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        while crate::hostile_targets::read_head(&mut stream) {
            if stream.write_all(format!("{head}{body}").as_bytes()).is_err() {
                return;
            }
        }
    };
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(stream));
        }
    });
    format!("http://{address}")
}

#[test]
fn hostile_names_and_answers_stay_valid() {
    let _turn = shared_turn();
    let name = r"]]> \u0001\e[31m <b attr='1'>&amp; 🔥 \uFFFE \u0085";
    let ran = GateTest::on(&hostile_app())
        .section(&format!("preflight:\n  - {{name: \"check {name}\", get: /, expect: {{status: 200}}}}"))
        .section(&format!(
            "scenarios:\n  \"s {name}\": {{steps: [{{get: /, name: \"e {name}\", tags: [\"t {name}\"], expect: {{json: {{/n: 5}}}}}}], think: 10ms}}"
        ))
        .section(&format!("integrity:\n  - {{name: \"kept {name}\", get: /, expect: {{json: {{/n: 5}}}}}}"))
        .phase(&format!("name: \"p {name}\", users: 1, spawn_rate: 10/s, duration: 1s"), &["success_rate >= 100%", "no check"])
        .run()
        .exits(1);
    let report = Report::deserialize_from_str(&ran.report("junit.xml")).expect("it is well-formed");
    let suite = report.test_suites.iter().find(|suite| suite.name.as_str().starts_with("p ]]> "));
    let suite = suite.expect("the phase stands there under its name");
    assert!(suite.name.as_str().contains("<b attr='1'>&amp; 🔥"), "{:?}", suite.name);
    assert_eq!(suite.failures, 2);
}
