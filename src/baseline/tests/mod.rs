//! The room through its front door.

mod branches;
mod buckets;
mod histories;
mod keys;
mod stores;
