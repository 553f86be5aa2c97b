//! Verdicts for the tests of every format, built by hand.

use std::{borrow::Cow, collections::BTreeMap};

use super::{Files, Publishable, clean};
use crate::judge::{
    Band, BreakingPoint, CheckResult, Ending, EndpointVerdict, Finding, Generator, Lateness, Level, Milliseconds,
    MonitorVerdict, Outcome, PhaseVerdict, RecoveryVerdict, Regression, Totals, Verdict,
};

/// Every verdict with its name.
pub(super) fn all() -> Vec<(&'static str, Verdict)> {
    vec![
        ("passed", passed()),
        ("warned", warned()),
        ("failed", failed()),
        ("inconclusive", inconclusive()),
        ("invalid", invalid()),
        ("not_ready", not_ready()),
        ("interrupted", interrupted()),
        ("hostile", hostile()),
    ]
}

/// A verdict as it leaves the process, without secrets.
pub(super) fn publishable(verdict: Verdict) -> Publishable {
    Publishable::new(verdict, Files::default(), &|text| Cow::Borrowed(text))
}

/// Three phases that passed.
pub(super) fn passed() -> Verdict {
    Verdict {
        schema: "stagegate/verdict/1".to_owned(),
        outcome: Outcome::Passed,
        ending: Ending::Completed,
        exit_code: 0,
        headline: "3 of 3 phases passed, up to 50 users.".to_owned(),
        gate: "ahsp".to_owned(),
        profile: "pr".to_owned(),
        seed: 4_711,
        target: "http://127.0.0.1:40123/".to_owned(),
        commit: "4f2a9c01d7e6b853aa10c0ffee0123456789abcd".to_owned(),
        started_at: "2026-11-24T09:00:00Z".to_owned(),
        finished_at: "2026-11-24T09:02:31.5Z".to_owned(),
        version: "0.1.0".to_owned(),
        repeat: "stagegate run --profile pr --seed 4711".to_owned(),
        notes: Vec::new(),
        preflight: vec![
            check("the commit under test is deployed", Outcome::Passed, "GET /version answered 200 in 3 ms.", 24),
            check("debug mode is off", Outcome::Passed, "GET /no-such-page answered 404 in 2 ms.", 25),
        ],
        phases: vec![phase("baseline", 10, 1.0), phase("light", 30, 1.4), phase("medium", 50, 2.1)],
        totals: Totals { requests: 13_042, failures: 0 },
        regressions: Vec::new(),
        breaking_point: None,
        recovery: Some(RecoveryVerdict {
            outcome: Outcome::Passed,
            seconds: Some(4.0),
            detail: "Two spans in a row were back at the level of baseline.".to_owned(),
        }),
        integrity: vec![check(
            "every saved detail is stored",
            Outcome::Passed,
            "GET /api/integrity answered 200.",
            180,
        )],
        cleanup: Vec::new(),
    }
}

/// A warning that does not hold, a critical band, and an uncertain pass.
pub(super) fn warned() -> Verdict {
    let mut verdict = passed();
    verdict.outcome = Outcome::Warned;
    verdict.headline = "3 of 3 phases passed; medium with a warning: p50 was 312 ms, limit 300 ms.".to_owned();
    verdict.notes = vec![
        "TLS verification is off (gates.yaml:12).".to_owned(),
        "`regression` has no effect in this version.".to_owned(),
    ];
    let medium = &mut verdict.phases[2];
    medium.outcome = Outcome::Warned;
    medium.because =
        vec!["p50 < 300ms was 312 ms.".to_owned(), "app.cpu reached 83.5, above critical (80).".to_owned()];
    medium.monitors[0] = monitor("app.cpu", Some(83.5), Band::Critical);
    medium.findings.push(Finding {
        outcome: Outcome::Failed,
        level: Level::Warn,
        observed: Some(312.0),
        limit: 300.0,
        interval: Some([305.0, 320.0]),
        because: "p50 was 312 ms, the limit is < 300 ms: 5,210 of 9,600 requests (54.3 %) took 300 ms or longer, 50 % may, in 4 bursts. Certain: the share lies between 52.1 % and 56.4 %.".to_owned(),
        ..finding("p50 < 300ms", 121)
    });
    medium.findings[1].certain = false;
    medium.findings[1].interval = Some([188.0, 530.0]);
    verdict
}

/// The third phase failed: it gave way between 30 and 50 users.
pub(super) fn failed() -> Verdict {
    let mut verdict = passed();
    verdict.outcome = Outcome::Failed;
    verdict.ending = Ending::Stopped;
    verdict.exit_code = 1;
    verdict.headline =
        "medium failed at 50 users: p95 was 1.21 s, limit 750 ms (certain); chart data was slowest.".to_owned();
    let medium = &mut verdict.phases[2];
    medium.outcome = Outcome::Failed;
    medium.because = Vec::new();
    medium.failures = 14;
    medium.success_rate = Some(0.998_54);
    medium.latency_ms = times(6.0);
    medium.bursts = Some(4);
    medium.findings = vec![
        Finding {
            observed: Some(0.998_54),
            limit: 0.98,
            unit: "1".to_owned(),
            interval: Some([0.9971, 0.9992]),
            because: "14 of 9,600 requests failed (0.146 %); success_rate was 99.85 %, the limit is > 98 %.".to_owned(),
            ..finding("success_rate > 98%", 116)
        },
        Finding {
            outcome: Outcome::Failed,
            observed: Some(1_214.0),
            limit: 750.0,
            interval: Some([1_102.0, 1_377.0]),
            because: "p95 was 1.21 s, the limit is < 750 ms: 1,913 of 9,600 requests (19.9 %) took 750 ms or longer, 5 % may, in 4 bursts. Certain: the share lies between 17.2 % and 22.8 %. chart data has most of them (1,802).".to_owned(),
            worst_endpoint: Some("chart data".to_owned()),
            ..finding("p95 < 750ms", 117)
        },
        Finding {
            outcome: Outcome::Failed,
            certain: false,
            observed: Some(1_500.4),
            limit: 1_500.0,
            interval: Some([1_420.0, 1_730.0]),
            because: "p99 was 1.5 s, the limit is < 1.5 s: 97 of 9,600 requests (1.01 %) took 1.5 s or longer, 1 % may, in 4 bursts. Not certain: the share lies between 0.61 % and 1.52 %.".to_owned(),
            ..finding("p99 < 1500ms", 118)
        },
        Finding {
            outcome: Outcome::Failed,
            observed: Some(14.0),
            limit: 0.0,
            unit: "events".to_owned(),
            because: "14 timeouts among 9,600 requests; none is allowed. chart data has most of them (14).".to_owned(),
            ..finding("no timeouts", 119)
        },
    ];
    let broken = medium.findings.iter().filter(|finding| finding.outcome == Outcome::Failed);
    medium.because = broken.map(|finding| format!("{}: {}", finding.criterion, finding.because)).collect();
    let chart = &mut medium.endpoints[2];
    chart.failures = 14;
    chart.statuses.insert("200".to_owned(), 2_386);
    chart.errors.insert("timeout".to_owned(), 14);
    chart.examples = vec!["No complete answer within 10 s.".to_owned()];
    chart.latency_ms = times(11.0);
    medium.monitors[1] = monitor("database.connections", Some(96.0), Band::Critical);
    verdict.phases.push(not_run("heavy", 100));
    verdict.totals = Totals { requests: 13_042, failures: 14 };
    verdict.breaking_point = Some(BreakingPoint {
        phase: "medium".to_owned(),
        users: 50.0,
        last_good_users: Some(30.0),
        first_endpoint: Some("chart data".to_owned()),
        first_error: Some("timeout".to_owned()),
        resource: Some("database.connections".to_owned()),
    });
    verdict.recovery = Some(RecoveryVerdict {
        outcome: Outcome::Failed,
        seconds: None,
        detail: "After 60 s p50 was 480 ms, level 42 ms.".to_owned(),
    });
    verdict
}

/// A criterion without samples under `no_data: fail`.
pub(super) fn inconclusive() -> Verdict {
    let mut verdict = passed();
    verdict.outcome = Outcome::Inconclusive;
    verdict.ending = Ending::Stopped;
    verdict.exit_code = 4;
    verdict.headline = "light is inconclusive: p95(report) had no samples.".to_owned();
    verdict.phases.truncate(2);
    verdict.phases[1].outcome = Outcome::Inconclusive;
    verdict.phases[1].because = vec!["p95(report) < 500ms had no samples.".to_owned()];
    verdict.phases[1].findings.push(Finding {
        outcome: Outcome::Inconclusive,
        certain: false,
        observed: None,
        limit: 500.0,
        interval: None,
        samples: 0,
        because: "No request was made to it in the measured window.".to_owned(),
        ..finding("p95(report) < 500ms", 105)
    });
    verdict.phases.push(not_run("medium", 50));
    verdict
}

/// The generator was saturated.
pub(super) fn invalid() -> Verdict {
    let mut verdict = passed();
    verdict.outcome = Outcome::Invalid;
    verdict.ending = Ending::Invalid;
    verdict.exit_code = 3;
    verdict.headline = "light could not be measured: the generator was saturated (lateness p99 212 ms).".to_owned();
    verdict.phases.truncate(2);
    verdict.phases[1].outcome = Outcome::Invalid;
    verdict.phases[1].because = vec!["Lateness p99 was 212 ms; at most 10 ms is allowed.".to_owned()];
    verdict.phases[1].generator =
        Some(Generator { lateness_ms: Lateness { p99: 212.0, max: 840.0 }, cpu_percent: 99.1, saturated: true });
    verdict.phases.push(not_run("medium", 50));
    verdict
}

/// A preflight item failed.
pub(super) fn not_ready() -> Verdict {
    let mut verdict = passed();
    verdict.outcome = Outcome::Invalid;
    verdict.ending = Ending::NotReady;
    verdict.exit_code = 3;
    verdict.headline = "Not ready: debug mode is off failed, so no load was sent.".to_owned();
    verdict.preflight[1].outcome = Outcome::Failed;
    verdict.preflight[1].detail = "GET /no-such-page answered 404, and its body has \"DEBUG = True\".".to_owned();
    verdict.preflight.push(check("test users can log in", Outcome::NotRun, "An item before it failed.", 26));
    verdict.phases = vec![not_run("baseline", 10), not_run("light", 30), not_run("medium", 50)];
    verdict.totals = Totals { requests: 3, failures: 0 };
    verdict.recovery = None;
    verdict.integrity = Vec::new();
    verdict
}

/// A signal came in the second phase.
pub(super) fn interrupted() -> Verdict {
    let mut verdict = passed();
    verdict.outcome = Outcome::Interrupted;
    verdict.ending = Ending::Interrupted;
    verdict.exit_code = 130;
    verdict.headline = "Interrupted by SIGINT in light; 1 of 3 phases was judged.".to_owned();
    verdict.phases[1] = not_run("light", 30);
    verdict.phases[1].because = vec!["It was interrupted.".to_owned()];
    verdict.phases[2] = not_run("medium", 50);
    verdict.recovery = None;
    verdict.integrity = Vec::new();
    verdict
}

/// What an app, a branch and a file could contain to break a report.
pub(super) const HOSTILE: [&str; 12] = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>\u{1b}[2J\u{1b}]0;owned\u{7}",
    "]]> <!-- & \" ' > --> <![CDATA[ &amp; &#0;",
    "@octocat, see #1 and GH-2 at https://evil.example/?a=b or www.evil.example",
    "a | b | c `code` **bold** _it_ [link](javascript:alert(1)) ![image](x)",
    "line\nbreak\r\n\n# heading\n- list\n```\nfence",
    "=HYPERLINK(\"http://evil.example\",\"click\")",
    "\u{202e}gnp.exe \u{0}\u{fffe}\u{ffff}\u{85}\u{feff}",
    "::error file=x,line=1::forged\u{8}",
    "{{ config }} {% raw %} ${SECRET} $(id) `id`",
    "概要データ 👩‍💻 ñ ü",
    "````` ends with a backtick `",
];

/// A failed verdict with hostile strings wherever a string stands.
pub(super) fn hostile() -> Verdict {
    let mut next = (0..).map(|position: usize| HOSTILE[position % HOSTILE.len()].to_owned());
    with_strings(&mut || next.next().expect("it is endless"))
}

/// A verdict with hostile strings, these and [`HOSTILE`], and its twin with harmless ones: where two strings are equal in
/// one, they are equal in the other.
pub(super) fn twins(strings: Vec<String>, offset: usize) -> (Verdict, Verdict) {
    let mut all: Vec<String> =
        strings.into_iter().chain(HOSTILE.map(str::to_owned)).map(|text| clean(&text).into_owned()).collect();
    all.sort();
    all.dedup();
    all.retain(|text| !text.is_empty());
    let mut next = offset;
    let mut step = || {
        // A step that shares no divisor with most lengths, so that neighbours are not neighbours in the alphabet.
        next += 7;
        next % all.len()
    };
    let hostile = with_strings(&mut || all[step()].clone());
    let mut next = offset;
    let mut step = || {
        next += 7;
        next % all.len()
    };
    (hostile, with_strings(&mut || format!("name{}", step())))
}

/// The verdict with everything in it, and in the place of every name and sentence what `text` gives.
pub(super) fn with_strings(text: &mut dyn FnMut() -> String) -> Verdict {
    let mut verdict = everything();
    for place in [&mut verdict.headline, &mut verdict.gate, &mut verdict.profile, &mut verdict.target] {
        *place = text();
    }
    for place in [&mut verdict.commit, &mut verdict.repeat, &mut verdict.version, &mut verdict.notes[0]] {
        *place = text();
    }
    for check in verdict.preflight.iter_mut().chain(&mut verdict.integrity).chain(&mut verdict.cleanup) {
        check.name = text();
        check.detail = text();
        check.file = text();
    }
    for phase in &mut verdict.phases {
        phase.name = text();
        phase.file = text();
        phase.because.iter_mut().for_each(|because| *because = text());
        for finding in &mut phase.findings {
            finding.criterion = text();
            finding.endpoint = Some(text());
            finding.worst_endpoint = finding.worst_endpoint.as_ref().map(|_| text());
            finding.because = text();
            finding.file = text();
        }
        for endpoint in &mut phase.endpoints {
            endpoint.name = text();
            endpoint.tags = vec![text(), text()];
            endpoint.examples = vec![text()];
        }
        for monitor in &mut phase.monitors {
            monitor.name = text();
            monitor.missing = monitor.missing.as_ref().map(|_| text());
        }
    }
    if let Some(point) = &mut verdict.breaking_point {
        point.phase = text();
        point.first_endpoint = Some(text());
        point.first_error = Some(text());
        point.resource = Some(text());
    }
    if let Some(recovery) = &mut verdict.recovery {
        recovery.detail = text();
    }
    for regression in &mut verdict.regressions {
        regression.phase = text();
        regression.cell = text();
    }
    verdict
}

/// A failed verdict in which every list and every optional value has something.
pub(super) fn everything() -> Verdict {
    let mut verdict = failed();
    verdict.notes = vec!["A remark.".to_owned()];
    verdict.cleanup = vec![check("remove test data", Outcome::Failed, "POST /cleanup answered 500.", 190)];
    verdict.phases[0].findings[0].endpoint = Some("dashboard".to_owned());
    verdict.phases[0].monitors[0].missing = Some("GET /metrics answered 503.".to_owned());
    verdict.phases[0].monitors[0].band = Band::Missing;
    verdict.regressions = vec![Regression {
        phase: "light".to_owned(),
        cell: "p95(chart data)".to_owned(),
        base: Some(180.0),
        head: Some(214.0),
        change: Some(0.189),
        interval: Some([0.131, 0.251]),
        p_adjusted: Some(0.003),
        detectable: Some(0.124),
        outcome: Outcome::Failed,
    }];
    verdict
}

fn phase(name: &str, users: u32, slower: f64) -> PhaseVerdict {
    let requests = u64::from(users) * 192;
    PhaseVerdict {
        name: name.to_owned(),
        outcome: Outcome::Passed,
        because: Vec::new(),
        users: Some(users),
        rate: None,
        duration_s: 45.0,
        requests,
        failures: 0,
        success_rate: Some(1.0),
        throughput: Some(requests as f64 / 45.0),
        latency_ms: times(slower),
        service_ms: times(slower * 0.97),
        added: 0,
        bursts: Some(0),
        findings: vec![
            Finding {
                observed: Some(1.0),
                limit: 0.98,
                unit: "1".to_owned(),
                interval: Some([0.9992, 1.0]),
                because: format!("All {requests} requests succeeded."),
                ..finding("success_rate > 98%", 100 + users)
            },
            Finding {
                observed: Some(200.0 * slower),
                limit: 500.0,
                interval: Some([190.0 * slower, 212.0 * slower]),
                ..finding("p95(not auth) < 500ms", 101 + users)
            },
        ],
        endpoints: vec![
            endpoint("login", &["auth"], u64::from(users), slower),
            endpoint("dashboard", &[], requests / 4, slower),
            endpoint("chart data", &[], requests / 4, slower * 2.0),
            endpoint("save detail", &["write"], requests / 4, slower),
        ],
        monitors: vec![
            monitor("app.cpu", Some(21.25 * slower), Band::Safe),
            monitor("database.connections", Some(30.0 * slower), Band::Safe),
        ],
        generator: Some(Generator {
            lateness_ms: Lateness { p99: 0.41, max: 3.2 },
            cpu_percent: 12.5,
            saturated: false,
        }),
        file: "gates.yaml".to_owned(),
        line: 90 + users,
    }
}

fn not_run(name: &str, users: u32) -> PhaseVerdict {
    PhaseVerdict {
        outcome: Outcome::NotRun,
        because: vec!["A phase before it ended the ladder.".to_owned()],
        duration_s: 0.0,
        requests: 0,
        success_rate: None,
        throughput: None,
        latency_ms: Milliseconds::default(),
        service_ms: Milliseconds::default(),
        bursts: None,
        findings: vec![Finding {
            outcome: Outcome::NotRun,
            certain: false,
            observed: None,
            interval: None,
            samples: 0,
            because: "The phase was not run.".to_owned(),
            ..finding("p95 < 1000ms", 101 + users)
        }],
        endpoints: Vec::new(),
        monitors: Vec::new(),
        generator: None,
        ..phase(name, users, 1.0)
    }
}

fn finding(criterion: &str, line: u32) -> Finding {
    Finding {
        criterion: criterion.to_owned(),
        endpoint: None,
        level: Level::Block,
        file: "gates.yaml".to_owned(),
        line,
        outcome: Outcome::Passed,
        certain: true,
        observed: Some(200.0),
        limit: 500.0,
        unit: "ms".to_owned(),
        interval: None,
        samples: 9_600,
        because: "19 of 9,600 requests took 500 ms or longer (0.2 %, allowed 5 %).".to_owned(),
        worst_endpoint: None,
    }
}

fn times(slower: f64) -> Milliseconds {
    Milliseconds {
        p50: Some(42.0 * slower),
        p90: Some(131.0 * slower),
        p95: Some(202.4 * slower),
        p99: Some(310.0 * slower),
        max: Some(640.0 * slower),
        mean: Some(58.3 * slower),
    }
}

fn endpoint(name: &str, tags: &[&str], requests: u64, slower: f64) -> EndpointVerdict {
    EndpointVerdict {
        name: name.to_owned(),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        requests,
        failures: 0,
        statuses: BTreeMap::from([("200".to_owned(), requests)]),
        errors: BTreeMap::new(),
        examples: Vec::new(),
        latency_ms: times(slower),
        service_ms: times(slower * 0.97),
    }
}

fn monitor(name: &str, max: Option<f64>, band: Band) -> MonitorVerdict {
    MonitorVerdict { name: name.to_owned(), max, mean: max.map(|max| max * 0.7), band, samples: 45, missing: None }
}

fn check(name: &str, outcome: Outcome, detail: &str, line: u32) -> CheckResult {
    CheckResult { name: name.to_owned(), outcome, detail: detail.to_owned(), file: "gates.yaml".to_owned(), line }
}
