//! What is kept of a body.

use bytes::{Bytes, BytesMut};

use super::Keep;

/// The kept part of a body; a body of one frame is never copied.
#[derive(Default)]
pub(super) struct Kept {
    first: Bytes,
    all: BytesMut,
}

impl Kept {
    pub(super) fn add(&mut self, mut data: Bytes) {
        data.truncate(Keep::BOUND.saturating_sub(self.first.len().max(self.all.len())));
        if self.first.is_empty() && self.all.is_empty() {
            self.first = data;
            return;
        }
        if self.all.is_empty() {
            self.all.extend_from_slice(&self.first);
        }
        self.all.extend_from_slice(&data);
    }

    pub(super) fn take(self) -> Bytes {
        if self.all.is_empty() { self.first } else { self.all.freeze() }
    }
}
