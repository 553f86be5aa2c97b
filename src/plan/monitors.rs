//! Monitors: the app's own gauges, and the bands they should stay in.

use super::Place;

/// Index into [`super::Plan::gauges`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GaugeId(pub u32);

/// A named gauge: `app.cpu`.
#[derive(Debug, Clone, PartialEq)]
pub struct Gauge {
    /// `MONITOR.GAUGE`.
    pub name: String,
    /// Its band, if one is declared.
    pub band: Option<Band>,
}

/// Safe is below `warning`; from `warning` on it is a warning; above `critical` it is critical.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// Plain number; `60%` is 60.
    pub warning: f64,
    /// Plain number, not below `warning`.
    pub critical: f64,
}

/// One source of gauges.
#[derive(Debug, Clone)]
pub struct Monitor {
    /// Its key under `monitors`.
    pub name: String,
    /// Where the numbers come from.
    pub source: Source,
    /// The gauges that it fills, each with its expression over the source's names.
    pub read: Vec<(GaugeId, String)>,
    /// Its line.
    pub place: Place,
}

/// Where a monitor's numbers come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Prometheus text.
    Prometheus {
        /// An absolute URL, or a path on the target (starting with `/`).
        url: String,
    },
    /// A source that this version reads from gates.yaml, but cannot sample yet: its gauges are missing.
    NotYet {
        /// Its key: `postgres`, `host`, `command`.
        kind: &'static str,
    },
}
