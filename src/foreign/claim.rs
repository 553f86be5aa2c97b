//! Which requests belong to which phase.

use std::time::Duration;

use super::{Extent, ForeignError, Moment, Survey};
use crate::{
    plan::{Phase, Plan},
    units::Quantity as _,
};

/// How the files are divided among the phases.
#[derive(Debug, Clone, PartialEq)]
pub enum Cut {
    /// All files are one recording; the phases follow one another in it, from its first request on. Where requests name
    /// their phases, those count.
    ByTime,
    /// Each phase has files of its own, by their positions.
    ByFile(Vec<(String, Vec<usize>)>),
    /// All files are one recording, and the command line says where the windows of phases lie.
    ByWindow(Vec<(String, Window)>),
}

/// A measured window as the command line gives it: `START..END`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Where it begins; without one, with the first request.
    pub start: Option<Edge>,
    /// Where it ends, exclusive; without one, with the last request.
    pub end: Option<Edge>,
}

/// One end of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// So long after the first request.
    After(Duration),
    /// A point in time.
    At(Moment),
}

impl Window {
    /// Reads `START..END`; `None` when it is anything else, such as the path of a file.
    pub fn read(text: &str) -> Option<Self> {
        let (start, end) = text.split_once("..")?;
        let edge = |text: &str| match text.trim() {
            "" => Some(None),
            text => {
                let after = Duration::read(text).map(Edge::After);
                after.or_else(|| Moment::read(text).map(Edge::At)).map(Some)
            }
        };
        let window = Self { start: edge(start)?, end: edge(end)? };
        (window.start.is_some() || window.end.is_some()).then_some(window)
    }

    /// Where it lies in a recording.
    ///
    /// # Errors
    /// It ends before it begins.
    pub fn within(&self, phase: &str, extent: Extent) -> Result<(Moment, Duration), ForeignError> {
        let at = |edge: Option<Edge>, default: Moment| match edge {
            None => default,
            Some(Edge::After(time)) => extent.first.after(time),
            Some(Edge::At(moment)) => moment,
        };
        // The last request may have taken no time at all, and a window excludes its end.
        let after_all = extent.last.after(Duration::from_nanos(1));
        let (start, end) = (at(self.start, extent.first), at(self.end, after_all));
        if end <= start {
            let why = "its window ends before it begins; the requests begin at ".to_owned()
                + &extent.first.timestamp().map(|at| at.to_string()).unwrap_or_default();
            return Err(ForeignError::NoWindow { phase: phase.to_owned(), why });
        }
        Ok((start, end.since(start)))
    }
}

/// The part of the files that a phase is judged by.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// Position of the phase in the plan.
    pub phase: usize,
    /// Positions of its files.
    pub files: Vec<usize>,
    /// What its requests name as their phase, where that decides.
    pub label: Option<String>,
    /// Where it begins: its ramp, its warm-up, or its window.
    pub origin: Moment,
    /// Where its measured window begins.
    pub window: Moment,
    /// The length of its measured window.
    pub duration: Duration,
    /// Where requests of the phase stop; `None` where all of its files are its own.
    pub until: Option<Moment>,
    /// When the last request of its files ended; `None` without any.
    pub last: Option<Moment>,
}

impl Claim {
    /// Whether a request is the phase's, measured or not.
    pub(super) fn takes(&self, file: usize, label: Option<&str>, start: Moment) -> bool {
        self.files.contains(&file)
            && (self.label.is_none() || self.label.as_deref() == label)
            && start >= self.origin
            && self.until.is_none_or(|until| start < until)
    }

    /// Whether a request that it takes lies in its measured window.
    pub(super) fn measures(&self, start: Moment) -> bool {
        start >= self.window && start < self.window.after(self.duration)
    }
}

/// The claims of the plan's phases, in their order.
///
/// # Errors
/// A window that ends before it begins; requests that name phases, none of which is planned.
pub fn claims(plan: &Plan, cut: &Cut, found: &Survey) -> Result<Vec<Claim>, ForeignError> {
    let all: Vec<usize> = (0..found.files.len()).collect();
    let labels = found.labels();
    let phases = plan.phases.iter().enumerate();
    match cut {
        Cut::ByFile(of) => {
            let files = |phase: &Phase| {
                of.iter().filter(|(name, _)| *name == phase.name).flat_map(|(_, files)| files.clone()).collect()
            };
            Ok(phases.map(|(at, phase)| whole((at, phase), files(phase), None, found)).collect())
        }
        Cut::ByTime if !labels.is_empty() => {
            if !plan.phases.iter().any(|phase| labels.contains(&phase.name.as_str())) {
                let planned: Vec<&str> = plan.phases.iter().map(|phase| phase.name.as_str()).collect();
                return Err(ForeignError::OtherPhases { found: labels.join(", "), planned: planned.join(", ") });
            }
            Ok(phases.map(|(at, phase)| whole((at, phase), all.clone(), Some(&phase.name), found)).collect())
        }
        Cut::ByTime => Ok(in_a_row(plan, &all, found)),
        Cut::ByWindow(windows) => {
            let Some(extent) = found.extent(&all, None) else { return Ok(in_a_row(plan, &all, found)) };
            let claim = |(at, phase): (usize, &Phase)| {
                let window = windows.iter().find(|(name, _)| *name == phase.name);
                let (_, window) = window.ok_or_else(|| ForeignError::NoWindow {
                    phase: phase.name.clone(),
                    why: "it has no window; write it like --phase NAME=30s..90s".to_owned(),
                })?;
                let (start, duration) = window.within(&phase.name, extent)?;
                Ok(Claim {
                    phase: at,
                    files: all.clone(),
                    label: None,
                    origin: start,
                    window: start,
                    duration,
                    until: Some(start.after(duration)),
                    last: Some(extent.last),
                })
            };
            phases.map(claim).collect()
        }
    }
}

/// The ramp that gates.yaml tells of: `users` at `spawn_rate`; none where it names no `spawn_rate`.
pub(super) fn ramp(phase: &Phase) -> Duration {
    let seconds = f64::from(phase.first_users()) / phase.load.spawn_rate();
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

/// A phase that has files, or requests, of its own: its ramp begins with the first of them.
fn whole((at, phase): (usize, &Phase), files: Vec<usize>, label: Option<&str>, found: &Survey) -> Claim {
    let extent = found.extent(&files, label);
    let origin = extent.map_or(Moment::EPOCH, |extent| extent.first);
    Claim {
        phase: at,
        files,
        label: label.map(str::to_owned),
        origin,
        window: origin.after(ramp(phase) + phase.warmup),
        duration: phase.duration,
        until: None,
        last: extent.map(|extent| extent.last),
    }
}

/// Ramp, warm-up and window of one phase after the other, from the first request on.
fn in_a_row(plan: &Plan, files: &[usize], found: &Survey) -> Vec<Claim> {
    let extent = found.extent(files, None);
    let mut origin = extent.map_or(Moment::EPOCH, |extent| extent.first);
    let claim = |(at, phase): (usize, &Phase)| {
        let window = origin.after(ramp(phase) + phase.warmup);
        let until = window.after(phase.duration);
        let claim = Claim {
            phase: at,
            files: files.to_vec(),
            label: None,
            origin,
            window,
            duration: phase.duration,
            until: Some(until),
            last: extent.map(|extent| extent.last),
        };
        origin = until;
        claim
    };
    plan.phases.iter().enumerate().map(claim).collect()
}
