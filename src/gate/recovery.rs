//! Whether and when the app comes back after the load.

use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use super::{
    Event,
    corridor::Walk,
    drive::{Drive, Driven, LAG, Look, Monitors, View},
    ladder::{Climbed, Unjudged, progress},
};
use crate::{
    judge::{self, Interruption, Outcome, RECOVERY_SPAN, RecoverySpan, RecoveryVerdict},
    load::Tick,
    measure::{GaugeSeries, PhaseEnding},
    plan::{Arrivals, LAST_READINGS, Load, Phase, Plan, Recovery, Stages},
};

/// A worker's report may come so much after its second.
const MARGIN: Duration = Duration::from_millis(500);

/// The pause before users whom the app did not let in try again.
const SECOND_TRY: Duration = Duration::from_secs(1);

/// Sends a small load of the first phase's scenarios and data, until two successive spans are good or time is up. Users
/// that cannot log in try again with a fresh start; until they can, nothing has recovered.
///
/// Nothing is waited for: the monitors' last answers about the ladder come in meanwhile, and the last phase is judged then.
pub(super) async fn watch(walk: &mut Walk<'_>, rule: &Recovery, climbed: Climbed) -> Result<(), Interruption> {
    let Climbed { ended: load_ended, mut unjudged, .. } = climbed;
    let plan = std::sync::Arc::clone(&walk.plan);
    let mut watching = Watching { plan: &plan, rule, load_ended, spans: Vec::new(), verdict: None };
    if unjudged.is_none() {
        (walk.listen)(Event::RecoveryStarted);
    }
    let mut index = walk.next_index;
    let mut reasons = Vec::new();
    while watching.verdict.is_none() {
        let left = watching.left();
        let Some(phase) = gentle(&plan, rule, left) else { break };
        let driven = attempt(walk, (&phase, index), &mut watching, unjudged.take()).await;
        walk.record.count_load(&driven.measured.measurements);
        if let Some(why) = driven.interruption {
            return Err(why);
        }
        reasons = driven.measured.measurements.ramp.reasons;
        let locked_out = driven.measured.measurements.ending == PhaseEnding::RampFailed;
        if !locked_out || load_ended.elapsed() > rule.within {
            break;
        }
        walk.stop.or(sleep(SECOND_TRY)).await?;
        index = index.saturating_add(1);
    }
    if let Some(unjudged) = unjudged {
        unjudged.read_out(LAST_READINGS).await.judge(&plan, &mut walk.record, walk.listen);
        (walk.listen)(Event::RecoveryStarted);
    }
    let verdict = watching.conclude(&walk.record.phases, &reasons);
    (walk.listen)(Event::Recovery(verdict.clone()));
    walk.record.recovery = Some(verdict);
    Ok(())
}

/// Sends the load once, and judges the ladder's last phase beside it if that is still to be done.
async fn attempt(
    walk: &mut Walk<'_>,
    (phase, index): (&Phase, u32),
    watching: &mut Watching<'_>,
    unjudged: Option<Unjudged>,
) -> Driven {
    let plan = watching.plan;
    let monitors = Cell::new(if unjudged.is_some() { Monitors::Busy } else { Monitors::Free });
    let drive = Drive::plain(&walk.kit, &walk.stop, 1, phase, index);
    let (record, listen) = (RefCell::new(&mut walk.record), RefCell::new(&mut *walk.listen));
    let judging = async {
        let Some(unjudged) = unjudged else { return };
        let complete = unjudged.read_out(LAST_READINGS).await;
        let listen = &mut **listen.borrow_mut();
        complete.judge(plan, &mut record.borrow_mut(), listen);
        listen(Event::RecoveryStarted);
        monitors.set(Monitors::Free);
    };
    let mut look = |tick: &Tick, view: &View<'_>| {
        if monitors.get() == Monitors::Busy {
            return Look::GoOn;
        }
        listen.borrow_mut()(Event::Progress(progress(phase, tick, Duration::ZERO)));
        watching.look(&record.borrow().phases, tick, view)
    };
    let ((), loaded) = tokio::join!(judging, drive.load(&monitors, &mut look));
    loaded.read_out(LAST_READINGS).await
}

/// What was seen since the load ended.
struct Watching<'a> {
    plan: &'a Plan,
    rule: &'a Recovery,
    load_ended: Instant,
    spans: Vec<RecoverySpan>,
    verdict: Option<RecoveryVerdict>,
}

impl Watching<'_> {
    /// How long load is still to be sent: the first of the two spans may begin at the end of `within`.
    fn left(&self) -> Duration {
        let most = self.rule.within + RECOVERY_SPAN * 2 + LAG + MARGIN;
        most.saturating_sub(self.load_ended.elapsed())
    }

    /// Judges as soon as another span is complete.
    fn look(&mut self, ladder: &[judge::PhaseVerdict], tick: &Tick, view: &View<'_>) -> Look {
        let Some(window) = view.window_start() else { return Look::GoOn };
        let after_origin = view.origin().saturating_duration_since(self.load_ended);
        // Seconds are recorded whole, so spans begin at the first whole one of the window.
        let first = Duration::from_secs(window.as_millis().div_ceil(1000) as u64);
        for number in 0.. {
            let from = first + RECOVERY_SPAN * number;
            let to = from + RECOVERY_SPAN;
            let Some(late) = tick.elapsed.checked_sub(to + LAG + MARGIN) else { return Look::GoOn };
            let start = after_origin + from;
            if self.spans.last().is_some_and(|span| span.start >= start) {
                continue;
            }
            let recent = view.between(from, to);
            let gauges = view.gauges().iter().map(|series| highest(series, from, to)).collect();
            let (requests, failures, p50) = (recent.requests, recent.failures, recent.p50);
            let awaited = awaited(view.longest_under_way(), late);
            self.spans.push(RecoverySpan { start, requests, failures, p50, awaited, gauges });
            let verdict = judge::recovery(self.plan, self.rule, ladder, &self.spans);
            let too_late = start > self.rule.within;
            if verdict.outcome == Outcome::Passed || too_late {
                self.verdict = Some(verdict);
                return Look::Stop(PhaseEnding::Interrupted);
            }
        }
        Look::GoOn
    }

    fn conclude(self, ladder: &[judge::PhaseVerdict], reasons: &[String]) -> RecoveryVerdict {
        let Self { plan, rule, spans, verdict, .. } = self;
        let mut verdict = verdict.unwrap_or_else(|| judge::recovery(plan, rule, ladder, &spans));
        if spans.is_empty() && !reasons.is_empty() {
            verdict.detail = format!("Nobody could log in after the load: {}.", reasons.join("; "));
        }
        verdict
    }
}

/// How long the request that is `under_way` longest had been so when its span could be looked at first, so `late` ago:
/// one that was sent since then is none of the span.
fn awaited(under_way: Duration, late: Duration) -> Duration {
    under_way.saturating_sub(late)
}

/// The highest reading of a gauge between two moments since the load's origin.
fn highest(series: &GaugeSeries, from: Duration, to: Duration) -> (String, Option<f64>) {
    let within = series.samples.iter().filter(|sample| (from..to).contains(&sample.at));
    (series.name.clone(), within.map(|sample| sample.value).reduce(f64::max))
}

/// The load of `recovery.users` on the scenarios and the data of the first phase; `None` without time or without a phase.
fn gentle(plan: &Plan, rule: &Recovery, left: Duration) -> Option<Phase> {
    let first = plan.phases.first().filter(|_| !left.is_zero())?;
    Some(Phase {
        name: "recovery".to_owned(),
        load: Load::Closed { users: rule.users, spawn_rate: f64::from(rule.users.max(1)) },
        stages: Stages::default(),
        arrivals: Arrivals::Constant,
        warmup: Duration::ZERO,
        duration: left,
        criteria: Vec::new(),
        ..first.clone()
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::awaited;

    #[test]
    fn a_request_that_began_to_hang_later_does_not_spoil_an_earlier_span() {
        // Two spans are looked at, the first of them five seconds late.
        let [first, second] = [5, 0].map(|late| awaited(Duration::from_secs(4), Duration::from_secs(late)));
        assert_eq!((first, second), (Duration::ZERO, Duration::from_secs(4)));
        assert_eq!(awaited(Duration::from_secs(7), Duration::from_secs(5)), Duration::from_secs(2));
    }
}
