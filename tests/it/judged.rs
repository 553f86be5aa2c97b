//! `stagegate judge`: another tool's load gets the same verdict, reports and exit codes.

use std::{
    fmt::Write as _,
    fs,
    process::{Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    app::{BINARY, clean_environment},
    junit, memory,
};

/// What came of a judgement.
pub(crate) struct Judged {
    code: Option<i32>,
    pub(crate) verdict: Value,
    pub(crate) said: String,
    pub(crate) folder: TempDir,
}

/// Judges these files by this gates.yaml, all in a folder of their own.
pub(crate) fn judge(gates: &str, files: &[(&str, &str)], arguments: &[&str]) -> Judged {
    let folder = TempDir::new().expect("a temporary folder can be made");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("the file can be written");
    }
    judge_in(folder, gates, arguments)
}

/// The same in a folder that holds the files already.
pub(crate) fn judge_in(folder: TempDir, gates: &str, arguments: &[&str]) -> Judged {
    fs::write(folder.path().join("gates.yaml"), gates).expect("gates.yaml can be written");
    let mut command = Command::new(BINARY);
    clean_environment(&mut command);
    let output = command.arg("judge").args(arguments).current_dir(folder.path()).output().expect("the binary starts");
    let out = folder.path().join("stagegate-out");
    let verdict = fs::read_to_string(out.join("verdict.json")).unwrap_or_default();
    if let Ok(xml) = fs::read_to_string(out.join("junit.xml")) {
        junit::holds_to_the_schema(&xml);
    }
    Judged {
        code: output.status.code(),
        verdict: serde_json::from_str(&verdict).unwrap_or_default(),
        said: String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
        folder,
    }
}

impl Judged {
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}", self.said);
        self
    }

    pub(crate) fn finding(&self, phase: usize, at: usize) -> &Value {
        &self.verdict["phases"][phase]["findings"][at]
    }
}

/// One phase of 10 s with these criteria, and no scenario.
pub(crate) fn gates(criteria: &str) -> String {
    format!(
        "version: 1\ngate: shop\ntarget: {{url: https://shop.example.com}}\nphases:\n  - {{name: light, users: 10, duration: 10s, \
         criteria: [{criteria}]}}\n"
    )
}

/// A request of the made-up files: milliseconds since the start, how long it took, and its status.
pub(crate) type Seen = (u64, u64, u16);

/// A thousand requests within 10 s of which so many took 100 ms, and so many failed, at even distances; the others took
/// 20 ms.
pub(crate) fn seen(slow: u64, failed: u64) -> Vec<Seen> {
    let of =
        |many: u64, at: u64| 1000_u64.checked_div(many).is_some_and(|step| at.is_multiple_of(step) && at / step < many);
    // In order of their ends, as tools write them.
    (0..1000).map(|at| (at * 10, if of(slow, at) { 100 } else { 20 }, if of(failed, at) { 503 } else { 200 })).collect()
}

const START: u64 = 1_790_000_000_000;

/// As k6 writes it, by its documentation (`--out json`).
pub(crate) fn k6(seen: &[Seen]) -> String {
    let mut text =
        "{\"type\":\"Metric\",\"data\":{\"name\":\"http_reqs\",\"type\":\"counter\"},\"metric\":\"http_reqs\"}\n"
            .to_owned();
    for (at, took, status) in seen {
        let end = i64::try_from(START + at + took).expect("it is small");
        let time = jiff::Timestamp::from_millisecond(end).expect("a time").to_string();
        let expected = *status < 400;
        let code = if expected { String::new() } else { format!(",\"error_code\":\"1{status}\"") };
        for (metric, value) in
            [("http_reqs", 1), ("http_req_duration", *took), ("http_req_failed", u64::from(!expected))]
        {
            writeln!(
                text,
                "{{\"metric\":\"{metric}\",\"type\":\"Point\",\"data\":{{\"time\":\"{time}\",\"value\":{value},\"tags\":{{\
                 \"expected_response\":\"{expected}\",\"method\":\"GET\",\"name\":\"cart\",\"scenario\":\"default\",\
                 \"status\":\"{status}\",\"url\":\"https://shop.example.com/cart\"{code}}}}}}}"
            )
            .expect("in memory");
        }
    }
    text
}

/// As `JMeter` writes it, with a transaction around each request.
fn jmeter(seen: &[Seen]) -> String {
    let mut text =
        "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,Latency\n"
            .to_owned();
    for (at, took, status) in seen {
        let (start, good) = (START + at, *status < 400);
        writeln!(text, "{start},{took},cart,{status},said,Shoppers 1-1,text,{good},,{took}").expect("in memory");
        let members = "\"Number of samples in transaction : 1, number of failing samples : 0\"";
        writeln!(text, "{start},{took},visit,{status},{members},Shoppers 1-1,,{good},,{took}").expect("in memory");
    }
    text
}

fn ndjson(seen: &[Seen]) -> String {
    let line = |(at, took, status): &Seen| {
        format!("{{\"at\": {}, \"endpoint\": \"cart\", \"service_ms\": {took}, \"status\": {status}}}\n", START + at)
    };
    seen.iter().map(line).collect()
}

pub(crate) type Writer = fn(&[Seen]) -> String;

pub(crate) const TOOLS: [(&str, Writer); 3] = [("k6", k6), ("jmeter", jmeter), ("ndjson", ndjson)];

fn judged((tool, write): (&str, Writer), seen: &[Seen], criteria: &str) -> Judged {
    judge(&gates(criteria), &[("results", &write(seen))], &["--from", tool, "results"])
}

#[test]
fn a_load_of_another_tool_passes() {
    for tool in TOOLS {
        let judged =
            judged(tool, &seen(0, 2), "success_rate > 99%, p95 < 100ms, p95(cart) < 100ms, no timeouts").exits(0);
        let phase = &judged.verdict["phases"][0];
        assert_eq!(
            (&judged.verdict["outcome"], &phase["requests"]),
            (&"passed".into(), &1000.into()),
            "{}",
            judged.said
        );
        assert_eq!((&phase["failures"], &phase["endpoints"][0]["statuses"]["503"]), (&2.into(), &2.into()));
        assert_eq!((&phase["service_ms"]["p95"], &phase["generator"]), (&20.0.into(), &Value::Null), "{phase:#}");
        assert_eq!(judged.finding(0, 1)["certain"], true, "spans are those of the load engine");
        let source = &judged.verdict["source"];
        assert_eq!((&source["tool"], &source["files"][0]["name"]), (&tool.0.into(), &"results".into()), "{source:#}");
        for report in ["summary.md", "report.html"] {
            let text =
                fs::read_to_string(judged.folder.path().join("stagegate-out").join(report)).expect("it is there");
            assert!(text.contains(&format!("loaded by {}", tool.0)), "{report}: {text}");
        }
        let said = judged.verdict["notes"].to_string();
        assert_eq!(said.matches("coordinated omission").count(), 1, "it is said once: {said}");
        assert_eq!(judged.verdict["source"]["times"], "service");
    }
}

#[test]
fn a_load_of_another_tool_fails() {
    for tool in TOOLS {
        let judged = judged(tool, &seen(200, 30), "success_rate > 99%, p95 < 100ms, no 5xx, no timeouts").exits(1);
        let outcome = |at| (judged.finding(0, at)["outcome"].clone(), judged.finding(0, at)["certain"].clone());
        for at in 0..3 {
            assert_eq!(outcome(at), ("failed".into(), true.into()), "{}", judged.finding(0, at));
        }
        assert_eq!(outcome(3), ("passed".into(), true.into()));
        assert_eq!(judged.verdict["breaking_point"]["first_endpoint"], "cart", "{}", judged.said);
    }
}

#[test]
fn at_the_limit_exact_counts_decide() {
    for tool in TOOLS {
        // 50 of 1,000 may take the limit of `<` and longer; the 51st is one too many. `<=` allows the limit itself.
        judged(tool, &seen(50, 0), "p95 < 100ms").exits(0);
        let mut one_more = seen(50, 0);
        one_more[999].1 = 100;
        let judged_one_more = judged(tool, &one_more, "p95 < 100ms, p95 <= 100ms").exits(1);
        let outcomes = [0, 1].map(|at| judged_one_more.finding(0, at)["outcome"].clone());
        assert_eq!(outcomes, ["failed", "passed"].map(Value::from), "{}", judged_one_more.said);
        judged(tool, &seen(0, 10), "success_rate > 99%").exits(1);
        judged(tool, &seen(0, 10), "success_rate >= 99%").exits(0);
    }
}

#[test]
fn no_data_never_passes() {
    for tool in TOOLS {
        for criteria in ["success_rate > 0%", "p95(each) < 100ms", "no errors"] {
            let judged = judged(tool, &[], criteria).exits(4);
            assert_eq!(judged.verdict["outcome"], "inconclusive", "{}", judged.said);
        }
        let missing = judged(tool, &seen(0, 0), "p95(crat) < 100ms, no errors(pay)").exits(4);
        assert_eq!(missing.finding(0, 0)["outcome"], "inconclusive", "{}", missing.said);
        assert!(missing.verdict["notes"].to_string().contains("did you mean `cart`?"), "{}", missing.said);
        let half: Vec<Seen> = seen(0, 0).into_iter().take(500).collect();
        let half = judged(tool, &half, "no errors").exits(4);
        assert!(
            half.verdict["notes"].to_string().contains("the files tell of 5 s of a window of 10 s"),
            "{}",
            half.said
        );
        let gauge = gates("app.cpu < 80%") + "monitors: {app: {prometheus: /metrics, read: {cpu: cpu}}}\n";
        let unread = judge(&gauge, &[("results", &tool.1(&seen(0, 0)))], &["--from", tool.0, "results"]).exits(4);
        assert!(unread.finding(0, 0)["because"].as_str().is_some_and(|why| why.contains("reads no monitor")));
    }
}

#[test]
fn what_cannot_be_judged_is_an_error_with_place_cause_and_next_step() {
    let good = ndjson(&seen(0, 0));
    let bad = good.replacen("\"status\"", "\"stat\"", 11);
    let two = gates("no errors") + "  - {name: heavy, users: 20, duration: 10s, criteria: [no errors]}\n";
    for (gates, files, arguments, why) in [
        (gates("no errors"), vec![("a", bad.as_str())], vec!["--from", "ndjson", "a"], "a:1: it has neither `ok`"),
        (gates("no errors"), vec![], vec!["--from", "k6"], "no file is named"),
        (gates("no errors"), vec![], vec!["--from", "k6", "b"], "b cannot be read"),
        (gates("no errors"), vec![("a", good.as_str())], vec!["--from", "k6", "a"], "k6 run --out json"),
        (
            two,
            vec![("a", good.as_str()), ("b", &good), ("c", &good)],
            vec!["--from", "ndjson", "a", "b", "c"],
            "3 files and 2 phases",
        ),
        (gates("no error"), vec![("a", good.as_str())], vec!["--from", "ndjson", "a"], "gates.yaml:5"),
        (
            gates("no errors"),
            vec![("a", good.as_str())],
            vec!["--from", "ndjson", "a", "--phase", "hevay"],
            "no phase `hevay`",
        ),
        (gates("no errors"), vec![("a", good.as_str())], vec!["--from", "locust", "a"], "_stats.csv"),
    ] {
        let judged = judge(&gates, &files, &arguments).exits(2);
        assert!(judged.said.contains(why), "{why}: {}", judged.said);
        assert!(judged.verdict.is_null(), "nothing is judged");
    }
}

#[test]
fn a_cut_file_is_judged_and_said() {
    let text = k6(&seen(0, 0));
    let cut = judge(&gates("no errors"), &[("r.json", &text[..text.len() - 40])], &["--from", "k6", "r.json"]).exits(0);
    assert!(cut.said.contains("the last line is cut off"), "{}", cut.said);
    assert_eq!(cut.verdict["source"]["files"][0]["unreadable"], 1);
}

/// What no file tells passes nothing, and the same requests are not counted twice.
#[test]
fn what_the_files_leave_open_passes_nothing() {
    let line =
        |at: u64| format!("{{\"at\": {}, \"endpoint\": \"a\", \"service_ms\": 5, \"ok\": true}}\n", START + 100 * at);
    let text: String = (0..100).map(line).collect();
    let judged = judge(&gates("no 5xx, no timeouts"), &[("a", &text)], &["--from", "ndjson", "a"]).exits(4);
    assert_eq!(
        (&judged.finding(0, 0)["outcome"], &judged.finding(0, 0)["certain"]),
        (&"inconclusive".into(), &false.into())
    );
    assert_eq!(judged.finding(0, 1)["outcome"], "passed", "none failed");
    let twice = judge(
        &gates("no errors"),
        &[("a", &text)],
        &["--from", "ndjson", "--phase", "light=a", "--phase", "light=./a"],
    );
    assert!(twice.exits(2).said.contains("./a is named twice, and its requests would be counted twice"));
    let part = judge(&gates("no errors"), &[("a", &text[..text.len() / 2])], &["--from", "ndjson", "a"]).exits(4);
    let headline = part.verdict["headline"].to_string();
    assert!(
        headline.contains("no errors is not decided") && headline.contains("a part of the phase's window"),
        "{headline}"
    );
    assert!(!part.said.contains("interrupted") && !headline.contains("certain"), "{}", part.said);
}

#[test]
fn a_file_is_never_kept_in_memory() {
    let folder = TempDir::new().expect("a temporary folder can be made");
    let padding = "x".repeat(1500);
    let mut file = std::io::BufWriter::new(fs::File::create(folder.path().join("big")).expect("it can be made"));
    for at in 0..60_000 {
        let at = START + at / 6;
        std::io::Write::write_fmt(
            &mut file,
            format_args!(
                "{{\"at\": {at}, \"endpoint\": \"a\", \"service_ms\": 5, \"ok\": true, \"more\": \"{padding}\"}}\n"
            ),
        )
        .expect("it can be written");
    }
    drop(file);
    fs::write(folder.path().join("gates.yaml"), gates("no errors")).expect("it can be written");
    let mut command = Command::new(BINARY);
    clean_environment(&mut command);
    command.args(["judge", "--from", "ndjson", "big"]).current_dir(folder.path());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    let (output, largest) = memory::weigh(child);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    // The file has 91 MiB.
    assert!(largest.is_some_and(|kib| kib < 72 << 10), "{largest:?} KiB");
}
