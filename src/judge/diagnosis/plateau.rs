//! Throughput that stopped growing.

use super::seen::Seen;
use crate::judge::{Outage, Plateau};

/// The load has grown when it is this many times that of the phase before.
pub(super) const GROWN: f64 = 1.2;

/// Throughput stopped growing when it grew by less than this part of what the load did ...
const FLAT: f64 = 0.2;

/// ... and by less than this share: between phases far apart it grew first and stopped somewhere in between.
const HARDLY: f64 = 0.25;

/// Where throughput stopped growing: the first phase with more load than the one before it, of the same kind, in which
/// throughput grew by less than a fifth of that, and by less than a quarter of itself.
///
/// A phase with an outage is left out: nothing grew in it for another reason. So is one with stages, whose throughput is
/// that of no one load.
///
/// Past the load at which its scarcest resource is always busy, a system answers no more requests a second, and further
/// users only wait longer (asymptotic bounds of Denning & Buzen 1978).
pub(super) fn plateau(seen: &[Seen<'_>], outages: &[Outage]) -> Option<Plateau> {
    let gone = |phase: &Seen<'_>| outages.iter().any(|outage| outage.phase == phase.name());
    let told = |phase: &Seen<'_>| !gone(phase) && phase.verdict.stages.is_empty();
    let there: Vec<Seen<'_>> = seen.iter().copied().filter(told).collect();
    there.windows(2).find_map(|pair| {
        let [before, after] = [&pair[0], &pair[1]];
        let throughput = [before.verdict.throughput?, after.verdict.throughput?];
        let load = [before.load(), after.load()];
        let grown = growth(load)?;
        let flat = before.is_like(after) && grown >= GROWN - 1.0 && growth(throughput)? < HARDLY.min(FLAT * grown);
        flat.then(|| Plateau { phases: [before.name().to_owned(), after.name().to_owned()], load, throughput })
    })
}

/// By which share of the first value the second is larger.
pub(super) fn growth([before, after]: [f64; 2]) -> Option<f64> {
    (before > 0.0).then(|| after / before - 1.0)
}
