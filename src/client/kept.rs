//! What is kept of a body.

use bytes::{Bytes, BytesMut};

use super::{
    Keep,
    room::{Full, Room, Share},
};

/// The kept part of a body; a body of one frame is never copied.
pub(super) struct Kept<'a> {
    share: Share<'a>,
    first: Bytes,
    all: BytesMut,
}

impl<'a> Kept<'a> {
    /// Nothing yet; what it grows by is taken from this room.
    pub(super) fn of(room: &'a Room) -> Self {
        Self { share: room.share(), first: Bytes::new(), all: BytesMut::new() }
    }

    /// Adds the next part of a body, as far as it is kept.
    pub(super) fn add(&mut self, mut data: Bytes) -> Result<(), Full> {
        let length = self.first.len().max(self.all.len());
        data.truncate(Keep::BOUND.saturating_sub(length));
        if length == 0 {
            self.first = data;
            return Ok(());
        }
        let longer = length + data.len();
        if longer > self.all.capacity() {
            let capacity = longer.max(2 * length).min(Keep::BOUND);
            self.share.hold(capacity)?;
            self.all.reserve(capacity - self.all.len());
        }
        if self.all.is_empty() {
            self.all.extend_from_slice(&self.first);
        }
        self.all.extend_from_slice(&data);
        Ok(())
    }

    pub(super) fn take(self) -> Bytes {
        if self.all.is_empty() { self.first } else { self.all.freeze() }
    }
}
