//! Locks of the app's state.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, also after another holder panicked: every change under these locks is a single step, so no state is half made,
/// and the app must go on answering.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
