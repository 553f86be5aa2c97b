//! The room through its front door.

mod branches;
mod histories;
mod keys;
mod stores;
