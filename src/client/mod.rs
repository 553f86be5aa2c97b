//! One exchange with an app: what is sent, what comes back, and in how many ways it can fail.
//!
//! An [`Origin`] says where load goes and where it must not go. Each user has an [`Agent`]: its connections and its
//! [`Session`]. [`Agent::exchange`] sends one [`Request`] and gives an [`Answer`] or a [`Trouble`]; nothing an app does
//! is an error or a panic. [`verify()`] and [`extract()`] look at an answer. hyper is named here and in `demo` only, h2 here.
//! [`run_group`] is the exchange with a command in the place of an app.

mod agent;
mod answer;
mod connection;
pub mod control;
mod decode;
mod dial;
mod error;
mod expect;
mod extract;
mod failure;
mod group;
mod guarded;
mod http1;
mod http2;
mod hush;
mod intake;
mod json;
mod kept;
mod mark;
mod opening;
mod origin;
mod patience;
mod payload;
mod proxy;
mod request;
mod resolve;
mod room;
pub mod service;
mod session;
mod shared;
mod stream;
pub mod tls;
mod tracer;

pub use agent::Agent;
pub use answer::Answer;
pub use decode::Content;
pub use error::ClientError;
pub use expect::verify;
pub use extract::extract;
pub use failure::{Failure, Trouble};
pub use group::{Ended, run_group};
pub use opening::Opening;
pub use origin::{Address, Destination, Origin};
pub use request::{Keep, Request};
pub use session::Session;
pub use shared::Shared;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
