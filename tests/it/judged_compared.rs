//! `stagegate judge`: a load of another tool is compared with stored loads of the same tool.

use std::{fs, process::Command};

use stagegate::report::read_measurements;
use tempfile::TempDir;

use crate::{
    app::{BINARY, clean_environment},
    judged::{Judged, Seen, TOOLS, Writer, gates, judge, k6, seen},
};

/// Five different runs that passed are enough for a comparison, and none of another tool counts among them.
#[test]
fn runs_are_compared_with_those_of_their_own_tool() {
    let folder = TempDir::new().expect("a temporary folder can be made");
    let store = folder.path().join("store").to_string_lossy().into_owned();
    let gates = gates("no errors") + "regression: {margin: 10%, cells: [p95], confirm: 0}\n";
    let run_by = |gates: &str, tool: &(&str, Writer), took: u64, save: bool| {
        let seen: Vec<Seen> = seen(0, 0).into_iter().map(|(at, _, status)| (at, took, status)).collect();
        let mut arguments = vec!["--from", tool.0, "results", "--baseline", &store];
        if save {
            arguments.push("--save-baseline");
        }
        judge(gates, &[("results", &tool.1(&seen))], &arguments)
    };
    let run = |tool: &(&str, Writer), took: u64, save: bool| run_by(&gates, tool, took, save);
    for took in [40, 41, 42, 43, 44] {
        let saved = run(&TOOLS[0], took, true).exits(0);
        assert!(saved.said.contains("saved as a baseline"), "{}", saved.said);
    }
    let slower = run(&TOOLS[0], 80, false);
    let cell = slower.verdict["regressions"][0].clone();
    assert!(cell["change"].as_f64().is_some_and(|change| change > 0.8), "{cell:#}\n{}", slower.said);
    let slower = slower.exits(1);
    assert_eq!(slower.verdict["outcome"], "failed");
    draws_the_stored_runs(&slower);
    // By default more than one run has to confirm it, and a load of another tool is one run.
    let alone = run_by(&gates.replace(", confirm: 0", ""), &TOOLS[0], 80, false).exits(0);
    let cell = &alone.verdict["regressions"][0];
    assert_eq!((&alone.verdict["outcome"], &cell["outcome"]), (&"warned".into(), &"inconclusive".into()), "{cell:#}");
    let said = alone.said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("`judge` has one run") && said.contains("`regression.confirm: 0`"), "{said}");
    assert!(!said.contains("--repeat") && !said.contains("--against"), "{said}");
    let other = run(&TOOLS[1], 80, false).exits(0);
    assert_eq!(other.verdict["regressions"][0]["outcome"], "new", "{}", other.said);
    assert!(other.said.contains("other load generator: jmeter, was k6"), "{}", other.said);

    let config = folder.path().join("gates.yaml");
    fs::write(&config, gates).expect("it can be written");
    let says = |act: &[&str]| {
        let mut command = Command::new(BINARY);
        clean_environment(&mut command);
        command.arg("baseline").args(act).args(["--baseline", &store, "-c"]).arg(&config).current_dir(folder.path());
        let output = command.output().expect("the binary starts");
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let list = says(&["list"]);
    assert_eq!((list.matches("shop (k6)").count(), list.matches("  *").count()), (5, 5), "{list}");
    assert!(list.contains("A load of k6 on this machine is compared with 5 runs of main (marked *)"), "{list}");
    let pinned = says(&["pin", "v1"]);
    assert!(pinned.contains("Of loads of k6 on this machine the store holds 5 runs of main"), "{pinned}");
}

/// All requests of the five runs of 40 to 44 ms are drawn beside the new one's, also when the page is rendered again.
fn draws_the_stored_runs(slower: &Judged) {
    let out = slower.folder.path().join("stagegate-out");
    let read = |name: &str| fs::read_to_string(out.join(name)).expect("it is written");
    let measured = read_measurements(&read("measurements.json")).expect("it is readable");
    let base: Vec<_> = measured[0].base.iter().map(|base| (base.latency.count(), base.latency.quantile(0.5))).collect();
    let own: Vec<_> = measured[0].measurements.endpoints.iter().map(|own| own.latency.count()).collect();
    assert!(own.iter().all(|own| *own > 0) && base.len() == own.len(), "{base:?} {own:?}");
    for ((stored, median), own) in base.into_iter().zip(own) {
        let median = median.expect("it has requests").as_secs_f64();
        assert!(stored == 5 * own && (0.0415..0.0425).contains(&median), "{stored} {own} {median}");
    }
    let page = read("report.html");
    let (_, drawn) = page.split_once("id=\"latency-0-title\"").expect("it is drawn");
    let (drawn, table) = drawn.split_once("</svg>").expect("it ends");
    assert!(drawn.contains("stroke-dasharray"), "{drawn}");
    assert!(table.contains("light, stored runs</th>") && page.contains("requests of the stored runs"), "{table}");
    let mut again = Command::new(BINARY);
    clean_environment(&mut again);
    assert!(again.arg("report").arg(&out).output().expect("the binary starts").status.success());
    assert!(read("report.html") == page, "rendered from files it is the same page");
}

/// Where a window of the command line is open, its length is that of the recording, and no part of what is compared.
#[test]
fn runs_with_open_windows_are_compared() {
    let folder = TempDir::new().expect("a temporary folder can be made");
    let store = folder.path().join("store").to_string_lossy().into_owned();
    let gates = gates("no errors") + "regression: {margin: 10%, cells: [p95], confirm: 0}\n";
    for (requests, stored) in [(900, 0), (1000, 1)] {
        let seen: Vec<Seen> = seen(0, 0).into_iter().take(requests).collect();
        let arguments = ["--from", "k6", "--phase", "light=0s..", "r", "--baseline", &store, "--save-baseline"];
        let judged = judge(&gates, &[("r", &k6(&seen))], &arguments).exits(0);
        assert_eq!(
            judged.verdict["comparison"]["regime"]["runs"].as_u64().unwrap_or_default(),
            stored,
            "{}",
            judged.said
        );
    }
}
