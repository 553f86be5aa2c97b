//! The statements of a monitored database that grew.

use super::seen::Seen;
use crate::judge::{GrownStatement, Onset, Rising, StatementVerdict};
use crate::measure::Statement;

/// So many are named.
const MOST: usize = 3;

/// A statement has grown when each request had this many times the calls of it, or of its time in the database.
/// Less is within what the moments of its two readings leave open in a short phase ...
const GROWN: f64 = 2.0;

/// ... and when it costs a request so many milliseconds more.
const LEAST_MS: f64 = 0.2;

/// What a call costs the app besides its time in the database, which the database does not count: the way there and back,
/// and what a driver and a mapper of objects do with its rows. 0.5 ms to 1 ms is usual within a data centre. It is what
/// brings many quick calls (N+1) before one that became a little slower; nothing but the order depends on it.
const CALL_MS: f64 = 1.0;

/// What each request of a phase had of a statement, on average over all its endpoints.
#[derive(Debug, Clone, Copy, Default)]
struct Each {
    calls: f64,
    ms: f64,
}

impl Each {
    fn of(statement: &StatementVerdict, phase: &Seen<'_>) -> Self {
        let requests = requests(phase).max(1) as f64;
        Self { calls: statement.calls as f64 / requests, ms: statement.total_ms / requests }
    }

    fn cost_ms(self) -> f64 {
        self.ms + CALL_MS * self.calls
    }

    fn has_grown_from(self, before: Self) -> bool {
        let beyond = |now: f64, before: f64| now > 0.0 && now >= GROWN * before;
        let more = beyond(self.calls, before.calls) || beyond(self.ms, before.ms);
        more && self.cost_ms() - before.cost_ms() >= LEAST_MS
    }
}

/// Requests that the statements of a phase belong to. What was in flight when the window began is answered in it, and what
/// was at its end after it: with the larger number a phase that was stopped early with much in flight does not look as if its
/// statements had grown.
fn requests(phase: &Seen<'_>) -> u64 {
    phase.answered().max(phase.verdict.requests)
}

/// What a monitored database counted in a phase, as its verdict holds it.
pub fn statements(taken: &[Statement], phase: &Seen<'_>) -> Vec<StatementVerdict> {
    let requests = requests(phase);
    let milliseconds = |time: std::time::Duration| time.as_secs_f64() * 1000.0;
    let verdict = |statement: &Statement| StatementVerdict {
        source: statement.source.clone(),
        query: statement.query.clone(),
        calls: statement.calls,
        calls_each: (requests > 0).then(|| statement.calls as f64 / requests as f64),
        mean_ms: milliseconds(statement.mean()),
        total_ms: milliseconds(statement.total),
    };
    taken.iter().map(verdict).collect()
}

/// The statements that grew in the phase in which latency rose, against the first one; those that cost a request most more
/// come first. None where latency did not rise, or no monitor counts statements in both phases.
///
/// Only those are known that took most of a database's time. One that is new among them had in the first phase at most as
/// much time as the last of those that were kept then; so much is taken off, and the calls that fit into it.
pub(super) fn grown(seen: &[Seen<'_>], onset: Option<&Onset>) -> Vec<GrownStatement> {
    let Some(onset) = onset.filter(|onset| onset.rising == Rising::Latency) else { return Vec::new() };
    let phase = seen.iter().find(|phase| phase.name() == onset.phase);
    let Some((first, phase)) = seen.first().zip(phase).filter(|(first, phase)| first.name() != phase.name()) else {
        return Vec::new();
    };
    let mut grown: Vec<(f64, GrownStatement)> =
        phase.verdict.statements.iter().filter_map(|statement| growth(first, phase, statement)).collect();
    grown.sort_by(|(a, one), (b, other)| b.total_cmp(a).then_with(|| one.query.cmp(&other.query)));
    grown.into_iter().take(MOST).map(|(_, one)| one).collect()
}

/// What a statement costs a request more than in the first phase, where it has grown.
fn growth(first: &Seen<'_>, phase: &Seen<'_>, now: &StatementVerdict) -> Option<(f64, GrownStatement)> {
    let counted: Vec<&StatementVerdict> =
        first.verdict.statements.iter().filter(|one| one.source == now.source).collect();
    let last = counted.last()?;
    let before = counted.iter().find(|one| one.query == now.query).map(|one| Each::of(one, first));
    let each = Each::of(now, phase);
    let at_most = || {
        let ms = Each::of(last, first).ms;
        Each { ms, calls: if now.mean_ms > 0.0 { ms / now.mean_ms } else { each.calls } }
    };
    let was = before.unwrap_or_else(at_most);
    each.has_grown_from(was).then(|| {
        let grown = GrownStatement {
            source: now.source.clone(),
            query: now.query.clone(),
            phase: phase.name().to_owned(),
            against: first.name().to_owned(),
            calls: [before.map(|before| before.calls), Some(each.calls)],
            ms: [before.map(|before| before.ms), Some(each.ms)],
        };
        (each.cost_ms() - was.cost_ms(), grown)
    })
}
