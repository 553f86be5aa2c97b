//! What a monitored database counted, for each request.

use super::*;
use crate::judge::{Seen, statements};
use crate::measure::Statement;

/// Calls for each request, of 1,200 calls and 600 requests that were answered, where so many count.
fn calls_each(counted: u64) -> Option<f64> {
    let case = Case::of(quantile(0.95, Op::Less, 200)).requests(PAGE, 600, ms(20));
    let measurements = case.measurements();
    let verdict = PhaseVerdict { requests: counted, ..case.judge() };
    let evidence = PhaseEvidence { plan: &case.plan, phase: &case.phase, measurements: &measurements, gauges: &[] };
    let (source, query) = ("postgres at db:5432/shop".to_owned(), "SELECT 1".to_owned());
    let taken = [Statement { source, query, calls: 1200, total: ms(600) }];
    let rows = statements(&taken, &Seen { verdict: &verdict, evidence });
    assert_eq!((rows[0].calls, rows[0].mean_ms, rows[0].total_ms), (1200, 0.5, 600.0));
    rows[0].calls_each
}

#[test]
fn a_statement_belongs_to_the_requests_that_were_answered_or_counted_whichever_are_more() {
    assert_eq!(calls_each(600), Some(2.0));
    assert_eq!(calls_each(60), Some(2.0), "the phase was stopped early, and what was in flight was answered");
    assert_eq!(calls_each(1200), Some(1.0), "half of them were answered after the window");
}
