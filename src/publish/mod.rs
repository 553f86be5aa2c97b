//! The publish room.
