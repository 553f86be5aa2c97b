//! What a phase is judged on.

use std::time::Duration;

use super::statistics::{Look, Tally};
use crate::measure::{
    EndpointMeasurements, GaugeSeries, Histogram, Layout, PhaseEnding, PhaseMeasurements, SpanCounts, Summary,
    SummaryRow,
};
use crate::plan::{EndpointId, Judged, Phase, Plan};

/// What a phase is judged on.
#[derive(Debug, Clone, Copy)]
pub struct PhaseEvidence<'a> {
    /// The plan that the phase belongs to.
    pub plan: &'a Plan,
    /// The phase.
    pub phase: &'a Phase,
    /// What was measured.
    pub measurements: &'a PhaseMeasurements,
    /// What the monitors read in the measured window; a gauge that is absent was never read.
    pub gauges: &'a [GaugeSeries],
}

impl<'a> PhaseEvidence<'a> {
    /// The endpoints that one finding is about.
    pub(super) fn select(&self, judged: &Judged) -> Selection<'a> {
        self.endpoints(judged.endpoints.iter().copied())
    }

    /// Every endpoint that is not a login's.
    pub(super) fn all(&self) -> Selection<'a> {
        let ids = (0..).map(EndpointId).zip(&self.plan.endpoints);
        self.endpoints(ids.filter(|(_, endpoint)| !endpoint.login).map(|(id, _)| id))
    }

    pub(super) fn endpoints(&self, ids: impl Iterator<Item = EndpointId>) -> Selection<'a> {
        let rows = ids
            .filter_map(|id| {
                let endpoint = self.plan.endpoints.get(id.index())?;
                let measured = self.measurements.endpoints.get(id.index())?;
                Some(Row { id, name: &endpoint.name, login: endpoint.login, measured })
            })
            .collect();
        Selection { rows, measurements: self.measurements, look: self.look() }
    }

    /// The look that this is: a phase that was extended is looked at for the second time, and one that may be for the
    /// first ([`Plan::may_extend`]).
    fn look(&self) -> Look {
        match (self.measurements.extended, self.plan.may_extend(self.phase)) {
            (true, _) => Look::SECOND,
            (false, true) => Look::FIRST,
            (false, false) => Look::ONLY,
        }
    }
}

/// One endpoint's row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) id: EndpointId,
    pub(super) name: &'a str,
    pub(super) login: bool,
    pub(super) measured: &'a EndpointMeasurements,
}

/// The endpoint with the most of something that is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Most {
    pub(super) name: String,
    /// What it has of it.
    pub(super) count: u64,
    /// What all endpoints have together.
    pub(super) all: u64,
}

/// Some endpoints' measurements taken together.
#[derive(Debug, Clone)]
pub(super) struct Selection<'a> {
    pub(super) rows: Vec<Row<'a>>,
    measurements: &'a PhaseMeasurements,
    look: Look,
}

impl<'a> Selection<'a> {
    /// The look that this is.
    pub(super) fn look(&self) -> Look {
        self.look
    }

    /// The same measurements in another look.
    pub(super) fn looked_at(self, look: Look) -> Self {
        Self { look, ..self }
    }

    /// The shape of the measurements.
    pub(super) fn layout(&self) -> &'a Layout {
        &self.measurements.layout
    }

    /// The times as another tool summed them up, where it wrote no requests.
    pub(super) fn summary(&self) -> Option<&'a Summary> {
        self.measurements.summary.as_ref()
    }

    /// What that tool says of exactly these endpoints; those without a request do not matter.
    pub(super) fn summed_up<'s>(&self, summary: &'s Summary) -> Option<&'s SummaryRow> {
        let seen = self.rows.iter().filter(|row| row.measured.requests > 0);
        let mut ids: Vec<EndpointId> = seen.map(|row| row.id).collect();
        ids.sort_unstable();
        summary.of(&ids)
    }

    /// The sum of a count over the endpoints.
    pub(super) fn sum(&self, count: impl Fn(&EndpointMeasurements) -> u64) -> u64 {
        self.rows.iter().map(|row| count(row.measured)).sum()
    }

    /// Intended requests.
    pub(super) fn requests(&self) -> u64 {
        self.sum(|endpoint| endpoint.requests)
    }

    /// Failures of every kind.
    pub(super) fn failures(&self) -> u64 {
        self.sum(EndpointMeasurements::failures)
    }

    /// The histograms that `of` names, merged.
    pub(super) fn histogram(&self, of: fn(&EndpointMeasurements) -> &Histogram) -> Histogram {
        let mut merged = Histogram::new();
        for row in &self.rows {
            merged.merge(of(row.measured));
        }
        merged
    }

    /// For each span, the sum of what `of` gives for each endpoint's counts.
    pub(super) fn spans(&self, of: impl Fn(&Row<'a>, &SpanCounts) -> Tally) -> Vec<Tally> {
        let mut spans = vec![Tally::default(); self.measurements.layout.spans];
        for row in &self.rows {
            for (sum, span) in spans.iter_mut().zip(&row.measured.spans) {
                let tally = of(row, span);
                sum.n += tally.n;
                sum.x += tally.x;
            }
        }
        spans
    }

    /// Whether these are requests of a part of the window only, because the phase was interrupted.
    pub(super) fn interrupted(&self) -> bool {
        self.measurements.ending == PhaseEnding::Interrupted
    }

    /// Whether the phase was stopped because a criterion had failed for certain; its window alone may not be enough for that.
    pub(super) fn failed_early(&self) -> bool {
        self.measurements.ending == PhaseEnding::FailedEarly
    }

    /// The endpoint with the most of what `count` counts; several rows of one name count together. `None` when there is
    /// nothing.
    pub(super) fn most(&self, count: impl Fn(&Row<'a>) -> u64) -> Option<Most> {
        let mut sums: Vec<(&str, u64)> = Vec::new();
        for row in &self.rows {
            match sums.iter_mut().find(|(name, _)| *name == row.name) {
                Some((_, sum)) => *sum += count(row),
                None => sums.push((row.name, count(row))),
            }
        }
        // The first of equals, in the order of gates.yaml.
        let all = sums.iter().map(|(_, sum)| sum).sum();
        let most = sums.into_iter().rev().max_by_key(|(_, sum)| *sum).filter(|(_, sum)| *sum > 0);
        most.map(|(name, count)| Most { name: name.to_owned(), count, all })
    }

    /// How many different endpoints these are.
    pub(super) fn names(&self) -> usize {
        let mut names: Vec<&str> = self.rows.iter().map(|row| row.name).collect();
        names.sort_unstable();
        names.dedup();
        names.len()
    }

    /// How long these endpoints were measured: the window, for a login the ramp.
    pub(super) fn measured(&self) -> Duration {
        let login = !self.rows.is_empty() && self.rows.iter().all(|row| row.login);
        if login { self.measurements.ramp.took } else { self.measurements.measured }
    }

    /// The length of one span.
    pub(super) fn span_length(&self) -> Duration {
        let layout = &self.measurements.layout;
        let login = !self.rows.is_empty() && self.rows.iter().all(|row| row.login);
        let whole = if login { layout.ramp } else { layout.duration };
        whole / u32::try_from(layout.spans.max(1)).unwrap_or(u32::MAX)
    }
}
