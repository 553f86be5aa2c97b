//! How the window of a phase is cut for an interleaved comparison.

use std::time::Duration;

use super::{Phase, Plan};

/// Blocks of a comparison of few cells.
const BLOCKS: u32 = 8;
/// Blocks above [`FEW_CELLS`]: among more cells chance has more to offer, and more blocks have to speak against it.
const MORE_BLOCKS: u32 = 12;
/// A comparison of so many cells has [`BLOCKS`].
const FEW_CELLS: usize = 5;
/// The shortest slice.
const SHORTEST_SLICE: Duration = Duration::from_secs(5);
/// The users' first window only warms up: caches, connections, and the pools of the app.
const SHORTEST_WARMUP: Duration = Duration::from_secs(1);

/// The blocks of a phase: in each, both sides are loaded for a slice (docs/decisions.md section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blocks {
    /// 8, or 12 for more than five cells.
    pub count: u32,
    /// The phase's window divided by the blocks, at least 5 s.
    pub slice: Duration,
    /// What each side's users do before the first slice: the phase's warm-up, at least 1 s.
    pub warmup: Duration,
}

impl Plan {
    /// The blocks of a phase of this plan.
    pub fn blocks(&self, phase: &Phase) -> Blocks {
        let cells = self.regression.as_ref().map_or(0, |regression| regression.cells.len()) * self.phases.len();
        let count = if cells > FEW_CELLS { MORE_BLOCKS } else { BLOCKS };
        Blocks { count, slice: (phase.duration / count).max(SHORTEST_SLICE), warmup: phase.warmup.max(SHORTEST_WARMUP) }
    }
}
