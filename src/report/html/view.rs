//! What the page shows, as text: the page itself only places it.

use serde::Serialize;

use super::{
    chart::{self, Chart},
    comparisons::RegressionsView,
};
use crate::units::number;
use crate::{
    judge::{
        Band, CheckResult, EndpointVerdict, Milliseconds, Outcome, PhaseVerdict, StatementVerdict, Verdict,
        short_commit,
    },
    report::{
        bands, diagnosis,
        ladder::{self, Rung},
        regressions, target,
        trouble::{self, Standing, Trouble},
        waivers, when,
    },
};

/// So many statements of a phase are shown, more than in the summary: the page has room. verdict.json has those that were kept.
const MOST_STATEMENTS: usize = 10;

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
    chart: Option<Chart>,
    rungs: Vec<RungView>,
    breaking_point: Option<String>,
    diagnosis: Vec<String>,
    actions: Vec<String>,
    recovery: Option<(Tone, String)>,
    integrity: Vec<CheckView>,
    cleanup: Vec<CheckView>,
    preflight: Vec<CheckView>,
    regressions: Option<RegressionsView>,
    phases: Vec<PhaseView>,
    environment: Vec<(&'static str, String)>,
    repeat: String,
}

/// An outcome as a word, and the class of its colour.
#[derive(Serialize)]
pub(super) struct Tone {
    word: &'static str,
    class: &'static str,
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

#[derive(Serialize)]
struct CheckView {
    name: String,
    outcome: Tone,
    detail: String,
}

#[derive(Serialize)]
struct PhaseView {
    name: String,
    load: String,
    outcome: Tone,
    /// Whether its details are unfolded from the start.
    open: bool,
    because: Vec<String>,
    findings: Vec<FindingView>,
    endpoints: Vec<EndpointView>,
    monitors: Vec<MonitorView>,
    statements: Vec<StatementView>,
    statements_unknown: Vec<String>,
    generator: Option<String>,
}

#[derive(Serialize)]
struct FindingView {
    criterion: String,
    level: &'static str,
    outcome: Tone,
    observed: String,
    limit: String,
    interval: String,
    sure: &'static str,
    place: String,
    because: String,
}

#[derive(Serialize)]
struct EndpointView {
    name: String,
    tags: Vec<String>,
    cells: [String; 8],
    answers: String,
    examples: Vec<String>,
}

#[derive(Serialize)]
struct StatementView {
    query: String,
    source: String,
    /// Calls, calls for each request, mean and sum of the time.
    cells: [String; 4],
}

#[derive(Serialize)]
struct MonitorView {
    name: String,
    mean: String,
    max: String,
    band: Tone,
    samples: String,
    crossed: String,
    missing: String,
}

impl View {
    /// Everything that the page shows of a verdict.
    pub(super) fn of(verdict: &Verdict) -> Self {
        Self {
            gate: verdict.gate.clone(),
            outcome: Tone { word: verdict.word(), ..tone(verdict.tone()) },
            headline: verdict.headline.clone(),
            facts: facts(verdict),
            notes: regressions::notes(verdict).map(str::to_owned).collect(),
            waivers: waivers::lines(verdict),
            troubles: trouble::of(verdict).into_iter().map(TroubleView::of).collect(),
            chart: chart::of(verdict),
            rungs: ladder::rungs(verdict).into_iter().map(RungView::of).collect(),
            breaking_point: ladder::breaking_point(verdict),
            diagnosis: diagnosis::sentences(verdict).to_vec(),
            actions: diagnosis::advice(verdict),
            recovery: ladder::recovery(verdict).map(|text| {
                (tone(verdict.recovery.as_ref().map_or(Outcome::NotRun, |recovery| recovery.outcome)), text)
            }),
            integrity: verdict.integrity.iter().map(CheckView::of).collect(),
            cleanup: verdict.cleanup.iter().map(CheckView::of).collect(),
            preflight: verdict.preflight.iter().map(CheckView::of).collect(),
            regressions: RegressionsView::of(verdict),
            phases: verdict.phases.iter().filter(|phase| phase.outcome != Outcome::NotRun).map(PhaseView::of).collect(),
            environment: environment(verdict),
            repeat: verdict.repeat.clone(),
        }
    }
}

pub(super) fn tone(outcome: Outcome) -> Tone {
    let class = match outcome {
        Outcome::Passed => "good",
        Outcome::Warned => "warn",
        Outcome::Failed => "bad",
        Outcome::Inconclusive | Outcome::New | Outcome::Invalid | Outcome::Interrupted => "unsure",
        Outcome::NotRun => "quiet",
    };
    Tone { word: outcome.word(), class }
}

fn facts(verdict: &Verdict) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("profile", verdict.profile.clone()),
        ("target", target::words(verdict)),
        ("commit", short_commit(&verdict.commit).to_owned()),
        ("requests", number::count(verdict.totals.requests)),
        ("failures", number::count(verdict.totals.failures)),
    ];
    facts.extend(when::took(verdict).map(|took| ("took", when::span(took))));
    facts
}

fn environment(verdict: &Verdict) -> Vec<(&'static str, String)> {
    vec![
        ("commit", verdict.commit.clone()),
        ("started", when::moment(&verdict.started_at)),
        ("finished", when::moment(&verdict.finished_at)),
        ("seed", verdict.seed.to_string()),
        ("stagegate", verdict.version.clone()),
        ("exit code", verdict.exit_code.to_string()),
    ]
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

impl CheckView {
    fn of(check: &CheckResult) -> Self {
        Self { name: check.name.clone(), outcome: tone(check.outcome), detail: check.detail.clone() }
    }
}

impl PhaseView {
    fn of(phase: &PhaseVerdict) -> Self {
        Self {
            name: phase.name.clone(),
            load: ladder::load(phase),
            outcome: tone(phase.outcome),
            open: phase.outcome != Outcome::Passed,
            because: trouble::own_reasons(phase).into_iter().map(str::to_owned).collect(),
            findings: phase.findings.iter().map(FindingView::of).collect(),
            endpoints: phase.endpoints.iter().map(EndpointView::of).collect(),
            monitors: phase.monitors.iter().map(MonitorView::of).collect(),
            statements: phase.statements.iter().take(MOST_STATEMENTS).map(StatementView::of).collect(),
            statements_unknown: phase.statements_unknown.clone(),
            generator: phase.generator.as_ref().map(|generator| {
                let state = if generator.saturated { "Saturated" } else { "Good enough" };
                let p99 = number::milliseconds(generator.lateness_ms.p99);
                let max = number::milliseconds(generator.lateness_ms.max);
                let cpu = number::plain(generator.cpu_percent);
                format!("{state}: lateness p99 {p99}, largest {max}; CPU of the busiest worker {cpu} %")
            }),
        }
    }
}

impl StatementView {
    fn of(statement: &StatementVerdict) -> Self {
        let StatementVerdict { source, query, calls, calls_each, mean_ms, total_ms } = statement;
        let (each, [mean, total]) =
            (number::or_nothing(*calls_each, number::plain), [*mean_ms, *total_ms].map(number::milliseconds));
        Self { query: query.clone(), source: source.clone(), cells: [number::count(*calls), each, mean, total] }
    }
}

impl FindingView {
    fn of(finding: &crate::judge::Finding) -> Self {
        let trouble::Measured { observed, limit, interval, sure } = trouble::measured(finding);
        Self {
            criterion: trouble::title(finding),
            level: match finding.level {
                crate::judge::Level::Block => "",
                crate::judge::Level::Warn => " only warns",
            },
            outcome: tone(finding.outcome),
            observed,
            limit,
            interval: interval.unwrap_or_default(),
            sure: sure.split_once(',').map_or(sure, |(sure, _)| sure),
            place: trouble::place(&finding.file, finding.line).map(|place| place.to_string()).unwrap_or_default(),
            because: finding.because.clone(),
        }
    }
}

impl EndpointView {
    fn of(endpoint: &EndpointVerdict) -> Self {
        let EndpointVerdict {
            name, tags, requests, failures, statuses, errors, examples, latency_ms, service_ms, ..
        } = endpoint;
        let Milliseconds { p50, p90, p95, p99, max, .. } = *latency_ms;
        let [p50, p90, p95, p99, max, service] =
            [p50, p90, p95, p99, max, service_ms.p95].map(|time| number::or_nothing(time, number::milliseconds));
        let answers = statuses.iter().chain(errors).map(|(what, n)| format!("{what}: {}", number::count(*n)));
        Self {
            name: name.clone(),
            tags: tags.clone(),
            cells: [number::count(*requests), number::count(*failures), p50, p90, p95, p99, max, service],
            answers: answers.collect::<Vec<_>>().join(", "),
            examples: examples.clone(),
        }
    }
}

impl MonitorView {
    fn of(monitor: &crate::judge::MonitorVerdict) -> Self {
        let (word, class) = match monitor.band {
            Band::Safe => ("safe", "good"),
            Band::Warning => ("warning", "warn"),
            Band::Critical => ("critical", "bad"),
            Band::Missing => ("missing", "unsure"),
        };
        Self {
            name: monitor.name.clone(),
            mean: number::or_nothing(monitor.mean, number::plain),
            max: number::or_nothing(monitor.max, number::plain),
            band: Tone { word, class },
            samples: number::count(monitor.samples),
            crossed: bands::crossings(monitor),
            missing: monitor.missing.clone().unwrap_or_default(),
        }
    }
}
