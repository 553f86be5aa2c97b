//! The gauges of a plan, ready to be read.

use std::{sync::Arc, time::Duration};

use tokio::{task::JoinSet, time::sleep};

use super::{
    Formula,
    source::{Kind, Source},
};
use crate::{
    client::control::Control,
    plan::{GaugeId, Plan},
};

/// The longest that one reading may take, if the target's timeout is not shorter.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// What is only known from a second reading on is read again after so long.
const AGAIN: Duration = Duration::from_secs(1);

/// All gauges of a plan with their compiled expressions, grouped by source. What is cloned shares the sources, with their
/// connections.
#[derive(Debug, Clone)]
pub struct Gauges {
    /// `MONITOR.GAUGE`, by [`GaugeId`].
    pub(super) names: Vec<String>,
    /// By [`GaugeId`]: why a gauge can never be read.
    pub(super) unreadable: Vec<Option<String>>,
    pub(super) sources: Vec<Arc<Source>>,
}

/// What one gauge gave once.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The gauge.
    pub gauge: GaugeId,
    /// A finite number, or why there is none.
    pub value: Result<f64, Unread>,
}

/// Why a reading gave no number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// It says what happened between two readings, and this is the first. Nothing is missing.
    #[error("it is known from the second reading on, and there was no second one")]
    NotYet,
    /// It is missing; in one sentence, without a full stop.
    #[error("{0}")]
    Because(String),
}

impl Gauges {
    /// Compiles the expressions under `monitors`; nothing is connected yet. An expression that cannot be read makes its
    /// gauge missing, with the reason; it is no error here.
    pub fn new(plan: &Plan) -> Self {
        let names: Vec<String> = plan.gauges.iter().map(|gauge| gauge.name.clone()).collect();
        let mut unreadable: Vec<Option<String>> = vec![None; names.len()];
        let mut sources: Vec<Source> = Vec::new();
        let mut asked: Vec<&crate::plan::Source> = Vec::new();
        for monitor in &plan.monitors {
            let known = asked.iter().position(|source| **source == monitor.source);
            let position = known.unwrap_or_else(|| {
                asked.push(&monitor.source);
                sources.push(Source::new(Kind::of(&monitor.source, &plan.target.tls)));
                sources.len() - 1
            });
            for (gauge, text) in &monitor.read {
                match Formula::compile(text) {
                    Ok(formula) => sources[position].add(*gauge, formula),
                    Err(reason) => unreadable[gauge.0 as usize] = Some(reason),
                }
            }
        }
        sources.retain(|source| !source.formulas().is_empty());
        Self { names, unreadable, sources: sources.into_iter().map(Arc::new).collect() }
    }

    /// Asks every source once, all at the same time, and those a second time that say what happens between two readings;
    /// gives a reading for each gauge, by [`GaugeId`]. An answer is awaited as long as in a window: a database keeps to the
    /// limit that it was first asked with.
    pub async fn read(&self, control: &Control) -> Vec<Reading> {
        let timeout = control.timeout().min(PATIENCE);
        let mut asked = JoinSet::new();
        for source in &self.sources {
            let (source, control) = (Arc::clone(source), control.clone());
            asked.spawn(async move {
                let first = source.read(&control, timeout).await;
                if first.iter().all(|reading| reading.value != Err(Unread::NotYet)) {
                    return first;
                }
                sleep(AGAIN).await;
                source.read(&control, timeout).await
            });
        }
        let mut readings: Vec<Reading> = asked.join_all().await.into_iter().flatten().collect();
        let unreadable = self.unreadable.iter().zip(0..).filter_map(|(reason, id)| {
            let reason = Unread::Because(reason.clone()?);
            Some(Reading { gauge: GaugeId(id), value: Err(reason) })
        });
        readings.extend(unreadable);
        readings.sort_by_key(|reading| reading.gauge);
        readings
    }

    /// `MONITOR.GAUGE`.
    pub fn name(&self, gauge: GaugeId) -> &str {
        self.names.get(gauge.0 as usize).map_or("", String::as_str)
    }
}
