//! The preflight room.
