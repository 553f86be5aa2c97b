//! Statistics that another tool computed over a whole load, where it wrote no requests.

use std::time::Duration;

use crate::plan::EndpointId;

/// The times of a load as another tool sums them up; they take the place of histograms and of counts beyond limits.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    /// For each endpoint with requests.
    pub rows: Vec<SummaryRow>,
    /// Over all of them together; percentiles of parts cannot be added up to it.
    pub all: Option<SummaryRow>,
}

/// The times of some requests.
#[derive(Debug, Clone, PartialEq)]
pub struct SummaryRow {
    /// Whose they are, in ascending order.
    pub endpoints: Vec<EndpointId>,
    /// Share and time of each percentile that is known.
    pub quantiles: Vec<(f64, Duration)>,
    /// The mean, where it is known.
    pub mean: Option<Duration>,
    /// The longest time, where it is known.
    pub max: Option<Duration>,
}

impl Summary {
    /// The times of exactly these endpoints, in ascending order; `None` where the tool did not sum them up together.
    pub fn of(&self, endpoints: &[EndpointId]) -> Option<&SummaryRow> {
        self.rows.iter().chain(&self.all).find(|row| row.endpoints == endpoints)
    }
}

impl SummaryRow {
    /// The percentile of a share; `None` where the tool did not write it.
    pub fn quantile(&self, q: f64) -> Option<Duration> {
        self.quantiles.iter().find(|(share, _)| (share - q).abs() < 1e-9).map(|(_, time)| *time)
    }
}
