//! What a run measured, second by second, for the report that draws it.
//!
//! A [`Recording`] gives the same numbers whether it comes from the run itself or from its measurements.json, so that a
//! page that is rendered again is the same byte for byte.

mod exhausted;
mod selection;
mod steps;
mod timeline;

use std::borrow::Cow;

use super::{Mask, clean};
use crate::{
    gate::MeasuredPhase,
    measure::{Histogram, PhaseMeasurements},
    plan::{Endpoint, EndpointId},
};

pub(super) use exhausted::exhausted;
pub(super) use selection::selection;
pub(super) use steps::{Step, steps};
pub(super) use timeline::{Part, parts};

/// The measurements of a run, with names that may be shown.
#[derive(Debug, Clone)]
pub struct Recording<'a> {
    /// By endpoint id.
    endpoints: Vec<Recorded>,
    /// The names of the phases as the verdict has them.
    names: Vec<String>,
    phases: Cow<'a, [MeasuredPhase]>,
}

/// What an endpoint is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Recorded {
    pub(super) name: String,
    pub(super) tags: Vec<String>,
    /// Whether it is a login's: those are measured during the ramp.
    pub(super) login: bool,
}

impl<'a> Recording<'a> {
    /// The measurements of a run that ended just now.
    pub fn of(endpoints: &[Endpoint], phases: &'a [MeasuredPhase], mask: &Mask<'_>) -> Self {
        let show = |text: &str| clean(&mask(text)).into_owned();
        let recorded = |endpoint: &Endpoint| Recorded {
            name: show(&endpoint.name),
            tags: endpoint.tags.iter().map(|tag| show(tag)).collect(),
            login: endpoint.login,
        };
        Self {
            endpoints: endpoints.iter().map(recorded).collect(),
            names: phases.iter().map(|phase| show(&phase.name)).collect(),
            phases: Cow::Borrowed(phases),
        }
    }

    /// What was read from a file, whose names were masked when it was written.
    pub(super) fn read(endpoints: Vec<Recorded>, phases: Vec<MeasuredPhase>) -> Recording<'static> {
        let recorded = endpoints.into_iter().map(|endpoint| Recorded {
            name: clean(&endpoint.name).into_owned(),
            tags: endpoint.tags.iter().map(|tag| clean(tag).into_owned()).collect(),
            login: endpoint.login,
        });
        Recording {
            endpoints: recorded.collect(),
            names: phases.iter().map(|phase| clean(&phase.name).into_owned()).collect(),
            phases: Cow::Owned(phases),
        }
    }

    /// The endpoints, by id.
    pub(super) fn endpoints(&self) -> &[Recorded] {
        &self.endpoints
    }

    /// What was measured in the phase of this name; `None` where the files are of different runs.
    pub(super) fn phase(&self, name: &str) -> Option<&MeasuredPhase> {
        self.names.iter().position(|known| known == name).and_then(|at| self.phases.get(at))
    }

    /// The latency of an endpoint in a phase, and that of the requests added for silences; an endpoint of several scenarios
    /// is one.
    pub(super) fn latency(&self, measurements: &PhaseMeasurements, name: &str) -> [Histogram; 2] {
        let mut merged = [Histogram::new(), Histogram::new()];
        let rows = self.endpoints.iter().zip(&measurements.endpoints).filter(|(known, _)| known.name == name);
        for (_, row) in rows {
            merged[0].merge(&as_stored(&row.latency));
            merged[1].merge(&as_stored(&row.added));
        }
        merged
    }

    /// The same of what the phase was compared with, a second deployment or stored runs; `None` where there is none.
    pub(super) fn base_latency(&self, measured: &MeasuredPhase, name: &str) -> Option<[Histogram; 2]> {
        let mut merged = [Histogram::new(), Histogram::new()];
        for (_, row) in self.endpoints.iter().zip(&measured.base).filter(|(known, _)| known.name == name) {
            merged[0].merge(&as_stored(&row.latency));
            merged[1].merge(&as_stored(&row.added));
        }
        (merged[0].count() > 0).then_some(merged)
    }

    /// Whether requests of this endpoint are those of a phase's load: not a login's.
    pub(super) fn is_load(&self, id: EndpointId) -> bool {
        self.endpoints.get(id.index()).is_some_and(|endpoint| !endpoint.login)
    }
}

/// A histogram as it reads back from a file, where its largest value has the precision of the others.
fn as_stored(histogram: &Histogram) -> Histogram {
    Histogram::decode(&histogram.encode()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
