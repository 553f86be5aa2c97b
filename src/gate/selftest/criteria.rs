//! Criteria that are made to fail.

use std::time::Duration;

use super::{
    bench::Bench,
    fault::{self, Act, Fault, Reach},
    proof::{Proof, Proven},
};
use crate::{
    judge::{Finding, Outcome, PhaseVerdict},
    measure::GaugeSeries,
    plan::{
        Count, Criterion, EndpointId, FailureKind, GaugeId, Judged, Level, Limit, Load, Metric, Op, Pacing, Scenario,
        Subject,
    },
    units::number,
};

/// Enough requests that chance has no part in what all of them show: p99 needs 299 (docs/decisions.md section 3).
const ENOUGH: u64 = 300;

/// Beyond the limit by so much.
const BEYOND: Duration = Duration::from_millis(1);

/// A status that means the app is broken, and one that means that it no longer has what is asked for.
const SERVER_ERROR: u16 = 503;
const CLIENT_ERROR: u16 = 404;

/// The most requests that are counted for one proof.
const MOST: u64 = 1_000_000;

/// How a criterion on requests is tried: how often each request counts without the fault, and the fault.
struct Trial {
    times: u32,
    fault: Fault,
    remark: String,
}

/// The proofs of a criterion, one for each of its endpoints where it says `each`.
pub(super) fn prove(bench: &Bench<'_>, criterion: &Criterion) -> Vec<Proof> {
    match &criterion.subject {
        Subject::Metric { judged, .. } | Subject::No { judged, .. } => {
            judged.iter().zip(0..).map(|(judged, at)| of_requests(bench, criterion, judged, at)).collect()
        }
        Subject::Gauge { gauge, op, limit, .. } => vec![of_gauge(bench, criterion, *gauge, (*op, *limit))],
    }
}

fn proof(bench: &Bench<'_>, criterion: &Criterion, judged: Option<&Judged>) -> Proof {
    let endpoint = judged.and_then(|judged| judged.name.as_ref()).map(|name| format!(" ({name})"));
    Proof {
        about: Proven::Criterion,
        phase: Some(bench.phase.name.clone()),
        name: format!("{}{}", criterion.text, endpoint.unwrap_or_default()),
        place: Some(criterion.place.clone()),
        warns: criterion.level == Level::Warn,
        fault: String::new(),
        remark: String::new(),
        missed: None,
    }
}

fn of_requests(bench: &Bench<'_>, criterion: &Criterion, judged: &Judged, at: usize) -> Proof {
    let mut proof = proof(bench, criterion, Some(judged));
    let trial = match trial(bench, criterion, &judged.endpoints, at) {
        Ok(trial) => trial,
        Err(why) => return Proof { missed: Some(why), ..proof },
    };
    proof.fault = trial.fault.to_string();
    proof.remark = trial.remark;
    let judge = |fault| judge(bench, criterion, fault, &judged.endpoints);
    proof.missed = held(&judge(Fault::none(trial.times)), at)
        .and_then(|()| fired(&judge(trial.fault), at, criterion.level))
        .and_then(|()| not_in_silence(&judge(Fault::every(Act::Silence, 1)), at))
        .err();
    proof
}

fn judge(bench: &Bench<'_>, criterion: &Criterion, fault: Fault, endpoints: &[EndpointId]) -> PhaseVerdict {
    let phase = bench.phase(std::slice::from_ref(criterion));
    bench.judge(&phase, &bench.play(&phase, fault, endpoints), &bench.gauges())
}

/// The fault that must break a criterion.
///
/// # Errors
/// Why there is none, in one sentence.
fn trial(bench: &Bench<'_>, criterion: &Criterion, endpoints: &[EndpointId], at: usize) -> Result<Trial, String> {
    let recorded = bench.recorded(endpoints);
    if recorded == 0 {
        let window = number::duration(bench.recording.tape.window().1);
        return Err(format!("no request of it was made within {window}, so there is nothing to put a fault into"));
    }
    let times = u32::try_from(ENOUGH.div_ceil(recorded)).unwrap_or(1);
    let every = |act| Trial { times, fault: Fault::every(act, times), remark: String::new() };
    let one = |act| Trial { times, fault: Fault { act, reach: Reach::One, times }, remark: String::new() };
    match &criterion.subject {
        Subject::Metric { metric: Metric::Requests | Metric::Throughput, op, limit, .. } => {
            counted(bench, criterion, (*op, amount(*limit)), (endpoints, at))
        }
        Subject::Metric { op: Op::Greater | Op::GreaterOrEqual, limit: Limit::Time(_), .. } => Ok(every(Act::AtOnce)),
        Subject::Metric { metric, limit: Limit::Time(limit), .. } => {
            let remark = if *metric == Metric::Mean { String::new() } else { out_of_reach(bench, endpoints, *limit) };
            Ok(Trial { remark, ..every(Act::Delay(limit.saturating_add(BEYOND))) })
        }
        Subject::Metric { .. } => Ok(every(Act::Status(SERVER_ERROR))),
        Subject::No { count, .. } => match count {
            Count::ServerErrors => Ok(one(Act::Status(SERVER_ERROR))),
            Count::ClientErrors => Ok(one(Act::Status(CLIENT_ERROR))),
            Count::Errors => Ok(one(Act::Failure(FailureKind::Reset))),
            Count::Failures(FailureKind::Unsent) if !has_slots(bench) => {
                Err("users of the closed model who think wait for their answers, so that no request is ever `unsent`"
                    .to_owned())
            }
            Count::Failures(kind) => Ok(one(Act::Failure(*kind))),
        },
        Subject::Gauge { .. } => Err("it is about a gauge".to_owned()),
    }
}

/// Whether iterations have times of their own, whatever the app does: those of a rate, and of users with a pace.
fn has_slots(bench: &Bench<'_>) -> bool {
    let paced = |scenario: &Scenario| matches!(scenario.pacing, Pacing::Pace(_));
    matches!(bench.phase.load, Load::Open { .. }) || bench.plan.scenarios.iter().any(paced)
}

/// What is to be said of a limit that no answer can reach, because requests are given up before.
fn out_of_reach(bench: &Bench<'_>, endpoints: &[EndpointId], limit: Duration) -> String {
    let longest = endpoints.iter().map(|endpoint| fault::timeout(bench.plan, *endpoint)).max();
    longest.filter(|timeout| *timeout <= limit).map_or_else(String::new, |timeout| {
        format!("only timeouts break it: requests are given up after {}", number::duration(timeout))
    })
}

fn amount(limit: Limit) -> f64 {
    match limit {
        Limit::Time(time) => time.as_secs_f64(),
        Limit::Share(number) | Limit::Number(number) | Limit::PerSecond(number) => number,
    }
}

/// Numbers of requests and throughputs: a phase of many users makes more of them than a few users for seconds, so each
/// request counts as often as it takes.
fn counted(
    bench: &Bench<'_>,
    criterion: &Criterion,
    (op, limit): (Op, f64),
    (endpoints, at): (&[EndpointId], usize),
) -> Result<Trial, String> {
    let seen = judge(bench, criterion, Fault::none(1), endpoints);
    let observed = seen.findings.get(at).and_then(|finding| finding.observed).unwrap_or_default();
    let lower = matches!(op, Op::Greater | Op::GreaterOrEqual);
    let needed = (limit / observed).floor() + 1.0;
    let most = MOST / bench.recording.tape.measured().count().max(1) as u64;
    let enough = if lower && op.holds(observed, limit) { 1.0 } else { needed };
    if op != Op::Equal && !(1.0..=most as f64).contains(&enough) {
        let (limit, observed) = (number::plain(limit), number::plain(observed));
        return Err(format!("{observed} were seen here, too few to come near its limit of {limit} in a selftest"));
    }
    let enough = enough.clamp(1.0, most as f64) as u32;
    let gone = match &criterion.subject {
        // Of no request at all a throughput says nothing; of requests without success it says 0.
        Subject::Metric { metric: Metric::Throughput, .. } => Act::Status(SERVER_ERROR),
        _ => Act::Silence,
    };
    let played = |times: u32| if times > 1 { format!("each request counted {times} times") } else { String::new() };
    Ok(match op {
        Op::Less | Op::LessOrEqual => {
            Trial { times: 1, fault: Fault::every(Act::Again, enough), remark: String::new() }
        }
        Op::Equal => Trial { times: 1, fault: Fault::every(gone, 1), remark: String::new() },
        Op::Greater | Op::GreaterOrEqual => {
            Trial { times: enough, fault: Fault::every(gone, enough), remark: played(enough) }
        }
    })
}

fn of_gauge(bench: &Bench<'_>, criterion: &Criterion, gauge: GaugeId, (op, limit): (Op, f64)) -> Proof {
    let value = match op {
        Op::Less | Op::LessOrEqual | Op::Equal => fault::above(limit),
        Op::Greater | Op::GreaterOrEqual => fault::below(limit),
    };
    let fault = format!("every reading is {}", number::limit(value, ""));
    let phase = bench.phase(std::slice::from_ref(criterion));
    let measurements = bench.play(&phase, Fault::none(1), &[]);
    let judge = |alter: &dyn Fn(&GaugeSeries) -> GaugeSeries| {
        let mut gauges = bench.gauges();
        for series in gauges.iter_mut().skip(gauge.0 as usize).take(1) {
            *series = alter(series);
        }
        bench.judge(&phase, &measurements, &gauges)
    };
    let missed = read(&judge(&GaugeSeries::clone))
        .and_then(|()| fired(&judge(&|series| fault::reading(series, value)), 0, criterion.level))
        .and_then(|()| not_in_silence(&judge(&fault::silent), 0))
        .err();
    Proof { fault, missed, ..proof(bench, criterion, None) }
}

fn finding(verdict: &PhaseVerdict, at: usize) -> Result<&Finding, String> {
    verdict.findings.get(at).ok_or_else(|| "it has no finding".to_owned())
}

/// Without the fault it must not fail: a criterion that is broken anyway proves nothing.
fn held(verdict: &PhaseVerdict, at: usize) -> Result<(), String> {
    let finding = finding(verdict, at)?;
    match finding.outcome {
        Outcome::Failed => Err(format!("it fails already without a fault: {}", finding.because)),
        _ => Ok(()),
    }
}

/// A gauge must have been read: a value put in the place of no reading proves nothing.
fn read(verdict: &PhaseVerdict) -> Result<(), String> {
    let finding = finding(verdict, 0)?;
    match finding.outcome {
        Outcome::Passed => Ok(()),
        Outcome::Failed => held(verdict, 0),
        _ => Err(format!("the gauge itself says too little: {}", finding.because)),
    }
}

/// With the fault it must fail, and its phase with it; at level warn the phase must be warned.
fn fired(verdict: &PhaseVerdict, at: usize, level: Level) -> Result<(), String> {
    let finding = finding(verdict, at)?;
    let wanted = if level == Level::Block { Outcome::Failed } else { Outcome::Warned };
    match finding.outcome {
        Outcome::Failed if verdict.outcome == wanted => Ok(()),
        Outcome::Failed => Err(format!("it failed, but the phase is {}", verdict.outcome.word())),
        outcome => Err(format!("it is {} with the fault: {}", outcome.word(), finding.because)),
    }
}

/// Without a single request or reading it must not pass.
fn not_in_silence(verdict: &PhaseVerdict, at: usize) -> Result<(), String> {
    let finding = finding(verdict, at)?;
    match finding.outcome {
        Outcome::Passed => Err(format!("it passes when nothing is measured at all: {}", finding.because)),
        _ => Ok(()),
    }
}
