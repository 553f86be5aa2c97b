//! The regressions of a run: the cells that gates.yaml names, against stored runs or a second deployment.
//!
//! This room gathers the values and reads the results; the comparison itself, which sees all cells at once, stands in
//! [`super::comparison`].

mod cells;
mod creep;
mod interleaved;
mod outlook;
mod stored;

pub use cells::{RunValues, is_unmoved, moving, name, values};
pub use interleaved::{Blocks, against_deployment};
pub use outlook::outlook;
pub use stored::{Head, Past, StoredComparison, against_stored};

#[cfg(test)]
mod tests;

use super::{
    Regression,
    comparison::{Cell, CellResult, Scale, Side, Worse},
};
use crate::{
    judge::Outcome,
    plan::{Compared, Plan},
};

/// A cell of a run: one entry of `regression.cells` in one phase.
struct Entry<'a> {
    phase: &'a str,
    compared: &'a Compared,
    /// The endpoint, where the cell is about one alone.
    endpoint: Option<&'a str>,
}

impl Entry<'_> {
    /// `light/p95(chart data)`: how stores and comparison files name it.
    fn name(&self) -> String {
        name(self.phase, &self.compared.name)
    }

    fn cell(&self, side: Side) -> Cell {
        Cell {
            name: self.name(),
            worse: if self.compared.lower_is_worse() { Worse::Lower } else { Worse::Higher },
            scale: if self.compared.is_rate() { Scale::Rate } else { Scale::Ratio },
            margin: self.compared.margin,
            side,
        }
    }

    /// The typical value of some runs on the scale where they are compared: the geometric mean, for rates the mean.
    fn typical(&self, values: &[f64]) -> Option<f64> {
        if values.is_empty() {
            return None;
        }
        let count = values.len() as f64;
        let typical = if self.compared.is_rate() {
            values.iter().sum::<f64>() / count
        } else {
            (values.iter().map(|value| value.ln()).sum::<f64>() / count).exp()
        };
        typical.is_finite().then_some(typical)
    }

    /// A cell that has nothing to be compared with.
    fn without(&self, outcome: Outcome, because: String) -> Regression {
        Regression {
            phase: self.phase.to_owned(),
            cell: self.compared.name.clone(),
            endpoint: self.endpoint.map(str::to_owned),
            unit: self.compared.unit().to_owned(),
            file: self.compared.place.as_ref().map(|place| place.file.to_string()).unwrap_or_default(),
            line: self.compared.place.as_ref().map_or(0, |place| place.line),
            margin: self.compared.margin,
            rate: self.compared.is_rate(),
            base: None,
            head: None,
            change: None,
            interval: None,
            p_adjusted: None,
            detectable: None,
            outcome,
            because,
            waived: None,
            anchor: None,
            creep: None,
            history: Vec::new(),
            runs: Vec::new(),
            blocks: Vec::new(),
        }
    }

    /// What a comparison gave, with the typical values of both sides.
    fn compared(&self, result: CellResult, base: &[f64], head: &[f64]) -> Regression {
        Regression {
            base: self.typical(base),
            head: self.typical(head),
            change: result.change,
            interval: result.interval,
            p_adjusted: result.p_adjusted,
            detectable: result.detectable,
            anchor: result.anchor,
            ..self.without(result.outcome, result.because)
        }
    }
}

/// Every cell of the plan, phase by phase.
fn entries(plan: &Plan) -> Vec<Entry<'_>> {
    let cells = plan.regression.iter().flat_map(|regression| &regression.cells);
    let endpoint = |compared: &Compared| match compared.endpoints.as_slice() {
        [only] => plan.endpoints.get(only.index()).map(|endpoint| endpoint.name.as_str()),
        _ => None,
    };
    let of_phase = |phase| cells.clone().map(move |compared| Entry { phase, compared, endpoint: endpoint(compared) });
    plan.phases.iter().flat_map(|phase| of_phase(phase.name.as_str())).collect()
}
