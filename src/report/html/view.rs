//! What the page shows, as text: the page itself only places it.

use serde::Serialize;

use super::{
    comparisons::RegressionsView,
    course::CourseView,
    endpoints::EndpointsView,
    environment::{self, GeneratorView},
    errors::ErrorsView,
    phases::PhaseView,
    tone::{CheckView, Tone, tone},
};
use crate::{
    judge::{Outcome, Verdict},
    report::{
        diagnosis,
        ladder::{self, Rung},
        recording::Recording,
        regressions,
        trouble::{self, Standing, Trouble},
        waivers,
    },
};

/// The page's content.
#[derive(Serialize)]
pub(super) struct View {
    gate: String,
    outcome: Tone,
    headline: String,
    facts: Vec<(&'static str, String)>,
    notes: Vec<String>,
    waivers: Vec<String>,
    troubles: Vec<TroubleView>,
    course: Option<CourseView>,
    /// Why a run with phases is not drawn; empty where it is.
    undrawn: &'static str,
    rungs: Vec<RungView>,
    breaking_point: Option<String>,
    diagnosis: Vec<String>,
    actions: Vec<String>,
    recovery: Option<(Tone, String)>,
    integrity: Vec<CheckView>,
    cleanup: Vec<CheckView>,
    preflight: Vec<CheckView>,
    endpoints: Option<EndpointsView>,
    errors: Option<ErrorsView>,
    regressions: Option<RegressionsView>,
    phases: Vec<PhaseView>,
    environment: Vec<(&'static str, String)>,
    generators: Vec<GeneratorView>,
    repeat: String,
}

#[derive(Serialize)]
struct TroubleView {
    tone: Tone,
    part: String,
    what: String,
    numbers: String,
    place: String,
    because: String,
    advice: String,
}

#[derive(Serialize)]
struct RungView {
    name: String,
    cells: [String; 7],
    outcome: Tone,
}

impl View {
    /// Everything that the page shows of a verdict, and of what was measured where that is at hand.
    pub(super) fn of(verdict: &Verdict, recording: Option<&Recording<'_>>) -> Self {
        let course = recording.and_then(|recording| CourseView::of(verdict, recording));
        let run = verdict.phases.iter().any(|phase| phase.outcome != Outcome::NotRun);
        let undrawn = match recording {
            None if run => "The run is not drawn second by second, because measurements.json is not at hand.",
            Some(_) if run && course.is_none() => "No second was measured, so that there is nothing to draw.",
            _ => "",
        };
        Self {
            gate: verdict.gate.clone(),
            outcome: Tone { word: verdict.word(), ..tone(verdict.tone()) },
            headline: verdict.headline.clone(),
            facts: environment::facts(verdict),
            notes: regressions::notes(verdict).map(str::to_owned).collect(),
            waivers: waivers::lines(verdict),
            troubles: trouble::of(verdict).into_iter().map(TroubleView::of).collect(),
            course,
            undrawn,
            rungs: ladder::rungs(verdict).into_iter().map(RungView::of).collect(),
            breaking_point: ladder::breaking_point(verdict),
            diagnosis: diagnosis::sentences(verdict).to_vec(),
            actions: diagnosis::advice(verdict),
            recovery: ladder::recovery(verdict).map(|text| {
                (tone(verdict.recovery.as_ref().map_or(Outcome::NotRun, |recovery| recovery.outcome)), text)
            }),
            integrity: CheckView::all(&verdict.integrity),
            cleanup: CheckView::all(&verdict.cleanup),
            preflight: CheckView::all(&verdict.preflight),
            endpoints: EndpointsView::of(verdict, recording),
            errors: ErrorsView::of(verdict, recording),
            regressions: RegressionsView::of(verdict),
            phases: PhaseView::all(verdict),
            environment: environment::environment(verdict),
            generators: environment::generators(verdict),
            repeat: verdict.repeat.clone(),
        }
    }
}

impl TroubleView {
    fn of(trouble: Trouble<'_>) -> Self {
        let class = match trouble.standing {
            Standing::Failed => "bad",
            Standing::Invalid | Standing::Inconclusive | Standing::Uncertain => "unsure",
            Standing::Warned => "warn",
        };
        let advice = trouble.advice.clone().filter(|_| trouble.standing != Standing::Uncertain);
        Self {
            tone: Tone { word: trouble.standing.word(), class },
            numbers: trouble.numbers(),
            part: trouble.part.to_owned(),
            what: trouble.what,
            place: trouble.place.map(|place| place.to_string()).unwrap_or_default(),
            because: trouble.because,
            advice: advice.unwrap_or_default(),
        }
    }
}

impl RungView {
    fn of(rung: Rung<'_>) -> Self {
        let Rung { name, load, requests, success, throughput, p50, p95, p99, outcome } = rung;
        let cells = [load, requests, success, throughput, p50, p95, p99];
        Self { name: name.to_owned(), cells, outcome: tone(outcome) }
    }
}
