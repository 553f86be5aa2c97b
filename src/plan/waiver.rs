//! A waiver in force.

use super::Place;
use crate::units::Date;

/// An entry of `regression.waivers` that holds today: a known regression of one cell that does not block below its
/// ceiling.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiver {
    /// Phase and cell: `light/p95(chart data)`. The phase may be one that this profile leaves out.
    pub cell: String,
    /// The change from which on the cell blocks all the same: a share for ratios, percentage points as a share of 1 for
    /// rates.
    pub ceiling: f64,
    /// Whether the cell is a rate.
    pub rate: bool,
    /// Why it is accepted for now.
    pub reason: String,
    /// Who sees to it.
    pub owner: String,
    /// The last day on which it holds, in UTC.
    pub expires: Date,
    /// Days until then; 0 on the last.
    pub days_left: i64,
    /// Where it is written.
    pub place: Place,
}
