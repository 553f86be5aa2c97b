//! What happened so far: the run's memory, from which the verdict is made at its end.

use jiff::Timestamp;

use super::{Against, Finished, MeasuredPhase, Rehearsed, Stored, corridor::shown, setup::Closing};
use crate::{
    judge::{
        self, BreakingPoint, CheckResult, Comparison, ComparisonMode, Extent, Interruption, Outage, Outcome,
        PhaseEvidence, PhaseVerdict, RecoveryVerdict, Regression, RunEvidence, Seen, Source, Totals,
        regression::{self, Blocks, Head, Past, RunValues, StoredComparison},
    },
    load::{Defect, Rehearsal, attempt},
    plan::{Phase, Plan},
    preflight::{Checked, Held, Sent},
};

/// What happened so far.
#[derive(Debug)]
pub(super) struct Record {
    started_at: Timestamp,
    /// When it ended; `None` for now.
    pub(super) finished_at: Option<Timestamp>,
    /// The tool that made the load, where it was not the gate.
    pub(super) source: Option<Source>,
    /// URL of the target, `demo` for the built-in staging app.
    target: String,
    notes: Vec<String>,
    totals: Totals,
    pub(super) interruption: Option<Interruption>,
    pub(super) preflight: Vec<CheckResult>,
    pub(super) phases: Vec<PhaseVerdict>,
    /// Phases that have begun, one that is under way included.
    begun: usize,
    measured: Vec<MeasuredPhase>,
    /// The values of the cells: one set for each repetition of the ladder.
    values: Vec<RunValues>,
    /// The same of the phases that were measured again.
    confirmations: Vec<RunValues>,
    /// Interleaved: the values of both sides, by phase and block.
    pub(super) blocks: Vec<Blocks>,
    /// Readings of the ruler, in seconds.
    pub(super) ruler: Vec<f64>,
    /// Remarks on the comparison that came up on the way.
    pub(super) comparison_notes: Vec<String>,
    breaking_point: Option<BreakingPoint>,
    outages: Vec<Outage>,
    pub(super) recovery: Option<RecoveryVerdict>,
    pub(super) integrity: Vec<CheckResult>,
    pub(super) cleanup: Vec<CheckResult>,
    pub(super) rehearsals: Vec<Rehearsed>,
}

impl Record {
    /// A run that begins now.
    pub(super) fn begin(target: String, notes: Vec<String>) -> Self {
        Self::begin_at(Timestamp::now(), target, notes)
    }

    /// A run that began then.
    pub(super) fn begin_at(started_at: Timestamp, target: String, notes: Vec<String>) -> Self {
        Self {
            started_at,
            finished_at: None,
            source: None,
            target,
            notes,
            totals: Totals::default(),
            interruption: None,
            preflight: Vec::new(),
            phases: Vec::new(),
            begun: 0,
            measured: Vec::new(),
            values: Vec::new(),
            confirmations: Vec::new(),
            blocks: Vec::new(),
            ruler: Vec::new(),
            comparison_notes: Vec::new(),
            breaking_point: None,
            outages: Vec::new(),
            recovery: None,
            integrity: Vec::new(),
            cleanup: Vec::new(),
            rehearsals: Vec::new(),
        }
    }

    /// stagegate itself broke, which ends the run; the first defect counts, before whatever else ended it.
    pub(super) fn broke(&mut self, defect: &Defect) {
        if !matches!(self.interruption, Some(Interruption::Defect(_))) {
            self.interruption = Some(Interruption::Defect(defect.to_string()));
        }
    }

    /// The next phase of the ladder begins.
    pub(super) fn phase_begins(&mut self) {
        self.begun = self.phases.len() + 1;
    }

    /// Adds a remark that every report shows.
    pub(super) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// Counts what was sent to the target outside the load.
    pub(super) fn count(&mut self, sent: Sent) {
        self.totals.requests += sent.requests;
        self.totals.failures += sent.failures;
    }

    /// Counts what an item of a checklist sent, and keeps the exchanges of one that did not hold or is doubted.
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

    /// Requests that were sent so far, monitors' scrapes left out.
    pub(super) fn sent(&self) -> u64 {
        self.totals.requests
    }

    /// Judges a phase as soon as it ended, and keeps it; a repetition of the ladder, from 1, begins with its first phase.
    pub(super) fn judge(
        &mut self,
        plan: &Plan,
        (phase, repetition): (&Phase, u32),
        mut measured: MeasuredPhase,
    ) -> PhaseVerdict {
        self.values.resize_with(repetition as usize, RunValues::new);
        measured.name = repeated(&phase.name, repetition);
        let MeasuredPhase { measurements, gauges, .. } = &measured;
        let evidence = PhaseEvidence { plan, phase, measurements, gauges };
        let statements_unknown = measured.statements_unknown.clone();
        let window_at = measured.window_at.map(rfc_3339);
        let name = measured.name.clone();
        let mut verdict = PhaseVerdict { name, window_at, statements_unknown, ..judge::phase(evidence) };
        verdict.statements = judge::statements(&measured.statements, &Seen { verdict: &verdict, evidence });
        // A load of the gate's own ends with it; in one that another tool made, more phases may fail.
        if verdict.outcome == Outcome::Failed && self.breaking_point.is_none() {
            let mut seen = self.seen(plan);
            seen.push(Seen { verdict: &verdict, evidence });
            self.breaking_point = Some(judge::breaking_point(&self.phases, &verdict, evidence, &seen));
        }
        self.outages.extend(judge::outages(&verdict.name, evidence));
        if let Some(values) = self.values.last_mut().filter(|_| verdict.outcome != Outcome::Invalid) {
            values.extend(regression::values(evidence));
        }
        self.count_load(measurements);
        self.measured.push(measured);
        self.phases.push(verdict.clone());
        verdict
    }

    /// The phases that were judged, with what was measured in them.
    fn seen<'a>(&'a self, plan: &'a Plan) -> Vec<Seen<'a>> {
        let planned = plan.phases.iter().cycle();
        let judged = self.phases.iter().zip(&self.measured).zip(planned);
        let of = |((verdict, measured), phase): ((&'a PhaseVerdict, &'a MeasuredPhase), &'a Phase)| {
            let MeasuredPhase { measurements, gauges, .. } = measured;
            Seen { verdict, evidence: PhaseEvidence { plan, phase, measurements, gauges } }
        };
        judged.map(of).collect()
    }

    /// Keeps what a phase gave that was measured again; a measurement that the generator spoiled gives nothing. One that went
    /// wrong is told, because it may be why a comparison stays open.
    pub(super) fn confirm(&mut self, plan: &Plan, phase: &Phase, measured: &MeasuredPhase) {
        let MeasuredPhase { measurements, gauges, .. } = measured;
        // It had one look only.
        let plan = &plan.without_extension();
        let evidence = PhaseEvidence { plan, phase, measurements, gauges };
        self.count_load(measurements);
        let again = judge::phase(evidence);
        let valid = again.outcome != Outcome::Invalid;
        let values = if valid { regression::values(evidence) } else { RunValues::new() };
        if matches!(again.outcome, Outcome::Failed | Outcome::Invalid) {
            self.comparison_notes.push(went_wrong(&again, &measurements.ramp.reasons, &values));
        }
        self.confirmations.push(values);
    }

    /// The comparison with stored runs as it stands now.
    pub(super) fn against_stored(&self, plan: &Plan, past: &Past) -> StoredComparison {
        let runs: Vec<RunValues> = self.values.iter().chain(&self.confirmations).cloned().collect();
        regression::against_stored(plan, Head { runs: &runs, ruler: &self.ruler, phases: &self.phases }, past)
    }

    /// Whether the target is ready for load.
    pub(super) fn ready(&self) -> bool {
        self.preflight.iter().all(CheckResult::held)
    }

    /// Makes the verdict; phases that were not reached are not run. One that had begun when stagegate itself broke, and
    /// never came to be judged, is inconclusive.
    pub(super) fn conclude(mut self, setup: &Closing<'_>) -> Finished {
        let plan = setup.plan;
        self.add_what_was_not_reached(plan);
        let diagnosed = attempt(|| judge::diagnose(&self.seen(plan), self.breaking_point.as_ref(), &self.outages));
        let diagnosis = diagnosed.unwrap_or_else(|defect| {
            self.broke(&defect);
            None
        });
        let ladder = (1..=setup.repetitions).flat_map(|repetition| plan.phases.iter().map(move |p| (repetition, p)));
        let missing = ladder.zip(1..).skip(self.phases.len());
        let broke = matches!(self.interruption, Some(Interruption::Defect(_)));
        let begun = if broke { self.begun } else { 0 };
        self.phases.extend(missing.map(|((repetition, phase), number)| {
            let missed = if number <= begun { judge::lost(plan, phase) } else { judge::not_run(plan, phase) };
            PhaseVerdict { name: repeated(&phase.name, repetition), ..missed }
        }));
        let compared = attempt(|| self.compare(setup));
        let (comparison, regressions) = compared.unwrap_or_else(|defect| {
            self.broke(&defect);
            (None, Vec::new())
        });
        if let Some(Against::Stored(stored)) = setup.against.filter(|_| comparison.is_some()) {
            // Beside the first climb of the ladder; beside the others it would be the same again.
            for (measured, base) in self.measured.iter_mut().zip(&stored.latency) {
                measured.base.clone_from(base);
            }
        }
        let verdict = judge::conclude(RunEvidence {
            plan,
            target: self.target,
            source: self.source,
            started_at: rfc_3339(self.started_at),
            finished_at: rfc_3339(self.finished_at.unwrap_or_else(Timestamp::now)),
            repeat: setup.repeat.to_owned(),
            notes: self.notes,
            extent: setup.extent,
            interruption: self.interruption,
            preflight: self.preflight,
            phases: self.phases,
            totals: self.totals,
            breaking_point: self.breaking_point,
            diagnosis,
            outages: self.outages,
            comparison,
            regressions,
            recovery: self.recovery,
            integrity: self.integrity,
            cleanup: self.cleanup,
        });
        Finished { verdict, phases: self.measured, values: self.values, ruler: self.ruler, rehearsals: self.rehearsals }
    }
}

impl Record {
    /// Judges the regressions: once, at the end of the run.
    fn compare(&self, setup: &Closing<'_>) -> (Option<Comparison>, Vec<Regression>) {
        let wanted = setup.extent == Extent::Ladder && self.ready() && self.interruption.is_none();
        let Some(against) = setup.against.filter(|_| wanted) else { return (None, Vec::new()) };
        let (mut comparison, regressions) = match against {
            Against::Stored(stored) => {
                let Stored { past, source, regime, notes, latency: _ } = &**stored;
                let regressions = self.against_stored(setup.plan, past).regressions;
                let counted = Comparison::of(&regressions, ComparisonMode::Stored);
                let (source, regime, notes) = (source.clone(), regime.clone(), notes.clone());
                (Comparison { source, regime, notes, ..counted }, regressions)
            }
            Against::Deployment(base) => {
                let regressions = regression::against_deployment(setup.plan, &self.blocks);
                let counted = Comparison::of(&regressions, ComparisonMode::Interleaved);
                (Comparison { source: Some(shown(&base.url)), ..counted }, regressions)
            }
        };
        comparison.ruler_s.clone_from(&self.ruler);
        comparison.notes.extend(self.comparison_notes.iter().cloned());
        (Some(comparison), regressions)
    }

    /// Items of the checklists that the run did not come to stand there too, with the reason.
    fn add_what_was_not_reached(&mut self, plan: &Plan) {
        let why = match self.interruption {
            Some(_) => "not run, because the run was ended before",
            None if !self.ready() => "not run, because the target is not ready for load",
            None if plan.foreign.is_some() => "not run, because another tool made the load",
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

/// What is said of a phase that was measured again to confirm a comparison, and failed or was invalid.
fn went_wrong(again: &PhaseVerdict, reasons: &[String], values: &RunValues) -> String {
    let why = again.because.first().map(String::as_str).unwrap_or_default();
    // What is no criterion of gates.yaml needs no name.
    let why = [judge::LOGGED_IN, judge::ANSWERS]
        .iter()
        .find_map(|name| why.strip_prefix(name)?.strip_prefix(": "))
        .unwrap_or(why);
    let first = why.split_once(". ").map_or(why, |(first, _)| first).trim_end_matches('.');
    // What followed from it for the phase is another matter.
    let first = first.split_once(", so ").map_or(first, |(first, _)| first);
    let reasons = reasons.iter().map(|reason| format!("; {}", reason.trim_end_matches('.')));
    let verb = if again.outcome == Outcome::Failed { "failed" } else { "is invalid" };
    // One that failed a criterion was measured all the same.
    let so = if values.is_empty() { ", so it confirms nothing" } else { "" };
    format!(
        "{} was measured again to confirm a comparison, and {verb} ({first}{}){so}.",
        again.name,
        reasons.collect::<String>()
    )
}

/// The name of a phase in a repetition of the ladder, from 1: names are unique, and the first keeps its own.
pub(super) fn repeated(name: &str, repetition: u32) -> String {
    if repetition > 1 { format!("{name} (repetition {repetition})") } else { name.to_owned() }
}

/// The result of an item in the verdict's words.
pub(super) fn result(checked: &Checked) -> CheckResult {
    CheckResult {
        name: checked.name.clone(),
        outcome: match checked.held {
            Held::Yes => Outcome::Passed,
            Held::Doubted => Outcome::Warned,
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
