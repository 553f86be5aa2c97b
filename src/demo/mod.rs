//! The built-in staging app: the default target of `stagegate run`, what `stagegate demo` serves, and the instrument of
//! the tests.
//!
//! It behaves like a small Django project: a session login with CSRF, projects of five sizes, chart data that costs what
//! the project costs, writes that can be verified, `/metrics`. Its work is waiting, not computing: a request that needs
//! the database waits in a first-come-first-served pool of connections and holds one for the time of its query, so that
//! the app truly queues and truly has a breaking point, and still leaves the processor to the gate. With the default pool
//! of 100 connections and the worst project that point is near 6,000 requests a second, or 3,000 users of the reference
//! file.
//!
//! Every way in which it can misbehave is a switch in [`Faults`]; everything it did stands in its ledger
//! ([`LedgerReport`], `GET /demo/ledger`), so that numbers measured from outside can be compared with the truth.

mod answer;
mod app;
mod body;
mod connection;
mod control;
mod faults;
mod instance;
mod ledger;
mod lock;
mod machine;
mod metrics;
mod pages;
mod pool;
mod projects;
mod raw;
mod route;
mod server;
mod session;
mod site;
#[cfg(test)]
mod tests;
mod writes;

pub use app::Options;
pub use faults::{
    Delay, ErrorAnswer, FaultError, Faults, NoRecovery, PathPattern, Refusal, Reset, Share, SlowBody, Stall, Struggle,
    Where,
};
pub use instance::{Demo, spawn};
pub use ledger::{Connections, LedgerLine, LedgerReport, LedgerTotals, Times};
pub use server::{bind, serve};
