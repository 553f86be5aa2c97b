//! The kinds of sources, one file each, behind one front: [`Source`] asks, keeps the reading before, and computes.

mod command;
mod hidden;
mod host;
mod postgres;
mod prometheus;
mod redis;

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep_until, timeout};

#[cfg(test)]
pub(super) use self::postgres::testing;
pub use self::postgres::{Given, ask_value};
use self::{command::Command, hidden::Hidden, host::Host, postgres::Postgres, prometheus::Prometheus, redis::Redis};
use super::{Exposition, Formula, Reading, Unread};
use crate::{
    client::control::Control,
    measure::Statement,
    plan::{self, GaugeId, Tls},
};

/// What a database, a store or a command is asked costs it something: it is asked once a second at most.
const SPARING: Duration = Duration::from_secs(1);

/// The machine that the gate runs on has the generator to do: to look at all of its processes costs milliseconds.
const LOOKING: Duration = Duration::from_millis(250);

/// Where less time is left after a window, a database is not asked for its statements: an answer that is not awaited to its
/// end leaves the question running, and the next window would connect beside it.
const WORTHWHILE: Duration = Duration::from_secs(1);

/// So many readings of an app's own page may wait for their answers at the same time. A busy app answers late; the schedule
/// goes on meanwhile, but an app that answers nothing must not be buried under scrapes.
const MOST_SCRAPES: usize = 8;

/// What is read in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readings {
    /// The gauges alone.
    Gauges,
    /// Also the statements that took most of each database's time.
    GaugesAndStatements,
}

/// One source with every gauge that is read from its answer.
#[derive(Debug)]
pub(super) struct Source {
    kind: Kind,
    formulas: Vec<(GaugeId, Formula)>,
    /// The reading before, for what happened since.
    before: Mutex<Option<Exposition>>,
    /// When it may be asked again.
    free: Mutex<Option<Instant>>,
}

/// Where the numbers come from.
#[derive(Debug)]
pub(super) enum Kind {
    Prometheus(Prometheus),
    Postgres(Box<Postgres>),
    Redis(Redis),
    Host(Host),
    Command(Command),
}

impl Kind {
    /// What the plan describes; nothing is connected yet.
    pub(super) fn of(source: &plan::Source, tls: &Tls) -> Self {
        match source {
            plan::Source::Prometheus { url } => Self::Prometheus(Prometheus::new(url)),
            plan::Source::Postgres { url, pool } => Self::Postgres(Box::new(Postgres::new(url, *pool, tls))),
            plan::Source::Redis { url } => Self::Redis(Redis::new(url, tls)),
            plan::Source::Host(host) => Self::Host(Host::new(host)),
            plan::Source::Command { arguments } => Self::Command(Command::new(arguments)),
        }
    }

    /// One reading.
    async fn read(&self, control: &Control, patience: Duration) -> Result<Exposition, String> {
        match self {
            Self::Prometheus(source) => source.read(control, patience).await,
            Self::Postgres(source) => source.read(patience).await,
            Self::Redis(source) => source.read().await,
            Self::Host(source) => source.read().await,
            // It ends its own group in time, which being dropped could not.
            Self::Command(source) => source.read(patience).await,
        }
    }

    /// Adds what is known only from two readings.
    fn derive(&self, now: &mut Exposition, before: Option<&Exposition>) {
        match self {
            Self::Prometheus(_) | Self::Command(_) => {}
            Self::Postgres(_) => postgres::derive(now, before),
            Self::Redis(_) => redis::derive(now, before),
            Self::Host(_) => host::derive(now, before),
        }
    }
}

impl Source {
    /// A source without gauges.
    pub(super) fn new(kind: Kind) -> Self {
        Self { kind, formulas: Vec::new(), before: Mutex::default(), free: Mutex::default() }
    }

    /// Reads a gauge from it.
    pub(super) fn add(&mut self, gauge: GaugeId, formula: Formula) {
        self.formulas.push((gauge, formula));
    }

    /// The gauges in the order of the readings.
    pub(super) fn formulas(&self) -> &[(GaugeId, Formula)] {
        &self.formulas
    }

    /// What is asked, as a message names it; without a password.
    pub(super) fn name(&self) -> String {
        match &self.kind {
            Kind::Prometheus(source) => source.name().to_owned(),
            Kind::Postgres(source) => source.name().to_owned(),
            Kind::Redis(source) => source.name().to_owned(),
            Kind::Host(source) => source.name().to_owned(),
            Kind::Command(source) => source.name().to_owned(),
        }
    }

    /// The shortest time between two readings.
    pub(super) fn interval(&self) -> Duration {
        match self.kind {
            Kind::Prometheus(_) => Duration::ZERO,
            Kind::Host(_) => LOOKING,
            Kind::Postgres(_) | Kind::Redis(_) | Kind::Command(_) => SPARING,
        }
    }

    /// So many readings may wait at the same time.
    pub(super) fn most_waiting(&self) -> usize {
        if matches!(self.kind, Kind::Prometheus(_)) { MOST_SCRAPES } else { 1 }
    }

    /// A measured window begins: what happened before it does not count in it.
    pub(super) fn open(&self, readings: Readings) {
        *self.before() = None;
        if let Kind::Postgres(source) = &self.kind {
            match readings {
                Readings::GaugesAndStatements => source.open(),
                Readings::Gauges => source.leave_statements(),
            }
        }
    }

    /// One reading of every gauge, once it is the source's turn; an answer is awaited so long.
    pub(super) async fn read(&self, control: &Control, patience: Duration) -> Vec<Reading> {
        self.turn().await;
        self.read_now(control, patience).await
    }

    /// The same after the source's [`Self::turn`] has come.
    pub(super) async fn read_now(&self, control: &Control, patience: Duration) -> Vec<Reading> {
        let mut now = match self.ask(control, patience).await {
            Ok(now) => now,
            Err(reason) => return self.missed(&reason),
        };
        let before = self.before().clone();
        self.kind.derive(&mut now, before.as_ref());
        let value = |formula: &Formula| formula.value(&now, before.as_ref());
        let readings =
            self.formulas.iter().map(|(gauge, formula)| Reading { gauge: *gauge, value: value(formula) }).collect();
        // An answer that was overtaken is no earlier reading for the next one.
        let newest = before.is_none_or(|before| now.seconds_since(&before).is_ok());
        if newest {
            *self.before() = Some(now);
        }
        readings
    }

    /// Whether statements were counted in the window or are to be, so that its end has something to tell.
    pub(super) fn counts_statements(&self) -> bool {
        matches!(&self.kind, Kind::Postgres(source) if source.counts_statements())
    }

    /// A measured window has ended: the statements that took most of a database's time in it. The answer is awaited for
    /// `patience`, but at most `until`.
    ///
    /// # Errors
    /// Why that is not known although the database keeps count.
    pub(super) async fn close(
        &self,
        control: &Control,
        until: Instant,
        patience: Duration,
    ) -> Result<Vec<Statement>, String> {
        let Kind::Postgres(source) = &self.kind else { return Ok(Vec::new()) };
        if source.close() {
            self.turn().await;
            let left = until.saturating_duration_since(Instant::now());
            if left < WORTHWHILE.min(patience) {
                source.fail_statements("the readings before it left no time to ask for them");
            } else if let Err(why) = self.ask(control, left.min(patience)).await {
                source.fail_statements(&why);
            }
        }
        source.statements()
    }

    /// The reading that every gauge of the source has missed.
    pub(super) fn missed(&self, reason: &str) -> Vec<Reading> {
        let missed = |gauge| Reading { gauge, value: Err(Unread::Because(reason.to_owned())) };
        self.formulas.iter().map(|(gauge, _)| missed(*gauge)).collect()
    }

    async fn ask(&self, control: &Control, patience: Duration) -> Result<Exposition, String> {
        let asked = self.kind.read(control, patience);
        if matches!(self.kind, Kind::Prometheus(_) | Kind::Command(_)) {
            // They keep the time themselves, and say more about it.
            return asked.await;
        }
        match timeout(patience, asked).await {
            Ok(answered) => answered,
            Err(_) => Err(format!("{} did not answer within {patience:?}", self.name())),
        }
    }

    /// Waits until the source may be asked, and notes when it may be again.
    pub(super) async fn turn(&self) {
        let interval = self.interval();
        if interval.is_zero() {
            return;
        }
        let at = {
            let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let at = free.map_or(now, |free| free.max(now));
            *free = Some(at + interval);
            at
        };
        sleep_until(at).await;
    }

    /// When its next turn is; `None` when it was not asked yet, or may be asked at any time.
    pub(super) fn free(&self) -> Option<Instant> {
        *self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn before(&self) -> MutexGuard<'_, Option<Exposition>> {
        self.before.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The increase of a counter since the reading before.
fn increase(name: &str, now: &Exposition, before: Option<&Exposition>) -> Result<f64, Unread> {
    let was = before.and_then(|before| before.value(name)).ok_or(Unread::NotYet)?;
    Ok(super::exposition::increase(was, now.bare(name)?))
}

/// The same a second.
fn rate(name: &str, now: &Exposition, before: Option<&Exposition>) -> Result<f64, Unread> {
    let increase = increase(name, now, before)?;
    Ok(increase / before.map_or(Err(Unread::NotYet), |before| now.seconds_since(before))?)
}

/// The share of hits in percent, and 100 where nothing was asked for: nothing was missed then.
fn hit_percent(hits: f64, misses: f64) -> f64 {
    if hits + misses > 0.0 { 100.0 * hits / (hits + misses) } else { 100.0 }
}
