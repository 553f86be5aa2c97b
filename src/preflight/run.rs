//! Doing the items of a checklist in order.

use super::{Checked, Held, Kit, checked::Seen, command, disk, gauges, probe, query, rehearsal};
use crate::plan::{Act, Check};

/// What a failed item means for those after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// They are not run: `preflight`.
    End,
    /// They run all the same: `integrity`, `cleanup`.
    GoOn,
}

/// Does the items in order and hands over each result as soon as it is known. Every item is bounded in time by its own
/// timeout. When the future is dropped, the item at work is given up: its command is ended, its answer not awaited.
pub async fn run(kit: &Kit, checks: &[Check], on_failure: OnFailure, each: &mut dyn FnMut(Checked)) {
    let mut failed: Option<&str> = None;
    for check in checks {
        if let Some(name) = failed {
            each(Checked::not_run(check, &format!("not run, because \"{name}\" failed before it")));
            continue;
        }
        // On the heap, because an item is as large as its largest act, and every caller would carry it along.
        let checked = Box::pin(act(kit, &check.act)).await.into_checked(check);
        if checked.held == Held::No && on_failure == OnFailure::End {
            failed = Some(&check.name);
        }
        each(checked);
    }
}

async fn act(kit: &Kit, act: &Act) -> Seen {
    match act {
        Act::Probe(item) => probe::send(&kit.control, item).await,
        Act::Scenario(scenario) => rehearsal::run(kit, *scenario).await,
        Act::Disk { path, free } => Seen::aside(disk::look(path, *free).await),
        Act::Monitors(asked) => Seen::aside(gauges::ask(kit, asked).await),
        Act::Command { arguments, timeout } => Seen::aside(command::run(arguments, *timeout, &kit.secrets).await),
        Act::Query(item) => Seen::aside(query::ask(kit, item).await),
    }
}

#[cfg(test)]
pub(crate) mod tests;
