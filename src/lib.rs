//! **stagegate**: a performance gate for continuous integration.
//!
//! It reads `gates.yaml`, checks that a freshly deployed staging app is worth loading, drives it through phases of
//! rising load, watches its gauges, and says *passed*, *failed*, *inconclusive* or *invalid*, with its evidence.
//!
//! # The house
//!
//! One crate, a library with a thin binary. Data flows one way, each room answers one question:
//!
//! | room | answers | gives |
//! | --- | --- | --- |
//! | [`units`] | how is a quantity read and printed? | `Percent`, `Rate`, durations |
//! | [`config`] | what does gates.yaml *say*? | a `Config`, or every problem at once |
//! | [`plan`] | what *will* happen? | a [`plan::Plan`], checked before the first request |
//! | [`draft`] | what would a gates.yaml for this *say*? | the text of one, from an API description or a recording |
//! | [`measure`] | how are requests counted? | [`measure::PhaseMeasurements`] |
//! | [`foreign`] | what did another tool measure? | [`measure::PhaseMeasurements`] of the plan's phases |
//! | [`client`] | how is one request sent and its answer read? | an exchange, or a kind of failure |
//! | [`monitor`] | what do the app's own gauges say? | [`measure::GaugeSeries`] |
//! | [`load`] | who sends what, and when? | samples, into the measurements |
//! | [`preflight`] | is the app worth loading? | check results |
//! | [`baseline`] | what was normal? | a [`baseline::History`] of comparable runs |
//! | [`judge`] | what does it mean? | a [`judge::Verdict`] |
//! | [`gate`] | what comes next? | [`gate::Event`]s, and the verdict |
//! | [`report`] | how does the verdict read? | text in every format |
//! | [`publish`] | where does the text go? | files, GitHub |
//! | [`cli`] | what did the user ask for? | an exit code |
//! | [`demo`] | what can it be tried on? | the built-in staging app |
//!
//! ```text
//! gates.yaml -> Config -> Plan -> checklist -> [phase -> samples -> PhaseMeasurements -> PhaseVerdict] ..
//!            -> Verdict -> reports -> files, exit code
//! ```
//!
//! A room may use the rooms above it in this table, never one below; `demo` stands by itself. `units`, `plan`,
//! `draft`, `measure`, `foreign`, `judge` and `report` are pure: they name no clock, no file and no runtime. A test holds
//! both rules.
//!
//! # Where to look
//!
//! - Why did this finding fail? [`judge`], which reads [`measure::PhaseMeasurements`] and nothing else.
//! - When is a request sent, and from when does its latency count? [`load`].
//! - What does a key of gates.yaml mean? The doc comments of [`config`], which are also the descriptions in
//!   `gates.schema.json`.
//! - What may others rely on? `docs/contract.md`. How does it decide? `docs/decisions.md`.

pub mod units;

pub mod config;

pub mod plan;

pub mod draft;

pub mod measure;

pub mod foreign;

pub mod client;

pub mod monitor;

pub mod load;

pub mod preflight;

pub mod baseline;

pub mod judge;

pub mod gate;

pub mod report;

pub mod publish;

pub mod demo;

pub mod cli;
