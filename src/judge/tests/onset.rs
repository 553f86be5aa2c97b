//! Where latency or errors rose first, in phases that broke.

use super::{
    diagnosis::{causes, diagnosed, rung},
    *,
};
use crate::judge::{Cause, Rising};

#[test]
fn an_endpoint_that_was_as_slow_before_and_did_not_fail_has_no_errors() {
    let slow = [(PAGE, 20), (CHART, 400), (GHOST, 30)];
    let more = rung("more", 20, 600, slow).calm().failures(PAGE, 2, FailureKind::Check, Some(500));
    let mut more = more.and("no 5xx", no(Count::ServerErrors));
    for sample in more.samples.iter_mut().filter(|sample| sample.failure.is_some()) {
        sample.intended += ms(20_000);
    }
    let (diagnosis, point) = diagnosed(&[rung("few", 5, 600, slow).calm(), more]);
    let point = point.expect("it broke");
    assert_eq!((point.first_endpoint.as_deref(), point.first_error.as_deref()), (Some("chart data"), Some("check")));
    assert_eq!(diagnosis.onset.as_ref().map(|onset| onset.rising), Some(Rising::Latency));
    assert!(!causes(&diagnosis).contains(&Cause::Errors), "{:?}", diagnosis.because);
}
