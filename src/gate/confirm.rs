//! Measuring again what would block as a regression: one run of the ladder may be an outlier, three are not.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    Event,
    corridor::Walk,
    drive::{Drive, Look},
    ladder,
    setup::Stored,
};
use crate::judge::{Interruption, ends_ladder};

/// Drives the phases whose cells would fail on one run so many more times as `regression.confirm` says; gives the moment
/// when the last load had ended, if any was sent. A ladder that ended early is red already, and is not driven again.
pub(super) async fn confirm(walk: &mut Walk<'_>, stored: &Stored) -> Result<Option<Instant>, Interruption> {
    let plan = Arc::clone(&walk.plan);
    let times = plan.regression.as_ref().map_or(0, |regression| regression.confirm);
    if walk.record.phases.iter().any(ends_ladder) {
        return Ok(None);
    }
    let names = walk.record.against_stored(&plan, &stored.past).unconfirmed;
    let phases: Vec<_> = plan.phases.iter().filter(|phase| names.contains(&phase.name)).collect();
    let mut load_ended = None;
    // Behind the ladder, so that the users' seeds are new ones.
    let mut index = walk.next_index;
    for time in 1..=times {
        for phase in &phases {
            (walk.listen)(Event::Confirming { phase: phase.name.clone(), time, of: times });
            let drive = Drive::plain(&walk.kit, &walk.stop, walk.workers, phase, index);
            let listen = &mut *walk.listen;
            let driven = drive
                .run(&mut |tick, _| {
                    listen(Event::Progress(ladder::progress(phase, tick, Duration::ZERO)));
                    Look::GoOn
                })
                .await;
            load_ended = Some(driven.ended);
            walk.record.confirm(&plan, phase, &driven.measured);
            index = index.saturating_add(1);
            walk.next_index = index;
            if let Some(why) = driven.interruption {
                return Err(why);
            }
        }
    }
    Ok(load_ended)
}
