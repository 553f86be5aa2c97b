//! Endpoints: the rows of every measurement.

use super::ScenarioId;

/// Index into [`super::Plan::endpoints`]; measurements are vectors in the same order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointId(pub u32);

impl EndpointId {
    /// The index as a position in a vector of measurements.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// One name that requests are counted under, within one scenario.
///
/// Steps of one scenario that share a name share an endpoint. Endpoints of two scenarios with the same name are two
/// rows here, so that `p95(scenario NAME)` can tell them apart, and one row in reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The step's `name`, or its method and path as written (`GET /dashboard/`), with the values of variables; one that put
    /// a secret there stands as it is written (`GET /a?token=${TOKEN}`).
    pub name: String,
    /// The tags of its steps, in order of appearance, without repetition.
    pub tags: Vec<String>,
    /// The scenario that it belongs to.
    pub scenario: ScenarioId,
    /// Whether its steps stand under `login`. Login requests happen during the ramp and count only in criteria that
    /// name them by endpoint or tag.
    pub login: bool,
}
