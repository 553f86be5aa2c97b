//! What happened so far: the run's memory, from which the verdict is made at its end.

use jiff::Timestamp;

use super::{Finished, MeasuredPhase, Rehearsed, Setup};
use crate::{
    judge::{
        self, BreakingPoint, CheckResult, Interruption, Outcome, PhaseEvidence, PhaseVerdict, RecoveryVerdict,
        RunEvidence, Totals,
    },
    load::Rehearsal,
    plan::{Phase, Plan},
    preflight::{Checked, Held, Sent},
};

/// What happened so far.
#[derive(Debug)]
pub(super) struct Record {
    started_at: Timestamp,
    /// URL of the target, `demo` for the built-in staging app.
    target: String,
    notes: Vec<String>,
    totals: Totals,
    pub(super) interruption: Option<Interruption>,
    pub(super) preflight: Vec<CheckResult>,
    pub(super) phases: Vec<PhaseVerdict>,
    measured: Vec<MeasuredPhase>,
    breaking_point: Option<BreakingPoint>,
    pub(super) recovery: Option<RecoveryVerdict>,
    pub(super) integrity: Vec<CheckResult>,
    pub(super) cleanup: Vec<CheckResult>,
    pub(super) rehearsals: Vec<Rehearsed>,
}

impl Record {
    /// A run that begins now.
    pub(super) fn begin(target: String, notes: Vec<String>) -> Self {
        Self {
            started_at: Timestamp::now(),
            target,
            notes,
            totals: Totals::default(),
            interruption: None,
            preflight: Vec::new(),
            phases: Vec::new(),
            measured: Vec::new(),
            breaking_point: None,
            recovery: None,
            integrity: Vec::new(),
            cleanup: Vec::new(),
            rehearsals: Vec::new(),
        }
    }

    /// Counts what was sent to the target outside the load.
    pub(super) fn count(&mut self, sent: Sent) {
        self.totals.requests += sent.requests;
        self.totals.failures += sent.failures;
    }

    /// Counts what an item of a checklist sent, and keeps the exchanges of one that did not hold.
    pub(super) fn show(&mut self, checklist: &str, checked: &Checked) {
        self.count(checked.sent);
        let title = format!("{checklist}: {}", checked.name);
        self.rehearsals.extend(
            checked
                .exchanges
                .iter()
                .map(|shown| Rehearsed { title: title.clone(), rehearsal: Rehearsal::clone(shown) }),
        );
    }

    /// Counts what a load sent.
    pub(super) fn count_load(&mut self, measured: &crate::measure::PhaseMeasurements) {
        self.totals.requests += measured.sent;
        self.totals.failures += measured.failed;
    }

    /// Judges a phase as soon as it ended, and keeps it.
    pub(super) fn judge(&mut self, plan: &Plan, phase: &Phase, measured: MeasuredPhase) -> PhaseVerdict {
        let MeasuredPhase { measurements, gauges, .. } = &measured;
        let evidence = PhaseEvidence { plan, phase, measurements, gauges };
        let verdict = judge::phase(evidence);
        if verdict.outcome == Outcome::Failed {
            self.breaking_point = Some(judge::breaking_point(&self.phases, &verdict, evidence));
        }
        self.count_load(measurements);
        self.measured.push(measured);
        self.phases.push(verdict.clone());
        verdict
    }

    /// Whether the target is ready for load.
    pub(super) fn ready(&self) -> bool {
        self.preflight.iter().all(|check| check.outcome == Outcome::Passed)
    }

    /// Makes the verdict; phases that were not reached are not run.
    pub(super) fn conclude(mut self, setup: &Setup) -> Finished {
        let plan = &setup.plan;
        self.add_what_was_not_reached(plan);
        let missing = plan.phases.iter().skip(self.phases.len());
        self.phases.extend(missing.map(|phase| judge::not_run(plan, phase)));
        let verdict = judge::conclude(RunEvidence {
            plan,
            target: self.target,
            started_at: rfc_3339(self.started_at),
            finished_at: rfc_3339(Timestamp::now()),
            repeat: setup.repeat.clone(),
            notes: self.notes,
            extent: setup.extent,
            interruption: self.interruption,
            preflight: self.preflight,
            phases: self.phases,
            totals: self.totals,
            breaking_point: self.breaking_point,
            regressions: Vec::new(),
            recovery: self.recovery,
            integrity: self.integrity,
            cleanup: self.cleanup,
        });
        Finished { verdict, phases: self.measured, rehearsals: self.rehearsals }
    }
}

impl Record {
    /// Items of the checklists that the run did not come to stand there too, with the reason.
    fn add_what_was_not_reached(&mut self, plan: &Plan) {
        let why = match self.interruption {
            Some(_) => "not run, because the run was ended before",
            None if !self.ready() => "not run, because the target is not ready for load",
            None => "not run, because no load was sent",
        };
        for (checks, results) in [(&plan.preflight, &mut self.preflight), (&plan.integrity, &mut self.integrity)] {
            let missing = checks.iter().filter(|check| {
                !results.iter().any(|result| result.line == check.place.line && result.name == check.name)
            });
            let missing: Vec<CheckResult> = missing.map(|check| result(&Checked::not_run(check, why))).collect();
            results.extend(missing);
        }
    }
}

/// The result of an item in the verdict's words.
pub(super) fn result(checked: &Checked) -> CheckResult {
    CheckResult {
        name: checked.name.clone(),
        outcome: match checked.held {
            Held::Yes => Outcome::Passed,
            Held::No => Outcome::Failed,
            Held::NotRun => Outcome::NotRun,
        },
        detail: checked.detail.clone(),
        file: checked.place.file.to_string(),
        line: checked.place.line,
    }
}

/// In UTC, to the millisecond.
fn rfc_3339(at: Timestamp) -> String {
    format!("{at:.3}")
}
