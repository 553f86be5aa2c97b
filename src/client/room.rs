//! Memory for the bodies that are looked into, over all users of a target.

use std::sync::atomic::{AtomicUsize, Ordering};

/// All users together keep at most so much of bodies that are still arriving: as much as 64 users may by themselves
/// ([`super::Keep::BOUND`]).
const MOST: usize = 512 * 1024 * 1024;

/// What a user need not ask for: as much as its connection reads ahead of it anyway.
const FREE: usize = 32 * 1024;

/// So much is asked for at once, so that the users of all workers rarely meet here.
const PART: usize = 256 * 1024;

/// The words when there is no more.
const FULL: &str = "the bodies that are looked into take more than the 512 MiB that all users may keep at once";

/// The memory that is left.
#[derive(Debug)]
pub(super) struct Room {
    left: AtomicUsize,
}

/// One user's share, given back at its end.
pub(super) struct Share<'a> {
    room: &'a Room,
    taken: usize,
}

/// There is no more, in words for people.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full(pub(super) &'static str);

impl Default for Room {
    fn default() -> Self {
        Self { left: AtomicUsize::new(MOST) }
    }
}

impl Room {
    pub(super) fn share(&self) -> Share<'_> {
        Share { room: self, taken: 0 }
    }

    /// A room of so many parts.
    #[cfg(test)]
    pub(super) fn of_parts(parts: usize) -> Self {
        Self { left: AtomicUsize::new(parts * PART) }
    }
}

impl Share<'_> {
    /// Makes sure that so many bytes may be kept.
    pub(super) fn hold(&mut self, bytes: usize) -> Result<(), Full> {
        while bytes > FREE + self.taken {
            let take = |left: usize| left.checked_sub(PART);
            let taken = self.room.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
            taken.map_err(|_| Full(FULL))?;
            self.taken += PART;
        }
        Ok(())
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        if self.taken > 0 {
            self.room.left.fetch_add(self.taken, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_bodies_take_nothing_and_large_ones_only_what_there_is() {
        let room = Room::of_parts(3);
        let left = || room.left.load(Ordering::Relaxed);
        let mut small = room.share();
        assert_eq!((small.hold(FREE), left()), (Ok(()), 3 * PART));
        let mut large = room.share();
        assert_eq!((large.hold(FREE + PART + 1), left()), (Ok(()), PART));
        assert_eq!((small.hold(FREE + PART), left()), (Ok(()), 0));
        assert_eq!(small.hold(FREE + PART + 1), Err(Full(FULL)));
        drop(large);
        assert_eq!((small.hold(FREE + PART + 1), left()), (Ok(()), PART));
        drop(small);
        assert_eq!(left(), 3 * PART);
    }
}
