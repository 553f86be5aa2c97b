//! The endpoints: how their times are distributed, and their numbers in a table that can be sorted.

use serde::Serialize;

use super::{
    picture::{Baseline, Curve, Picture, Side, With, distribution},
    requests::{SplitView, TracesView},
    tone::Cell,
};
use crate::{
    judge::{ComparisonMode, EndpointVerdict, Milliseconds, Outcome, PhaseVerdict, Verdict},
    measure::Histogram,
    plan::{Metric, written_cell},
    report::{
        kept::{kept, rank},
        recording::Recording,
    },
    units::number,
};

/// So many endpoints have a picture: the slowest.
const MOST_PICTURES: usize = 12;

/// So many rows stand in the table, those of phases that did not pass and with failures first; verdict.json and
/// endpoints.csv have all.
const MOST_ROWS: usize = 600;

/// The shares of the table behind a picture.
const SHARES: [f64; 7] = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0];

/// The section.
#[derive(Serialize)]
pub(super) struct EndpointsView {
    distributions: Vec<DistributionView>,
    /// Endpoints without a picture.
    undrawn: usize,
    /// What the other side of the comparison has for the pictures, in a sentence; empty without a comparison.
    baseline: &'static str,
    rows: Vec<RowView>,
    /// Rows that are left out, also of `splits`.
    more: usize,
    splits: Vec<SplitView>,
    traces: Option<TracesView>,
}

/// The latency of one endpoint.
#[derive(Serialize)]
struct DistributionView {
    name: String,
    picture: Picture,
    /// Whether the other side of the comparison is among its lines, or has a ring.
    #[serde(skip)]
    other: [bool; 2],
    /// A phase, and its percentiles.
    rows: Vec<(String, Vec<String>)>,
}

/// One endpoint in one phase.
#[derive(Serialize)]
struct RowView {
    phase: String,
    /// The place of the phase in the ladder.
    at: usize,
    name: String,
    tags: Vec<String>,
    cells: [Cell; 8],
    answers: String,
    examples: Vec<String>,
}

impl EndpointsView {
    /// `None` where no phase was run.
    pub(super) fn of(verdict: &Verdict, recording: Option<&Recording<'_>>) -> Option<Self> {
        let run: Vec<&PhaseVerdict> = verdict.phases.iter().filter(|phase| phase.outcome != Outcome::NotRun).collect();
        let rows =
            || run.iter().enumerate().flat_map(|(at, phase)| phase.endpoints.iter().map(move |one| (at, *phase, one)));
        rows().next()?;
        let mut names: Vec<(&str, f64)> = Vec::new();
        for (_, _, endpoint) in rows() {
            let slowest = endpoint.latency_ms.p99.unwrap_or(0.0);
            match names.iter_mut().find(|(name, _)| *name == endpoint.name) {
                Some((_, known)) => *known = known.max(slowest),
                None => names.push((&endpoint.name, slowest)),
            }
        }
        names.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        let drawn = names.iter().take(MOST_PICTURES).enumerate();
        let distributions: Vec<_> = recording
            .map(|recording| {
                drawn.filter_map(|(at, (name, _))| DistributionView::of(verdict, recording, &run, (at, name))).collect()
            })
            .unwrap_or_default();
        let undrawn = if distributions.is_empty() { 0 } else { names.len() - distributions.len() };
        let baseline = if distributions.is_empty() { "" } else { compared_with(verdict, &distributions) };
        let (kept, more) =
            kept(rows().collect(), MOST_ROWS, |(_, phase, endpoint)| (rank(phase.outcome), endpoint.failures == 0));
        Some(Self {
            distributions,
            undrawn,
            baseline,
            rows: kept.iter().map(|(at, phase, endpoint)| RowView::of(*at, phase, endpoint)).collect(),
            more,
            splits: kept.iter().filter_map(|(at, phase, endpoint)| SplitView::of(*at, phase, endpoint)).collect(),
            traces: TracesView::of(&run),
        })
    }
}

/// What the pictures have of the other side of the comparison, in a sentence; empty without one.
fn compared_with(verdict: &Verdict, distributions: &[DistributionView]) -> &'static str {
    let [lines, rings] = [0, 1].map(|at| distributions.iter().any(|one| one.other[at]));
    let Some(comparison) = &verdict.comparison else { return "" };
    match (with(verdict), lines, rings) {
        (With::Base, true, _) => "A dashed line is the base of the comparison, all its blocks together.",
        (With::StoredRuns, true, _) => "A dashed line is all requests of the stored runs that the comparison counts.",
        (With::Base, false, true) => "A ring marks what the base has for a compared cell, over all blocks.",
        (With::StoredRuns, false, true) => {
            "No distribution of the stored runs is at hand: a ring marks what they have for a compared cell."
        }
        (With::StoredRuns, false, false) if comparison.regime.is_none() => {
            "There is no stored run to be drawn beside it."
        }
        (With::StoredRuns, false, false) => "No distribution of the stored runs is at hand to be drawn beside it.",
        (With::Base, false, false) => "No distribution of the base is at hand to be drawn beside it.",
    }
}

/// What the run was compared with; without a comparison nothing is said of it.
fn with(verdict: &Verdict) -> With {
    match verdict.comparison.as_ref().map(|comparison| comparison.mode) {
        Some(ComparisonMode::Stored) => With::StoredRuns,
        Some(ComparisonMode::Interleaved) | None => With::Base,
    }
}

impl DistributionView {
    fn of(
        verdict: &Verdict,
        recording: &Recording<'_>,
        run: &[&PhaseVerdict],
        (at, name): (usize, &str),
    ) -> Option<Self> {
        let (mut curves, mut rows, mut baseline) = (Vec::new(), Vec::new(), Vec::new());
        let with = with(verdict);
        for (place, phase) in run.iter().enumerate() {
            let Some(measured) = recording.phase(&phase.name) else { continue };
            let mut add = |side: Side, name: String, [latency, added]: [Histogram; 2]| {
                let time = |q: f64| latency.worse_quantile(&added, q).map(|time| time.as_secs_f64() * 1e3);
                let shares = Curve::shares(latency.count()).into_iter();
                let points: Vec<_> = shares.filter_map(|q| Some((q, time(q)?))).collect();
                if points.is_empty() {
                    return false;
                }
                let times = SHARES.iter().map(|q| number::or_nothing(time(*q), number::milliseconds));
                rows.push((name.clone(), times.collect()));
                curves.push(Curve { name, place: [place, run.len()], side, points });
                true
            };
            if !add(Side::Head, phase.name.clone(), recording.latency(&measured.measurements, name)) {
                continue;
            }
            let base = recording.base_latency(measured, name);
            if !base.is_some_and(|base| add(Side::Base, format!("{}, {}", phase.name, with.row()), base)) {
                baseline.extend(known(verdict, (place, &phase.name), name));
            }
        }
        let id = format!("latency-{at}");
        let picture = distribution((&id, name), (&curves, &baseline), with)?;
        for one in &baseline {
            let times = SHARES.iter().map(|q| {
                let same = (q - one.q).abs() < 1e-9;
                if same { number::milliseconds(one.value) } else { number::NOTHING.to_owned() }
            });
            rows.push((format!("{}, {}", run[one.phase].name, with.row()), times.collect()));
        }
        let other = [curves.iter().any(|curve| curve.side == Side::Base), !baseline.is_empty()];
        Some(Self { name: name.to_owned(), picture, other, rows })
    }
}

/// The percentiles of an endpoint that the baseline of a phase has.
fn known(verdict: &Verdict, (place, phase): (usize, &str), name: &str) -> Vec<Baseline> {
    let cells = verdict.regressions.iter().filter(|one| one.phase == phase && one.endpoint.as_deref() == Some(name));
    let of = cells.filter_map(|one| match written_cell(&one.cell)? {
        (Metric::Quantile(q), _) => Some(Baseline { phase: place, q, value: one.base.filter(|base| *base > 0.0)? }),
        _ => None,
    });
    of.collect()
}

impl RowView {
    fn of(at: usize, phase: &PhaseVerdict, endpoint: &EndpointVerdict) -> Self {
        let EndpointVerdict {
            name,
            tags,
            requests,
            failures,
            statuses,
            errors,
            examples,
            latency_ms,
            service_ms,
            time_split_ms: _,
            traces: _,
        } = endpoint;
        let Milliseconds { p50, p90, p95, p99, max, .. } = *latency_ms;
        let [p50, p90, p95, p99, max, service] =
            [p50, p90, p95, p99, max, service_ms.p95].map(|time| Cell::of(time, number::milliseconds));
        let answers = statuses.iter().chain(errors).map(|(what, n)| format!("{what}: {}", number::count(*n)));
        Self {
            phase: phase.name.clone(),
            at,
            name: name.clone(),
            tags: tags.clone(),
            cells: [Cell::count(*requests), Cell::count(*failures), p50, p90, p95, p99, max, service],
            answers: answers.collect::<Vec<_>>().join(", "),
            examples: examples.clone(),
        }
    }
}
