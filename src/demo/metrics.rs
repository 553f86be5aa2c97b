//! `/metrics`: the app's gauges and counters as Prometheus text.

use std::fmt::Write as _;

use super::app::App;
use super::lock::lock;
use super::machine::memory_percent;

/// Prints all gauges and counters. Memory is left out where the system does not tell it: a gauge that is not known is
/// missing, never zero.
pub(super) fn print(app: &App) -> String {
    let writes = lock(&app.details).acknowledged();
    let busy = lock(&app.meter).busy(writes);
    let pool = app.pool.usage();
    let (totals, connections) = app.ledger.totals();
    let mut text = Text(String::with_capacity(2_048));
    text.gauge(
        "app_cpu_percent",
        "Processor time of the app's one thread over the last second; 100 is one full core.",
        busy.processor,
    );
    if let Some(memory) = memory_percent() {
        text.gauge("app_memory_percent", "Resident memory of the process as a share of the machine's.", memory);
    }
    text.gauge(
        "app_disk_busy_percent",
        "Disk time over the last second, modelled: 0.2 ms for each saved detail.",
        busy.disk,
    );
    text.gauge(
        "db_connections",
        "Connections of the pool in use, on average over the fullest quarter of the last second.",
        pool.fullest_quarter,
    );
    text.gauge("db_connections_peak", "The most in use at one time within the last second.", pool.peak as f64);
    text.gauge("db_connections_in_use", "Connections of the pool in use now.", pool.in_use as f64);
    text.gauge("db_connections_waiting", "Requests that wait for a connection now.", pool.waiting as f64);
    text.gauge("db_pool_size", "Connections that the pool may have.", pool.size as f64);
    text.gauge("app_sessions", "Sessions that are kept.", lock(&app.sessions).len() as f64);
    text.gauge("app_requests_in_flight", "Requests of the load in the app now.", totals.in_flight as f64);
    text.counter("app_requests_total", "Requests of the load, scrapes and control left out.", totals.requests);
    text.counter("app_connections_accepted_total", "Connections accepted.", connections.accepted);
    text.counter("app_details_saved_total", "Details acknowledged.", writes as u64);
    text.head("app_responses_total", "Whole answers to the load by status.", "counter");
    for (status, count) in &totals.statuses {
        text.line(format_args!("app_responses_total{{status=\"{status}\"}} {count}"));
    }
    text.0
}

struct Text(String);

impl Text {
    fn gauge(&mut self, name: &str, help: &str, value: f64) {
        self.head(name, help, "gauge");
        self.line(format_args!("{name} {value}"));
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, help, "counter");
        self.line(format_args!("{name} {value}"));
    }

    fn head(&mut self, name: &str, help: &str, kind: &str) {
        self.line(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}"));
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        writeln!(self.0, "{line}").expect("writing to a string cannot fail");
    }
}
