//! A body as it comes in, in whatever version of HTTP.

use bytes::Bytes;

use super::{
    Keep,
    connection::FAIR_SHARE,
    kept::Kept,
    room::{Full, Room},
};

/// Counts a body, keeps what is looked into, and ends where it is too long.
pub(super) struct Intake<'a> {
    kept: Kept<'a>,
    keep: Keep,
    max_size: Option<u64>,
    size: u64,
    /// The size at which other users of the worker have their turn.
    fair: u64,
}

/// Whether the rest of a body is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Rest,
    /// It is longer than `max_size` by now.
    NoMore,
}

impl<'a> Intake<'a> {
    /// Nothing yet; `max_size` is the longest body that is read to its end.
    pub(super) fn of((keep, max_size): (Keep, Option<u64>), room: &'a Room) -> Self {
        Self { kept: Kept::of(room), keep, max_size, size: 0, fair: FAIR_SHARE }
    }

    /// Takes the next part, and lets others have their turn after each [`FAIR_SHARE`].
    ///
    /// # Errors
    /// When there is no room for what is to be kept.
    pub(super) async fn take(&mut self, data: Bytes) -> Result<Wanted, Full> {
        self.size += data.len() as u64;
        if self.keep == Keep::Body {
            self.kept.add(data)?;
        }
        if self.max_size.is_some_and(|max| self.size > max) {
            return Ok(Wanted::NoMore);
        }
        if self.size >= self.fair {
            self.fair = self.size + FAIR_SHARE;
            tokio::task::yield_now().await;
        }
        Ok(Wanted::Rest)
    }

    /// What was kept, and the size of all that came.
    pub(super) fn end(self) -> (Bytes, u64) {
        (self.kept.take(), self.size)
    }
}
