//! Locust's statistics, as `--csv` writes them.

use super::{
    super::locust::{failures_of, statistics},
    ms,
};
use crate::{
    config,
    measure::PhaseEnding,
    plan::{self, Choice, EndpointId, FailureKind, Foreign, Plan},
};

const HEADER: &str = "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response Time,Max Response Time,Average Content Size,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%\n";

const STATS: &str = "GET,/cart,200,4,12,15.5,3.25,210.75,100.0,20.0,0.4,12,14,16,18,30,95,120,200,210,210,210\nPOST,/cart,100,0,20,22.0,5.0,90.0,100.0,10.0,0.0,20,22,25,30,40,50,60,80,90,90,90\n,Aggregated,300,4,14,17.7,3.25,210.75,100.0,30.0,0.4,14,16,20,25,35,80,110,150,210,210,210\n";

const FAILURES: &str = "Method,Name,Error,Occurrences\nGET,/cart,\"HTTPError('503 Server Error: Service Unavailable for url: /cart')\",2\nGET,/cart,LocustBadStatusCode(code=503),1\nGET,/cart,\"ReadTimeout(\"\"Read timed out.\"\")\",1\n";

fn of(stats: &str, failures: Option<&str>) -> Result<super::super::locust::Statistics, String> {
    statistics("run_stats.csv", &[HEADER, stats].concat(), failures).map_err(|error| error.to_string())
}

fn plan(rows: Vec<plan::ForeignRow>) -> Plan {
    let text = "version: 1\ngate: g\ntarget: {url: demo}\nphases:\n  - {name: light, users: 5, duration: 10s, criteria: [no errors]}\n";
    let environment = config::Environment::default();
    let (config, problems) = config::read_without_load("gates.yaml", text.as_bytes(), &environment);
    let config = config.unwrap_or_else(|| panic!("{problems}"));
    let foreign = Foreign { tool: "locust".to_owned(), rows, windows: Vec::new(), open: Vec::new() };
    plan::build(&config, &Choice { foreign: Some(foreign), ..Choice::default() }).unwrap_or_else(|why| panic!("{why}"))
}

#[test]
fn counts_are_exact_and_times_are_what_locust_wrote() {
    let run = of(STATS, Some(FAILURES)).expect("it is read");
    let plan = plan(run.rows());
    let names: Vec<&str> = plan.endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect();
    assert_eq!(names, ["GET /cart", "POST /cart"], "the method tells two of one name apart");
    let rows = &plan.foreign.as_ref().expect("it is a foreign load").rows;
    let measured = run.measurements(&plan, &plan.phases[0], rows);
    let get = &measured.endpoints[0];
    assert_eq!((get.requests, get.failures(), get.completed, get.statuses.get(&503)), (200, 4, 196, Some(&3)));
    assert_eq!(get.errors, [(FailureKind::Timeout, 1), (FailureKind::Check, 3)].into());
    assert_eq!((measured.sent, measured.failed, measured.ending), (300, 4, PhaseEnding::Completed));
    assert_eq!(measured.measured.as_millis(), 10_000, "300 requests at 30 a second");
    let summary = measured.summary.expect("there is one");
    let alone = summary.of(&[EndpointId(0)]).expect("a row");
    assert_eq!(
        (alone.quantile(0.95), alone.quantile(0.97), alone.max),
        (Some(ms(95)), None, Some(ms(210) + ms(3) / 4))
    );
    assert_eq!(summary.of(&[EndpointId(0), EndpointId(1)]).and_then(|all| all.quantile(0.95)), Some(ms(80)));
    assert_eq!(summary.of(&[]), None);
}

#[test]
fn a_file_that_is_not_whole_is_refused() {
    for (stats, failures, why) in [
        ("", None, "\"Aggregated\", is missing"),
        (&STATS[..STATS.len() - 40], Some(FAILURES), "run_stats.csv:4: the line is cut off: it has 11 of 22 values"),
        (
            &STATS.replace("200,4,12", "200,4,12,7"),
            Some(FAILURES),
            "run_stats.csv:2: the line has 23 values for 22 columns",
        ),
        (STATS, None, "failed 4 times, and _failures.csv beside it tells of 0"),
        (STATS, Some("Method,Name,Error,Occurrences\nGET,/cart,x,3\n"), "tells of 3"),
        (
            &STATS.replace("200,4,12", "200,NaN,12"),
            None,
            "run_stats.csv:2: \"Failure Count\" is \"NaN\", which is no number",
        ),
        (
            &STATS.replace("20.0,0.4,12", "inf,0.4,12"),
            Some(FAILURES),
            "run_stats.csv:2: \"Requests/s\" is \"inf\", which is no number",
        ),
        (
            &STATS.replace("200,4,12", "3,4,12"),
            Some(FAILURES),
            "run_stats.csv:2: it has more failures (4) than requests (3)",
        ),
    ] {
        let error = of(stats, failures).expect_err(why);
        assert!(error.contains(why) && error.contains("locust --csv"), "{error}");
    }
    let other = statistics("x_stats.csv", "timeStamp,elapsed\n", None).expect_err("it is JMeter's").to_string();
    assert!(other.contains("no column \"Type\""), "{other}");
    assert_eq!(failures_of("out/a_stats.csv").as_deref(), Some("out/a_failures.csv"));
    assert_eq!(failures_of("out/a_stats_history.csv"), None);
}
