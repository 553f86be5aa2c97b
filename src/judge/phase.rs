//! The verdict on one phase.

use std::time::Duration;

use super::{
    Arrivals, Cut, CutShort, Finding, Level, Outcome, PhaseEvidence, PhaseVerdict, StageVerdict, criterion, early,
    endpoints,
    evidence::Most,
    generator, monitors,
    pauses::Pauses,
    statistics::{self, Tally},
};
use crate::measure::{Clock, PhaseEnding, PhaseMeasurements, Threshold};
use crate::plan::{self, Criterion, Load, Metric, Op, Phase, Plan, Subject};
use crate::units::number;

/// The name of the finding of a phase whose users could not all log in.
pub const LOGGED_IN: &str = "all users logged in";

/// The name of the finding of a phase in which every request failed.
pub const ANSWERS: &str = "the target answers";

/// Judges a phase: a finding for each criterion, bands, and the generator.
pub fn phase(evidence: PhaseEvidence<'_>) -> PhaseVerdict {
    let pauses = Pauses::of(&evidence);
    if !pauses.leave_a_part(&evidence) {
        return judged(evidence, pauses);
    }
    let part = PhaseMeasurements { ending: PhaseEnding::Interrupted, ..evidence.measurements.clone() };
    judged(PhaseEvidence { measurements: &part, ..evidence }, pauses)
}

fn judged(evidence: PhaseEvidence<'_>, pauses: Pauses) -> PhaseVerdict {
    let PhaseEvidence { plan, phase, measurements, .. } = evidence;
    let is_part = measurements.ending == PhaseEnding::Interrupted;
    let mut weights: Vec<(Outcome, String)> = Vec::new();
    let mut findings: Vec<Finding> = Vec::new();
    if is_part {
        // Before what its criteria say: it is why they are not decided.
        weights.push((Outcome::Inconclusive, interrupted(plan, measurements, pauses)));
    }
    for (finding, weight) in built_in(&evidence).into_iter().chain(declared(&evidence)) {
        weights.push((weight, sentence(&finding)));
        findings.push(finding);
    }
    let monitors = monitors::judge(&evidence);
    weights.extend(monitors.iter().filter_map(|monitor| monitors::warning(plan, monitor)));
    let all = evidence.all();
    let (generator, trouble) = generator::judge(measurements, &all);
    weights.extend(trouble.map(|trouble| (Outcome::Invalid, trouble)));
    weights.extend(pauses.sentence().filter(|_| !is_part).map(|why| (Outcome::Warned, why)));
    weights.extend(still_joining(&evidence).map(|why| (Outcome::Warned, why)));
    weights.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    let outcome = weights.first().map_or(Outcome::Inconclusive, |(weight, _)| *weight);
    let (requests, failures) = (all.requests(), all.failures());
    let seconds = measurements.measured.as_secs_f64();
    let (users, rate) = load(phase);
    PhaseVerdict {
        name: phase.name.clone(),
        outcome,
        because: weights.into_iter().filter(|(weight, _)| *weight != Outcome::Passed).map(|(_, why)| why).collect(),
        users,
        rate,
        stages: stages(phase),
        arrivals: arrivals(phase),
        window_at: None,
        duration_s: seconds,
        extended: measurements.extended,
        cut_short: cut_short(plan, measurements),
        paused_s: pauses.seconds(),
        requests,
        failures,
        success_rate: (requests > 0).then(|| (requests - failures) as f64 / requests as f64),
        throughput: (seconds > 0.0).then(|| all.sum(|endpoint| endpoint.completed) as f64 / seconds),
        latency_ms: endpoints::latency(&all),
        service_ms: endpoints::service(&all),
        added: all.sum(|endpoint| endpoint.added.count()),
        bursts: (requests > 0 && measurements.summary.is_none()).then(|| bursts(&evidence)),
        findings,
        endpoints: endpoints::rows(&evidence),
        monitors,
        statements: Vec::new(),
        statements_unknown: Vec::new(),
        // Nothing is known of another tool's health.
        generator: plan.foreign.is_none().then_some(generator),
        file: phase.place.file.to_string(),
        line: phase.place.line,
    }
}

/// A phase that was not run because the ladder ended before.
pub fn not_run(plan: &Plan, phase: &Phase) -> PhaseVerdict {
    without_data(plan, phase, Outcome::NotRun, "The ladder ended before this phase.")
}

/// A phase of which nothing is known, because stagegate itself broke before it was judged.
pub fn lost(plan: &Plan, phase: &Phase) -> PhaseVerdict {
    let lost =
        without_data(plan, phase, Outcome::Inconclusive, "stagegate itself broke, and what it measured is lost.");
    PhaseVerdict { monitors: Vec::new(), ..lost }
}

fn without_data(plan: &Plan, phase: &Phase, outcome: Outcome, why: &str) -> PhaseVerdict {
    let findings = phase.criteria.iter().flat_map(|criterion| criterion::not_run(criterion, why)).collect();
    let (users, rate) = load(phase);
    PhaseVerdict {
        name: phase.name.clone(),
        outcome,
        because: vec![why.to_owned()],
        users,
        rate,
        stages: stages(phase),
        arrivals: arrivals(phase),
        window_at: None,
        duration_s: 0.0,
        extended: false,
        cut_short: None,
        paused_s: None,
        requests: 0,
        failures: 0,
        success_rate: None,
        throughput: None,
        latency_ms: super::Milliseconds::default(),
        service_ms: super::Milliseconds::default(),
        added: 0,
        bursts: None,
        findings,
        endpoints: Vec::new(),
        monitors: monitors::not_read(plan),
        statements: Vec::new(),
        statements_unknown: Vec::new(),
        generator: None,
        file: phase.place.file.to_string(),
        line: phase.place.line,
    }
}

/// Whether the phases after this one are not run: it failed, was inconclusive under a policy that says fail (under one
/// that says warn it is warned), or was invalid.
pub fn ends_ladder(phase: &PhaseVerdict) -> bool {
    matches!(phase.outcome, Outcome::Failed | Outcome::Inconclusive | Outcome::Invalid | Outcome::Interrupted)
}

/// What ended the window before its time; `None` where all of it was measured.
fn cut_short(plan: &Plan, measurements: &PhaseMeasurements) -> Option<CutShort> {
    let by = match (measurements.ending, &plan.foreign) {
        (PhaseEnding::Completed, _) => return None,
        (PhaseEnding::RampFailed, _) => Cut::NotLoggedIn,
        (PhaseEnding::StoppedAnswering, _) => Cut::StoppedAnswering,
        (PhaseEnding::FailedEarly, _) => Cut::FailedEarly,
        (PhaseEnding::Interrupted, None) => Cut::Interrupted,
        (PhaseEnding::Interrupted, Some(_)) => Cut::Files,
    };
    Some(CutShort { by, planned_s: measurements.layout.duration.as_secs_f64() })
}

/// Users of the closed model, or the rate of the open one.
fn load(phase: &Phase) -> (Option<u32>, Option<f64>) {
    match phase.load {
        Load::Closed { users, .. } => (Some(users), None),
        Load::Open { rate, .. } => (None, Some(rate)),
    }
}

/// How the load changes within the window.
fn stages(phase: &Phase) -> Vec<StageVerdict> {
    let stage = |(stage, over): (&plan::Stage, Duration)| StageVerdict {
        from: stage.from,
        to: stage.to,
        over_s: over.as_secs_f64(),
    };
    phase.stages.over(phase.duration).map(stage).collect()
}

fn arrivals(phase: &Phase) -> Option<Arrivals> {
    match phase.arrivals {
        plan::Arrivals::Constant => None,
        plan::Arrivals::Poisson => Some(Arrivals::Poisson),
    }
}

/// What there is to say when the window ended while more than a tenth of the users that join within it were still logging
/// in: nobody failed, and the load was less than planned. The last one may always come too late.
fn still_joining(evidence: &PhaseEvidence<'_>) -> Option<String> {
    let PhaseEvidence { phase, measurements, .. } = evidence;
    let (there, users) = (measurements.ramp.logged_in, phase.load.users());
    let joining = measurements.ending == PhaseEnding::Completed && phase.first_users() < users;
    let too_few = u64::from(there) * 10 < u64::from(users) * 9;
    (joining && measurements.ramp.reasons.is_empty() && too_few).then(|| {
        format!(
            "Only {} of {} had logged in when the window ended, so the load was less than planned: give the stages longer, \
             or see why a login takes so long.",
            number::count(u64::from(there)),
            number::counted(u64::from(users), "user"),
        )
    })
}

/// The findings of the phase's criteria, in the order of gates.yaml.
fn declared(evidence: &PhaseEvidence<'_>) -> Vec<(Finding, Outcome)> {
    let mut findings: Vec<_> =
        evidence.phase.criteria.iter().flat_map(|criterion| criterion::findings(evidence, criterion)).collect();
    if evidence.measurements.ending == PhaseEnding::FailedEarly {
        fail_what_stopped_it(evidence, &mut findings);
    }
    if evidence.measurements.ending == PhaseEnding::Interrupted {
        for (finding, weight) in &mut findings {
            only_a_part(finding, evidence.plan);
            *weight = (*weight).min(Outcome::Inconclusive);
        }
    }
    findings
}

/// The phase was stopped because a criterion had failed for certain, and that decision stands whatever its last requests
/// did. It was the one with the most evidence against it, with every other that had enough.
fn fail_what_stopped_it(evidence: &PhaseEvidence<'_>, findings: &mut [(Finding, Outcome)]) {
    let against = |criterion: &Criterion| {
        let mut strongest = early::strongest(evidence, criterion);
        if criterion.level == plan::Level::Warn {
            strongest.fill(0.0);
        }
        strongest.resize(criterion::findings(evidence, criterion).len(), 0.0);
        strongest
    };
    let strengths: Vec<f64> = evidence.phase.criteria.iter().flat_map(against).collect();
    let most = strengths.iter().copied().fold(0.0, f64::max);
    let enough = most.min(statistics::wager::ENOUGH);
    let measured = number::duration(evidence.measurements.measured);
    let planned = number::duration(evidence.measurements.layout.duration);
    for ((finding, weight), strength) in findings.iter_mut().zip(strengths) {
        if strength >= enough && strength > 0.0 {
            (finding.outcome, finding.certain, *weight) = (Outcome::Failed, true, Outcome::Failed);
            let stopped = format!(
                " It had failed for certain after {measured} of {planned}, so the phase was stopped early; an app that keeps \
                 the limit would be stopped like this in at most one of 20 phases."
            );
            finding.because += &stopped;
        }
    }
}

/// What was seen of a part of the window only decides nothing.
fn only_a_part(finding: &mut Finding, plan: &Plan) {
    finding.outcome = Outcome::Inconclusive;
    finding.certain = false;
    finding.because += match plan.foreign {
        None => " The phase was interrupted, so this is only a part of its window and decides nothing.",
        Some(_) => " The files tell only of a part of the phase's window, and that decides nothing.",
    };
}

/// The same finding with the endpoint that has the most of it.
fn at(most: Option<Most>, finding: Finding) -> Finding {
    let part = most.as_ref().map(|most| [most.count, most.all]);
    Finding { worst_endpoint: most.map(|most| most.name), worst_part: part, ..finding }
}

/// The findings that every phase has without being asked, where they do not hold.
fn built_in(evidence: &PhaseEvidence<'_>) -> Vec<(Finding, Outcome)> {
    let PhaseEvidence { phase, measurements, .. } = evidence;
    let finding = |criterion: &str, observed: f64, limit: f64, unit: &str, samples: u64, because: String| Finding {
        criterion: criterion.to_owned(),
        endpoint: None,
        level: Level::Block,
        file: phase.place.file.to_string(),
        line: phase.place.line,
        outcome: Outcome::Failed,
        certain: true,
        observed: Some(observed),
        limit,
        unit: unit.to_owned(),
        interval: None,
        samples,
        because,
        worst_endpoint: None,
        worst_part: None,
    };
    let ramp = &measurements.ramp;
    match measurements.ending {
        // Users that start before the window end the ramp when they cannot log in, those that join within it do not.
        PhaseEnding::RampFailed | PhaseEnding::Completed | PhaseEnding::FailedEarly
            if measurements.ending == PhaseEnding::RampFailed || !ramp.reasons.is_empty() =>
        {
            let failed = measurements.ending == PhaseEnding::RampFailed;
            let users = if failed { phase.first_users() } else { phase.load.users() };
            let so = if failed { ", so nothing was measured" } else { "" };
            let because = format!(
                "{} of {} logged in{so}.",
                number::count(u64::from(ramp.logged_in)),
                number::counted(u64::from(users), "user")
            );
            let reasons = ramp.reasons.iter().map(|reason| format!(" {}.", reason.trim_end_matches('.')));
            let because = because + &reasons.collect::<String>();
            let ids = (0..).map(crate::plan::EndpointId).take(evidence.plan.endpoints.len());
            let worst = evidence.endpoints(ids).most(|row| if row.login { row.measured.failures() } else { 0 });
            let observed = f64::from(ramp.logged_in);
            let failed = finding(LOGGED_IN, observed, f64::from(users), "", u64::from(ramp.started), because);
            vec![(at(worst, failed), Outcome::Failed)]
        }
        PhaseEnding::StoppedAnswering => {
            let all = evidence.all();
            let when = match measurements.measured {
                Duration::ZERO => "before its window began".to_owned(),
                measured => format!("after {} of its window", number::duration(measured)),
            };
            let because = format!(
                "For {} or longer every request that ended failed: the target stopped answering, so the phase was ended \
                 {when}.",
                number::duration(super::patience(phase)),
            );
            let most = all.most(|row| row.measured.failures());
            let failures = all.failures() as f64;
            let because = because + &criterion::example(&all, most.as_ref());
            let failed = finding(ANSWERS, failures, 0.0, "events", all.requests(), because);
            vec![(at(most, failed), Outcome::Failed)]
        }
        _ => Vec::new(),
    }
}

/// A finding as one sentence of its phase.
fn sentence(finding: &Finding) -> String {
    let endpoint = finding.endpoint.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    format!("{}{endpoint}: {}", finding.criterion, finding.because)
}

fn interrupted(plan: &Plan, measurements: &PhaseMeasurements, pauses: Pauses) -> String {
    let planned = measurements.layout.duration;
    let [measured, planned] = [pauses.left_of(measurements.measured), planned].map(number::duration);
    match (&plan.foreign, pauses.sentence()) {
        (None, _) => format!("The phase was interrupted after {measured} of {planned}."),
        (Some(_), None) => format!("The files tell of {measured} of a window of {planned}."),
        (Some(_), Some(why)) => format!("The files tell of {measured} of a window of {planned}. {why}"),
    }
}

/// Groups of consecutive spans in which requests failed, or more of them than a criterion allows were beyond its latency
/// limit.
fn bursts(evidence: &PhaseEvidence<'_>) -> u32 {
    let layout = &evidence.measurements.layout;
    let mut bad: Vec<bool> =
        evidence.all().spans(|_, span| Tally { n: span.requests, x: span.failures }).iter().map(|t| t.x > 0).collect();
    for criterion in &evidence.phase.criteria {
        let Subject::Metric { metric: Metric::Quantile(q), service: false, judged, op, .. } = &criterion.subject else {
            continue;
        };
        if !matches!(op, Op::Less | Op::LessOrEqual) {
            continue;
        }
        let limits = Threshold::of(criterion);
        let limits: Vec<_> = limits.iter().filter(|limit| limit.clock == Clock::Latency).collect();
        for judged in judged {
            let spans = evidence.select(judged).spans(|row, span| {
                let limit = limits.iter().find(|limit| limit.endpoint == row.id && !row.login);
                let position = limit.and_then(|limit| layout.position(limit));
                position.map_or_else(Tally::default, |position| Tally {
                    n: span.timed + span.added,
                    x: span.beyond[position] + span.added_beyond[position],
                })
            });
            for (bad, span) in bad.iter_mut().zip(spans) {
                *bad |= span.x as f64 > (1.0 - q) * span.n as f64;
            }
        }
    }
    statistics::groups(bad.into_iter())
}
