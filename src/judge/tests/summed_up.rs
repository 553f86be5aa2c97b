//! Criteria on the statistics that Locust sums up of a run: percentiles without the requests behind them.

use crate::{
    config, foreign,
    judge::{
        self, Outcome, PhaseEvidence, PhaseVerdict,
        regression::{self, Head, Past, RunValues},
    },
    plan::{self, Choice, Foreign, ForeignRow, Plan},
};

const HEADER: &str = "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response Time,Max Response Time,Average Content Size,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%\n";

const STATS: &str = "GET,/cart,200,4,12,15.5,3.25,210.75,100.0,20.0,0.4,12,14,16,18,30,95,120,200,210,210,210\nPOST,/cart,100,0,20,22.0,5.0,90.0,100.0,10.0,0.0,20,22,25,30,40,50,60,80,90,90,90\n,Aggregated,300,4,14,17.7,3.25,210.75,100.0,30.0,0.4,14,16,20,25,35,80,110,150,210,210,210\n";

const FAILURES: &str = "Method,Name,Error,Occurrences\nGET,/cart,\"HTTPError('503 Server Error: Service Unavailable for url: /cart')\",2\nGET,/cart,LocustBadStatusCode(code=503),1\nGET,/cart,\"ReadTimeout(\"\"Read timed out.\"\")\",1\n";

fn plan(rows: Vec<ForeignRow>, criterion: &str) -> Plan {
    let text = format!(
        "version: 1\ngate: g\ntarget: {{url: demo}}\nregression: {{cells: [p50, p95, p95(GET /cart), p95(POST /cart), mean, max, \
         {{error_rate: 1%}}]}}\nphases:\n  - {{name: light, users: 5, duration: 10s, criteria: ['{criterion}']}}\n"
    );
    let environment = config::Environment::default();
    let (config, problems) = config::read_without_load("gates.yaml", text.as_bytes(), &environment);
    let config = config.unwrap_or_else(|| panic!("{problems}"));
    let foreign = Foreign { tool: "locust".to_owned(), rows, windows: Vec::new(), open: Vec::new() };
    plan::build(&config, &Choice { foreign: Some(foreign), ..Choice::default() }).unwrap_or_else(|why| panic!("{why}"))
}

/// The outcome of a criterion on the statistics, and whether it is certain.
fn outcome(failures: &str, criterion: &str) -> (Outcome, bool) {
    let (_, verdict, _) = judged(failures, criterion);
    (verdict.findings[0].outcome, verdict.findings[0].certain)
}

/// The plan, the verdict, and the cells that have a value.
fn judged(failures: &str, criterion: &str) -> (Plan, PhaseVerdict, RunValues) {
    let stats = [HEADER, STATS].concat();
    let run = foreign::locust::statistics("run_stats.csv", &stats, Some(failures)).expect("it is read");
    let plan = plan(run.rows(), criterion);
    let rows = &plan.foreign.as_ref().expect("it is a foreign load").rows;
    let (phase, measured) = (&plan.phases[0], run.measurements(&plan, &plan.phases[0], rows));
    let evidence = PhaseEvidence { plan: &plan, phase, measurements: &measured, gauges: &[] };
    let (verdict, values) = (judge::phase(evidence), regression::values(evidence));
    (plan, verdict, values)
}

/// 196 of 200 succeeded and one timed out; with the failures among them the 90th percentile lies between the 80th and the
/// 95th of the file.
#[test]
fn times_of_failures_make_no_percentile_better() {
    for (criterion, expected) in [
        ("p90(GET /cart) < 96ms", Outcome::Passed),
        ("p90(GET /cart) < 95ms", Outcome::Inconclusive),
        ("p90(GET /cart) < 19ms", Outcome::Inconclusive),
        ("p90(GET /cart) < 18ms", Outcome::Failed),
        ("p90(POST /cart) < 41ms", Outcome::Passed),
        ("p90(POST /cart) < 40ms", Outcome::Failed),
        ("mean(GET /cart) < 1s", Outcome::Inconclusive),
        ("mean(POST /cart) < 1s", Outcome::Passed),
        ("max(GET /cart) < 1s", Outcome::Failed),
    ] {
        assert_eq!(outcome(FAILURES, criterion), (expected, false), "{criterion}");
    }
}

#[test]
fn failures_of_which_nothing_is_known_pass_no_count() {
    let odd = "Method,Name,Error,Occurrences\nGET,/cart,Odd('x'),3\nGET,/cart,CatchResponseError('empty cart'),1\n";
    assert_eq!(outcome(odd, "no 5xx"), (Outcome::Inconclusive, false));
    assert_eq!(outcome(odd, "no timeouts"), (Outcome::Inconclusive, false));
    assert_eq!(outcome(odd, "no 5xx(POST /cart)"), (Outcome::Passed, true));
    assert_eq!(outcome(odd, "no timeouts(POST /cart)"), (Outcome::Passed, true));
    let own = "Method,Name,Error,Occurrences\nGET,/cart,CatchResponseError('empty cart'),4\n";
    assert_eq!(outcome(own, "no timeouts"), (Outcome::Passed, true), "a check of the script is none");
    assert_eq!(outcome(own, "no 4xx"), (Outcome::Inconclusive, false));
    assert_eq!(outcome(FAILURES, "no 5xx"), (Outcome::Failed, true));
}

/// Of 300 requests 4 failed, all of them of one endpoint with 200.
#[test]
fn times_are_compared_only_where_those_of_failures_cannot_have_moved_them() {
    let cells = |failures: &str| judged(failures, "no errors").2.into_keys().collect::<Vec<_>>();
    assert_eq!(cells(FAILURES), ["light/error_rate", "light/p50", "light/p95(POST /cart)"]);
    let timeouts = "Method,Name,Error,Occurrences\nGET,/cart,ReadTimeout('Read timed out.'),4\n";
    assert_eq!(cells(timeouts).len(), 7, "timeouts are a part of every time: {:?}", cells(timeouts));
}

#[test]
fn why_a_time_is_not_compared_is_said() {
    let because = |failures: &str, cell: &str| {
        let (plan, verdict, values) = judged(failures, "no errors");
        let head = Head { runs: &[values], ruler: &[], phases: &[verdict] };
        let compared = regression::against_stored(&plan, head, &Past::default()).regressions;
        let found = compared.into_iter().find(|one| one.cell == cell).expect("the cell is there");
        (found.outcome, found.because)
    };
    let (outcome, said) = because(FAILURES, "mean");
    assert_eq!(outcome, Outcome::NotRun);
    assert!(said.starts_with("The run has no value for it. Locust's times include those of failures"), "{said}");
    assert_eq!(because(FAILURES, "error_rate").0, Outcome::New);
    let timeouts = "Method,Name,Error,Occurrences\nGET,/cart,ReadTimeout('Read timed out.'),4\n";
    assert_eq!(because(timeouts, "mean").0, Outcome::New);
}
